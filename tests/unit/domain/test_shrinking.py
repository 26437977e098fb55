"""An order that is made smaller: less is newer, whoever tells it and in whatever order."""

from itertools import permutations

import pytest
from aitrader_server.domain.events import (
    OrderAccepted,
    OrderAmended,
    OrderCompleted,
    OrderFilled,
    OrderReplaceRequested,
)
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import Order, apply
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import TERMINAL_STATES, OrderState
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import NOW_NS, D, fill, order_in, report, spec

ACCEPTED, PART = VenueStatus.ACCEPTED, VenueStatus.PARTIALLY_FILLED
FILLED, CANCELED = VenueStatus.FILLED, VenueStatus.CANCELED


def hear(order: Order, *reports: VenueReport) -> Order:
    for said in reports:
        for event in observe(order, said):
            after = apply(order, event, NOW_NS)
            assert isinstance(after, Order), f"{event} on {order.state}"
            order = after
    return order


def kinds(order: Order, said: VenueReport) -> list[type]:
    return [type(event) for event in observe(order, said)]


def end(order: Order) -> tuple:
    return (
        order.state,
        order.quantity,
        order.cumulative_quantity,
        order.cumulative_quote,
        order.gap,
        order.leaves_quantity,
    )


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (OrderState.ACCEPTED, OrderState.ACCEPTED),
        (OrderState.TRIGGERED, OrderState.TRIGGERED),
        (OrderState.PARTIALLY_FILLED, OrderState.PARTIALLY_FILLED),
        (OrderState.PENDING_CANCEL, OrderState.PENDING_CANCEL),
        (OrderState.PENDING_REPLACE, OrderState.ACCEPTED),
    ],
)
def test_less_is_taken_over_wherever_the_order_is_open(state, after):
    said = report(ACCEPTED, quantity="0.006")
    order = order_in(state)
    assert kinds(order, said) == [OrderAmended]
    order = hear(order, said)
    assert (order.state, order.quantity) == (after, D("0.006"))
    assert observe(order, said) == ()


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES - {OrderState.REJECTED, OrderState.LOST}))
def test_what_has_ended_is_not_made_smaller(state):
    order = order_in(state)
    assert OrderAmended not in kinds(order, report(ACCEPTED, quantity="0.006"))
    assert hear(order, report(ACCEPTED, quantity="0.006")).quantity == D("0.01")


@pytest.mark.parametrize("quantity", ["0.01", "0.010", "0.011", None])
def test_as_much_or_more_or_nothing_said_is_no_news(quantity):
    order = hear(order_in(OrderState.PENDING_REPLACE), report(ACCEPTED, quantity=quantity))
    assert (order.state, order.quantity) == (OrderState.PENDING_REPLACE, D("0.01"))


def test_a_first_word_of_a_smaller_order_is_its_size():
    for state in (OrderState.SUBMITTED, OrderState.UNKNOWN):
        assert kinds(order_in(state), report(ACCEPTED, quantity="0.006")) == [OrderAccepted]
        assert hear(order_in(state), report(ACCEPTED, quantity="0.006")).quantity == D("0.006")


def test_less_than_has_executed_is_not_believed():
    order = order_in(OrderState.PARTIALLY_FILLED)
    assert kinds(order, report(PART, "0.004", quantity="0.00399")) == []
    assert kinds(order, report(PART, "0.004", quantity="0.00401")) == [OrderAmended]


def test_an_order_made_as_small_as_what_has_executed_is_filled():
    order = hear(order_in(OrderState.PARTIALLY_FILLED), report(PART, "0.004", quantity="0.004"))
    assert (order.state, order.leaves_quantity) == (OrderState.FILLED, 0)


def test_what_executed_with_the_change_is_booked_after_it():
    said = report(PART, "0.004", (fill("1", "0.004"),), quantity="0.006")
    assert kinds(order_in(OrderState.PENDING_REPLACE), said) == [OrderAmended, OrderFilled]
    order = hear(order_in(OrderState.PENDING_REPLACE), said)
    assert (order.state, order.leaves_quantity) == (OrderState.PARTIALLY_FILLED, D("0.002"))


def test_a_fill_of_all_that_was_left_ends_the_smaller_order():
    said = report(PART, "0.006", (fill("1", "0.006"),), quantity="0.006")
    assert hear(order_in(OrderState.PENDING_REPLACE), said).state is OrderState.FILLED


def test_filled_at_less_says_it_by_itself():
    said = report(FILLED, "0.006", (fill("1", "0.006"),), quantity="0.006")
    order = order_in(OrderState.PENDING_REPLACE)
    assert kinds(order, said) == [OrderFilled, OrderCompleted]
    assert end(hear(order, said))[:3] == (OrderState.FILLED, D("0.006"), D("0.006"))


def test_the_reply_and_the_stream_tell_of_one_change():
    reply, stream = report(ACCEPTED, quantity="0.006"), report(ACCEPTED, quantity="0.006")
    order = hear(order_in(OrderState.PENDING_REPLACE), reply)
    assert observe(order, stream) == ()


def test_an_older_larger_quantity_changes_nothing_not_even_while_another_change_is_under_way():
    order = hear(order_in(OrderState.PENDING_REPLACE), report(ACCEPTED, quantity="0.006"))
    again = apply(order, OrderReplaceRequested(request_id="r-1", quantity=D("0.003")), NOW_NS)
    assert isinstance(again, Order)
    for older in ("0.01", "0.006"):
        assert observe(again, report(ACCEPTED, quantity=older)) == ()
    assert hear(again, report(ACCEPTED, quantity="0.003")).quantity == D("0.003")


def test_the_race_of_a_fill_with_an_amendment_ends_alike_whoever_is_first():
    fills = fill("1", "0.003"), fill("2", "0.003")
    told = (
        report(ACCEPTED, quantity="0.01"),
        report(PART, "0.003", (fills[0],), quantity="0.01"),
        report(PART, "0.003", quantity="0.006"),
        report(FILLED, "0.006", (fills[1],), quantity="0.006"),
    )
    for state in (OrderState.SUBMITTED, OrderState.UNKNOWN, OrderState.PENDING_REPLACE):
        ends = {end(hear(order_in(state), *said)) for said in permutations(told)}
        assert ends == {(OrderState.FILLED, D("0.006"), D("0.006"), D(60), 0, 0)}


# ---- properties -------------------------------------------------------------------------------


class Shrinking:
    """An order at the venue: it executes and is made smaller, and each step may be told of."""

    def __init__(self, steps: list[tuple[str, int]], last: VenueStatus) -> None:
        self.quantity, self.executed = D(1000), D(0)
        self.fills: list = []
        self.told = [self.said(ACCEPTED)]
        for name, amount in steps:
            left = self.quantity - self.executed
            if name == "execute" and amount < left:
                self.execute(D(amount))
                self.told += (
                    self.said(PART, (self.fills[-1],)),
                    self.said(PART),
                    self.said(PART, tuple(self.fills)),
                )
            elif name == "shrink" and amount < left:
                self.quantity -= amount
                self.told.append(self.said(PART if self.fills else ACCEPTED))
        if last is FILLED:
            self.execute(self.quantity - self.executed)
            self.told += (self.said(FILLED, (self.fills[-1],)), self.said(FILLED))
        elif last is CANCELED:
            self.told.append(self.said(CANCELED))
        else:
            last = PART if self.fills else ACCEPTED
        self.final = self.said(last, tuple(self.fills))
        self.last = last

    def execute(self, amount) -> None:
        self.executed += amount
        self.fills.append(fill(f"t-{len(self.fills)}", str(amount), str(100 + len(self.fills))))

    def said(self, status: VenueStatus, fills: tuple = ()) -> VenueReport:
        return report(status, str(self.executed), fills, str(self.quantity))


steps = st.lists(
    st.tuples(st.sampled_from(["execute", "shrink"]), st.integers(1, 500)), min_size=1, max_size=6
)
stories = st.builds(Shrinking, steps, st.sampled_from([FILLED, CANCELED, PART]))
starts = st.sampled_from(
    [
        OrderState.SUBMITTED,
        OrderState.UNKNOWN,
        OrderState.ACCEPTED,
        OrderState.PENDING_REPLACE,
        OrderState.PENDING_CANCEL,
    ]
)
SIZE = spec(quantity=D(1000))


def listen(order: Order, deliveries: list[VenueReport]) -> Order:
    for said in deliveries:
        before, order = order, hear(order, said)
        assert order.quantity is not None
        assert before.quantity is not None
        assert order.quantity <= before.quantity
        assert order.cumulative_quantity >= before.cumulative_quantity
        assert order.cumulative_quantity == sum((f.quantity for f in order.fills), D(0))
        if before.terminal:
            assert order.state is before.state
    return order


@given(data=st.data(), story=stories, start=starts)
def test_whatever_arrives_the_order_comes_to_what_the_venue_has(data, story, start):
    said = data.draw(st.lists(st.sampled_from(story.told), max_size=2 * len(story.told)))
    order = listen(order_in(start, SIZE), [*said, story.final])
    assert (order.quantity, order.cumulative_quantity, order.gap) == (
        story.quantity,
        story.executed,
        0,
    )
    if story.last in (FILLED, CANCELED):
        assert order.state is OrderState(story.last.value)
    else:
        assert order.leaves_quantity == story.quantity - story.executed


@given(data=st.data(), story=stories, start=starts)
def test_every_order_of_the_same_words_ends_alike(data, story, start):
    first = data.draw(st.lists(st.sampled_from(story.told), min_size=1, max_size=8))
    second = data.draw(st.permutations(first))
    one, other = (listen(order_in(start, SIZE), said) for said in (first, second))
    assert end(one)[1:] == end(other)[1:]
    # With executions still to be asked for, what was under way may or may not be known as done.
    assert one.gap or one.state is other.state
