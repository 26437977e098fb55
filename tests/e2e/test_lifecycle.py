"""Starts that are refused, and stops in good order."""

import asyncio
import signal
import socket

import grpc
import httpx
import orjson
import pytest
from aitrader.v1 import trading_pb2
from callers import Rpc, caller, eventually, far_below, history, reconciled
from serving import Server

EX_CONFIG = 78
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}


def refused(server: Server) -> tuple[int, list[str]]:
    """How a start ended that must not succeed, and what it said."""
    begin = len(server.log)
    status = server.launch().wait(60)
    return status, server.log[begin:].splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_ends_every_stream_with_a_place_to_resume(serve, number):
    server = serve()
    async with caller(server) as rest, Rpc(server) as rpc:
        await reconciled(rest)
        past = await history(rpc)
        calls = [rpc.events(), rpc.events(live_only=True)]
        sse = rest.build_request("GET", "/live/events", headers={"accept": "text/event-stream"})
        answer = await rest.send(sse, stream=True)
        streams = [asyncio.ensure_future(all_of(call)) for call in calls]
        lines = asyncio.ensure_future(answer.aread())
        await subscribed(rest, 3)

        server.signal(number)
        messages = [await stream for stream in streams]
        text = (await lines).decode()
        assert await asyncio.to_thread(server.wait) == 0

    for given in messages:
        end = given[-1].end
        assert end.reason == "draining"
        assert end.resume_after >= len(past)
    last = [line for line in text.splitlines() if line.startswith("data: ")][-1]
    assert orjson.loads(last.removeprefix("data: "))["end"]["reason"] == "draining"

    server.restart()
    async with Rpc(server) as rpc:
        resumed = await history(rpc, messages[0][-1].end.resume_after)
    assert [event.kind for event in resumed][:2] == ["EngineStopped", "EngineStarted"]


async def test_a_stop_with_orders_in_flight_loses_none(serve, new_id):
    server = serve("execution.paper.latency_ms=[200, 400]")
    async with caller(server) as rest, Rpc(server) as rpc:
        await reconciled(rest)
        price = await far_below(rest)
        names = [new_id() for _ in range(10)]
        sends = [
            asyncio.ensure_future(
                rest.post(
                    "/live/orders",
                    json={**BUY, "order_type": "limit", "limit_price": price, "request_id": name},
                )
            )
            for name in names
        ]
        async for message in rpc.events(len(await history(rpc))):
            if message.event.kind == "OrderSubmitted":
                break
        server.signal()
        answers = await asyncio.gather(*sends, return_exceptions=True)
        assert await asyncio.to_thread(server.wait) == 0
    placed = {
        answer.json()["order"]["request_id"]: answer.json()["order"]
        for answer in answers
        if isinstance(answer, httpx.Response) and answer.status_code in (200, 202)
    }
    venue = server.venue()
    server.settings = ()
    server.restart()
    async with caller(server) as rest:
        await reconciled(rest)
        for name in names:
            found = (await rest.get(f"/live/orders/{name}")).json()
            at_venue = venue.of(name)
            assert len(at_venue) <= 1
            if at_venue:
                assert found["order"]["state"] == "ORDER_STATE_ACCEPTED"
            elif found["found"]:
                assert found["order"]["state"] == "ORDER_STATE_REJECTED"
            if name in placed and placed[name]["state"] == "ORDER_STATE_ACCEPTED":
                assert at_venue


async def test_new_calls_are_refused_while_it_drains(serve):
    server = serve("grpc.grace_s=5")
    async with Rpc(server) as rpc:
        await rpc.trading.GetStatus(trading_pb2.GetStatusRequest(), **rpc.auth)
        server.signal()
        code = grpc.StatusCode.OK
        while code is grpc.StatusCode.OK:
            try:
                await rpc.trading.GetStatus(trading_pb2.GetStatusRequest(), **rpc.auth)
            except grpc.aio.AioRpcError as error:
                code = error.code()
        # gRPC itself cancels a call that meets the closing door.
        assert code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert await asyncio.to_thread(server.wait) == 0


def test_a_normal_life_logs_nothing(serve):
    server = serve()
    assert server.stop() == 0
    assert server.log.endswith("\nready\n")


async def test_two_engines_never_share_a_state_folder(serve):
    server = serve()
    second = Server(server.folder)
    status, said = refused(second)
    assert status not in (0, None)
    assert str(server.pid) in said[-1]
    assert "holds the state folder" in said[-1]
    assert "Traceback" not in "\n".join(said)
    async with caller(server) as rest:
        assert (await rest.get("/live/status")).status_code == 200


@pytest.mark.parametrize("section", ["grpc", "rest"])
def test_a_port_that_is_taken_is_named(tmp_path, section):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        # The later of two overrides wins.
        status, said = refused(Server(tmp_path, f"{section}.port={port}"))
    assert status == EX_CONFIG, said
    assert f"cannot listen on 127.0.0.1:{port}" in said[-1]
    assert "choose another" in said[-1]
    assert "Traceback" not in "\n".join(said)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("risk.daily_los_limit=0.04", "did you mean daily_loss_limit"),
        ("risk.per_trade_cap=2", "risk.per_trade_cap"),
        ("execution.gateway=nowhere", "execution.gateway"),
        ("execution.paper.seeds=1", "execution.paper.seeds"),
        ("execution.paper.latency_ms=[5, 1]", "execution.paper.latency_ms"),
        ("execution.symbols=[DOGEUSDT]", "DOGEUSDT"),
        ("grpc.port=70000", "grpc.port"),
        ("grpc.host=0.0.0.0", "grpc"),
        ("rest.host=0.0.0.0", "rest"),
        ("models.sentiment.name=oracle", "oracle"),
        ("events.heartbeat_s=0", "events.heartbeat_s"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_78(tmp_path, setting, named):
    server = Server(tmp_path, setting)
    status, said = refused(server)
    assert status == EX_CONFIG, said
    assert named in "\n".join(said)
    assert "Traceback" not in "\n".join(said)


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "state").write_text("a file")
    status, said = refused(Server(tmp_path))
    assert status not in (0, None)
    assert "state" in said[-1]
    assert "Traceback" not in "\n".join(said)


def test_a_damaged_journal_is_told(serve):
    server = serve()
    server.stop()
    (server.state / "journal.db").write_bytes(b"no database at all" * 1000)
    status, said = refused(server)
    assert status not in (0, None)
    assert "journal.db" in "\n".join(said)
    assert "Traceback" not in "\n".join(said)


async def all_of(call) -> list:
    return [message async for message in call]


async def subscribed(rest, count: int) -> None:
    """Until so many readers follow the journal."""

    async def follow() -> bool:
        return f"\naitrader_event_subscribers {count}.0" in (await rest.get("/metrics")).text

    await eventually(follow, f"{count} readers")
