"""Better prices first, then older orders: against a reference too simple to be wrong."""

from dataclasses import dataclass, field
from decimal import Decimal

from aitrader_gateway.sandbox.matching.model import ExecutionReport
from aitrader_server.domain.words import Side
from hypothesis import given
from hypothesis import strategies as st
from matching_desk import Desk


@dataclass
class Resting:
    name: str
    side: str
    price: int
    shown: Decimal
    hidden: Decimal
    slice_max: Decimal
    arrival: int


@dataclass
class Reference:
    """Looks for the best order by looking at all of them."""

    resting: list[Resting] = field(default_factory=list)
    arrivals: int = 0
    trades: list[tuple[str, str, int, Decimal]] = field(default_factory=list)

    def place(self, name, placement) -> None:
        _, side, kind, price, quantity, iceberg = placement
        if kind == "FOK" and self.reachable(side, price) < quantity:
            return
        while quantity and (maker := self.best(side, None if kind == "MARKET" else price)):
            executed = min(quantity, maker.shown)
            self.trades.append((name, maker.name, maker.price, executed))
            quantity -= executed
            maker.shown -= executed
            if not maker.shown and maker.hidden:
                maker.shown = min(maker.hidden, maker.slice_max)
                maker.hidden -= maker.shown
                maker.arrival = self.arrive()
            if not maker.shown:
                self.resting.remove(maker)
        if quantity and kind == "GTC":
            shown = min(quantity, iceberg or quantity)
            self.resting.append(
                Resting(name, side, price, shown, quantity - shown, shown, self.arrive())
            )

    def cancel(self, name) -> None:
        self.resting = [order for order in self.resting if order.name != name]

    def arrive(self) -> int:
        self.arrivals += 1
        return self.arrivals

    def makers(self, side, limit) -> list[Resting]:
        sign = 1 if side == "BUY" else -1
        return [
            order
            for order in self.resting
            if order.side != side and (limit is None or sign * order.price <= sign * limit)
        ]

    def reachable(self, side, limit) -> Decimal:
        return sum((each.shown + each.hidden for each in self.makers(side, limit)), Decimal(0))

    def best(self, side, limit) -> Resting | None:
        sign = 1 if side == "BUY" else -1
        found = self.makers(side, limit)
        return min(found, key=lambda order: (sign * order.price, order.arrival), default=None)


placements = st.tuples(
    st.sampled_from(("alice", "bob")),
    st.sampled_from(("BUY", "SELL")),
    st.sampled_from(("GTC", "GTC", "GTC", "IOC", "FOK", "MARKET")),
    st.integers(98, 102),
    st.integers(1, 9).map(Decimal),
    st.sampled_from((None, None, Decimal(1), Decimal(2))),
)
cancels = st.integers(0, 30)


@given(st.lists(placements | cancels, max_size=40))
def test_executions_and_book_are_those_of_the_reference(commands):
    desk, reference = Desk(), Reference()
    for number, command in enumerate(commands):
        if isinstance(command, int):
            for account in ("alice", "bob"):
                desk.cancel(account, f"o{command}")
            reference.cancel(f"o{command}")
            continue
        account, side, kind, price, quantity, iceberg = command
        hides = iceberg if kind == "GTC" and iceberg is not None and iceberg <= quantity else None
        reference.place(f"o{number}", (*command[:-1], hides))
        if kind == "MARKET":
            desk.market(account, f"o{number}", side, str(quantity))
        else:
            terms = {"tif": kind, "iceberg_quantity": hides} if hides else {"tif": kind}
            desk.limit(account, f"o{number}", side, str(quantity), str(price), **terms)
    assert executions(desk) == reference.trades
    for side in Side:
        levels: dict[int, Decimal] = {}
        for order in reference.resting:
            if order.side == side:
                levels[order.price] = levels.get(order.price, Decimal(0)) + order.shown
        best_first = sorted(levels.items(), reverse=side is Side.BUY)
        assert desk.book(side) == [f"{quantity}@{price}" for price, quantity in best_first]


def executions(desk: Desk) -> list[tuple[str, str, int, Decimal]]:
    """Taker, maker, price and quantity, in the order in which they were told."""
    reports = [
        event
        for event in desk.exchange.take_events()
        if isinstance(event, ExecutionReport) and event.trade is not None
    ]
    return [
        (taker.client_order_id, maker.client_order_id, int(taker.trade.price), taker.trade.quantity)
        for taker, maker in zip(reports[::2], reports[1::2], strict=True)
    ]
