"""A strategy that executes again and again is switched off until a person has looked at it."""

import msgspec
import pytest
from aitrader_server.domain.events import StrategyChanged
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.commands import StrategyChange
from engine_lives import World, limit
from small_engine import CALLER


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


def look(world):
    world.engine.parts.sentinel.look()


async def executed(world, number, strategy="s"):
    """A purchase of the strategy that executes."""
    placed = await world.place(limit(f"{strategy}-{number}", strategy=strategy))
    if placed.order.state is OrderState.ACCEPTED:
        world.venue.execute(placed.order.request_id, "0.01")
    return [breach.code for breach in placed.order.breaches]


def enabled(world, name="s"):
    return world.book.state.strategies[name].enabled


async def switch(world, **change):
    await world.engine.parts.control.change_strategy("s", StrategyChange(**change), CALLER)


async def test_a_strategy_that_has_executed_enough_is_switched_off_until_somebody_looks(world):
    await world.limit_to(max_executions=2)
    for number in range(2):
        assert await executed(world, number) == []
    look(world)
    look(world)
    switched = await world.told(StrategyChanged)
    assert [(event.enabled, event.actor) for event in switched] == [(False, "REPEATED_EXECUTION")]
    assert await executed(world, 3) == ["STRATEGY_DISABLED", "REPEATED_EXECUTION"]
    assert await executed(world, 3, "t") == []
    await switch(world, enabled=True)
    look(world)
    assert enabled(world)
    assert await executed(world, 4) == []


@pytest.mark.parametrize("change", [{"enabled": True}, {"notes": "fine"}, {"max_daily_trades": 9}])
async def test_only_switching_it_on_after_it_was_off_counts_anew(world, change):
    for number in range(2):
        await executed(world, number)
    await switch(world, **change)
    assert world.book.state.conduct.executions == {"s": 2}
    await world.kill()
    await world.ready()
    await world.limit_to(max_executions=2)
    look(world)
    assert not enabled(world)
    assert await executed(world, 3) == ["STRATEGY_DISABLED", "REPEATED_EXECUTION"]


async def test_switches_of_a_strategy_that_is_worn_out_stay_what_they_were(world):
    await world.limit_to(max_executions=1)
    await switch(world, max_daily_trades=7, notes="mine")
    before = world.book.state.strategies["s"]
    await executed(world, 1)
    look(world)
    after = world.book.state.strategies["s"]
    assert after == msgspec.structs.replace(before, enabled=False)
