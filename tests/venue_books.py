"""A venue's books: what it took, executed and holds, and nothing of how it is asked."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import (
    Acknowledged,
    Refused,
    Replaced,
    Replacement,
    VenueReport,
    VenueStatus,
)
from aitrader_server.domain.words import Side
from aitrader_server.engine.ports import VenueListener

PRICE = Decimal(10_000)
ZERO = Decimal(0)
REFUSAL = Refused("-2010", "the venue would not")
_OPEN = (VenueStatus.ACCEPTED, VenueStatus.TRIGGERED, VenueStatus.PARTIALLY_FILLED)


class VenueOrder:
    """One order as the venue has it; `place_in_queue` is lost by every new order only."""

    def __init__(
        self, number: int, spec: OrderSpec, *, foreign: bool = False, created_at_ns: int = 0
    ) -> None:
        assert spec.quantity is not None
        self.foreign = foreign
        self.created_at_ns = created_at_ns
        self.number = number
        self.spec = spec
        self.quantity = spec.quantity
        self.fills: list[Fill] = []
        self.status = VenueStatus.ACCEPTED
        self.waits = spec.place is not None and spec.place.waits

    @property
    def open(self) -> bool:
        return self.status in _OPEN

    @property
    def executed(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), ZERO)

    @property
    def price(self) -> Decimal:
        return self.spec.limit_price or self.spec.stop_price or PRICE

    def report(self, *fills: Fill) -> VenueReport:
        return VenueReport(
            request_id=self.spec.request_id,
            symbol=self.spec.symbol,
            venue_order_id=str(self.number),
            status=self.status,
            quantity=self.quantity,
            cumulative_quantity=self.executed,
            fills=fills,
            created_at_ns=self.created_at_ns,
        )


class VenueBooks:
    """Prices never cross by themselves: a test executes orders when it wants to.

    With `streams` every change is told to the `listener` too, before the reply. `on_change` is
    called after every change, `on_taken` when an order was taken.
    """

    def __init__(self, balances: Mapping[str, str]) -> None:
        self.balances = {asset: Decimal(amount) for asset, amount in balances.items()}
        self.orders: list[VenueOrder] = []
        self.listener: VenueListener | None = None
        self.streams = False
        self.now_ns: Callable[[], int] = lambda: 0
        self.on_change: Callable[[], None] = lambda: None
        self.on_taken: Callable[[VenueOrder], object] = lambda _: None

    def tell(self, report: VenueReport) -> None:
        """One statement on the account stream."""
        if self.listener is not None:
            self.listener.on_report(report)

    def _happened(self, order: VenueOrder) -> VenueReport:
        self.on_change()
        if self.streams:
            self.tell(order.report())
        return order.report()

    def of(self, request_id: str) -> list[VenueOrder]:
        """All that the venue ever took under one id."""
        return [order for order in self.orders if order.spec.request_id == request_id]

    def the(self, request_id: str) -> VenueOrder:
        (order,) = self.of(request_id)
        return order

    def open_ids(self) -> list[str]:
        """Of orders that were sent from here."""
        return [o.spec.request_id for o in self.orders if o.open and not o.foreign]

    def execute(self, request_id: str, quantity: str | Decimal, *, told: bool = True) -> None:
        """An execution at the order's own price, told on the stream unless said otherwise."""
        order, amount = self.the(request_id), Decimal(quantity)
        assert order.open
        assert not order.waits
        number = sum(len(other.fills) for other in self.orders) + 1
        fill = Fill(trade_id=str(number), quantity=amount, price=order.price, fee_asset="USDT")
        order.fills.append(fill)
        assert order.executed <= order.quantity
        sign = 1 if order.spec.side is Side.BUY else -1
        self.balances["BTC"] += sign * amount
        self.balances["USDT"] -= sign * amount * order.price
        full = order.executed == order.quantity
        order.status = VenueStatus.FILLED if full else VenueStatus.PARTIALLY_FILLED
        ended = self._follow(order)
        self.on_change()
        if told:
            self.tell(order.report(fill))
            for other in ended:
                self.tell(other.report())

    def cancel_there(self, request_id: str) -> None:
        """Somebody else cancels it."""
        self.end(self.the(request_id))

    def wipe(self, balances: Mapping[str, str]) -> None:
        """The system begins anew: nothing is known, and all numbers are given out again."""
        self.orders = []
        self.balances = {asset: Decimal(amount) for asset, amount in balances.items()}

    def take(self, spec: OrderSpec, *, foreign: bool = False) -> VenueReport:
        """Places an order; a `foreign` one is somebody else's on the same account."""
        assert not self.of(spec.request_id), f"{spec.request_id} is there twice"
        return self._take(spec, foreign=foreign)

    def take_again(self, spec: OrderSpec) -> VenueReport:
        """Somebody else's order under an id that is free again."""
        assert not any(order.open for order in self.of(spec.request_id))
        return self._take(spec, foreign=True)

    def _take(self, spec: OrderSpec, *, foreign: bool) -> VenueReport:
        number, now_ns = len(self.orders) + 1, self.now_ns()
        order = VenueOrder(number, spec, foreign=foreign, created_at_ns=now_ns)
        self.orders.append(order)
        self._happened(order)
        self.on_taken(order)
        return order.report()

    def replace_there(self, replacement: Replacement, *, refuse: bool) -> object:
        old = self.the(replacement.request_id)
        if not old.open or old.fills:
            return Refused("-2021", "the order was not cancelled, and none was placed")
        self.end(old)
        placed = REFUSAL if refuse else self.take(replacement.spec)
        return Replaced(canceled=old.report(), placed=placed)

    def amend_there(self, order: VenueOrder, quantity: Decimal) -> object:
        if not order.open or not order.executed < quantity < order.quantity:
            return Refused("-2038", "the order cannot be made that small")
        order.quantity = quantity
        return Acknowledged(self._happened(order))

    def end(self, order: VenueOrder) -> None:
        """Ends an order and with it the list that it belongs to."""
        place = order.spec.place
        members = (order.spec.request_id,) if place is None else place.members
        for other in self.orders:
            if other.spec.request_id in members and other.open:
                other.status = VenueStatus.CANCELED
                self._happened(other)

    def _follow(self, order: VenueOrder) -> list[VenueOrder]:
        """What an execution does to the rest of the list; returns what it ended."""
        place, ended = order.spec.place, []
        for other in self.orders if place is not None else ():
            if other is order or other.spec.request_id not in place.members:
                continue
            if order.status is VenueStatus.FILLED and other.waits and order.spec.place.index == 0:
                other.waits = False
            elif other.open and order.spec.place.alternatives and other.spec.place.alternatives:
                other.status = VenueStatus.EXPIRED
                ended.append(other)
        return ended

    def free(self) -> dict[str, Decimal]:
        """What our own orders let be spent, by asset; of alternatives the larger is locked."""
        locked: dict[str, dict[str, Decimal]] = {"BTC": {}, "USDT": {}}
        for order in self.orders:
            if not order.open or order.waits or order.foreign:
                continue
            left, place = order.quantity - order.executed, order.spec.place
            alone = place is None or not place.alternatives
            key = order.spec.request_id if alone else place.list_id
            buys = order.spec.side is Side.BUY
            group = locked["USDT" if buys else "BTC"]
            group[key] = max(group.get(key, ZERO), left * order.price if buys else left)
        return {
            asset: amount - sum(locked[asset].values(), ZERO)
            for asset, amount in self.balances.items()
        }
