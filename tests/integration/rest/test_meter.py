"""Every request is told of once: its route, never what a caller wrote, and how it ended."""

import asyncio

import pytest
from aitrader.v1 import observability_pb2, trading_pb2
from aitrader_gateway.rest.invoker import Reply
from aitrader_gateway.rest.joined_metrics import JoinedMetrics
from google.api import httpbody_pb2

STATUS = "/aitrader.v1.TradingService/GetStatus"
ORDER = "/aitrader.v1.TradingService/GetOrder"
EVENTS = "/aitrader.v1.TradingService/StreamEvents"
METRICS = "/aitrader.v1.ObservabilityService/GetMetrics"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Told:
    """What the facade told of its requests."""

    def __init__(self):
        self.all = []
        self.more = asyncio.Event()

    def __call__(self, *request):
        self.all.append(request)
        self.more.set()

    @property
    def last(self):
        route, method, status, _, _ = self.all[-1]
        return route, method, status

    async def until(self, count):
        async with asyncio.timeout(10):
            while len(self.all) < count:
                self.more.clear()
                await self.more.wait()


@pytest.fixture
async def told():
    return Told()


@pytest.fixture
async def metered(start_facade, told):
    async with start_facade(measure=told) as facade:
        answer = trading_pb2.GetStatusResponse().SerializeToString()
        facade.backend.unary[STATUS] = answer
        facade.backend.unary[ORDER] = trading_pb2.GetOrderResponse().SerializeToString()
        yield facade


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/live/status", ("/live/status", "GET", 200)),
        ("HEAD", "/live/status", ("/live/status", "HEAD", 200)),
        ("GET", "/live/orders/my-secret-id", ("/live/orders/{request_id}", "GET", 200)),
        ("GET", "/live/pnl", ("/live/pnl", "GET", 501)),
        ("POST", "/live/orders?nothing=1", ("/live/orders", "POST", 400)),
        ("POST", "/live/status", ("other", "POST", 501)),
        ("GET", "/healthz", ("/healthz", "GET", 200)),
        ("GET", "/readyz", ("/readyz", "GET", 503)),
        ("GET", "/docs", ("/docs", "GET", 200)),
        ("GET", "/openapi.json", ("/openapi.json", "GET", 200)),
        ("GET", "/admin.php", ("other", "GET", 404)),
        ("PURGE", "/live/status", ("other", "other", 501)),
    ],
)
async def test_a_request_is_told_of_by_its_route(metered, told, method, path, wanted):
    answer = await metered.client.request(method, path)
    await told.until(1)
    assert told.last == wanted
    assert answer.status_code == wanted[2]
    assert "my-secret-id" not in str(told.all)


async def test_its_time_and_its_trace_are_told(metered, told):
    async def slow(request, context):
        await asyncio.sleep(0.05)
        return trading_pb2.GetStatusResponse().SerializeToString()

    metered.backend.unary[STATUS] = slow
    await metered.client.get("/live/status", headers={"traceparent": TRACEPARENT})
    await told.until(1)
    *_, seconds, trace_id = told.all[-1]
    assert 0.05 <= seconds < 10
    assert trace_id == "0af7651916cd43dd8448eb211c80319c"


async def test_a_stream_is_told_of_at_its_end(metered, told):
    async def events(request, context):
        yield trading_pb2.StreamEventsResponse().SerializeToString()
        await asyncio.sleep(60)

    metered.backend.streams[EVENTS] = events
    async with metered.client.stream("GET", "/live/events") as answer:
        await anext(answer.aiter_bytes())
        assert told.all == []
    await told.until(1)
    assert told.last == ("/live/events", "GET", 200)


async def test_who_leaves_before_the_answer_is_told_of_as_gone(metered, told):
    request = b"POST /live/trade HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    reader, writer = await asyncio.open_connection("127.0.0.1", metered.port)
    writer.write(request)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await told.until(1)
    assert told.last == ("/live/trade", "POST", 499)
    assert reader.at_eof()


# ---- the metrics of a facade that runs apart -----------------------------------------------------

THEIRS = b"# HELP a_total A.\n# TYPE a_total counter\na_total 1.0\n"
OWN = b"# HELP b_total B.\n# TYPE b_total counter\nb_total 2.0\n"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Engine:
    """Answers GetMetrics with the same body each time, and anything else with its name."""

    def __init__(self, body, content_type):
        self._answer = httpbody_pb2.HttpBody(data=body, content_type=content_type)

    async def unary(self, method, request, metadata, timeout_s):
        if method == METRICS:
            return Reply(self._answer.SerializeToString())
        return Reply(method.encode())

    def stream(self, method, request, metadata, timeout_s):
        return method


async def joined(body, content_type, own, own_type, accept=""):
    asked = []

    def exposition(wanted):
        asked.append(wanted)
        return own, own_type

    invoker = JoinedMetrics(Engine(body, content_type), exposition)
    metadata = (("traceparent", TRACEPARENT), ("grpcgateway-accept", accept))
    request = observability_pb2.GetMetricsRequest().SerializeToString()
    reply = await invoker.unary(METRICS, request, metadata if accept else (), 1.0)
    assert asked == [accept]
    return httpbody_pb2.HttpBody.FromString(reply.body).data


async def test_both_are_one_text():
    assert await joined(THEIRS, TEXT, OWN, TEXT) == THEIRS + OWN


async def test_openmetrics_ends_once():
    end = b"# EOF\n"
    both = await joined(THEIRS + end, OPEN, OWN + end, OPEN, accept="application/openmetrics-text")
    assert both == THEIRS + OWN + end


async def test_formats_and_families_are_never_mixed():
    assert await joined(THEIRS, OPEN, OWN, TEXT) == THEIRS
    assert await joined(THEIRS, TEXT, THEIRS, TEXT) == THEIRS


async def test_other_calls_pass():
    invoker = JoinedMetrics(Engine(THEIRS, TEXT), lambda _: (OWN, TEXT))
    assert (await invoker.unary(STATUS, b"", (), 1.0)).body == STATUS.encode()
    assert invoker.stream(EVENTS, b"", (), None) == EVENTS
