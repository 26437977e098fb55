"""Faults of the market streams, and the events that must not have any."""

import asyncio
from itertools import pairwise

import pytest
from aitrader_gateway.sandbox.connection import ConnectionSettings
from aitrader_server.domain.words import Side
from sandbox_faces import Faces, Peer, combined, connected, joined, raw, running_faces


async def _depth_updates(peer: Peer, count: int) -> list[tuple[int, int]]:
    frames = [await peer.next() for _ in range(count)]
    return [(frame["U"], frame["u"]) for frame in frames]


async def _busy(faces: Faces) -> None:
    while True:
        placed = faces.place(Side.BUY, "100.00", "1")
        faces.cancel(placed.order.number)
        await asyncio.sleep(0.01)


@pytest.fixture
async def busy(faces: Faces):
    task = asyncio.create_task(_busy(faces))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("busy")
async def test_depth_updates_leave_no_gap_until_one_is_injected(faces: Faces):
    async with connected(raw(faces, "btcusdt@depth@100ms")) as peer:
        updates = await _depth_updates(peer, 4)
        follow = [later[0] - earlier[1] for earlier, later in pairwise(updates)]
        assert follow == [1, 1, 1]
        faces.inject("depth-gap", "btcusdt@depth*")
        updates = [updates[-1], *await _depth_updates(peer, 2)]
        follow = [later[0] - earlier[1] for earlier, later in pairwise(updates)]
        assert max(follow) > 1


@pytest.mark.usefixtures("busy")
async def test_both_paces_cover_every_update(faces: Faces):
    async with connected(combined(faces, "btcusdt@depth", "btcusdt@depth@1000ms")) as peer:
        first, second = await peer.next(), await peer.next()
        assert first["data"] == second["data"]
        later = (await peer.next())["data"]
        assert later["U"] == first["data"]["u"] + 1


async def test_a_burst_repeats_an_event(faces: Faces):
    faces.inject("burst", "btcusdt@trade", repeats=1000)
    async with connected(raw(faces, "btcusdt@trade")) as peer:
        faces.trade("100.00", "1")
        frames = [await peer.next() for _ in range(1001)]
        assert all(frame == frames[0] for frame in frames)
        faces.trade("100.00", "1")
        assert (await peer.next())["t"] == 2


@pytest.mark.parametrize("code", [1001, 1006])
async def test_a_stream_closes_in_the_place_of_an_event(faces: Faces, code):
    faces.inject("close-before", "btcusdt@trade", close_code=code)
    async with connected(raw(faces, "btcusdt@trade")) as peer:
        faces.trade("100.00", "1")
        assert await peer.closed() == code


async def test_a_shutdown_is_announced_raw_and_wrapped(faces: Faces):
    faces.inject("server-shutdown", "btcusdt@trade", hits=2, delay_ms=50)
    async with (
        connected(raw(faces, "btcusdt@trade")) as plain,
        connected(combined(faces, "btcusdt@trade")) as wrapped,
    ):
        await joined(faces, "btcusdt@trade")
        faces.trade("100.00", "1")
        await plain.next()
        event = await plain.next()
        assert set(event) == {"e", "E"}
        assert event["e"] == "serverShutdown"
        await wrapped.next()
        assert (await wrapped.next())["stream"] == "!serverShutdown"
        assert await plain.closed() == 1001
        assert await wrapped.closed() == 1001


async def test_a_half_open_stream_goes_silent(faces: Faces):
    faces.inject("half-open", "btcusdt@trade")
    async with connected(raw(faces, "btcusdt@trade"), ping_interval=None) as peer:
        faces.trade("100.00", "1")
        faces.trade("100.00", "1")
        assert await peer.quiet()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(await peer.socket.ping(), 0.3)


async def test_a_client_that_does_not_read_is_cut_off(tmp_path):
    tight = ConnectionSettings(frames_max=100)
    async with running_faces(tmp_path, streams=tight) as faces:
        stream = "btcusdt@trade"
        # Big frames fill the system's own buffers soon.
        faces.inject("huge-frame", stream, hits=0, size_bytes=100_000)
        async with connected(raw(faces, stream)) as slow, connected(raw(faces, stream)) as quick:
            await joined(faces, stream)
            slow.socket.transport.pause_reading()
            while len(faces.entrance.connections) == 2:
                for _ in range(50):
                    faces.trade("100.00", "1")
                numbers = [(await quick.next())["t"] for _ in range(50)]
                assert numbers == list(range(numbers[0], numbers[0] + 50))
                assert numbers[-1] < 2_000


@pytest.mark.parametrize("politely", [True, False])
async def test_a_client_that_leaves_with_frames_on_their_way_is_no_error(
    faces: Faces, caplog, politely
):
    stream = "btcusdt@trade"
    faces.inject("huge-frame", stream, hits=0, size_bytes=1_000_000)
    async with connected(raw(faces, stream)) as slow:
        await joined(faces, stream)
        slow.socket.transport.pause_reading()
        for _ in range(20):
            faces.trade("100.00", "1")
            await asyncio.sleep(0.01)
        if politely:
            await slow.socket.close()
        else:
            slow.socket.transport.abort()
    while len(faces.entrance.connections):
        await asyncio.sleep(0.01)
    assert not [record for record in caplog.records if record.name.startswith("aiohttp")]
