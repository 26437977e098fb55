"""The whole facade over a fake invoker: requests in, answers out."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field

import httpx
import pytest
from aitrader_gateway.rest.errors import CallError
from aitrader_gateway.rest.invoker import Reply
from aitrader_gateway.rest.status import HTTP_OF_CODE
from aitrader_gateway.rest.streams import StreamTiming
from aitrader_gateway.rest.transcoder import Limits, Transcoder
from google.api import httpbody_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@dataclass
class FakeStream:
    messages: list
    metadata: tuple = ()
    error: CallError | None = None
    cancelled: bool = False

    async def initial_metadata(self):
        return self.metadata

    async def __aiter__(self):
        for message in self.messages:
            yield message
        if self.error is not None:
            raise self.error

    def cancel(self):
        self.cancelled = True


@dataclass
class FakeInvoker:
    reply: Reply | Exception = field(default_factory=lambda: Reply(b""))
    replies: FakeStream | None = None
    method: str = ""
    request: bytes = b""
    metadata: dict = field(default_factory=dict)
    timeout_s: float | None = -1.0

    def _note(self, method, request, metadata, timeout_s):
        self.method, self.request, self.timeout_s = method, request, timeout_s
        self.metadata = dict(metadata)

    async def unary(self, method, request, metadata, timeout_s):
        self._note(method, request, metadata, timeout_s)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def stream(self, method, request, metadata, timeout_s):
        self._note(method, request, metadata, timeout_s)
        return self.replies


@pytest.fixture
def invoker():
    return FakeInvoker()


@pytest.fixture
async def client(zoo, invoker):
    app = Transcoder(invoker, [zoo.service], limits=Limits(body_bytes_max=1000))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=("10.0.0.9", 1)), base_url="http://zoo.test"
    ) as made:
        yield made


async def test_a_call_goes_to_the_method_of_its_route(client, invoker, zoo):
    invoker.reply = Reply(zoo.Animal(name="x").SerializeToString())
    answer = await client.get("/v1/animals/a%2Fb?verbose=true")
    assert (answer.status_code, answer.json()["name"]) == (200, "x")
    assert invoker.method == "/zoo.v1.ZooService/GetAnimal"
    request = zoo.GetAnimalRequest.FromString(invoker.request)
    assert request == zoo.GetAnimalRequest(name="a/b", verbose=True)


@pytest.mark.parametrize("http_method", ["PURGE", "purge"])
async def test_a_custom_method_is_matched_as_it_is_written(client, invoker, http_method):
    answer = await client.request(http_method, "/v1/animals/a")
    # httpx spells methods in capitals, as HTTP clients do.
    assert answer.status_code == 200
    assert invoker.method == "/zoo.v1.ZooService/Purge"


async def test_one_field_of_the_answer_may_be_the_body(client, invoker, zoo):
    invoker.reply = Reply(zoo.Animal(tags=["a", "b"]).SerializeToString())
    assert (await client.get("/v1/animals/a/tags")).json() == ["a", "b"]
    invoker.reply = Reply(zoo.Animal(mate=zoo.Animal(name="m")).SerializeToString())
    assert (await client.get("/v1/animals/a/mate")).json()["name"] == "m"
    invoker.reply = Reply(b"")
    assert (await client.get("/v1/animals/a/mate")).text == "null"
    assert (await client.get("/v1/animals/a/tags")).text == "[]"


async def test_an_empty_answer_is_an_empty_object(client):
    assert (await client.delete("/v1/animals/a")).text == "{}"


async def test_an_http_body_leaves_as_it_is(client, invoker):
    body = httpbody_pb2.HttpBody(content_type="text/plain; version=0.0.4", data=b"\xff\x00x")
    invoker.reply = Reply(body.SerializeToString())
    answer = await client.get("/v1/files/a/b")
    assert answer.content == b"\xff\x00x"
    assert answer.headers["content-type"] == "text/plain; version=0.0.4"


@pytest.mark.parametrize("content_type", ["", "text/html\r\nx-evil: 1", "tëxt"])
async def test_a_content_type_that_is_none_becomes_octets(client, invoker, content_type):
    body = httpbody_pb2.HttpBody(content_type=content_type, data=b"x")
    invoker.reply = Reply(body.SerializeToString())
    answer = await client.get("/v1/files/a")
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_an_http_body_comes_in_as_it_is(client, invoker):
    await client.post("/v1/files", content=b"\x00{", headers={"content-type": "image/png"})
    sent = httpbody_pb2.HttpBody.FromString(invoker.request)
    assert (sent.content_type, sent.data) == ("image/png", b"\x00{")


# The table of google/rpc/code.proto, written out so that a slip in ours is seen.
@pytest.mark.parametrize(
    ("code", "http_status"),
    [
        ("CANCELLED", 499),
        ("UNKNOWN", 500),
        ("INVALID_ARGUMENT", 400),
        ("DEADLINE_EXCEEDED", 504),
        ("NOT_FOUND", 404),
        ("ALREADY_EXISTS", 409),
        ("PERMISSION_DENIED", 403),
        ("UNAUTHENTICATED", 401),
        ("RESOURCE_EXHAUSTED", 429),
        ("FAILED_PRECONDITION", 400),
        ("ABORTED", 409),
        ("OUT_OF_RANGE", 400),
        ("UNIMPLEMENTED", 501),
        ("INTERNAL", 500),
        ("UNAVAILABLE", 503),
        ("DATA_LOSS", 500),
    ],
)
async def test_every_status_has_its_http_status(client, invoker, code, http_status):
    invoker.reply = CallError(code_pb2.Code.Value(code), "why")
    answer = await client.get("/v1/animals/a")
    assert answer.status_code == http_status
    assert answer.json() == {"code": code_pb2.Code.Value(code), "message": "why", "details": []}


def test_the_table_of_statuses_is_complete():
    assert set(HTTP_OF_CODE) == set(code_pb2.Code.values())


async def test_a_status_that_grpc_does_not_define_is_unknown(client, invoker):
    invoker.reply = CallError(77, "why")
    assert (await client.get("/v1/animals/a")).status_code == 500


async def test_details_of_an_error_are_decoded(client, invoker):
    status = status_pb2.Status(code=8, message="slow down")
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="RATE", domain="aitrader", metadata={"limit": "5"})
    )
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(1500)
    status.details.add().Pack(retry)
    status.details.add(type_url="type.googleapis.com/no.Such", value=b"\x01")
    invoker.reply = CallError(8, "slow down", details=status.SerializeToString())
    answer = await client.get("/v1/animals/a")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE",
            "domain": "aitrader",
            "metadata": {"limit": "5"},
        },
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retry_delay": "1.500s"},
        {"@type": "type.googleapis.com/no.Such", "value": "AQ=="},
    ]


async def test_details_that_do_not_decode_leave_the_status_whole(client, invoker):
    invoker.reply = CallError(5, "gone", details=b"\xff\xff")
    answer = await client.get("/v1/animals/a")
    assert answer.json() == {"code": 5, "message": "gone", "details": []}


async def test_an_unknown_caller_is_told_how_to_authenticate(client, invoker):
    invoker.reply = CallError(code_pb2.UNAUTHENTICATED, "who?")
    answer = await client.get("/v1/animals/a")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_bad_request_names_its_field(client):
    answer = await client.get("/v1/animals?kind=dog")
    assert answer.status_code == 400
    assert answer.json()["code"] == 3
    violation = answer.json()["details"][0]["field_violations"][0]
    assert violation["field"] == "kind"
    assert violation["description"] in answer.json()["message"]


async def test_an_unknown_path_is_not_found(client):
    answer = await client.get("/v1/nowhere")
    assert answer.status_code == 404
    assert answer.json() == {"code": 5, "message": "Not Found", "details": []}


async def test_a_wrong_method_on_a_known_path_is_unimplemented_and_names_the_right_ones(client):
    answer = await client.put("/v1/animals/a")
    assert answer.status_code == 501
    assert answer.json() == {"code": 12, "message": "Method Not Allowed", "details": []}
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PURGE"


async def test_head_is_get_without_the_body(client, invoker, zoo):
    invoker.reply = Reply(zoo.Animal(name="x").SerializeToString())
    got = await client.get("/v1/animals/a")
    head = await client.head("/v1/animals/a")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_options_names_the_methods(client):
    answer = await client.options("/v1/animals/a")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PURGE"
    assert (await client.options("/v1/nowhere")).status_code == 404


async def test_the_server_may_choose_the_http_status_of_a_success(client, invoker):
    invoker.reply = Reply(b"", (("x-http-code", "202"),))
    answer = await client.get("/v1/animals/a")
    assert answer.status_code == 202
    assert not [name for name in answer.headers if "http-code" in name]


@pytest.mark.parametrize("value", ["404", "x", "2020", ""])
async def test_an_http_status_that_is_no_success_is_not_obeyed(client, invoker, value):
    invoker.reply = Reply(b"", (("x-http-code", value),))
    assert (await client.get("/v1/animals/a")).status_code == 200


async def test_request_headers_become_metadata(client, invoker):
    await client.get(
        "/v1/animals/a",
        headers={
            "authorization": "Bearer t",
            "grpc-metadata-tenant": "t1",
            "grpc-metadata-key-bin": base64.b64encode(b"\x00\xff").decode().rstrip("="),
            "x-forwarded-for": "1.2.3.4",
            "traceparent": TRACEPARENT,
            "tracestate": "a=b",
            "user-agent": "ua",
            "cookie": "secret",
            "x-other": "dropped",
        },
    )
    assert invoker.metadata["authorization"] == "Bearer t"
    assert invoker.metadata["tenant"] == "t1"
    assert invoker.metadata["key-bin"] == b"\x00\xff"
    assert invoker.metadata["x-forwarded-for"] == "1.2.3.4, 10.0.0.9"
    assert invoker.metadata["x-forwarded-host"] == "zoo.test"
    assert invoker.metadata["traceparent"] == TRACEPARENT
    assert invoker.metadata["tracestate"] == "a=b"
    assert invoker.metadata["grpcgateway-user-agent"] == "ua"
    assert not [k for k in invoker.metadata if "cookie" in k or "x-other" in k]
    assert "grpcgateway-authorization" not in invoker.metadata


async def test_an_api_key_is_a_bearer_token_and_the_authorization_header_wins(client, invoker):
    await client.get("/v1/animals/a", headers={"x-api-key": "k"})
    assert invoker.metadata["authorization"] == "Bearer k"
    await client.get("/v1/animals/a", headers={"x-api-key": "k", "authorization": "Bearer t"})
    assert invoker.metadata["authorization"] == "Bearer t"


@pytest.mark.parametrize("name", ["Authorization", "Traceparent", "X-Forwarded-For", "Grpc-Status"])
async def test_what_the_facade_sets_cannot_be_forged_as_metadata(client, invoker, name):
    await client.get(
        "/v1/animals/a", headers={f"Grpc-Metadata-{name}": "forged", "traceparent": TRACEPARENT}
    )
    assert "forged" not in invoker.metadata.values()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer é".encode("latin-1")),
        ("grpc-metadata-a", b"\xff"),
        ("grpc-metadata-a-bin", b"!"),
        ("grpc-timeout", b"5"),
        ("grpc-timeout", b"x"),
        ("grpc-timeout", b"123456789S"),
        ("grpc-timeout", b"-1S"),
        ("content-encoding", b"gzip"),
    ],
)
async def test_a_header_that_cannot_be_carried_is_a_bad_request(client, name, value):
    answer = await client.get("/v1/animals/a", headers=[(name.encode(), value)])
    assert (answer.status_code, answer.json()["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("header", "timeout_s"),
    [(None, 30.0), ("5S", 5.0), ("500m", 0.5), ("100u", 1e-4), ("1n", 1e-9), ("99H", 30.0)],
)
async def test_the_deadline_is_the_callers_up_to_ours(client, invoker, header, timeout_s):
    await client.get("/v1/animals/a", headers={"grpc-timeout": header} if header else {})
    assert invoker.timeout_s == pytest.approx(timeout_s)


async def test_server_metadata_leaves_as_headers(client, invoker):
    invoker.reply = Reply(
        b"",
        (("a", "1"), ("a", "2"), ("key-bin", b"\x00\xff"), ("x-aitrader-environment", "paper")),
        (("t", "3"), ("x-trace-id", "fromtrailer"), ("grpc-status-details-bin", b"x")),
    )
    answer = await client.get("/v1/animals/a")
    assert answer.headers.get_list("grpc-metadata-a") == ["1", "2"]
    assert answer.headers["grpc-metadata-key-bin"] == "AP8="
    assert answer.headers["x-aitrader-environment"] == "paper"
    assert answer.headers["x-trace-id"] == "fromtrailer"
    assert "grpc-trailer-t" not in answer.headers

    answer = await client.get("/v1/animals/a", headers={"te": "trailers"})
    assert answer.headers["grpc-trailer-t"] == "3"


async def test_metadata_that_would_break_the_answer_is_dropped(client, invoker):
    invoker.reply = Reply(b"", (("a", "1\r\nx-evil: 1"), ("b", "é"), ("c", "ok")))
    answer = await client.get("/v1/animals/a")
    assert {"grpc-metadata-a", "grpc-metadata-b", "x-evil"}.isdisjoint(answer.headers)
    assert answer.headers["grpc-metadata-c"] == "ok"


async def test_every_answer_carries_a_trace_id(client, invoker):
    answer = await client.get("/v1/animals/a", headers={"traceparent": TRACEPARENT})
    assert answer.headers["x-trace-id"] == TRACE
    for traceparent in ("", "junk", f"00-{'0' * 32}-b7ad6b7169203331-01", TRACEPARENT.upper()):
        answer = await client.get("/v1/nowhere", headers={"traceparent": traceparent})
        assert len(bytes.fromhex(answer.headers["x-trace-id"])) == 16
        assert answer.headers["x-trace-id"] != TRACE
    error = CallError(5, "", trailing_metadata=(("x-trace-id", "servers"),))
    invoker.reply = error
    assert (await client.get("/v1/animals/a")).headers["x-trace-id"] == "servers"


async def test_answers_that_never_reached_the_server_name_its_environment_too(client, invoker):
    assert "x-aitrader-environment" not in (await client.get("/v1/nowhere")).headers
    invoker.reply = Reply(b"", (("x-aitrader-environment", "testnet"),))
    await client.get("/v1/animals/a")
    assert (await client.get("/v1/nowhere")).headers["x-aitrader-environment"] == "testnet"


async def test_a_bug_is_an_internal_error_that_says_nothing(client, invoker, caplog):
    invoker.reply = ZeroDivisionError("secret")
    answer = await client.get("/v1/animals/a")
    assert answer.status_code == 500
    assert answer.json() == {"code": 13, "message": "internal error", "details": []}
    assert "secret" in caplog.text


async def test_an_answer_that_does_not_decode_is_an_internal_error(client, invoker):
    invoker.reply = Reply(b"\xff")
    assert (await client.get("/v1/animals/a")).json()["code"] == 13


async def test_a_stream_is_one_result_a_line(client, invoker, zoo):
    messages = [zoo.WatchResponse(sequence=n, text="t").SerializeToString() for n in (1, 2)]
    invoker.replies = FakeStream(messages, (("a", "1"),))
    answer = await client.get("/v1/watch?filter=x")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["grpc-metadata-a"] == "1"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [{"result": {"sequence": str(n), "text": "t"}} for n in (1, 2)]
    assert invoker.timeout_s is None


async def test_a_stream_that_fails_later_ends_with_an_error_line(client, invoker, zoo):
    messages = [zoo.WatchResponse(sequence=1).SerializeToString()]
    invoker.replies = FakeStream(messages, error=CallError(14, "gone"))
    answer = await client.get("/v1/watch")
    assert answer.status_code == 200
    assert json.loads(answer.text.splitlines()[-1]) == {
        "error": {"code": 14, "message": "gone", "details": []}
    }


async def test_a_stream_that_fails_at_once_has_the_http_status_of_its_error(client, invoker):
    invoker.replies = FakeStream([], error=CallError(7, "no"))
    answer = await client.get("/v1/watch")
    assert answer.status_code == 403
    assert answer.json() == {"error": {"code": 7, "message": "no", "details": []}}


async def test_a_stream_of_one_field_shows_that_field(client, invoker, zoo):
    invoker.replies = FakeStream([zoo.Animal(tags=["a"]).SerializeToString()])
    assert (await client.get("/v1/watch/tags")).json() == {"result": ["a"]}


async def test_a_stream_of_http_bodies_is_their_bytes(client, invoker):
    parts = [httpbody_pb2.HttpBody(content_type="image/png", data=d) for d in (b"\x00", b"\xff")]
    invoker.replies = FakeStream([part.SerializeToString() for part in parts])
    answer = await client.get("/v1/download")
    assert answer.content == b"\x00\xff"
    assert answer.headers["content-type"] == "image/png"


@dataclass
class LateStream(FakeStream):
    """Silent for much longer than an ordinary stream takes to be opened."""

    silence_s: float = 0.3

    async def __aiter__(self):
        await asyncio.sleep(self.silence_s)
        for message in self.messages:
            yield message


async def test_a_late_stream_of_http_bodies_waits_for_its_type(zoo, invoker):
    part = httpbody_pb2.HttpBody(content_type="image/png", data=b"late")
    invoker.replies = LateStream([part.SerializeToString()])
    limits = Limits(stream=StreamTiming(open_after_s=0.01, heartbeat_s=0.01))
    transport = httpx.ASGITransport(Transcoder(invoker, [zoo.service], limits=limits))
    async with httpx.AsyncClient(transport=transport, base_url="http://zoo.test") as client:
        answer = await client.get("/v1/download", headers=EVENTS)
    assert answer.content == b"late"
    assert answer.headers["content-type"] == "image/png"


async def test_an_empty_stream_is_an_empty_answer(client, invoker):
    invoker.replies = FakeStream([])
    answer = await client.get("/v1/watch")
    assert (answer.status_code, answer.content) == (200, b"")


EVENTS = {"accept": "text/event-stream"}


async def test_events_carry_the_sequence_as_their_id(client, invoker, zoo):
    messages = [zoo.WatchResponse(sequence=n, text="a\nb").SerializeToString() for n in (7, 8)]
    invoker.replies = FakeStream(messages, error=CallError(14, "gone"))
    answer = await client.get("/v1/watch", headers=EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second, last = answer.text.strip().split("\n\n")
    assert first == 'id: 7\ndata: {"sequence":"7","text":"a\\nb"}'
    assert second.startswith("id: 8\n")
    assert last == 'event: error\ndata: {"code":14,"message":"gone","details":[]}'


@pytest.mark.parametrize(("query", "after"), [("", 41), ("?after_sequence=7", 7)])
async def test_events_resume_after_the_last_id_unless_the_query_says_more(
    client, invoker, zoo, query, after
):
    invoker.replies = FakeStream([])
    await client.get(f"/v1/watch{query}", headers=EVENTS | {"last-event-id": "41"})
    assert zoo.WatchRequest.FromString(invoker.request).after_sequence == after


async def test_a_last_event_id_that_is_no_number_is_a_bad_request(client):
    answer = await client.get("/v1/watch", headers=EVENTS | {"last-event-id": "x"})
    assert answer.status_code == 400


async def test_events_that_fail_at_once_are_an_ordinary_error(client, invoker):
    invoker.replies = FakeStream([], error=CallError(16, "who?"))
    answer = await client.get("/v1/watch", headers=EVENTS)
    assert answer.status_code == 401
    assert answer.json() == {"code": 16, "message": "who?", "details": []}
    assert "www-authenticate" in answer.headers


async def test_head_of_a_stream_starts_no_call(client, invoker):
    assert (await client.head("/v1/watch")).status_code == 200
    assert invoker.method == ""


async def test_a_web_socket_is_refused(zoo, invoker):
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(event):
        sent.append(event)

    await Transcoder(invoker, [zoo.service])({"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1003}]
