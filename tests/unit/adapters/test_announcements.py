"""What moves trading is said aloud, whoever moved it."""

import pytest
from aitrader_server.adapters.announcements import Announcements
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.commands import StrategyChange
from aitrader_server.errors import JournalError
from engine_lives import World, limit
from small_engine import CALLER, BreakableJournal, build, ready
from structlog.testing import capture_logs

HALTED, REDUCING = TradingState.HALTED, TradingState.REDUCING


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


@pytest.fixture
def said():
    with capture_logs() as lines:
        yield lines


def listening(world):
    """What is posted from now on."""
    posted = []
    engine = world.engine
    Announcements(posted.append).listen(engine.bus, engine.parts.control)
    return posted


def standing(posted):
    """Which alarms are raised after all of `posted`."""
    last = {alarm.name: alarm for alarm in posted}
    return [name for name, alarm in last.items() if not alarm.resolved]


async def test_each_state_has_its_alarm_and_ends_the_others(world, said):
    control, posted = world.engine.parts.control, listening(world)
    assert posted == []
    await control.tighten(REDUCING, "a breeze", CALLER)
    assert standing(posted) == ["TradingReducing"]
    await control.tighten(HALTED, "a storm", CALLER)
    assert standing(posted) == ["TradingHalted"]
    (halted,) = [alarm for alarm in posted if alarm.severity == "critical" and not alarm.resolved]
    assert (halted.reason, halted.actor) == ("a storm", CALLER.name)
    assert (halted.trace_id, halted.summary) == (
        CALLER.trace_id,
        f"trading is HALTED by {CALLER.name}: a storm",
    )
    await control.resume("it is over", CALLER)
    assert standing(posted) == []
    moves = [(line["state"], line["reason"]) for line in said if line["event"] == "trading state"]
    assert moves == [
        ("REDUCING", "a breeze"),
        ("HALTED", "a storm"),
        ("ACTIVE", "it is over"),
    ]


async def test_what_stands_at_the_start_is_raised_again(world):
    await world.engine.parts.control.tighten(HALTED, "a storm", CALLER)
    await world.kill()
    await world.ready()
    posted = listening(world)
    assert standing(posted) == ["TradingHalted"]
    assert [alarm.reason for alarm in posted] == ["a storm"] * 2
    assert {alarm.trace_id for alarm in posted} == {CALLER.trace_id}, "as in the journal"


async def test_a_lost_journal_is_an_alarm_and_another_trouble_is_not(tmp_path, said):
    posted = []
    announcements = Announcements(posted.append)
    journal = BreakableJournal()
    engine = await ready(build(tmp_path, journal, on_trouble=announcements.on_trouble))
    announcements.listen(engine.bus, engine.parts.control)
    announcements.on_trouble("a background task crashed", ZeroDivisionError())
    announcements.on_trouble("a background task crashed", JournalError("one record is damaged"))
    assert posted == [], "trading goes on"
    journal.broken = True
    with pytest.raises(JournalError):
        await engine.parts.control.change_strategy("s", StrategyChange(enabled=False), CALLER)
    assert standing(posted) == ["TradingHalted"]
    assert posted[0].actor == "LIMITS_STORE_UNWRITABLE"
    assert "no space left on device" in posted[0].reason
    first, second, lost = [line for line in said if line["log_level"] == "error"]
    assert "exc_info" in first, "a stack is for bugs"
    assert (second["cause"], "exc_info" in second) == ("one record is damaged", False)
    assert "no space left on device" in lost["cause"]
    await engine.stop()


async def test_before_anybody_listens_trouble_is_only_logged(said):
    posted = []
    Announcements(posted.append).on_trouble("the journal failed", JournalError("no disk"))
    assert (posted, len(said)) == ([], 1)


async def test_every_switch_is_in_the_log_with_who_threw_it(world, said):
    control, posted = world.engine.parts.control, listening(world)
    limits = world.book.state.limits
    await control.change_limits(limits, version=0, reason="a storm", caller=CALLER)
    await control.change_strategy("s", StrategyChange(enabled=False), CALLER)
    world.venue.take(limit("alien"), foreign=True)
    await world.engine.parts.reconciler.refresh_orders()
    await control.release("BTCUSDT", "it was me", CALLER)
    lines = {line["event"]: line for line in said}
    assert lines.keys() == {"limits", "strategy", "symbol restricted", "symbol released"}
    assert (lines["limits"]["reason"], lines["limits"]["actor"]) == ("a storm", CALLER.name)
    assert (lines["strategy"]["strategy"], lines["strategy"]["enabled"]) == ("s", False)
    assert "alien" in lines["symbol restricted"]["reason"]
    assert lines["symbol released"]["reason"] == "it was me"
    assert all(lines[event]["trace_id"] == CALLER.trace_id for event in ("limits", "strategy"))
    assert posted == []
