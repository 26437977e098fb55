"""An engine is looked at each second; what burns is told to its gate, and ends there."""

import asyncio
import json
import math
from decimal import Decimal

import pytest
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.domain.risk.tripwires import Automatic
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.objectives.judge import Count
from aitrader_server.objectives.keeping import Objectives
from aitrader_server.objectives.memory import FILE_NAME
from aitrader_server.objectives.readings import READINGS
from aitrader_server.objectives.table import OBJECTIVES, Sampled
from engine_lives import World, limit
from fateful_venue import Fate

HOUR_S = 3600
SAMPLED = {one.name for one in OBJECTIVES if isinstance(one.source, Sampled)}


@pytest.fixture
async def world():
    world = World()
    await world.ready(automatic=Automatic(error_budget=TradingState.REDUCING))
    yield world
    await world.engine.stop()


@pytest.fixture
def shown():
    return PrometheusMetrics(ALL_METRICS)


@pytest.fixture
def objectives(world, shown, tmp_path):
    return Objectives(shown, world.clock, tmp_path)


def look(objectives, world, seconds=1):
    for _ in range(seconds):
        world.clock.advance(1)
        # As the audits do, which go by the loop's clock.
        world.engine.parts.reconciler.kept_up_ns = world.clock.now_ns()
        objectives.look(world.engine)


def counts(objectives):
    return {one.objective.name: one.count for one in objectives.report().standings}


def gate(world):
    return world.engine.parts.gatekeeper.burnt_objective


def read(world, name):
    return READINGS[name](world.engine)


def test_every_sampled_objective_has_its_reading():
    wanted = {one.source.reading for one in OBJECTIVES if isinstance(one.source, Sampled)}
    assert wanted == set(READINGS)


def test_all_is_shown_before_anything_has_happened(objectives, shown):
    text = shown.exposition()[0].decode()
    for objective in OBJECTIVES:
        assert f'aitrader_slo_events_total{{slo="{objective.name}"}} 0.0' in text
        assert f'aitrader_slo_good_total{{slo="{objective.name}"}} 0.0' in text
        share = f'aitrader_slo_objective_ratio{{slo="{objective.name}"}} {objective.objective}'
        assert share in text


async def test_each_second_is_judged_once(objectives, world):
    look(objectives, world, seconds=10)
    found = counts(objectives)
    # Nobody feeds a dead-man switch that is not there.
    assert {name for name, count in found.items() if count.total} == SAMPLED - {"heartbeat"}
    assert {found[name] for name in SAMPLED - {"heartbeat"}} == {Count(10, 10)}


async def test_a_lost_stream_burns_until_it_was_well_for_a_while(objectives, world):
    look(objectives, world, seconds=HOUR_S)
    world.engine.on_stream(up=False, detail="gone")
    assert read(world, "stream_down") == 1.0
    look(objectives, world, seconds=29)
    assert gate(world) == ""
    look(objectives, world, seconds=10)
    assert gate(world) == "stream_gap"
    world.engine.parts.sentinel.look()
    standing = world.engine.parts.control.standing
    assert (standing.state, standing.actor) == (TradingState.REDUCING, "ERROR_BUDGET_BURNT")
    assert "stream_gap" in standing.reason
    world.engine.on_stream(up=True, detail="")
    # Six hours are judged by the one that is known, and half an hour has to be well.
    look(objectives, world, seconds=HOUR_S // 2 - 30)
    assert gate(world) == "stream_gap"
    look(objectives, world, seconds=60)
    assert gate(world) == ""


async def test_the_oldest_unknown_outcome_counts(world):
    assert read(world, "unknown_age_s") == 0.0
    await world.place(limit("well", limit_price=Decimal(9_000)))
    world.venue.reachable = False
    for name, price in (("older", 9_100), ("newer", 9_200)):
        world.venue.fates["submit"].append(Fate.REPLY_LOST)
        await world.place(limit(name, limit_price=Decimal(price)))
        world.clock.advance(20)
    assert read(world, "unknown_age_s") == 40.0
    world.venue.reachable = True
    await world.become(older=OrderState.ACCEPTED, newer=OrderState.ACCEPTED)
    assert read(world, "unknown_age_s") == 0.0


async def test_a_comparison_with_the_venue_grows_old(world):
    world.clock.advance(30)
    assert read(world, "reconcile_age_s") == 30.0
    await world.engine.sync()
    assert read(world, "reconcile_age_s") == 0.0


async def test_the_oldest_price_counts(world):
    world.quotes.age_ms = 4_000
    assert read(world, "quote_age_s") == 4.0
    world.quotes.quote = lambda symbol: None
    assert read(world, "quote_age_s") == math.inf


async def test_heartbeats_are_judged_where_they_are_asked_for(world):
    assert read(world, "dead_man_expired") is None
    await world.engine.stop()
    await world.ready(dead_man_limit_s=60)
    assert read(world, "dead_man_expired") == 1.0
    world.engine.parts.gatekeeper.dead_man.beat()
    assert read(world, "dead_man_expired") == 0.0


async def test_an_order_is_judged_by_what_the_engine_counts(objectives):
    objectives.metrics.count("aitrader_order_outcomes_total", {"outcome": "unknown"})
    assert counts(objectives)["order_acceptance"] == Count(0, 1)


async def test_the_next_life_counts_on(objectives, world, tmp_path):
    look(objectives, world, seconds=100)
    await objectives.keep()
    world.clock.advance(HOUR_S)
    later = Objectives(PrometheusMetrics(ALL_METRICS), world.clock, tmp_path)
    look(later, world, seconds=5)
    assert counts(later)["stream_gap"] == Count(105, 105)


async def test_it_is_followed_and_kept_while_the_engine_runs(world, shown, tmp_path):
    objectives = Objectives(shown, world.clock, tmp_path, interval_s=0.001)
    following = asyncio.create_task(objectives.follow(world.engine))
    await world.until((tmp_path / FILE_NAME).exists)
    following.cancel()
    assert json.loads((tmp_path / FILE_NAME).read_text())["counts"]["stream_gap"] == [60, 60]


async def test_a_look_that_fails_is_told_of_and_ends_nothing(objectives, world):
    def broken(symbol):
        raise OSError("no prices")

    quote, world.quotes.quote = world.quotes.quote, broken
    following = asyncio.create_task(objectives.follow(world.engine))
    await world.until(lambda: world.troubles)
    world.quotes.quote = quote
    await world.until(lambda: counts(objectives)["market_data_age"].total)
    following.cancel()
    assert {type(error) for error in world.troubles} == {OSError}
