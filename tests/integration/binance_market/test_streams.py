"""Connections that end, freeze, burst and lie, and the prices that come through all the same."""

import asyncio

import msgspec
import pytest
from aitrader_gateway.binance.market_connection import (
    FRAME_BYTES_MAX,
    MarketConnection,
    MarketSettings,
)
from aitrader_gateway.binance.quotes import SYMBOLS_PER_CONNECTION_MAX
from aitrader_server.adapters.clock import SystemClock
from structlog.testing import capture_logs

SYMBOL = "BTCUSDT"


def depth_reads(venue):
    return [query for path, query in venue.reads if path == "depth" and query["limit"] == "500"]


def changed(settings, **stream):
    return msgspec.structs.replace(
        settings, stream=msgspec.structs.replace(settings.stream, **stream)
    )


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1008, 1011])
async def test_a_closed_connection_is_followed_by_another(venue, make_quotes, until, code):
    quotes = await make_quotes()
    if code == 1006:
        venue.newest.cut()
    else:
        await venue.newest.ws.close(code=code)
    await until(lambda: len(venue.lines) == 2)
    await until(lambda: len(depth_reads(venue)) == 2)
    await venue.move(bids={"100.30": "4"})
    await until(lambda: str(quotes.quote(SYMBOL).bid) == "100.30")


async def test_a_loss_is_logged_and_so_is_its_end(venue, make_quotes, until):
    with capture_logs() as lines:
        await make_quotes()
        assert lines == []
        await venue.newest.ws.close()
        await until(lambda: len(depth_reads(venue)) == 2)
    told = [(line["log_level"], line["event"]) for line in lines]
    assert told == [
        ("warning", "market stream lost"),
        ("warning", "prices age"),
        ("info", "market stream up again"),
    ]


async def test_a_frozen_connection_ages_at_once_and_is_given_up(venue, make_quotes, until, fresh):
    quotes = await make_quotes()
    venue.answers_heartbeats = False
    venue.newest.freeze()
    await until(lambda: not fresh(quotes))
    # It is not given up yet: the price says by itself that nothing vouches for it.
    assert len(venue.lines) == 1
    venue.answers_heartbeats = True
    await until(lambda: len(venue.lines) == 2)
    await until(lambda: fresh(quotes))


async def test_a_connection_that_lost_a_stream_is_given_up(venue, make_quotes, until):
    await make_quotes()
    venue.lists = [stream for stream in venue.newest.streams if "depth" not in stream]
    await until(lambda: len(venue.lines) == 2)
    venue.lists = None
    await until(lambda: len(venue.live) == 1)


@pytest.mark.parametrize(
    "frame", ["{", "[]", "null", '{"stream":"btcusdt@bookTicker","data":{"u":"no"}}', b"\xff\x00"]
)
async def test_a_malformed_frame_is_a_gap_and_no_end(venue, make_quotes, until, fresh, frame):
    quotes = await make_quotes()
    if isinstance(frame, bytes):
        await venue.newest.ws.send_bytes(frame)
    else:
        await venue.newest.ws.send_str(frame)
    await until(lambda: len(depth_reads(venue)) == 2)
    await until(lambda: fresh(quotes))
    assert len(venue.lines) == 1


async def test_what_was_missed_in_a_malformed_frame_is_asked_for(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.mute |= {"bookTicker", "depth@100ms"}
    await venue.move(bids={"100.30": "4"})
    await venue.newest.ws.send_str('{"stream":"btcusdt@bookTi')
    await until(lambda: str(quotes.quote(SYMBOL).bid) == "100.30")
    assert len(venue.lines) == 1


async def test_a_burst_is_taken_whole(venue, make_quotes, until):
    quotes = await make_quotes()
    for number in range(5_000):
        venue.update_id += 1
        ticker = {**venue.ticker(), "B": str(number)}
        change = {"U": venue.update_id, "u": venue.update_id, "b": [["100.00", str(number)]]}
        await venue.tell("bookTicker", ticker)
        await venue.tell("depth@100ms", {"e": "depthUpdate", "s": SYMBOL, "a": [], **change})
        if number % 100 == 0:
            # Venue and client share this loop.
            await asyncio.sleep(0)
    await until(lambda: quotes.quote(SYMBOL).bid_quantity == 4_999)
    assert (len(venue.lines), len(depth_reads(venue))) == (1, 1)


async def test_a_frame_of_megabytes_passes_and_a_senseless_one_ends_the_connection(
    venue, make_quotes, until
):
    quotes = await make_quotes()
    levels = [[str(number), f"1.{'0' * 120}"] for number in range(1, 100)] * 100
    await venue.newest.send(
        "btcusdt@depth@100ms",
        {"e": "depthUpdate", "s": SYMBOL, "U": 1001, "u": 1001, "b": levels, "a": []},
    )
    venue.update_id += 1
    await venue.move(bids={"100.30": "4"})
    await until(lambda: str(quotes.quote(SYMBOL).bid) == "100.30")
    assert len(venue.lines) == 1
    await venue.newest.ws.send_str(" " * (FRAME_BYTES_MAX + 1))
    await until(lambda: len(venue.lines) == 2)


async def test_an_announced_end_is_bridged_without_a_gap(venue, make_quotes, until):
    quotes = await make_quotes()
    old = venue.newest
    heard = []
    quotes.watch(heard.append)
    moving = True

    async def trade_on():
        price = 0
        while moving:
            price += 1
            await venue.move(bids={"100.00": str(price)})
            await asyncio.sleep(0.001)

    trading = asyncio.create_task(trade_on())
    await old.ws.send_json({"e": "serverShutdown", "E": 1})
    await until(lambda: len(venue.lines) == 2)
    await until(lambda: not old.open)
    await asyncio.sleep(0.1)
    moving = False
    await trading
    quantities = [int(quote.bid_quantity) for quote in heard]
    assert quantities == sorted(set(quantities))
    assert len(depth_reads(venue)) == 1
    assert quotes.detail == ""


async def test_a_connection_is_replaced_before_its_time_is_up(venue, make_quotes, until, quick):
    await make_quotes(changed(quick, rotation_age_s=0.3))
    await until(lambda: len(venue.lines) >= 3)
    assert len(depth_reads(venue)) == 1
    assert len(venue.live) <= 2


async def test_a_replaced_connection_that_cannot_be_read_out_is_a_gap(venue, make_quotes, until):
    quotes = await make_quotes()
    old = venue.newest
    await old.ws.send_json({"e": "serverShutdown", "E": 1})
    venue.answers_heartbeats = False
    old.freeze()
    await until(lambda: len(depth_reads(venue)) == 2)
    venue.answers_heartbeats = True
    await until(lambda: len(venue.lines) >= 2 and quotes.detail == "")


async def test_a_lost_connection_can_be_asked_and_closed_all_the_same(venue, until, quick):
    connection = MarketConnection(
        venue.url.replace("http", "ws") + "/",
        frozenset({"btcusdt@bookTicker"}),
        quick.stream,
        clock=SystemClock(),
        on_event=lambda event: None,
        on_gap=lambda cause: None,
    )
    assert await connection.open() is None
    assert await connection.drain()
    venue.newest.cut()
    await connection.lost
    for _ in range(20):
        assert not await connection.drain()
        await asyncio.sleep(0.005)
    await connection.close()
    await connection.close()
    assert not await connection.drain()


async def test_a_successor_vouches_for_nothing_before_it_has_taken_over(
    venue, make_quotes, until, fresh, quick
):
    quotes = await make_quotes(changed(quick, drain_timeout_s=3.0, silence_s_max=60.0))
    venue.newest.freeze()
    await venue.newest.ws.send_json({"e": "serverShutdown", "E": 1})
    await until(lambda: len(venue.lines) == 2)
    # The old one was told to end, and has not answered since.
    await until(lambda: not fresh(quotes))
    assert len(depth_reads(venue)) == 1
    await until(lambda: fresh(quotes))
    assert len(depth_reads(venue)) == 2


async def test_an_end_that_comes_before_a_successor_is_survived(venue, make_quotes, until):
    quotes = await make_quotes()
    venue.refusal = (503, {})
    await venue.newest.ws.send_json({"e": "serverShutdown", "E": 1})
    await asyncio.sleep(0.1)
    await venue.newest.ws.close(code=1001)
    await until(lambda: quotes.detail != "")
    venue.refusal = None
    await until(lambda: quotes.detail == "" and len(depth_reads(venue)) == 2)


async def test_a_venue_that_is_not_there_is_waited_for(venue, make_quotes, until, quick):
    venue.refusal = (503, {})
    quotes = await make_quotes(msgspec.structs.replace(quick, start_timeout_s=0.2))
    assert quotes.quote(SYMBOL) is None
    assert quotes.detail == "no market stream for BTCUSDT"
    assert quotes.bars(SYMBOL, 5) == ()
    venue.refusal = None
    await until(lambda: quotes.quote(SYMBOL) is not None and quotes.bars(SYMBOL, 5))


async def test_a_venue_that_names_a_pause_is_given_it(venue, make_quotes, until, quick):
    venue.refusal = (429, {"Retry-After": "1"})
    asked = asyncio.get_running_loop().time()
    quotes = await make_quotes(msgspec.structs.replace(quick, start_timeout_s=0.1))
    venue.refusal = None
    await until(lambda: quotes.detail == "")
    assert asyncio.get_running_loop().time() - asked >= 1


async def test_connections_that_do_not_last_are_made_ever_more_slowly(venue, make_quotes, quick):
    quotes = await make_quotes(changed(quick, wait_s_max=60.0))
    ends = asyncio.get_running_loop().time() + 1.5
    while asyncio.get_running_loop().time() < ends:
        for line in venue.live:
            line.cut()
        await asyncio.sleep(0.005)
    # The waits double from 10 ms, each at least half of that: 5 + 10 + .. + 1280 ms.
    assert 4 <= len(venue.lines) <= 9
    assert quotes.quote(SYMBOL) is not None


async def test_no_connection_and_no_task_outlives_the_stop(venue, make_quotes, until):
    before = asyncio.all_tasks()
    quotes = await make_quotes()
    await quotes.stop()
    await quotes.stop()
    await until(lambda: not venue.live)
    left = {task for task in asyncio.all_tasks() - before if "market" in task.get_name()}
    assert not left
    assert quotes.quote(SYMBOL) is not None


async def test_many_symbols_share_a_few_connections(venue, make_quotes, until):
    symbols = tuple(f"C{number}USDT" for number in range(SYMBOLS_PER_CONNECTION_MAX + 1))
    quotes = await make_quotes(symbols=symbols)
    assert sorted(len(line.streams) for line in venue.lines) == [4, 4 * SYMBOLS_PER_CONNECTION_MAX]
    (alone,) = (line for line in venue.lines if len(line.streams) == 4)
    venue.refusal = (503, {})
    alone.cut()
    symbol = alone.streams[0].partition("@")[0].upper()
    await until(lambda: quotes.detail == f"no market stream for {symbol}")
    assert all(quotes.quote(symbol) is not None for symbol in symbols)


def test_the_venue_is_asked_less_often_than_it_takes():
    settings = MarketSettings()
    # A ping and a question each count; five a second end the connection.
    assert 1 / settings.heartbeat_s + 1 / settings.ping_interval_s < 1
    assert settings.silence_s_max > 2 * settings.heartbeat_s
    assert settings.rotation_age_s < 24 * 3600
    # The account's stream connects from the same address: 300 in 300 s are allowed to both.
    assert settings.connects_max <= 150
    assert settings.connects_window_s >= 300
