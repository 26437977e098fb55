"""What operators switch: the first reason stays, and nobody overwrites what they have not seen."""

import msgspec
import pytest
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.commands import Caller, StrategyChange
from aitrader_server.errors import StaleVersion
from engine_lives import World
from small_engine import CALLER

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
BOB = Caller(name="bob", trace_id="b" * 32)


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


@pytest.fixture
def control(world):
    return world.engine.parts.control


@pytest.mark.parametrize("wished", [REDUCING, HALTED])
async def test_who_comes_second_tightens_nothing_and_takes_over_no_reason(world, control, wished):
    first = await control.tighten(HALTED, "a storm", CALLER)
    sequence = world.book.state.sequence
    assert await control.tighten(wished, "me too", BOB) == first
    assert (first.state, first.reason, first.actor) == (HALTED, "a storm", CALLER.name)
    assert world.book.state.sequence == sequence


async def test_a_stricter_state_has_a_reason_of_its_own(control):
    await control.tighten(REDUCING, "a breeze", CALLER)
    record = await control.tighten(HALTED, "", BOB)
    assert (record.state, record.reason, record.actor) == (HALTED, "no reason given", "bob")


async def test_a_resume_is_written_down_once(world, control):
    await control.tighten(HALTED, "a storm", CALLER)
    record = await control.resume("it is over", BOB)
    assert (record.state, record.reason, record.actor) == (ACTIVE, "it is over", "bob")
    sequence = world.book.state.sequence
    assert await control.resume("again", CALLER) == record
    assert world.book.state.sequence == sequence


async def test_limits_are_not_changed_by_who_has_not_seen_them(world, control):
    seen, limits = world.book.state.limits_version, world.book.state.limits
    fewer = msgspec.structs.replace(limits, max_open_orders=3)
    wish = {"reason": "a storm", "caller": CALLER}
    assert await control.change_limits(fewer, version=seen, **wish) == seen + 1
    with pytest.raises(StaleVersion, match=f"at version {seen + 1}, not {seen}"):
        await control.change_limits(limits, version=seen, **wish)
    assert world.book.state.limits == fewer
    # Who asks for any version takes what there is.
    assert await control.change_limits(limits, version=0, **wish) == seen + 2
    assert world.book.state.limits == limits


async def test_a_switch_changes_what_it_names_and_nothing_else(world, control):
    named = await control.change_strategy("s", StrategyChange(notes="mine"), CALLER)
    assert (named.enabled, named.notes) == (True, "mine")
    off = await control.change_strategy("s", StrategyChange(enabled=False), BOB)
    assert (off.enabled, off.notes) == (False, "mine")
    assert world.book.state.strategies == {"s": off}
