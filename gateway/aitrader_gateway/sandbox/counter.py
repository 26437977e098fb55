"""One account of the exchange, served in process in the engine's own words.

What the other faces say in JSON over a socket is said here in values: the paper venue and the
deterministic simulation trade on the same matching engine as everybody.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import (
    Absent,
    AccountSnapshot,
    Acknowledged,
    AcknowledgedList,
    Refused,
    Replaced,
    Replacement,
    VenueReport,
    VenueStatus,
)
from aitrader_server.domain.words import Contingency as Dependence
from aitrader_server.domain.words import OrderType, Side

from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    AccountTrade,
    Amendment,
    Canceled,
    ExecutionReport,
    ListRequest,
    Order,
    OrderRequest,
    Placed,
    Refusal,
    ReplaceRequest,
    VenueEvent,
)
from aitrader_gateway.sandbox.matching.orders import conditional, upward
from aitrader_gateway.sandbox.matching.words import (
    CancelRestriction,
    Contingency,
    ExecutionType,
    OrderStatus,
    ReplaceMode,
)

_STATUS = {
    OrderStatus.NEW: VenueStatus.ACCEPTED,
    OrderStatus.PENDING_NEW: VenueStatus.ACCEPTED,
    OrderStatus.PARTIALLY_FILLED: VenueStatus.PARTIALLY_FILLED,
    OrderStatus.FILLED: VenueStatus.FILLED,
    OrderStatus.CANCELED: VenueStatus.CANCELED,
    OrderStatus.REJECTED: VenueStatus.REJECTED,
    OrderStatus.EXPIRED: VenueStatus.EXPIRED,
    OrderStatus.EXPIRED_IN_MATCH: VenueStatus.EXPIRED,
}
# Orders that rest until their price comes take no time in force of the caller's.
_UNTIMED = frozenset(
    {OrderType.MARKET, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT}
)


class Counter:
    """Commands of one account; each answers as the venue's reply would."""

    def __init__(self, exchange: Exchange, account: str) -> None:
        self.exchange = exchange
        self.account_name = account

    def check(self, spec: OrderSpec) -> Refused | None:
        """Why the order would be refused now."""
        refusal = self.exchange.check(self.account_name, request_of(spec))
        return None if refusal is None else _refused(refusal)

    def place(self, spec: OrderSpec, at_ns: int) -> Acknowledged | Refused:
        """One order, with what it executed at once."""
        placed = self.exchange.place(self.account_name, request_of(spec), at_ns)
        return _refused(placed) if isinstance(placed, Refusal) else Acknowledged(_placed(placed))

    def place_list(self, specs: Sequence[OrderSpec], at_ns: int) -> AcknowledgedList | Refused:
        """Orders that depend on each other."""
        request = _list_request(specs)
        placed = self.exchange.place_list(self.account_name, request, at_ns)
        if isinstance(placed, Refusal):
            return _refused(placed)
        return AcknowledgedList(tuple(map(_placed, placed.orders)))

    def replace(self, replacement: Replacement, at_ns: int) -> Replaced | Refused:
        """Cancels one order and places another."""
        request = ReplaceRequest(
            order=request_of(replacement.spec),
            mode=ReplaceMode.STOP_ON_FAILURE,
            cancel_order_id=int(replacement.venue_order_id),
            cancel_client_order_id=replacement.request_id,
            # What it executes until then would be placed a second time.
            restriction=CancelRestriction.ONLY_NEW,
        )
        done = self.exchange.cancel_replace(self.account_name, request, at_ns)
        if isinstance(done, Refusal):
            return _refused(done)
        if isinstance(done.canceled, Refusal):
            return _refused(done.canceled)
        assert isinstance(done.canceled, Canceled)
        assert done.placed is not None
        placed = done.placed
        return Replaced(
            canceled=report_of(done.canceled.order),
            placed=_refused(placed) if isinstance(placed, Refusal) else _placed(placed),
        )

    def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal, at_ns: int
    ) -> Acknowledged | Refused:
        """Lowers the quantity of an open order, which keeps its client id."""
        done = self.exchange.amend(
            self.account_name,
            symbol,
            order_id=int(venue_order_id) if venue_order_id else None,
            client_order_id=request_id,
            new_client_order_id=request_id,
            new_quantity=quantity,
            at_ns=at_ns,
        )
        return (
            Acknowledged(report_of(done.order)) if isinstance(done, Amendment) else _refused(done)
        )

    def cancel(
        self, symbol: str, request_id: str, venue_order_id: str, at_ns: int
    ) -> Acknowledged | Refused:
        """Ends an open order; one of a list takes the others with it."""
        done = self.exchange.cancel(
            self.account_name,
            symbol,
            order_id=int(venue_order_id) if venue_order_id else None,
            client_order_id=request_id,
            new_client_order_id="",
            restriction=CancelRestriction.NONE,
            at_ns=at_ns,
        )
        if isinstance(done, Refusal):
            return _refused(done)
        each = (done,) if isinstance(done, Canceled) else done.orders
        order = next(one.order for one in each if one.order.request.client_order_id == request_id)
        return Acknowledged(report_of(order))

    def find(self, symbol: str, request_id: str, venue_order_id: str) -> Order | None:
        """By the venue's id, or without one the newest of that client id."""
        if symbol not in self.exchange.listings:
            return None
        number = int(venue_order_id) if venue_order_id else None
        return self.exchange.order(
            self.account_name, symbol, order_id=number, client_order_id=request_id
        )

    def query(self, symbol: str, request_id: str, venue_order_id: str) -> Acknowledged | Absent:
        """The order's state without its executions, as the venue's order endpoint gives it."""
        order = self.find(symbol, request_id, venue_order_id)
        return Absent() if order is None else Acknowledged(report_of(order))

    def history(self, symbol: str, request_id: str, since_ns: int) -> Acknowledged | Absent:
        """The newest order of that client id accepted since then, with its executions."""
        order = self.find(symbol, request_id, "")
        if order is None or order.created_at_ns < since_ns:
            return Absent()
        return Acknowledged(report_of(order, self._trades(order)))

    def fills(self, symbol: str, venue_order_id: str) -> tuple[Fill, ...]:
        """Every execution of one order, oldest first."""
        order = self.find(symbol, "", venue_order_id)
        return () if order is None else tuple(map(fill_of, self._trades(order)))

    def open_orders(self) -> list[VenueReport]:
        """Every order that works, oldest first."""
        return [report_of(order) for order in self.exchange.open_orders(self.account_name)]

    def account(self, at_ns: int) -> AccountSnapshot:
        """All balances."""
        balances = self.exchange.balances(self.account_name)
        return AccountSnapshot(
            free={asset: free for asset, (free, _) in balances.items()},
            locked={asset: locked for asset, (_, locked) in balances.items()},
            at_ns=at_ns,
        )

    def reports(self, events: Iterable[VenueEvent]) -> Iterator[VenueReport]:
        """What the account's own stream says of `events`."""
        for event in events:
            if isinstance(event, ExecutionReport) and event.order.account == self.account_name:
                yield _event_report(event)

    def _trades(self, order: Order) -> list[AccountTrade]:
        trades = self.exchange.trades(self.account_name, order.symbol)
        return [trade for trade in trades if trade.order_number == order.number]


def request_of(spec: OrderSpec) -> OrderRequest:
    """The order as the venue is asked for it."""
    return OrderRequest(
        symbol=spec.symbol,
        side=spec.side,
        order_type=spec.order_type,
        client_order_id=spec.request_id,
        quantity=spec.quantity,
        quote_quantity=spec.quote_quantity,
        price=spec.limit_price,
        stop_price=spec.stop_price,
        trailing_delta=spec.trailing_delta_bips,
        iceberg_quantity=spec.iceberg_quantity,
        time_in_force=None if spec.order_type in _UNTIMED else spec.time_in_force,
        prevention=spec.self_trade_prevention,
    )


def report_of(order: Order, trades: Sequence[AccountTrade] = ()) -> VenueReport:
    """The order as the venue states it, with the executions that the statement is about."""
    status = _STATUS[order.status]
    if status is VenueStatus.ACCEPTED and order.live and conditional(order.request):
        status = VenueStatus.TRIGGERED
    return VenueReport(
        request_id=order.client_order_id,
        symbol=order.symbol,
        venue_order_id=str(order.number),
        status=status,
        quantity=order.quantity,
        cumulative_quantity=order.cumulative_quantity,
        fills=tuple(map(fill_of, trades)),
        reason=order.expiry.value,
        at_ns=order.updated_at_ns,
        created_at_ns=order.created_at_ns,
    )


def fill_of(trade: AccountTrade) -> Fill:
    """One side of an execution."""
    return Fill(
        trade_id=str(trade.number),
        quantity=trade.quantity,
        price=trade.price,
        fee=trade.fee,
        fee_asset=trade.fee_asset,
        maker=trade.maker,
        executed_at_ns=trade.at_ns,
    )


def _event_report(event: ExecutionReport) -> VenueReport:
    trade = event.trade
    told = event.kind is ExecutionType.TRADE and trade is not None
    return report_of(event.order, (trade,) if told and trade is not None else ())


def _placed(placed: Placed) -> VenueReport:
    return report_of(placed.order, placed.trades)


def _refused(refusal: Refusal) -> Refused:
    return Refused(str(refusal.code), refusal.message)


def _list_request(specs: Sequence[OrderSpec]) -> ListRequest:
    """The list as the venue is asked for it: of two alternatives the one above the market first."""
    place = specs[0].place
    assert place is not None, "orders that are placed together have a place in a list"
    requests = [request_of(spec) for spec in specs]
    if place.contingency is Dependence.OCO:
        ordered = sorted(requests, key=_below)
    else:
        ordered = [requests[0], *sorted(requests[1:], key=_below)]
    return ListRequest(
        symbol=specs[0].symbol,
        contingency=Contingency.OCO if place.contingency is Dependence.OCO else Contingency.OTO,
        list_client_order_id=f"L-{place.list_id}"[:36],
        orders=tuple(ordered),
    )


def _below(request: OrderRequest) -> bool:
    """Whether the order waits under the market; one that rests at its price does so to buy."""
    if conditional(request):
        return not upward(request)
    return request.side is Side.BUY
