"""A small venue to try the matching engine at: one symbol, two customers, orders in few words."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    BalanceUpdate,
    Canceled,
    CanceledList,
    ExecutionReport,
    Fees,
    Listing,
    ListRequest,
    ListStatus,
    Order,
    OrderRequest,
    Placed,
    PlacedList,
    Refusal,
    VenueEvent,
)
from aitrader_gateway.sandbox.matching.words import CancelRestriction, Contingency
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

SYMBOL = "BTCUSDT"
NO_FEES = Fees(maker=Decimal(0), taker=Decimal(0))
INSTRUMENT = Instrument(
    symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    min_price=Decimal("0.01"),
    max_price=Decimal(1_000_000),
    step_size=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(9000),
    order_types=frozenset(OrderType),
)
_AMOUNTS = frozenset({"quantity", "quote_quantity", "price", "stop_price", "iceberg_quantity"})
_TIMED = frozenset({OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT})


def listing(prevention: str = "NONE", amends_max: int = 10, **rules: object) -> Listing:
    """A symbol whose filters are `rules`, amounts as text."""
    typed = {name: Decimal(rule) if isinstance(rule, str) else rule for name, rule in rules.items()}
    return Listing(
        instrument=msgspec.structs.replace(INSTRUMENT, **typed),
        default_prevention=SelfTradePrevention(prevention),
        amends_max=amends_max,
    )


def request(name: str, side: str, kind: str, **terms: object) -> OrderRequest:
    """An order whose amounts are text; GTC where its type needs a time in force."""
    order_type = OrderType(kind)
    terms = {
        term: Decimal(str(value)) if term in _AMOUNTS else value for term, value in terms.items()
    }
    timing = terms.pop("tif", "GTC" if order_type in _TIMED else None)
    mode = terms.pop("prevention", None)
    return OrderRequest(
        symbol=str(terms.pop("symbol", SYMBOL)),
        side=Side(side),
        order_type=order_type,
        client_order_id=name,
        time_in_force=None if timing is None else TimeInForce(timing),
        prevention=None if mode is None else SelfTradePrevention(mode),
        **terms,
    )


class Desk:
    """Alice and Bob begin with 1000 BTC and 1 000 000 USDT each; time passes with every command."""

    def __init__(
        self, market: Listing | None = None, fees: Fees = NO_FEES, *, ended_max: int = 1000
    ) -> None:
        self.exchange = Exchange({SYMBOL: market or listing()}, ended_max=ended_max)
        for account in ("alice", "bob"):
            self.open(account, "1000", "1000000", fees)
        self.now_ns = 0

    def open(self, account: str, btc: str, usdt: str, fees: Fees = NO_FEES) -> None:
        self.exchange.open_account(account, {"BTC": Decimal(btc), "USDT": Decimal(usdt)}, fees)

    def tick(self, seconds: int = 1) -> int:
        self.now_ns += seconds * 10**9
        return self.now_ns

    def place(
        self, account: str, name: str, side: str, kind: str, **terms: object
    ) -> Placed | Refusal:
        return self.exchange.place(account, request(name, side, kind, **terms), self.tick())

    def limit(
        self, account: str, name: str, side: str, quantity: str, price: str, **terms: object
    ) -> Order:
        """An order that is accepted, as it stands after matching."""
        terms = {"quantity": quantity, "price": price, **terms}
        return placed(self.place(account, name, side, "LIMIT", **terms)).order

    def market(self, account: str, name: str, side: str, quantity: str, **terms: object) -> Placed:
        return placed(self.place(account, name, side, "MARKET", quantity=quantity, **terms))

    def bind(
        self, account: str, name: str, contingency: str, *orders: OrderRequest
    ) -> PlacedList | Refusal:
        asked = ListRequest(
            symbol=SYMBOL,
            contingency=Contingency(contingency),
            list_client_order_id=name,
            orders=orders,
        )
        return self.exchange.place_list(account, asked, self.tick())

    def cancel(
        self, account: str, name: str, restriction: str = ""
    ) -> Canceled | CanceledList | Refusal:
        return self.exchange.cancel(
            account,
            SYMBOL,
            order_id=None,
            client_order_id=name,
            new_client_order_id="",
            restriction=CancelRestriction(restriction),
            at_ns=self.tick(),
        )

    def last(self, price: str) -> None:
        """A trade elsewhere."""
        self.exchange.set_last(SYMBOL, Decimal(price), self.tick())

    def order(self, account: str, name: str) -> Order:
        found = self.exchange.order(account, SYMBOL, client_order_id=name)
        assert found is not None
        return found

    def held(self, account: str, asset: str) -> tuple[str, str]:
        """Free and locked."""
        free, locked = self.exchange.balances(account)[asset]
        return plain(free), plain(locked)

    def book(self, side: str) -> list[str]:
        """`quantity@price`, best first."""
        depth = self.exchange.depth(SYMBOL, 100)
        levels = depth.bids if side == "BUY" else depth.asks
        return [f"{plain(quantity)}@{plain(price)}" for price, quantity in levels]

    def trades(self, account: str) -> list[str]:
        """`quantity@price` of each execution, oldest first."""
        found = self.exchange.trades(account, SYMBOL)
        return [f"{plain(trade.quantity)}@{plain(trade.price)}" for trade in found]

    def told(self, account: str) -> list[str]:
        """What the account heard since it was last asked, in few words."""
        return list(_tell(self.exchange.take_events(), account))


def placed(answer: Placed | Refusal) -> Placed:
    """The answer, which is no refusal."""
    assert isinstance(answer, Placed), answer
    return answer


def plain(amount: Decimal) -> str:
    """Without the zeros that arithmetic leaves."""
    return format(amount.normalize(), "f")


def _tell(events: list[VenueEvent], account: str) -> Iterator[str]:
    for event in events:
        match event:
            case ExecutionReport() if event.order.account == account:
                yield f"{event.client_order_id} {event.kind} {event.order.status}"
            case ListStatus() if event.list.account == account:
                yield f"{event.list.list_client_order_id} {event.list.status_type}"
            case AccountPosition() if event.account == account:
                yield "position"
            case BalanceUpdate() if event.account == account:
                yield f"{event.asset} {plain(event.amount)}"
