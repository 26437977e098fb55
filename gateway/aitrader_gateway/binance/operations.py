"""Every request that may go to the venue, and what it costs.

Weights: Binance Spot API, "General endpoints" and "Trading endpoints"; those of order entry are
what a failed request costs, a successful one is free.
"""

from dataclasses import dataclass
from typing import Final

from aitrader_gateway.binance.budgets import Purpose


@dataclass(frozen=True, slots=True)
class Operation:
    """`orders` is what it takes of the order counts."""

    method: str
    path: str
    weight: int
    purpose: Purpose = Purpose.READ
    signed: bool = True
    orders: int = 0


SERVER_TIME: Final = Operation("get", "time", 1, signed=False)
EXCHANGE_INFO: Final = Operation("get", "exchangeInfo", 20, signed=False)
KLINES: Final = Operation("get", "klines", 2, signed=False)
BOOK_TICKER: Final = Operation("get", "ticker/bookTicker", 4, signed=False)

ACCOUNT: Final = Operation("get", "account", 20)
QUERY_ORDER: Final = Operation("get", "order", 4)
OPEN_ORDERS: Final = Operation("get", "openOrders", 6)
ALL_OPEN_ORDERS: Final = Operation("get", "openOrders", 80)
ALL_ORDERS: Final = Operation("get", "allOrders", 20)
ORDER_TRADES: Final = Operation("get", "myTrades", 5)
TEST_ORDER: Final = Operation("post", "order/test", 1)

PLACE: Final = Operation("post", "order", 1, Purpose.ORDER, orders=1)
REPLACE: Final = Operation("post", "order/cancelReplace", 1, Purpose.ORDER, orders=1)
PLACE_OCO: Final = Operation("post", "orderList/oco", 1, Purpose.ORDER, orders=2)
PLACE_OTO: Final = Operation("post", "orderList/oto", 1, Purpose.ORDER, orders=2)
PLACE_OTOCO: Final = Operation("post", "orderList/otoco", 1, Purpose.ORDER, orders=3)
# Both only ever make an order smaller.
AMEND: Final = Operation("put", "order/amend/keepPriority", 4, Purpose.CANCEL)
CANCEL: Final = Operation("delete", "order", 1, Purpose.CANCEL)
