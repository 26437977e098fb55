"""Order sessions, and streams whose readers are slower than what they follow."""

import asyncio
import socket

import grpc
import orjson
import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import Rpc, caller, far_below, history, reconciled

# Orders under way count as open: the default would let 200 of them leave at a time.
SETTINGS = ("risk.max_open_orders=1000",)
COMMANDS = 300
MARKET = {
    "symbol": "BTCUSDT",
    "side": common_pb2.SIDE_BUY,
    "order_type": common_pb2.ORDER_TYPE_MARKET,
    "quantity": "0.0001",
}


def place(command_id: int, **fields) -> trading_pb2.OrderSessionRequest:
    request = trading_pb2.PlaceOrderRequest(**{**MARKET, **fields})
    return trading_pb2.OrderSessionRequest(command_id=command_id, place=request)


def cancel(command_id: int, request_id: str) -> trading_pb2.OrderSessionRequest:
    request = trading_pb2.CancelOrderRequest(request_id=request_id)
    return trading_pb2.OrderSessionRequest(command_id=command_id, cancel=request)


async def reports_of(rpc: Rpc, commands) -> dict[int, trading_pb2.OrderSessionResponse]:
    """Each command's report; every command has exactly one."""
    reports: dict[int, trading_pb2.OrderSessionResponse] = {}
    async for report in rpc.trading.OrderSession(iter(commands), **rpc.auth):
        assert report.command_id not in reports
        reports[report.command_id] = report
    return reports


async def test_every_command_of_a_session_has_its_report(rest, rpc, new_id):
    await reconciled(rest)
    names = [new_id() for _ in range(COMMANDS)]
    reports = await reports_of(
        rpc, [place(number, request_id=name) for number, name in enumerate(names)]
    )
    assert sorted(reports) == list(range(COMMANDS))
    for number, name in enumerate(names):
        assert reports[number].WhichOneof("report") == "place", reports[number].error
        assert reports[number].place.order.request_id == name
        assert reports[number].place.order.state == common_pb2.ORDER_STATE_FILLED
    filled = [e.request_id for e in await history(rpc) if e.kind == "OrderInitialized"]
    assert sorted(filled) == sorted(names)


async def test_a_refused_command_ends_nothing_but_itself(rest, rpc, new_id):
    name = new_id()
    resting = {"order_type": common_pb2.ORDER_TYPE_LIMIT, "limit_price": await far_below(rest)}
    reports = await reports_of(
        rpc,
        [
            place(1, quantity="0.01", request_id=name, **resting),
            place(2, quantity="100"),
            place(3, symbol="NOPEUSDT"),
            cancel(4, "none-such"),
            place(5, quantity="0.02", request_id=name, **resting),
            place(6),
        ],
    )
    assert reports[1].place.order.state == common_pb2.ORDER_STATE_ACCEPTED
    assert (reports[2].error.code, reports[2].error.reason) == (
        9,
        reports[2].error.breaches[0].code,
    )
    assert (reports[3].error.code, reports[3].error.reason) == (3, "INSTRUMENT_NOT_FOUND")
    assert (reports[4].error.code, reports[4].error.reason) == (5, "UNKNOWN_ORDER")
    assert reports[5].error.code == 6
    assert reports[6].place.order.state == common_pb2.ORDER_STATE_FILLED

    again = await reports_of(
        rpc, [cancel(1, name), place(2, quantity="0.01", request_id=name, **resting)]
    )
    assert again[1].cancel.cancelled is True
    assert again[2].place.replayed is True


async def test_a_slow_reader_is_cut_off_told_and_can_resume(serve):
    server = serve("events.subscriber_queue_size_max=20")
    host, port = server.url.removeprefix("http://").split(":")
    async with caller(server) as rest, Rpc(server) as rpc:
        await reconciled(rest)
        # A reader that takes nothing for a while: what the transport holds is soon full, and the
        # rest piles up in its queue.
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.write(
            b"GET /live/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n"
            b"connection: close\r\nauthorization: Bearer " + server.token.encode() + b"\r\n\r\n"
        )
        await reader.readuntil(b"caught_up")
        # One gulp of the journal is more than twenty records: nobody could take them one by one.
        for _ in range(40):
            await reports_of(rpc, [place(number) for number in range(COMMANDS)])
            if await subscribers(rest) == 0:
                break
        async with asyncio.timeout(60):
            text = (await reader.read(-1)).decode()
        writer.close()
        truth = [event.sequence for event in await history(rpc)]

        told = [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
        end = told[-1]["end"]
        assert end["reason"] == "slow_consumer"
        given = [int(message["event"]["sequence"]) for message in told if "event" in message]
        assert given[-1] == int(end["resume_after"])
        resumed = [event.sequence for event in await history(rpc, given[-1])]
    assert given + resumed == truth[truth.index(given[0]) :]


async def test_a_resume_point_of_another_journal_is_refused(rest, rpc):
    beyond = int((await rest.get("/live/status")).json()["sequence"]) + 1_000_000
    headers = {"accept": "text/event-stream", "last-event-id": str(beyond)}
    answer = await rest.get("/live/events", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 3), answer.text
    assert answer.json()["details"][0]["reason"] == "RESUME_POINT_UNKNOWN"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await anext(aiter(rpc.events(beyond)))
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "after_sequence" in refusal.value.details()


async def subscribers(rest) -> int:
    for line in (await rest.get("/metrics")).text.splitlines():
        if line.startswith("aitrader_event_subscribers "):
            return int(float(line.split()[1]))
    raise AssertionError("there is no such metric")
