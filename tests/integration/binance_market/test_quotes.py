"""Prices as a venue tells them, and how old they are when it does not."""

import asyncio
import json
import time
from decimal import Decimal

import msgspec
import pytest

SYMBOL = "BTCUSDT"


def touch(quotes):
    quote = quotes.quote(SYMBOL)
    return str(quote.bid), str(quote.ask), str(quote.last)


async def test_prices_are_there_when_it_has_started(venue, make_quotes, fresh):
    quotes = await make_quotes()
    quote = quotes.quote(SYMBOL)
    assert (quote.bid, quote.bid_quantity) == (Decimal("100.00"), Decimal("1.0"))
    assert (quote.ask, quote.ask_quantity) == (Decimal("101.00"), Decimal("2.0"))
    assert quote.last == Decimal("100.50")
    assert quote.usable
    assert fresh(quotes)
    assert quotes.detail == ""
    assert quotes.quote("ETHUSDT") is None
    assert quotes.bars("ETHUSDT", 5) == ()


async def test_every_change_is_told_to_who_watches_until_he_leaves(venue, make_quotes, until):
    quotes = await make_quotes()
    heard = []
    leave = quotes.watch(heard.append)
    await venue.move(bids={"100.30": "4"})
    await until(lambda: heard)
    await venue.trade("100.90")
    await until(lambda: len(heard) == 2)
    assert [(str(q.bid), str(q.bid_quantity), str(q.last)) for q in heard] == [
        ("100.30", "4", "100.50"),
        ("100.30", "4", "100.90"),
    ]
    leave()
    leave()
    await venue.move(bids={"100.40": "4"})
    await until(lambda: touch(quotes)[0] == "100.40")
    assert len(heard) == 2


@pytest.mark.parametrize("silent", ["bookTicker", "depth@100ms"])
async def test_either_source_of_the_touch_is_enough(venue, make_quotes, until, quick, silent):
    patient = msgspec.structs.replace(quick.feed, deaf_s=60.0)
    quotes = await make_quotes(msgspec.structs.replace(quick, feed=patient))
    venue.mute.add(silent)
    await venue.move(bids={"100.30": "4"}, asks={"101.00": "0"})
    await until(lambda: touch(quotes)[:2] == ("100.30", "102.00"))
    assert quotes.quote(SYMBOL).bid_quantity == 4


async def test_the_newer_of_both_sources_counts(venue, make_quotes, until):
    quotes = await make_quotes()
    before = venue.ticker()
    await venue.move(bids={"100.30": "4"})
    await until(lambda: touch(quotes)[0] == "100.30")
    await venue.tell("bookTicker", before)
    await venue.trade("100.70")
    await until(lambda: touch(quotes)[2] == "100.70")
    assert touch(quotes)[0] == "100.30"


async def test_the_last_price_comes_from_the_candles_where_no_trade_is_told(
    venue, make_quotes, until
):
    quotes = await make_quotes()
    venue.mute.add("aggTrade")
    await venue.candle(venue.minute, closed=False, price="100.80")
    await until(lambda: touch(quotes)[2] == "100.80")


async def test_a_quiet_market_does_not_look_stale(venue, make_quotes, fresh, quick):
    quotes = await make_quotes()
    deadline_s = time.monotonic() + 1.5 * quick.feed.quiet_s_max
    while time.monotonic() < deadline_s:
        assert fresh(quotes)
        await asyncio.sleep(0.02)
    assert len(venue.lines) == 1


class SetClock:
    """The wall's clock, and how far somebody has set it."""

    ahead_ns = 0

    def now_ns(self):
        return time.time_ns() + self.ahead_ns


@pytest.mark.parametrize("ahead_s", [3_600, -3_600])
async def test_prices_are_of_now_again_after_our_clock_was_set(
    venue, make_quotes, until, quick, ahead_s
):
    clock = SetClock()
    clock.ahead_ns = ahead_s * 1_000_000_000
    quotes = await make_quotes(clock=clock)
    clock.ahead_ns = 0
    await until(lambda: abs(time.time_ns() - quotes.quote(SYMBOL).at_ns) < 1_000_000_000)


async def test_a_quiet_market_is_believed_only_as_long_as_the_venue_confirms_it(
    venue, make_quotes, until, fresh, quick
):
    quotes = await make_quotes()
    venue.reads_fail = True
    await until(lambda: not fresh(quotes))
    assert len(venue.lines) == 1
    venue.reads_fail = False
    await until(lambda: fresh(quotes))


async def test_a_deaf_connection_is_replaced_though_it_looks_well(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.mute |= {"bookTicker", "depth@100ms"}
    await venue.move(bids={"100.30": "4"})
    await until(lambda: len(venue.lines) == 2 and touch(quotes)[0] == "100.30")


async def test_a_venue_that_counts_anew_is_not_taken_for_a_quiet_one(venue, make_quotes, until):
    quotes = await make_quotes()
    await venue.move(bids={"100.20": "4"})
    await until(lambda: touch(quotes)[0] == "100.20")
    venue.update_id = 1
    moving = True

    async def go_on():
        while moving:
            await venue.move(bids={"100.30": "4"})
            await asyncio.sleep(0.02)

    going = asyncio.create_task(go_on())
    await until(lambda: touch(quotes)[0] == "100.30")
    moving = False
    await going


async def test_one_question_is_enough_for_all_quiet_markets(venue, make_quotes, until, fresh):
    symbols = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
    quotes = await make_quotes(symbols=symbols)
    await until(lambda: sum(path == "bookTicker" for path, _ in venue.reads) >= 3)
    asked = [json.loads(query["symbols"]) for path, query in venue.reads if path == "bookTicker"]
    # They need not all have become quiet at once.
    assert sorted(max(asked, key=len)) == sorted(symbols)
    assert fresh(quotes)


async def test_a_book_that_does_not_follow_its_ticker_is_deaf(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.mute.add("depth@100ms")
    await venue.move(bids={"100.30": "4"})
    await until(lambda: len(venue.lines) == 2)
    venue.mute.clear()
    await until(lambda: quotes.detail == "")
    await venue.move(bids={"100.40": "4"})
    await until(lambda: touch(quotes)[0] == "100.40")
    await asyncio.sleep(0.5)
    assert len(venue.lines) == 2


async def test_a_price_keeps_its_age_while_the_stream_is_down_and_after(
    venue, make_quotes, until, fresh
):
    quotes = await make_quotes()
    received = quotes.quote(SYMBOL).at_ns
    venue.refusal = (503, {})
    venue.reads_fail = True
    venue.newest.cut()
    await until(lambda: quotes.detail == "no market stream for BTCUSDT")
    assert quotes.quote(SYMBOL).at_ns <= received
    venue.refusal = None
    await until(lambda: venue.live)
    await until(lambda: quotes.detail == "")
    await venue.trade("100.60")
    await asyncio.sleep(0.2)
    # Connected, and still nobody has said what the touch is.
    assert quotes.quote(SYMBOL).at_ns <= received
    assert touch(quotes) == ("100.00", "101.00", "100.50")
    venue.reads_fail = False
    await until(lambda: quotes.quote(SYMBOL).at_ns > received)
    assert touch(quotes) == ("100.00", "101.00", "100.60")
    assert fresh(quotes)


async def test_a_lost_change_of_the_book_is_made_up_for(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.mute |= {"bookTicker", "depth@100ms"}
    await venue.move(bids={"100.30": "4"})
    venue.mute.discard("depth@100ms")
    await venue.move(bids={"99.50": "4"})
    await until(lambda: touch(quotes)[0] == "100.30")
    assert len(venue.lines) == 1


async def test_a_snapshot_older_than_the_stream_is_asked_for_again(venue, make_quotes, until):
    venue.snapshot_lag = 5
    venue.mute.add("bookTicker")
    quotes = await make_quotes(start=False)
    starting = asyncio.create_task(quotes.start())
    await until(lambda: venue.lines)
    await venue.move(bids={"100.30": "4"})
    await until(lambda: len([read for read in venue.reads if read[0] == "depth"]) >= 3)
    await venue.move(bids={"100.40": "4"})
    assert quotes.quote(SYMBOL) is None or touch(quotes)[0] == "100.00"
    venue.snapshot_lag = 0
    await until(lambda: quotes.quote(SYMBOL) is not None and touch(quotes)[0] == "100.40")
    await starting
