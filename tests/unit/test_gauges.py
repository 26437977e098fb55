"""What gauges read in an engine in trouble, and of what is not known."""

import math
from decimal import Decimal

import pytest
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.gauges.limits import limits_used
from aitrader_server.gauges.orders import declare_order_gauges
from aitrader_server.gauges.trading import declare_trading_gauges
from aitrader_server.gauges.venue import declare_venue_gauges
from engine_lives import World, limit
from fateful_venue import Fate
from prometheus_client.parser import text_string_to_metric_families

D = Decimal
TEN_S = 10


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


def reader(world):
    """Reads all gauges of the engine as it is now: values by name and label values."""
    metrics = PrometheusMetrics(ALL_METRICS)
    for declare in (declare_order_gauges, declare_trading_gauges, declare_venue_gauges):
        declare(world.engine, metrics)

    def read():
        text = metrics.exposition()[0].decode()
        return {
            (sample.name.removeprefix("aitrader_"), *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return read


@pytest.fixture
def read(world):
    return reader(world)


async def test_an_unknown_outcome_grows_older_until_it_is_settled(world, read):
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    world.venue.streams, world.venue.reachable = False, False
    await world.place(limit("lost"))
    world.clock.advance(TEN_S)
    found = read()
    assert found["orders_unknown",] == found["orders_working", "UNKNOWN"] == 1
    assert found["unknown_age_seconds",] == TEN_S
    assert found["limit_used_ratio", "max_unknown_orders"] == 1 / 5
    world.venue.reachable = True
    await world.become(lost=OrderState.ACCEPTED)
    found = read()
    assert found["orders_unknown",] == found["unknown_age_seconds",] == 0
    assert found["orders_working", "ACCEPTED"] == 1


async def test_what_is_not_known_is_no_number(world, read):
    world.venue.clock_offset_ms = None
    world.quotes.age_ms = 100_000
    world.clock.advance(TEN_S)
    await world.limit_to(max_gross_exposure=D(1000), rolling_24h_loss_limit=D("0.1"))
    found = read()
    for name in (
        ("clock_offset_seconds",),
        ("equity", "USDT"),
        ("day_pnl", "USDT"),
        ("drawdown_ratio",),
        ("limit_used_ratio", "daily_loss_limit"),
        ("limit_used_ratio", "rolling_24h_loss_limit"),
        ("limit_used_ratio", "max_gross_exposure"),
    ):
        assert math.isnan(found[name]), name
    assert found["quote_age_seconds", "BTCUSDT"] == 100
    assert found["ready", "clock"] == 0


async def test_a_stream_that_is_down_is_seen(world, read):
    world.venue.clock_offset_ms = 250
    world.engine.on_stream(up=False, detail="a test")
    found = read()
    assert found["stream_up",] == found["ready", "stream"] == 0
    assert found["clock_offset_seconds",] == 0.25
    assert found["dead_man_limit_seconds",] == found["dead_man_age_seconds",] == 0


async def test_a_dead_man_is_seen_and_whom_it_halted():
    world = World()
    await world.ready(dead_man_limit_s=60.0)
    await world.until(lambda: world.book.state.trading.state is TradingState.HALTED)
    found = reader(world)()
    assert found["dead_man_limit_seconds",] == 60
    assert 0 <= found["dead_man_age_seconds",] < 60
    assert found["ready", "dead_man"] == 0
    trace_id = world.book.state.trading.trace_id
    assert found["last_halt_info", "DEAD_MAN_EXPIRED", "HALTED", trace_id] == 1
    await world.engine.stop()


async def test_drift_is_what_differed_and_who_else_trades(world, read):
    assert read()["reconcile_drift",] == 0
    world.venue.take(limit("by-hand"), foreign=True)
    world.venue.balances["USDT"] += 5
    reconciler = world.engine.parts.reconciler
    await reconciler.refresh_orders()
    assert await reconciler.audit_balances("a test")
    assert read()["reconcile_drift",] == 2
    world.clock.advance(TEN_S)
    assert read()["reconcile_age_seconds",] == TEN_S


async def test_only_limits_that_are_set_have_a_share(world):
    await world.place(limit("a"))
    await world.limit_to(
        daily_loss_limit=None,
        max_open_orders=0,
        max_rejects_per_minute=4,
        max_position_notional=D(0),
        max_turnover_per_day=D(1000),
    )
    used = {name: share for (name,), share in limits_used(world.engine).items()}
    assert used == {
        "max_unknown_orders": 0,
        "max_rejects_per_minute": 0,
        "max_position_notional": 1,
        "max_turnover_per_day": pytest.approx(0.099),
    }
