"""What is counted of orders, and how long each stage of theirs took."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from aitrader_server.domain.events import (
    OrderAccepted,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderInitialized,
    OrderLost,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
)
from aitrader_server.domain.risk.tripwires import Trip
from aitrader_server.domain.state import encode_event
from aitrader_server.domain.terms import Breach
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.engine.commands import Caller, Change
from aitrader_server.engine.ports import Record
from aitrader_server.engine.tally import VENUE, Tally
from engine_lives import World, limit
from fateful_venue import Fate
from small_engine import CALLER

D = Decimal
TRACE = "b" * 32


class Recorder:
    """The Metrics port: counts by name and label value, seconds by stage, and the traces."""

    def __init__(self):
        self.counts = Counter()
        self.seconds = defaultdict(list)
        self.traces = set()

    def count(self, name, labels, trace_id=""):
        self.counts[name.removeprefix("aitrader_"), *labels.values()] += 1

    def observe(self, name, value, labels, trace_id=""):
        assert name == "aitrader_order_stage_seconds"
        self.seconds[labels["stage"]].append(value)
        self.traces.add(trace_id)

    @property
    def outcomes(self):
        return {
            outcome: count
            for (name, outcome), count in self.counts.items()
            if name == "order_outcomes_total"
        }


class Hand:
    """A stopwatch that a test moves."""

    now_s = 100.0

    def __call__(self):
        return self.now_s


class Desk:
    """A tally, and the journal that it hears."""

    def __init__(self):
        self.metrics = Recorder()
        self.clock = Hand()
        self.tally = Tally(self.metrics, self.clock)

    def hear(self, *kinds, took_s=0.0, **fields):
        """Commits events of order `a`; they are durable `took_s` later."""
        begun_s = self.clock.now_s
        self.clock.now_s += took_s
        records = [self._record(kind, fields) for kind in kinds]
        self.tally.durable(records, begun_s)

    def _record(self, kind, fields):
        made = {
            OrderDenied: lambda: OrderDenied(request_id="a", **fields),
            OrderRejected: lambda: OrderRejected(request_id="a", reason="", **fields),
        }.get(kind)
        return Record(
            sequence=1,
            epoch=1,
            at_ns=0,
            kind=kind if isinstance(kind, str) else kind.__name__,
            intent="" if isinstance(kind, str) else "a",
            symbol="BTCUSDT",
            trace_id=TRACE,
            state="",
            cumulative_quantity="",
            once="",
            payload=encode_event(made()) if made else b"",
        )


@pytest.fixture
def desk():
    return Desk()


def test_the_journal_is_timed_by_commits_that_concern_orders(desk):
    desk.hear("DayOpened", took_s=9.0)
    desk.hear(OrderInitialized, OrderSubmitted, took_s=2.0)
    assert desk.metrics.seconds["journal"] == [2.0]
    assert desk.metrics.traces == {TRACE}
    assert desk.metrics.counts["events_total", "DayOpened"] == 1
    desk.hear("DayOpened")
    assert desk.metrics.counts["events_total", "DayOpened"] == 2


@pytest.mark.parametrize("word", [OrderAccepted, OrderExpired, OrderFilled])
def test_the_first_word_of_the_venue_is_timed_once(desk, word):
    desk.hear(OrderInitialized, OrderSubmitted, took_s=1.0)
    desk.hear(word, took_s=2.0)
    desk.hear(OrderExpired, took_s=4.0)
    assert desk.metrics.outcomes == {"accepted": 1}
    assert desk.metrics.seconds["ack"] == [3.0]


def test_a_second_attempt_is_no_second_order(desk):
    desk.hear(OrderInitialized, OrderSubmitted, took_s=1.0)
    desk.hear(OrderSubmitted, took_s=2.0)
    desk.hear(OrderAccepted, took_s=4.0)
    assert desk.metrics.outcomes == {"accepted": 1}
    assert desk.metrics.seconds["ack"] == [7.0]


def test_a_refusal_is_an_answer_and_what_never_left_has_none(desk):
    desk.hear(OrderInitialized, OrderSubmitted)
    desk.hear(OrderRejected, code="-2010", took_s=1.0)
    desk.hear(OrderInitialized, OrderSubmitted)
    desk.hear(OrderRejected, code="NOT_SENT", took_s=1.0)
    assert desk.metrics.outcomes == {"rejected": 1, "not_sent": 1}
    assert desk.metrics.seconds["ack"] == [1.0]


def test_what_settles_a_doubt_is_an_answer_that_came_late(desk):
    desk.hear(OrderInitialized, OrderSubmitted)
    desk.hear(OrderUnknown, took_s=5.0)
    desk.hear(OrderAccepted, took_s=5.0)
    assert desk.metrics.outcomes == {"unknown": 1}
    assert desk.metrics.seconds["ack"] == [10.0]


def test_a_doubt_of_an_earlier_life_is_counted_and_has_no_beginning(desk):
    desk.hear(OrderUnknown)
    desk.hear(OrderAccepted)
    assert desk.metrics.outcomes == {"unknown": 1}
    assert "ack" not in desk.metrics.seconds


@pytest.mark.parametrize(("end", "fields"), [(OrderLost, {}), (OrderRejected, {"code": "NEVER"})])
def test_what_proves_an_absence_is_no_word_of_the_venue(desk, end, fields):
    desk.hear(OrderInitialized, OrderSubmitted)
    desk.hear(OrderUnknown)
    desk.hear(end, **fields)
    desk.hear(OrderAccepted)
    assert desk.metrics.outcomes == {"unknown": 1}
    assert "ack" not in desk.metrics.seconds


def test_an_execution_is_timed_from_when_it_was_first_heard_of(desk):
    desk.hear(OrderFilled, took_s=1.0)
    desk.hear(OrderGapFound, took_s=1.0)
    desk.hear(OrderGapFound, took_s=1.0)
    desk.hear(OrderFilled, took_s=1.0)
    desk.hear(OrderFilled, took_s=1.0)
    assert desk.metrics.seconds["ledger"] == [1.0, 3.0, 1.0]


def test_every_breach_is_counted_and_the_latest_denial_kept(desk):
    assert desk.tally.last_denial is None
    breaches = (Breach("LOT_SIZE", ""), Breach("PRICE_COLLAR", ""))
    desk.hear(OrderInitialized, OrderDenied, breaches=breaches)
    desk.hear(OrderInitialized, OrderDenied, breaches=breaches[1:])
    assert desk.metrics.counts["orders_denied_total", "LOT_SIZE"] == 1
    assert desk.metrics.counts["orders_denied_total", "PRICE_COLLAR"] == 2
    denial = desk.tally.last_denial
    assert (denial.reason, denial.symbol, denial.trace_id) == ("PRICE_COLLAR", "BTCUSDT", TRACE)


def test_the_denial_of_a_list_is_that_of_the_order_which_broke_a_limit(desk):
    desk.hear(OrderInitialized, OrderDenied, breaches=(Breach("PRICE_COLLAR", ""),))
    desk.hear(OrderInitialized, OrderDenied, breaches=(Breach("LIST_DENIED", ""),))
    assert desk.metrics.counts["orders_denied_total", "LIST_DENIED"] == 1
    assert desk.tally.last_denial.reason == "PRICE_COLLAR"


@pytest.mark.parametrize(("arrived_s", "waited"), [(98.0, [1.5]), (99.9, [0.0]), (None, [])])
def test_waiting_begins_with_the_call_and_leaves_out_the_decision(desk, arrived_s, waited):
    caller = Caller(name="ann", trace_id=TRACE, arrived_s=arrived_s)
    desk.tally.waited(caller, decided_s=0.5)
    assert desk.metrics.seconds["queue"] == waited


def test_a_stage_is_timed_however_it_ends(desk):
    def fail():
        with desk.tally.timing(VENUE, TRACE):
            desk.clock.now_s += 3.0
            raise ValueError("bug")

    with pytest.raises(ValueError, match="bug"):
        fail()
    assert desk.metrics.seconds[VENUE] == [3.0]


# ---- in an engine -----------------------------------------------------------------------------


@pytest.fixture
async def world():
    world = World()
    world.metrics = Recorder()
    await world.ready()
    yield world
    await world.engine.stop()


async def test_an_order_passes_every_stage(world):
    await world.place(limit("a"))
    world.venue.execute("a", D("0.01"))
    await world.become(a=OrderState.FILLED)
    await world.engine.writer.settle()
    assert world.metrics.outcomes == {"accepted": 1}
    stages = {stage: len(seconds) for stage, seconds in world.metrics.seconds.items()}
    assert stages == {"risk": 1, "journal": 3, "venue": 1, "ack": 1, "ledger": 1}
    assert world.metrics.traces == {CALLER.trace_id}


async def test_a_replacement_passes_them_too(world):
    await world.place(limit("a"))
    before = {stage: len(seconds) for stage, seconds in world.metrics.seconds.items()}
    await world.change(Change(request_id="a", new_request_id="b", limit_price=D(9_901)))
    after = {stage: len(seconds) for stage, seconds in world.metrics.seconds.items()}
    assert {stage: after[stage] - before[stage] for stage in ("risk", "venue", "ack")} == {
        "risk": 1,
        "venue": 1,
        "ack": 1,
    }
    assert world.metrics.outcomes == {"accepted": 2}


async def test_a_lost_reply_leaves_the_outcome_unknown(world):
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    await world.place(limit("lost"))
    await world.become(lost=OrderState.ACCEPTED)
    await world.engine.writer.settle()
    assert world.metrics.outcomes == {"unknown": 1}
    assert len(world.metrics.seconds["ack"]) == 1


async def test_an_order_that_a_halt_overtakes_is_not_sent(world):
    halt = Trip("a test", "a test", TradingState.HALTED)
    world.venue.on_prepare = lambda: world.engine.parts.control.move(halt)
    await world.place(limit("stopped"))
    assert world.metrics.outcomes == {"not_sent": 1}
    assert "ack" not in world.metrics.seconds


async def test_losses_of_the_stream_and_comparisons_are_counted(world):
    assert world.metrics.counts["reconciliations_total", "clean"] == 1
    for up in (False, False, True):
        world.engine.on_stream(up=up, detail="a test")
    assert world.metrics.counts["stream_gaps_total",] == 1
    world.venue.reachable = False
    assert await world.engine.parts.reconciler.audit_balances("a test") is None
    assert world.metrics.counts["reconciliations_total", "undecided"] >= 1
    world.venue.reachable = True
    world.venue.balances["USDT"] += 1
    assert await world.engine.parts.reconciler.audit_balances("a test")
    assert world.metrics.counts["reconciliations_total", "mended"] == 1
    assert world.engine.parts.reconciler.drift == 1
