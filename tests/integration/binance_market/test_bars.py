"""Minutes and longer bars as the venue tells them and as it is asked for them."""

from decimal import Decimal

MINUTE_NS = 60_000_000_000
SYMBOL = "BTCUSDT"


def klines_reads(venue):
    return [query for path, query in venue.reads if path == "klines"]


def newest(quotes, count=3):
    return [bar.open_ns // MINUTE_NS for bar in quotes.bars(SYMBOL, count)]


async def test_minutes_are_there_at_once_and_follow_the_stream(venue, make_quotes, until):
    quotes = await make_quotes()
    minute = venue.minute
    assert newest(quotes) == [minute - 3, minute - 2, minute - 1]
    await venue.candle(minute, closed=True, price="100.80")
    await until(lambda: newest(quotes, 1) == [minute])
    (bar,) = quotes.bars(SYMBOL, 1)
    assert (bar.close, bar.volume) == (Decimal("100.80"), 3)
    assert len(klines_reads(venue)) == 1


async def test_a_minute_that_the_stream_left_out_is_read(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.minute += 2
    await venue.candle(venue.minute, closed=False)
    await until(lambda: len(klines_reads(venue)) == 2)
    await until(lambda: newest(quotes) == [venue.minute - n for n in (3, 2, 1)])
    assert len(venue.lines) == 1


async def test_minutes_are_read_again_after_a_loss_and_hidden_until_then(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.reads_fail = True
    venue.newest.cut()
    await until(lambda: len(venue.lines) == 2 and quotes.detail == "")
    assert newest(quotes) == []
    venue.minute += 1
    venue.reads_fail = False
    await until(lambda: newest(quotes, 1) == [venue.minute - 1])


async def test_history_is_read_backwards_in_pages(venue, make_quotes):
    quotes = await make_quotes()
    end_ns = venue.minute * MINUTE_NS
    page = await quotes.history(SYMBOL, "1m", end_ns, 5)
    assert [bar.open_ns // MINUTE_NS for bar in page] == [venue.minute - n for n in range(5, 0, -1)]
    before = await quotes.history(SYMBOL, "1m", page[0].open_ns, 5)
    assert before[-1].open_ns == page[0].open_ns - MINUTE_NS
    assert await quotes.history(SYMBOL, "1m", 0, 5) == []
    reads = len(klines_reads(venue))
    older = await quotes.history(SYMBOL, "1h", before[0].open_ns, 7)
    assert len(older) == 7
    asked = klines_reads(venue)[-1]
    assert (asked["interval"], asked["limit"]) == ("1h", "7")
    assert int(asked["endTime"]) * 1_000_000 < before[0].open_ns
    # The minutes before were known already.
    assert reads == 1
    assert await quotes.history("NOUSDT", "1h", end_ns, 5) == ()


async def test_history_that_cannot_be_read_is_none(venue, make_quotes):
    quotes = await make_quotes()
    venue.reads_fail = True
    assert await quotes.history(SYMBOL, "1h", venue.minute * MINUTE_NS, 5) is None


async def test_market_data_leaves_the_venue_weight_for_orders(venue, make_quotes):
    quotes = await make_quotes()
    end_ns = venue.minute * MINUTE_NS
    answers = [await quotes.history(SYMBOL, "1h", end_ns, 1) for _ in range(1100)]
    weights = {"klines": 2, "depth": 25, "bookTicker": 4}
    weight = sum(weights[path] for path, _ in venue.reads)
    assert 1900 < weight <= 2000
    assert answers[-1] is None
    # What is known already costs nothing.
    assert await quotes.history(SYMBOL, "1m", end_ns, 5)
