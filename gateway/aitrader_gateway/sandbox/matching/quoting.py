"""Quotes of a market maker: all of them are replaced at once, and no filter judges them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from aitrader_server.domain.words import OrderType, Side, TimeInForce

from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import begin, end, withdraw
from aitrader_gateway.sandbox.matching.matching import execute
from aitrader_gateway.sandbox.matching.model import OrderRequest
from aitrader_gateway.sandbox.matching.orders import cost
from aitrader_gateway.sandbox.matching.words import OrderStatus

Level = tuple[Decimal, Decimal]


class Quotes(NamedTuple):
    """What a market maker offers in one symbol, as (price, quantity)."""

    symbol: str
    bids: Sequence[Level]
    asks: Sequence[Level]


def requote(floor: Floor, account: str, quotes: Quotes, at_ns: int) -> None:
    """Takes back what `account` has in the book and offers `quotes`.

    What they cross executes at the resting orders' prices. The account must be able to pay: a
    market maker who cannot is a bug and raises AssertionError.
    """
    for order in tuple(floor.accounts[account].register.open_orders(quotes.symbol)):
        withdraw(floor, order, at_ns)
        end(floor, order, OrderStatus.CANCELED, at_ns)
    for side, levels in ((Side.BUY, quotes.bids), (Side.SELL, quotes.asks)):
        for price, quantity in levels:
            request = OrderRequest(
                symbol=quotes.symbol,
                side=side,
                order_type=OrderType.LIMIT,
                client_order_id=f"quote-{floor.next_order}",
                quantity=quantity,
                price=price,
                time_in_force=TimeInForce.GTC,
            )
            _offer(floor, account, request, at_ns)


def _offer(floor: Floor, account: str, request: OrderRequest, at_ns: int) -> None:
    market, quantity = floor.markets[request.symbol], request.quantity
    assert quantity is not None
    plan = market.plan_start(account, request, quantity)
    locked = cost(request, quantity, market.last)
    order = begin(floor, account, request, at_ns, quantity=quantity, locked=locked)
    execute(floor, order, plan.meetings, at_ns)
