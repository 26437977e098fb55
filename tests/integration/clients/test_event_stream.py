"""The event stream across broken connections, ends and silences."""

import asyncio
from contextlib import aclosing

import pytest
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_clients import Connection, TradingClient, errors
from aitrader_clients.events import follow_events

Response = trading_pb2.StreamEventsResponse
HEARTBEAT = Response(heartbeat=trading_pb2.StreamHeartbeat())
SNAPSHOT = Response(snapshot=common_pb2.Order(request_id="q-77"))


def event(sequence):
    return Response(sequence=sequence, event={"sequence": sequence, "kind": "OrderFilled"})


def caught_up(sequence):
    return Response(sequence=sequence, caught_up={"sequence": sequence})


def end(reason, resume_after):
    return Response(end={"reason": reason, "resume_after": resume_after})


@pytest.fixture
async def client(engine):
    async with TradingClient(Connection(engine.endpoint)) as made:
        yield made


@pytest.fixture
def script(engine):
    """Say what each connection of the stream sends; the last one then stays open."""

    def write(*connections):
        engine.answers["StreamEvents"] = [
            *map(list, connections[:-1]),
            [*connections[-1], 30.0],
        ]

    return write


async def read(stream, count):
    """Return `count` items, an event as its sequence and the rest by the kind."""
    items = []
    async with aclosing(stream), asyncio.timeout(10):
        async for item in stream:
            known = isinstance(item, trading_pb2.Event)
            items.append(item.sequence if known else type(item).__name__)
            if len(items) == count:
                break
    return items


async def test_events_come_once_and_the_present_is_marked(client, script):
    script([event(1), event(2), caught_up(2), HEARTBEAT, event(3)])
    assert await read(client.events(), 4) == [1, 2, "CaughtUp", 3]


async def test_a_broken_connection_is_resumed_after_the_last_event(engine, client, script, refuse):
    script([event(5), event(6), refuse("UNAVAILABLE")], [event(7)])
    assert await read(client.events(after=4), 3) == [5, 6, 7]
    assert [r.after_sequence for r in engine.requests("StreamEvents")] == [4, 6]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INTERNAL", "UNKNOWN", "RESOURCE_EXHAUSTED"])
async def test_whatever_breaks_the_transport_is_resumed(client, script, refuse, code):
    script([event(1), refuse(code)], [], [event(2)])
    assert await read(client.events(), 2) == [1, 2]


async def test_events_that_come_again_are_dropped(client, script, refuse):
    script([event(1), event(2), refuse("UNAVAILABLE")], [event(1), event(2), event(3)])
    assert await read(client.events(), 3) == [1, 2, 3]


@pytest.mark.parametrize("reason", ["draining", "slow_consumer"])
async def test_an_ended_stream_is_resumed(engine, client, script, reason):
    script([event(1), end(reason, 1)], [event(2)])
    assert await read(client.events(), 2) == [1, 2]
    assert engine.requests("StreamEvents")[1].after_sequence == 1


async def test_an_ended_stream_ends_when_that_is_wanted(client, script):
    script([event(1), end("draining", 1)], [event(2)])
    assert await read(client.events(resume=False), 9) == [1]


async def test_the_end_is_not_believed_about_events_that_did_not_come(engine, client, script):
    script([event(1), end("slow_consumer", 9)], [event(2)])
    assert await read(client.events(), 2) == [1, 2]
    assert engine.requests("StreamEvents")[1].after_sequence == 1


async def test_a_filter_may_skip_and_the_end_says_how_far(engine, client, script):
    script([event(3), event(9), end("draining", 20)], [event(25)])
    assert await read(client.events(kinds=["OrderFilled"]), 3) == [3, 9, 25]
    assert engine.requests("StreamEvents")[1].after_sequence == 20


async def test_a_heartbeat_says_how_far_a_filter_has_come(engine, client, script, refuse):
    script([event(3), Response(sequence=30, heartbeat={}), refuse("UNAVAILABLE")], [event(31)])
    assert await read(client.events(symbol="BTCUSDT"), 2) == [3, 31]
    assert engine.requests("StreamEvents")[1].after_sequence == 30


@pytest.mark.parametrize("skipped", [event(3), caught_up(2)])
async def test_a_missing_event_is_an_error(client, script, skipped):
    script([event(1), skipped])
    with pytest.raises(errors.EventGap) as caught:
        await read(client.events(), 3)
    assert caught.value.expected == 2


async def test_a_snapshot_comes_before_the_present(engine, client, script, refuse):
    script([SNAPSHOT, caught_up(40), event(41), refuse("UNAVAILABLE")], [event(42)])
    assert await read(client.events(live_only=True), 4) == ["Order", "CaughtUp", 41, 42]
    first, second = engine.requests("StreamEvents")
    assert first.live_only
    assert (second.live_only, second.after_sequence) == (False, 41)


async def test_a_broken_snapshot_is_taken_again(engine, client, script, refuse):
    script([SNAPSHOT, refuse("UNAVAILABLE")], [SNAPSHOT, caught_up(40)])
    assert await read(client.events(live_only=True), 3) == ["Order", "Order", "CaughtUp"]
    assert [r.live_only for r in engine.requests("StreamEvents")] == [True, True]


async def test_a_silent_stream_is_dead(engine, client, script):
    script([event(1), 30.0], [event(2)])
    stream = follow_events(
        client.trading.StreamEvents, trading_pb2.StreamEventsRequest(), silence_s_max=0.2
    )
    assert await read(stream, 2) == [1, 2]


async def test_heartbeats_keep_a_quiet_stream_alive(engine, client, script):
    script([HEARTBEAT, 0.15, HEARTBEAT, 0.15, HEARTBEAT, 0.15, event(1)])
    stream = follow_events(
        client.trading.StreamEvents, trading_pb2.StreamEventsRequest(), silence_s_max=0.4
    )
    assert await read(stream, 1) == [1]
    assert engine.names() == ["StreamEvents"]


async def test_an_engine_that_stays_away_is_given_up(client, script, refuse):
    script([event(1)], [refuse("UNAVAILABLE")])
    stream = follow_events(
        client.trading.StreamEvents, trading_pb2.StreamEventsRequest(), outage_s_max=0.3
    )
    with pytest.raises(errors.Unreachable):
        await read(stream, 2)


async def test_a_first_connection_that_fails_is_an_error_at_once(engine, client, script, refuse):
    script([refuse("UNAVAILABLE")])
    with pytest.raises(errors.Unreachable):
        await read(client.events(), 1)
    assert engine.names() == ["StreamEvents"]


@pytest.mark.parametrize("code", ["PERMISSION_DENIED", "OUT_OF_RANGE"])
async def test_a_refusal_is_not_asked_again(client, script, refuse, code):
    script([event(1), refuse(code)], [event(2)])
    with pytest.raises(errors.BY_CODE[code]):
        await read(client.events(), 2)


async def test_an_engine_that_restarts_on_its_port_is_found_again(engine, client, script):
    script([event(1)])
    stream = client.events()
    async with aclosing(stream), asyncio.timeout(20):
        assert (await anext(stream)).sequence == 1
        port = int(engine.endpoint.rpartition(":")[2])
        await engine.stop()
        script([event(2)])
        await engine.start(port)
        assert (await anext(stream)).sequence == 2
