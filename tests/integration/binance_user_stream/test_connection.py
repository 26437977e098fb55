"""One connection: what python-binance's own class loses, hides or waits for, this one does not."""

import asyncio
import gc
import logging
import time

import msgspec
import pytest
from aitrader_gateway.binance.ws_api import GatewayWsApi, NotSent, OutcomeUnknown, WireBounds
from binance.exceptions import BinanceAPIException
from misbehaving_ws_api import new_order, wait_until


class Sink:
    """What a connection delivers that is no reply."""

    def __init__(self):
        self.events = []
        self.orphans = []
        self.lost = []

    def on_event(self, event):
        self.events.append(event)

    def on_orphan(self, frame):
        self.orphans.append(frame)

    def on_lost(self, cause):
        self.lost.append(cause)


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
async def api(venue, sink):
    api = GatewayWsApi(venue.url, sink, WireBounds(request_timeout_s=0.5))
    yield api
    await api.close()


def ask(api, number=1, method="time"):
    return api.request(str(number), {"id": str(number), "method": method, "params": {}})


async def never_answer(connection, request):
    return True


async def test_a_drop_fails_the_pending_request_at_once_as_unknown(venue, sink):
    api = GatewayWsApi(venue.url, sink, WireBounds(request_timeout_s=30.0))
    venue.on_request = never_answer
    pending = asyncio.ensure_future(ask(api))
    await wait_until(lambda: venue.connections and venue.newest.requests)
    began = time.monotonic()
    venue.newest.cut()
    with pytest.raises(OutcomeUnknown):
        await pending
    assert time.monotonic() - began < 1.0
    assert len(sink.lost) == 1
    await api.close()


async def test_requests_after_a_drop_are_not_sent_and_open_nothing(venue, api, sink):
    await ask(api, method="session.subscriptions")
    venue.newest.cut()
    await wait_until(lambda: sink.lost)
    results = await asyncio.gather(*(ask(api, n) for n in range(8)), return_exceptions=True)
    assert {type(result) for result in results} == {NotSent}
    with pytest.raises(NotSent):
        await api.connect()
    assert len(venue.connections) == 1


async def test_requests_at_the_moment_of_a_drop_open_nothing(venue, api, sink):
    """The read loop has not seen the end of the connection yet when they are made."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    await ask(api, method="session.subscriptions")
    venue.newest.cut()
    results = await asyncio.gather(*(ask(api, n) for n in range(8)), return_exceptions=True)
    assert {type(result) for result in results} <= {NotSent, OutcomeUnknown}
    await wait_until(lambda: sink.lost)
    assert len(venue.connections) == 1
    gc.collect()
    assert told == []


async def test_a_request_on_a_closing_connection_leaves_no_error_behind(venue, api, sink):
    """Sending waits for the end; the loss is told before anybody waits for the reply."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    await ask(api, method="session.subscriptions")
    venue.newest.freeze()
    closing = asyncio.ensure_future(api.ws.close())
    await asyncio.sleep(0)
    with pytest.raises(OutcomeUnknown):
        await ask(api)
    await closing
    gc.collect()
    assert told == []


async def test_concurrent_first_requests_share_one_connection(venue, api):
    async def answer(connection, request):
        await connection.reply(request, {"number": request["id"]})
        return True

    venue.on_request = answer
    replies = await asyncio.gather(*(ask(api, n) for n in range(8)))
    assert replies == [{"number": str(n)} for n in range(8)]
    assert len(venue.connections) == 1


async def test_a_connection_that_cannot_be_opened_is_not_sent(sink):
    api = GatewayWsApi("ws://127.0.0.1:1/ws-api/v3", sink, WireBounds())
    with pytest.raises(NotSent):
        await ask(api)
    await api.close()


async def test_a_late_error_reply_leaves_the_connection_well(venue, api, sink):
    async def answer_the_first_too_late(connection, request):
        return request["id"] == "1"

    venue.on_request = answer_the_first_too_late
    with pytest.raises(OutcomeUnknown, match="no reply"):
        await ask(api, 1)
    late = {"code": -1007, "msg": "Timeout waiting for response from backend server."}
    await venue.newest.reply({"id": "1"}, late, status=504)
    assert await ask(api, 2, "session.subscriptions") == []
    assert [orphan["error"]["code"] for orphan in sink.orphans] == [-1007]
    assert sink.lost == []


async def test_a_refusal_keeps_its_code(venue, api):
    async def refuse(connection, request):
        await connection.reply(request, {"code": -1121, "msg": "Invalid symbol."}, status=400)
        return True

    venue.on_request = refuse
    with pytest.raises(BinanceAPIException) as refused:
        await ask(api)
    assert (refused.value.code, refused.value.status_code) == (-1121, 400)


async def test_events_in_the_same_segment_as_the_reply_are_not_lost(venue, listener, open_stream):
    """From Python 3.12 python-binance loses all of them: it knows the subscription too late."""

    async def answer_with_events(connection, request):
        if request["method"] != "userDataStream.subscribe.signature":
            return False
        connection.cork(on=True)
        connection.subscriptions.append(0)
        await connection.reply(request, {"subscriptionId": 0})
        for n in range(60):
            await connection.tell(new_order(f"a-{n}"))
        connection.cork(on=False)
        return True

    venue.on_request = answer_with_events
    await open_stream()
    await wait_until(lambda: len(listener.orders) == 60)
    assert listener.orders == [f"a-{n}" for n in range(60)]


async def test_events_just_before_the_reply_are_not_lost(venue, listener, open_stream):
    async def tell_first(connection, request):
        await connection.tell(new_order("early"))
        return False

    venue.on_request = tell_first
    await open_stream()
    await wait_until(lambda: "early" in listener.orders)


async def test_the_proxy_of_the_environment_is_not_asked(venue, api, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    assert await ask(api, method="session.subscriptions") == []


async def test_a_frame_of_several_mebibytes_is_read(venue, api):
    async def answer_at_length(connection, request):
        await connection.reply(request, {"symbols": ["x" * 1024] * 4096})
        return True

    venue.on_request = answer_at_length
    assert len((await ask(api))["symbols"]) == 4096


@pytest.mark.parametrize("frozen", [False, True], ids=["well", "frozen"])
async def test_closing_is_quick_and_leaves_nothing_behind(venue, sink, frozen):
    tasks = asyncio.all_tasks()
    api = GatewayWsApi(venue.url, sink, WireBounds())
    await ask(api, method="session.subscriptions")
    if frozen:
        venue.newest.freeze()
    began = time.monotonic()
    await api.close()
    await api.close()
    assert time.monotonic() - began < 1.0
    assert sink.lost == []
    assert {task for task in asyncio.all_tasks() - tasks if "aiohttp" not in repr(task)} == set()
    with pytest.raises(NotSent):
        await ask(api)


async def test_closing_while_it_connects_leaves_nothing_behind(venue, sink):
    async def hesitate(number):
        await asyncio.sleep(0.2)

    venue.on_connect = hesitate
    tasks = asyncio.all_tasks()
    api = GatewayWsApi(venue.url, sink, WireBounds())
    asking = asyncio.create_task(ask(api))
    await asyncio.sleep(0.05)
    asking.cancel()
    await asyncio.wait((asking,))
    await api.close()
    assert {task for task in asyncio.all_tasks() - tasks if "aiohttp" not in repr(task)} == set()


async def test_no_log_shows_a_secret(venue, listener, open_stream, caplog, capsys):
    """Both libraries print every frame at DEBUG."""
    caplog.set_level(logging.DEBUG)
    await open_stream()
    signature = venue.newest.requests[0]["params"]["signature"]
    await venue.newest.send({"id": None, "status": 400, "error": {"code": -1, "msg": "no"}})
    await venue.newest.ws.send_str("<html>")
    await wait_until(lambda: len(listener.streams) == 2)
    logged = caplog.text + capsys.readouterr().out
    assert "user stream down" in logged
    # Frames are logged with their middle cut out.
    assert signature[-6:] not in logged
    assert "no-log-may-show" not in logged


async def test_stopping_is_quick_and_leaves_nothing_behind(venue, listener, open_stream, client):
    tasks = asyncio.all_tasks()
    stream = await open_stream()
    venue.newest.freeze()
    began = time.monotonic()
    await stream.stop()
    await client.close_connection()
    assert time.monotonic() - began < 1.0
    assert {task for task in asyncio.all_tasks() - tasks if "aiohttp" not in repr(task)} == set()
    assert listener.said == []
    assert not stream.health().up


async def test_stopping_while_it_connects_is_quick(venue, open_stream, quick):
    async def hesitate(number):
        await asyncio.sleep(10)

    venue.on_connect = hesitate
    stream = await open_stream(msgspec.structs.replace(quick, start_timeout_s=0.05))
    began = time.monotonic()
    await stream.stop()
    assert time.monotonic() - began < 1.0
