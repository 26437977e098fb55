"""Windows of 24 hours and of a minute: over midnight, set clocks, outages and deposits."""

import pytest
from aitrader_server.domain.conduct import (
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    TIMES_MAX,
    Conduct,
    Mark,
    recent,
)
from aitrader_server.domain.usage import Day, Usage
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import NOW_NS, D

START_NS = NOW_NS
STEP_NS = 5 * MINUTE_NS


def marked(*marks: tuple[float, int]) -> Conduct:
    """An account that was worth so much so many hours after the start."""
    conduct = Conduct()
    for hours, equity in marks:
        conduct.mark(at(hours), D(equity))
    return conduct


def at(hours: float) -> int:
    return START_NS + int(hours * HOUR_NS)


@pytest.mark.parametrize(
    ("marks", "hours", "base"),
    [
        ([], 0, None),
        ([(0, 100)], 0, 100),
        ([(0, 100), (1, 90)], 1, 100),
        ([(0, 100), (1, 90)], 24, 100),
        # The window has moved on: what began it is the newest that is not in it.
        ([(0, 100), (1, 90), (2, 80)], 25, 90),
        ([(0, 100), (1, 90), (2, 80)], 25.5, 90),
        ([(0, 100), (1, 90), (2, 80)], 26, 80),
        # Nobody looked while it fell from 90 to 70: what is older than an hour before is not known.
        ([(0, 100), (1, 90), (20, 70)], 25.99, 90),
        ([(0, 100), (1, 90), (20, 70)], 26.01, 70),
        ([(0, 100), (1, 90)], 26.01, None),
        ([(0, 100), (1, 90), (31, 50)], 31, 50),
    ],
)
def test_24_hours_begin_with_what_the_account_was_worth_then(marks, hours, base):
    found = marked(*marks).base_equity(at(hours))
    assert found == (None if base is None else D(base))


def test_a_loss_leaves_the_window_24_hours_after_it_was_made():
    """200 at first, 100 lost between 9:00 and 9:05, marked every five minutes for two days."""
    conduct, lost_at = Conduct(), at(9)
    for step in range(2 * DAY_NS // STEP_NS):
        now_ns = START_NS + step * STEP_NS
        conduct.mark(now_ns, D(200 if now_ns <= lost_at else 100))
        base = conduct.base_equity(now_ns)
        assert base == D(200 if now_ns < lost_at + DAY_NS + STEP_NS else 100)
    assert len(conduct.marks) <= DAY_NS // STEP_NS + 1


def test_a_fall_is_measured_from_the_highest_however_long_ago():
    conduct = marked((0, 100), (1, 300), (1000, 120))
    assert conduct.high == D(300)


@pytest.mark.parametrize("value", [50, -50])
def test_deposits_and_withdrawals_are_no_result(value):
    conduct = marked((0, 100), (1, 80))
    before = [mark.equity for mark in conduct.marks]
    conduct.flow(D(value))
    conduct.mark(at(2), D(80 + value))
    base = conduct.base_equity(at(2))
    assert base is not None
    assert D(80 + value) - base == D(-20)
    assert conduct.high == D(100 + value)
    assert [mark.equity - value for mark in conduct.marks[:2]] == before
    day = Day(day="2027-01-15", start_equity=D(100)).with_flow(D(value))
    assert day.start_equity == D(100 + value)


def test_who_takes_out_more_than_there_ever_was_leaves_no_height_to_fall_from():
    conduct = marked((0, 100))
    conduct.flow(D(-150))
    assert conduct.high == D(0)


def test_a_clock_that_was_set_back_makes_nothing_older():
    conduct = marked((5, 100), (3, 90), (5.5, 80))
    assert conduct.marks == [Mark(at(5), D(100)), Mark(at(5), D(90)), Mark(at(5.5), D(80))]
    # What comes after now by the clock that was set back belongs to its window.
    assert conduct.base_equity(at(4)) == D(100)


def test_a_clock_that_was_set_forward_begins_a_new_window():
    conduct = marked((0, 100), (30, 90))
    assert conduct.base_equity(at(30)) == D(90)
    assert conduct.high == D(100)


def sent(*ago_ns: int) -> Conduct:
    conduct = Conduct()
    for ago in ago_ns:
        conduct.count_sent(NOW_NS - ago)
    return conduct


@pytest.mark.parametrize(
    ("ago_ns", "counted"),
    [
        ((), 0),
        ((0,), 1),
        ((MINUTE_NS - 1,), 1),
        ((MINUTE_NS,), 0),
        ((2 * MINUTE_NS, MINUTE_NS - 1, 0), 2),
        ((0, 0, 0), 3),
        ((-MINUTE_NS,), 1),
        ((0, MINUTE_NS // 2), 2),
    ],
)
def test_a_minute_is_60_seconds_and_not_one_nanosecond_more(ago_ns, counted):
    assert recent(sent(*ago_ns).sent_ns, NOW_NS) == counted


@given(st.lists(st.integers(0, 3 * MINUTE_NS), max_size=30).map(sorted))
def test_what_is_kept_of_a_minute_is_all_of_it(times_ns):
    conduct = Conduct()
    for number, at_ns in enumerate(times_ns, 1):
        conduct.count_refused(at_ns)
        plain = sum(at_ns - MINUTE_NS < other <= at_ns for other in times_ns[:number])
        assert recent(conduct.refused_ns, at_ns) == plain == len(conduct.refused_ns)


def test_the_times_that_are_kept_are_bounded():
    conduct = sent(*[0] * (TIMES_MAX + 5))
    assert len(conduct.sent_ns) == recent(conduct.sent_ns, NOW_NS) == TIMES_MAX


def test_a_day_of_no_symbol_and_no_strategy_counts_for_the_account_alone():
    day = Day().with_order("", "").with_order("BTCUSDT", "s")
    assert day.usage == Usage(orders=2)
    assert (day.by_symbol, day.by_strategy) == (
        {"BTCUSDT": Usage(orders=1)},
        {"s": Usage(orders=1)},
    )


def test_a_day_that_was_is_not_changed_by_what_follows():
    before = Day().with_order("BTCUSDT", "s")
    before.with_order("BTCUSDT", "s")
    assert before.by_symbol == {"BTCUSDT": Usage(orders=1)}
