"""What is remembered apart from the journal, and that of two memories the stricter counts."""

import msgspec
import pytest
from aitrader_server.domain.book import Book, fold
from aitrader_server.domain.conduct import DAY_NS, TIMES_MAX, Conduct, Mark
from aitrader_server.domain.events import (
    DayOpened,
    LimitsChanged,
    TradingStateChanged,
    UsageRestored,
)
from aitrader_server.domain.remembered import (
    decode_remembered,
    encode_remembered,
    remember,
    restoring,
)
from aitrader_server.domain.state import (
    State,
    Strategy,
    TradingStateRecord,
    decode_event,
    encode_event,
    encode_state,
)
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.usage import Day, Usage
from aitrader_server.domain.words import TradingState
from unit.domain.worlds import NOW_NS, TRACE, D

ACTIVE, REDUCING, HALTED = TradingState


def restored(state, other):
    """`state` after what the store remembers of `other`, by way of bytes and of the journal."""
    document = encode_remembered(remember(other, account="a", venue="v"))
    events = restoring(state, decode_remembered(document))
    book = Book(state)
    fold([(decode_event(encode_event(event)), NOW_NS, TRACE) for event in events], book)
    return book.state, events


def traded(orders, turnover, realized):
    return Usage(orders=orders, turnover=D(turnover), realized=D(realized))


HERE = Day(
    day="2027-01-15",
    start_equity=D(90),
    filled_orders=1,
    usage=traded(1, 50, -5),
    by_symbol={"BTCUSDT": traded(1, 50, -5)},
    by_strategy={"s": traded(1, 50, -5)},
    fees={"USDT": D(1)},
)
THERE = Day(
    day="2027-01-15",
    start_equity=D(100),
    filled_orders=3,
    usage=traded(4, 40, 2),
    by_symbol={"BTCUSDT": traded(2, 20, -9), "BNBUSDT": traded(2, 20, 11)},
    by_strategy={"t": traded(4, 40, 2)},
    fees={"USDT": D("0.5"), "BNB": D(1)},
)


def test_of_one_day_all_that_either_has_used_counts_from_the_remembered_baseline():
    state, _ = restored(State(day=HERE), State(day=THERE))
    assert state.day == Day(
        day="2027-01-15",
        start_equity=D(100),
        filled_orders=3,
        usage=traded(4, 50, -5),
        by_symbol={"BTCUSDT": traded(2, 50, -9), "BNBUSDT": traded(2, 20, 0)},
        by_strategy={"s": traded(1, 50, -5), "t": traded(4, 40, 0)},
        fees={"USDT": D(1), "BNB": D(1)},
    )


@pytest.mark.parametrize(
    ("here", "there", "kept"),
    [
        (Day(), THERE, THERE),
        (HERE, Day(), HERE),
        (HERE, msgspec.structs.replace(THERE, day="2027-01-14"), HERE),
        (msgspec.structs.replace(HERE, day="2027-01-14"), THERE, THERE),
    ],
    ids=["none here", "none there", "an older one", "a newer one"],
)
def test_of_two_days_the_later_counts(here, there, kept):
    assert restored(State(day=here), State(day=there))[0].day == kept


def test_a_day_that_came_back_is_not_begun_again_and_the_next_is():
    state, _ = restored(State(), State(day=THERE))
    book = Book(state)
    event = DayOpened(day="2027-01-16", equity=D(80))
    book.evolve(event, at_ns=NOW_NS + DAY_NS, trace_id=TRACE)
    assert (book.state.day.day, book.state.day.usage) == ("2027-01-16", Usage())


def test_marks_are_joined_in_their_order_and_what_is_remembered_wins():
    here = Conduct(marks=[Mark(20, D(2)), Mark(40, D(4))], high=D(7), losses=1)
    there = Conduct(marks=[Mark(10, D(1)), Mark(20, D(9))], high=D(9), losses=3)
    state, _ = restored(State(conduct=here), State(conduct=there))
    assert state.conduct.marks == [Mark(10, D(1)), Mark(20, D(9)), Mark(40, D(4))]
    assert (state.conduct.high, state.conduct.losses) == (D(9), 3)


def test_of_marks_older_than_a_day_one_stays():
    here = Conduct(marks=[Mark(DAY_NS + 30, D(3))])
    there = Conduct(marks=[Mark(10, D(1)), Mark(20, D(2)), Mark(40, D(4))])
    state, _ = restored(State(conduct=here), State(conduct=there))
    assert [mark.at_ns for mark in state.conduct.marks] == [20, 40, DAY_NS + 30]


def test_each_sending_counts_once_and_together_sent_ones_each():
    here = Conduct(sent_ns=[5, 5, 9], refused_ns=[9])
    there = Conduct(sent_ns=[4, 5], refused_ns=[3, 9, 9])
    state, _ = restored(State(conduct=here), State(conduct=there))
    assert state.conduct.sent_ns == [4, 5, 5, 9]
    assert state.conduct.refused_ns == [3, 9, 9]


def test_no_more_sendings_are_kept_than_ever():
    here = Conduct(sent_ns=list(range(TIMES_MAX)))
    there = Conduct(sent_ns=list(range(TIMES_MAX, TIMES_MAX + 5)))
    state, _ = restored(State(conduct=here), State(conduct=there))
    assert state.conduct.sent_ns == list(range(5, TIMES_MAX + 5))


def test_of_executions_the_most_count():
    here = Conduct(executions={"s": 2, "t": 1})
    there = Conduct(executions={"s": 1, "t": 4, "u": 1})
    state, _ = restored(State(conduct=here), State(conduct=there))
    assert state.conduct.executions == {"s": 2, "t": 4, "u": 1}


@pytest.mark.parametrize("here", TradingState)
@pytest.mark.parametrize("there", TradingState)
def test_the_stricter_trading_state_stands_with_its_reason_and_actor(here, there):
    mine = TradingStateRecord(state=here, reason="mine", actor="me", since_ns=1)
    theirs = TradingStateRecord(state=there, reason="theirs", actor="they", since_ns=2)
    state, events = restored(State(trading=mine), State(trading=theirs))
    stricter = list(TradingState).index(there) > list(TradingState).index(here)
    winner = theirs if stricter else mine
    assert (state.trading.state, state.trading.reason, state.trading.actor) == (
        winner.state, winner.reason, winner.actor,
    )  # fmt: skip
    assert any(isinstance(event, TradingStateChanged) for event in events) is stricter


ON = Strategy(name="s", max_daily_trades=5, updated_at_ns=10)
OFF = Strategy(name="s", enabled=False, max_daily_trades=9, updated_at_ns=20)


@pytest.mark.parametrize(
    ("here", "there", "enabled", "trades"),
    [
        (ON, OFF, False, 9),
        (OFF, ON, False, 9),
        (ON, msgspec.structs.replace(OFF, updated_at_ns=5), False, 5),
        (None, ON, True, 5),
        (None, OFF, False, 9),
        (ON, None, True, 5),
        (ON, ON, True, 5),
    ],
)
def test_a_strategy_is_on_only_if_both_say_so(here, there, enabled, trades):
    mine = {} if here is None else {"s": here}
    theirs = {} if there is None else {"s": there}
    state, _ = restored(State(strategies=mine), State(strategies=theirs))
    assert state.strategies["s"].enabled is enabled
    assert state.strategies["s"].max_daily_trades == trades


@pytest.mark.parametrize(("here", "there", "adopted"), [(1, 2, True), (2, 2, False), (3, 2, False)])
def test_the_limits_of_the_higher_version_count(here, there, adopted):
    mine, theirs = Limits(max_open_orders=1), Limits(max_open_orders=2)
    state, events = restored(
        State(limits=mine, limits_version=here, limits_actor="me"),
        State(limits=theirs, limits_version=there, limits_actor="they"),
    )
    expected = (theirs, there, "they") if adopted else (mine, here, "me")
    assert (state.limits, state.limits_version, state.limits_actor) == expected
    assert any(isinstance(event, LimitsChanged) for event in events) is adopted


def test_taking_in_the_same_again_changes_nothing():
    other = State(
        day=THERE,
        conduct=Conduct(marks=[Mark(10, D(1))], high=D(9), sent_ns=[1, 1], executions={"s": 1}),
        strategies={"s": OFF},
        trading=TradingStateRecord(state=HALTED, reason="r", actor="a"),
    )
    once, _ = restored(State(), other)
    before = msgspec.json.decode(encode_state(once))
    again, events = restored(once, other)
    after = msgspec.json.decode(encode_state(again))
    assert after.pop("sequence") == before.pop("sequence") + 1
    assert after == before
    assert [type(event) for event in events] == [UsageRestored]
