"""Simulated prices: repeatable, on the venue's grid, with a history that indicators can use."""

import asyncio
from itertools import pairwise

import pytest
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_gateway.paper.quotes import HISTORY_MINUTES, RandomWalkQuotes
from aitrader_server.domain.intervals import MINUTE_NS


def source(clock, seed=1, period_ms=1, spread_ticks=2):
    return RandomWalkQuotes(
        INSTRUMENTS, clock, seed=seed, period_ms=period_ms, spread_ticks=spread_ticks
    )


@pytest.fixture
async def started():
    """Starts sources and stops them at the end."""
    running = []

    async def start(quotes):
        await quotes.start()
        running.append(quotes)
        return quotes

    yield start
    for quotes in running:
        await quotes.stop()


async def test_quotes_lie_on_the_grid_with_the_spread_asked_for(clock, started):
    quotes = await started(source(clock, spread_ticks=3))
    for symbol, instrument in INSTRUMENTS.items():
        quote = quotes.quote(symbol)
        assert quote.bid % instrument.tick_size == 0
        assert quote.ask - quote.bid == 3 * instrument.tick_size
        assert quote.last in {quote.bid, quote.ask}
        for quantity in (quote.bid_quantity, quote.ask_quantity):
            assert quantity > instrument.min_quantity
            assert quantity % instrument.step_size == 0
        assert quote.at_ns == clock.now_ns()


async def test_the_same_seed_walks_the_same_path_and_another_one_does_not(
    clock, started, new_heard
):
    paths = []
    for seed in (4, 4, 5):
        heard = new_heard()
        quotes = source(clock, seed=seed)
        quotes.watch(heard.append)
        await started(quotes)
        await heard.reach(30)
        paths.append(heard[:30])
    assert paths[0] == paths[1] != paths[2]


async def test_history_is_there_at_once_in_whole_minutes_without_a_gap(clock, started):
    quotes = await started(source(clock))
    for symbol in INSTRUMENTS:
        bars = quotes.bars(symbol, 240)
        assert len(bars) == 240
        assert {later.open_ns - earlier.open_ns for earlier, later in pairwise(bars)} == {MINUTE_NS}
        assert bars[-1].open_ns + MINUTE_NS <= clock.now_ns() < bars[-1].open_ns + 2 * MINUTE_NS
        for bar in bars:
            assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            assert bar.volume > 0
        closes = [bar.close for bar in bars]
        assert len(set(closes)) > 20
        assert max(closes) / min(closes) < 2
    assert quotes.bars("BTCUSDT", 0) == []
    assert len(quotes.bars("BTCUSDT", 10**6)) >= HISTORY_MINUTES - 1


async def test_a_bar_closes_when_its_minute_is_over(clock, started, new_heard):
    quotes = source(clock)
    heard = new_heard()
    quotes.watch(heard.append)
    await started(quotes)
    before = quotes.bars("BTCUSDT", 1)[0]
    clock.at_ns += MINUTE_NS
    await heard.reach(len(heard) + len(INSTRUMENTS))
    closed = quotes.bars("BTCUSDT", 1)[0]
    assert closed.open_ns == before.open_ns + MINUTE_NS


async def test_a_listener_hears_until_it_leaves(clock, started, new_heard):
    quotes = source(clock)
    one, two = new_heard(), new_heard()
    leave = quotes.watch(one.append)
    quotes.watch(two.append)
    await started(quotes)
    leave()
    leave()
    heard = len(one)
    await two.reach(heard + 1)
    assert len(one) == heard


async def test_before_the_start_and_for_a_stranger_there_is_no_price(clock, started):
    quotes = source(clock)
    assert quotes.quote("BTCUSDT") is None
    assert quotes.bars("BTCUSDT", 5) == []
    await started(quotes)
    assert quotes.quote("NOPEUSDT") is None
    assert quotes.bars("NOPEUSDT", 5) == []


async def test_stopped_prices_stand_still_and_stay_readable(clock):
    quotes = source(clock)
    await quotes.stop()
    await quotes.start()
    await quotes.stop()
    last = quotes.quote("BTCUSDT")
    await asyncio.sleep(0.01)
    assert quotes.quote("BTCUSDT") is last is not None


async def test_longer_bars_are_made_of_the_minutes_and_page_backwards(clock, started):
    quotes = await started(source(clock))
    now_ns = clock.now_ns()
    newest = await quotes.history("BTCUSDT", "5m", now_ns, 10)
    older = await quotes.history("BTCUSDT", "5m", newest[0].open_ns, 10)
    bars = [*older, *newest]
    assert {b.open_ns - a.open_ns for a, b in pairwise(bars)} == {5 * MINUTE_NS}
    assert newest[-1].open_ns + 5 * MINUTE_NS > now_ns
    minutes = [m for m in quotes.bars("BTCUSDT", 240) if 0 <= m.open_ns - bars[0].open_ns < 3e11]
    assert bars[0].open == minutes[0].open
    assert bars[0].close == minutes[-1].close
    assert bars[0].high == max(m.high for m in minutes)
    assert bars[0].volume == sum(m.volume for m in minutes)
    assert await quotes.history("BTCUSDT", "5m", 0, 10) == []
    assert await quotes.history("NOUSDT", "5m", now_ns, 10) == []
