"""What a venue says, in any order and any number of times, comes to one end."""

from itertools import accumulate

import pytest
from aitrader_server.domain.events import (
    OrderAccepted,
    OrderCanceled,
    OrderCancelRequested,
    OrderCompleted,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderRejected,
    OrderTriggered,
    ReportIgnored,
)
from aitrader_server.domain.observe import STATE_RANK, observe
from aitrader_server.domain.order import Order, apply
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState, Side
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import NOW_NS, D, fill, market, order_in, report, spec

ENDED = {VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.EXPIRED}
TERMINAL_EVENTS = (OrderCanceled, OrderExpired, OrderRejected, OrderCompleted)


def hear(order: Order, *reports: VenueReport) -> Order:
    """The order after `reports`; fails where an event is not admitted."""
    for said in reports:
        for event in observe(order, said):
            after = apply(order, event, NOW_NS)
            assert isinstance(after, Order), f"{event} on {order.state}"
            order = after
    return order


def kinds(order: Order, said: VenueReport) -> list[type]:
    return [type(event) for event in observe(order, said)]


def test_a_first_report_accepts_and_books_and_ends():
    said = report(VenueStatus.EXPIRED, "0.004", (fill("1", "0.003"), fill("2", "0.001")))
    for state in (
        OrderState.SUBMITTED,
        OrderState.UNKNOWN,
        OrderState.REJECTED,
        OrderState.LOST,
    ):
        order = order_in(state)
        assert kinds(order, said) == [OrderAccepted, OrderFilled, OrderFilled, OrderExpired]
        assert hear(order, said).state is OrderState.EXPIRED


def test_what_is_known_adds_nothing():
    said = report(VenueStatus.PARTIALLY_FILLED, "0.004", (fill("1", "0.004"),))
    order = hear(order_in(OrderState.SUBMITTED), said)
    assert observe(order, said) == ()
    assert observe(order, report(VenueStatus.ACCEPTED)) == ()
    assert observe(order, report(VenueStatus.TRIGGERED)) == ()


def test_executions_that_are_named_but_not_told_open_a_gap():
    order = order_in(OrderState.ACCEPTED)
    assert kinds(order, report(VenueStatus.PARTIALLY_FILLED, "0.004")) == [OrderGapFound]
    order = hear(order, report(VenueStatus.PARTIALLY_FILLED, "0.004"))
    assert observe(order, report(VenueStatus.PARTIALLY_FILLED, "0.003")) == ()
    order = hear(order, report(VenueStatus.PARTIALLY_FILLED, "0.004", (fill("1", "0.004"),)))
    assert (order.gap, order.cumulative_quantity) == (0, D("0.004"))


def test_a_filled_order_without_its_executions_is_not_filled_yet():
    order = hear(order_in(OrderState.SUBMITTED), report(VenueStatus.FILLED, "0.01"))
    assert (order.state, order.gap) == (OrderState.ACCEPTED, D("0.01"))


def test_a_trade_told_twice_in_one_report_is_booked_once():
    twice = (fill("1", "0.004"), fill("1", "0.004"))
    order = hear(order_in(OrderState.ACCEPTED), report(VenueStatus.ACCEPTED, "0.004", twice))
    assert order.cumulative_quantity == D("0.004")


def test_an_order_by_amount_ends_when_the_venue_says_filled():
    order = order_in(OrderState.SUBMITTED, market(quantity=None, quote_quantity=D(100)))
    first = report(VenueStatus.PARTIALLY_FILLED, "0.004", (fill("1", "0.004"),), quantity=None)
    last = report(VenueStatus.FILLED, "0.01", (fill("2", "0.006"),), quantity=None)
    done = hear(order, first, last)
    assert (done.state, done.quantity) == (OrderState.FILLED, D("0.01"))
    late = hear(order, last, first)
    assert (late.state, late.cumulative_quantity, late.gap) == (OrderState.FILLED, D("0.01"), 0)


def test_an_order_filled_at_less_than_its_quantity_ends():
    booked = hear(
        order_in(OrderState.ACCEPTED),
        report(VenueStatus.PARTIALLY_FILLED, "0.008", (fill("1", "0.008"),)),
    )
    assert kinds(booked, report(VenueStatus.FILLED, "0.008")) == [OrderCompleted]
    assert hear(booked, report(VenueStatus.FILLED, "0.008")).state is OrderState.FILLED


@pytest.mark.parametrize("status", [VenueStatus.EXPIRED, VenueStatus.CANCELED])
def test_an_end_that_comes_with_the_last_execution_is_a_fill(status):
    order = order_in(OrderState.SUBMITTED, market(quantity=None, quote_quantity=D(100)))
    done = hear(order, report(status, "0.01", (fill("1", "0.01"),), quantity="0.01"))
    assert done.state is OrderState.FILLED


@pytest.mark.parametrize(
    "state", [OrderState.INITIALIZED, OrderState.DENIED, OrderState.PENDING_APPROVAL]
)
@pytest.mark.parametrize("status", VenueStatus)
def test_a_report_on_an_order_that_was_never_sent_is_ignored(state, status):
    order = order_in(state)
    said = report(status, "0.004", (fill("1", "0.004"),))
    assert kinds(order, said) == [ReportIgnored]
    assert hear(order, said).cumulative_quantity == 0


def test_a_report_on_another_order_of_the_venue_is_ignored():
    order = order_in(OrderState.ACCEPTED)
    for venue_order_id in ("v-2", ""):
        said = report(
            VenueStatus.FILLED, "0.01", (fill("1", "0.01"),), venue_order_id=venue_order_id
        )
        assert kinds(order, said) == [ReportIgnored]
        assert hear(order, said).cumulative_quantity == 0


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (OrderState.SUBMITTED, [OrderRejected]),
        (OrderState.UNKNOWN, [OrderRejected]),
        (OrderState.REJECTED, []),
        (OrderState.LOST, [ReportIgnored]),
        (OrderState.FILLED, [ReportIgnored]),
        (OrderState.CANCELED, [ReportIgnored]),
    ],
)
def test_a_rejection_counts_only_while_nothing_speaks_against_it(state, expected):
    assert kinds(order_in(state), report(VenueStatus.REJECTED, reason="no")) == expected


@pytest.mark.parametrize(
    "state",
    [
        OrderState.ACCEPTED,
        OrderState.TRIGGERED,
        OrderState.PARTIALLY_FILLED,
        OrderState.PENDING_REPLACE,
        OrderState.PENDING_CANCEL,
    ],
)
def test_an_order_that_the_venue_would_not_work_when_its_turn_came_has_ended(state):
    for reason, told in (("no funds", "no funds"), ("", "REJECTED")):
        order = hear(order_in(state), report(VenueStatus.REJECTED, reason=reason))
        assert order.state is OrderState.EXPIRED
        assert order.reason == f"the venue refused it when its turn came: {told}"


def test_a_rejection_with_executions_is_doubted_and_the_executions_booked():
    said = report(VenueStatus.REJECTED, "0.004", (fill("1", "0.004"),))
    order = order_in(OrderState.SUBMITTED)
    assert kinds(order, said) == [OrderAccepted, OrderFilled, ReportIgnored]
    assert hear(order, said).state is OrderState.PARTIALLY_FILLED


def test_filled_with_nothing_executed_is_doubted():
    order = order_in(OrderState.ACCEPTED)
    assert kinds(order, report(VenueStatus.FILLED)) == [ReportIgnored]


def test_a_trigger_is_told_once():
    order = order_in(OrderState.SUBMITTED)
    assert kinds(order, report(VenueStatus.TRIGGERED)) == [OrderAccepted, OrderTriggered]
    order = hear(order, report(VenueStatus.TRIGGERED))
    assert observe(order, report(VenueStatus.TRIGGERED)) == ()


def test_a_trigger_that_comes_with_executions_is_behind_them():
    # The order was read before its trades: the status is older than what executed.
    order = order_in(OrderState.ACCEPTED)
    said = report(VenueStatus.TRIGGERED, "0.004", (fill("1", "0.004"),))
    assert kinds(order, said) == [OrderFilled]
    assert hear(order, said).state is OrderState.PARTIALLY_FILLED


def test_every_state_has_a_rank_and_no_end_is_outranked():
    assert set(STATE_RANK) == set(OrderState)
    ends = {OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.DENIED}
    assert {state for state in OrderState if STATE_RANK[state] == max(STATE_RANK.values())} == ends


def test_fills_carry_what_the_ledger_needs():
    (event,) = observe(
        order_in(OrderState.ACCEPTED, spec(side=Side.SELL)),
        report(VenueStatus.ACCEPTED, "0.001", (fill("1", "0.001"),)),
    )
    assert isinstance(event, OrderFilled)
    assert (event.symbol, event.side, event.base, event.quote) == (
        "BTCUSDT",
        Side.SELL,
        "BTC",
        "USDT",
    )


# ---- properties -------------------------------------------------------------------------------

steps = st.integers(1, 1000)


class History:
    """All that a venue did with one order, and every report that it may have sent about it."""

    def __init__(self, amounts: list[int], left: int, end: VenueStatus, *, by_amount: bool) -> None:
        self.fills = tuple(
            fill(f"t-{number}", str(D(amount).scaleb(-5)), str(9990 + number), "0.1", "BNB")
            for number, amount in enumerate(amounts)
        )
        self.cumulative = list(accumulate((f.quantity for f in self.fills), initial=D(0)))
        self.total = self.cumulative[-1]
        self.left = D(left).scaleb(-5)
        self.status = end
        self.by_amount = by_amount
        quantity = None if by_amount else self.total + self.left
        self.spec = market(quantity=quantity, quote_quantity=D(10**6) if by_amount else None)
        self.quantity = None if quantity is None else str(quantity)

    def report(self, status: VenueStatus, upto: int, fills: tuple[Fill, ...] = ()) -> VenueReport:
        return report(status, str(self.cumulative[upto]), fills, self.quantity)

    def status_at(self, upto: int) -> VenueStatus:
        if upto == len(self.fills):
            return self.status
        return VenueStatus.PARTIALLY_FILLED if upto else VenueStatus.ACCEPTED

    def final(self) -> VenueReport:
        return self.report(self.status, len(self.fills), self.fills)

    def reports(self) -> list[VenueReport]:
        """Stream, replies and queries; a query tells only how much, at any moment."""
        count = len(self.fills)
        stream = [
            self.report(
                self.status
                if upto == count and self.status is VenueStatus.FILLED
                else VenueStatus.PARTIALLY_FILLED,
                upto,
                (self.fills[upto - 1],),
            )
            for upto in range(1, count + 1)
        ]
        queries = [self.report(self.status_at(upto), upto) for upto in range(count + 1)]
        replies = [
            self.report(self.status_at(upto), upto, self.fills[:upto]) for upto in range(count + 1)
        ]
        acceptance = self.report(VenueStatus.ACCEPTED, 0)
        return [acceptance, *stream, *queries, *replies]

    @property
    def state(self) -> OrderState:
        """What the order must come to."""
        return OrderState(self.status.value)


@st.composite
def histories(draw) -> History:
    amounts = draw(st.lists(steps, max_size=5))
    ends = [VenueStatus.CANCELED, VenueStatus.EXPIRED]
    ends.append(VenueStatus.PARTIALLY_FILLED if amounts else VenueStatus.ACCEPTED)
    if amounts:
        ends.append(VenueStatus.FILLED)
    end = draw(st.sampled_from(ends))
    left = 0 if end is VenueStatus.FILLED else draw(steps)
    return History(amounts, left, end, by_amount=draw(st.booleans()))


def listen(order: Order, deliveries: list[VenueReport]) -> Order:
    """Hears everything, checking after each report what must always hold."""
    loudest, terminal_events = D(0), 0
    for said in deliveries:
        before = order
        events = observe(order, said)
        order = hear(order, said)
        loudest = max(loudest, said.cumulative_quantity)
        terminal_events += sum(isinstance(event, TERMINAL_EVENTS) for event in events)
        booked = sum((f.quantity for f in order.fills), D(0))
        assert order.cumulative_quantity == booked >= before.cumulative_quantity
        assert booked + order.gap >= loudest
        assert order.cumulative_quote == sum((f.quantity * f.price for f in order.fills), D(0))
        assert len({f.trade_id for f in order.fills}) == len(order.fills)
        assert STATE_RANK[order.state] >= STATE_RANK[before.state]
        if before.state in (OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED):
            assert order.state is before.state
    assert terminal_events <= 1
    return order


@given(data=st.data(), history=histories())
def test_no_fill_is_lost_or_booked_twice_whatever_arrives(data, history):
    start = data.draw(
        st.sampled_from(
            [OrderState.SUBMITTED, OrderState.UNKNOWN, OrderState.REJECTED, OrderState.LOST]
        )
    )
    every = history.reports()
    said = data.draw(st.lists(st.sampled_from(every), max_size=2 * len(every)))
    order = listen(order_in(start, history.spec), [*said, history.final()])
    assert order.state is history.state
    assert order.cumulative_quantity == history.total
    assert order.gap == 0
    assert sum((f.fee for f in order.fills), D(0)) == sum((f.fee for f in history.fills), D(0))
    assert {f.trade_id: f for f in order.fills} == {f.trade_id: f for f in history.fills}


@given(data=st.data(), history=histories())
def test_every_order_of_the_same_reports_ends_alike(data, history):
    every = history.reports()
    first = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=8))
    second = data.draw(st.permutations(first))
    ends = [listen(order_in(OrderState.SUBMITTED, history.spec), said) for said in (first, second)]
    summaries = [
        (o.state, o.cumulative_quantity, o.cumulative_quote, o.gap, o.leaves_quantity, o.quantity)
        for o in ends
    ]
    assert summaries[0] == summaries[1]


@given(data=st.data(), history=histories())
def test_a_cancel_under_way_changes_no_end(data, history):
    order = order_in(OrderState.SUBMITTED, history.spec)
    order = hear(order, history.report(VenueStatus.ACCEPTED, 0))
    after = apply(order, OrderCancelRequested(request_id="r-1"), NOW_NS)
    assert isinstance(after, Order)
    said = data.draw(st.lists(st.sampled_from(history.reports()), max_size=8))
    order = listen(after, [*said, history.final()])
    assert order.cumulative_quantity == history.total
    open_still = history.status not in ENDED
    assert order.state is (OrderState.PENDING_CANCEL if open_still else history.state)


amounts = st.sampled_from([D(0), D("0.001"), D("0.004"), D("0.01"), D(7)])
any_fill = st.builds(
    Fill, trade_id=st.sampled_from(["", "1", "2", "3"]), quantity=amounts, price=amounts
)
any_report = st.builds(
    VenueReport,
    request_id=st.just("r-1"),
    symbol=st.just("BTCUSDT"),
    venue_order_id=st.sampled_from(["v-1", "v-2", ""]),
    status=st.sampled_from(VenueStatus),
    quantity=st.none() | amounts,
    cumulative_quantity=amounts,
    fills=st.lists(any_fill, max_size=3).map(tuple),
)


@given(
    state=st.sampled_from(OrderState),
    of=st.sampled_from([spec(), market(quantity=None, quote_quantity=D(100))]),
    said=st.lists(any_report, max_size=6),
)
def test_whatever_a_venue_says_every_event_is_admitted(state, of, said):
    if of.quantity is None and state is OrderState.FILLED:
        of = spec()
    hear(order_in(state, of), *said)
