"""An order at a venue and two accounts of it, each told everything late, twice and out of turn.

The model is the venue: what it executed, how large the order is there and how it ended. One account
of the order hears the replies, the other the stream; whatever they hear, neither may ever know more
than happened, forget what it knew, or end otherwise than the venue.
"""

from decimal import Decimal

from aitrader_server.domain.events import (
    OrderCancelRefused,
    OrderCancelRequested,
    OrderEvent,
    OrderLost,
    OrderRejected,
    OrderReplaceRefused,
    OrderReplaceRequested,
    OrderUnknown,
)
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import ADMITTED, NotAdmitted, Order, apply
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from unit.domain.worlds import NOW_NS, order_in, report

from machines.counting import CountingMachine

LOT = Decimal("0.001")
LOTS = 10
ID = {"request_id": "r-1"}
# What we do ourselves, or conclude, whenever the order's state admits it.
OURS: tuple[OrderEvent, ...] = (
    OrderUnknown(**ID, cause="the reply was lost"),
    OrderRejected(**ID, code="NEVER_LANDED", reason="a proof of absence that was wrong"),
    OrderLost(**ID, evidence="a look at the wrong account", actor="ann"),
    OrderCancelRequested(**ID, actor="ann"),
    OrderCancelRefused(**ID, reason="it works on"),
    OrderReplaceRequested(**ID, quantity=Decimal("0.004")),
    OrderReplaceRefused(**ID, reason="it stays"),
)
ENDS = {
    VenueStatus.FILLED: OrderState.FILLED,
    VenueStatus.CANCELED: OrderState.CANCELED,
    VenueStatus.EXPIRED: OrderState.EXPIRED,
}
DOUBTED = {OrderState.REJECTED, OrderState.LOST}
ACCOUNTS = st.sampled_from((0, 1))
FEW = st.integers(1, 4)


class OrderLife(CountingMachine):
    # What is under test; a planted bug takes the place of either.
    observe = staticmethod(observe)
    apply = staticmethod(apply)

    def __init__(self) -> None:
        super().__init__()
        self.status = VenueStatus.ACCEPTED
        self.lots = LOTS
        self.trades: list[Fill] = []
        self.said = [self.statement()]
        self.accounts = [order_in(OrderState.SUBMITTED), order_in(OrderState.SUBMITTED)]

    @property
    def executed(self) -> int:
        return int(sum((trade.quantity for trade in self.trades), Decimal(0)) / LOT)

    @property
    def open(self) -> bool:
        return self.status not in ENDS

    def statement(self, *fills: Fill, status: VenueStatus | None = None) -> VenueReport:
        return report(
            status or self.status, str(self.executed * LOT), fills, quantity=str(self.lots * LOT)
        )

    @precondition(lambda self: self.open)
    @rule(lots=FEW)
    def execute(self, lots):
        lots = min(lots, self.lots - self.executed)
        number = len(self.trades) + 1
        price = Decimal(10_000 + number)
        self.trades.append(Fill(trade_id=f"t-{number}", quantity=lots * LOT, price=price))
        whole = self.executed == self.lots
        self.status = VenueStatus.FILLED if whole else VenueStatus.PARTIALLY_FILLED
        self.said.append(self.statement(self.trades[-1]))

    @precondition(lambda self: self.status is VenueStatus.ACCEPTED)
    @rule()
    def trigger(self):
        self.status = VenueStatus.TRIGGERED
        self.said.append(self.statement())

    @precondition(lambda self: self.open and self.lots - self.executed > 1)
    @rule()
    def shrink(self):
        self.lots -= 1
        self.said.append(self.statement())

    @precondition(lambda self: self.open)
    @rule(status=st.sampled_from((VenueStatus.CANCELED, VenueStatus.EXPIRED)))
    def end(self, status):
        self.status = status
        self.said.append(self.statement())

    @rule(who=ACCOUNTS, back=st.integers(0, 20))
    def hear(self, who, back):
        """Any statement, the latest most of the time."""
        self.tell(who, self.said[max(len(self.said) - 1 - back, 0)])

    @rule(who=ACCOUNTS)
    def ask_for_trades(self, who):
        self.tell(who, self.statement(*self.trades))

    @rule(who=ACCOUNTS, event=st.sampled_from(OURS))
    def act(self, who, event):
        before = self.accounts[who]
        after = self.apply(before, event, NOW_NS)
        if before.state in ADMITTED[type(event)]:
            assert isinstance(after, Order)
            self.becomes(who, after)
        else:
            assert after == NotAdmitted(before.state, type(event).__name__)

    def tell(self, who: int, said: VenueReport) -> None:
        for event in self.observe(self.accounts[who], said):
            after = self.apply(self.accounts[who], event, NOW_NS)
            assert isinstance(after, Order), f"{event} on {self.accounts[who].state}"
            self.becomes(who, after)

    def becomes(self, who: int, after: Order) -> None:
        before = self.accounts[who]
        booked = {fill.trade_id: fill.quantity for fill in after.fills}
        assert len(booked) == len(after.fills), "a trade was booked twice"
        assert after.cumulative_quantity == sum(booked.values())
        assert after.cumulative_quantity >= before.cumulative_quantity, "it forgot an execution"
        assert after.cumulative_quantity <= self.executed * LOT, "it knows more than happened"
        assert after.reported_quantity >= before.reported_quantity
        if before.terminal and before.state not in DOUBTED:
            assert after.state is before.state, f"ended twice: {before.state}, {after.state}"
        if after.state in ENDS.values():
            assert not self.open, f"{after.state} while it works"
            assert after.state is ENDS[self.status]
        self.accounts[who] = after

    def teardown(self) -> None:
        """In the end both are told all; then they agree with each other and the venue."""
        for who in (0, 1):
            self.tell(who, self.statement(*self.trades))
        one, other = ((a.cumulative_quantity, a.cumulative_quote) for a in self.accounts)
        assert (
            one
            == other
            == (
                self.executed * LOT,
                sum((trade.quantity * trade.price for trade in self.trades), Decimal(0)),
            )
        )
        for account in self.accounts:
            assert not account.gap
            assert account.quantity == self.lots * LOT
            if not self.open:
                assert account.state is ENDS[self.status]
            else:
                assert not account.terminal
