"""Requests of a market stream's client, and the error table."""

import json

import pytest
from aitrader_gateway.sandbox.stream_requests import (
    Method,
    StreamRefusal,
    StreamRequest,
    read_stream_request,
    write_refusal,
    write_result,
)


def frame(**fields) -> str:
    return json.dumps({"id": 1, **fields})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            frame(method="SUBSCRIBE", params=["a@trade"]),
            StreamRequest(id=1, method=Method.SUBSCRIBE, streams=("a@trade",)),
        ),
        (
            frame(method="UNSUBSCRIBE", params=["a@trade"], id="x-1"),
            StreamRequest(id="x-1", method=Method.UNSUBSCRIBE, streams=("a@trade",)),
        ),
        (
            frame(method="LIST_SUBSCRIPTIONS", id=None),
            StreamRequest(id=None, method=Method.LIST_SUBSCRIPTIONS),
        ),
        (
            frame(method="SET_PROPERTY", params=["combined", True]),
            StreamRequest(id=1, method=Method.SET_PROPERTY, combined=True),
        ),
        (
            frame(method="GET_PROPERTY", params=["combined"]),
            StreamRequest(id=1, method=Method.GET_PROPERTY),
        ),
    ],
)
def test_requests_are_read(text, expected):
    assert read_stream_request(text) == expected


@pytest.mark.parametrize(
    ("text", "number", "code", "says"),
    [
        ('{"id":1,', None, 3, "Invalid JSON: expected value at line 1 column"),
        ('{"id":' + "9" * 5000 + "}", None, 3, "Invalid JSON"),
        ("[" * 100_000, None, 3, "Invalid JSON"),
        ("[]", None, 2, "expected an object"),
        ('{"method":"LIST_SUBSCRIPTIONS"}', None, 2, "request ID must be"),
        (frame(method="LIST_SUBSCRIPTIONS", id=1.5), None, 2, "request ID must be"),
        (frame(method="LIST_SUBSCRIPTIONS", id=True), None, 2, "request ID must be"),
        (frame(method="LIST_SUBSCRIPTIONS", id=2**63), None, 2, "request ID must be"),
        (frame(method="LIST_SUBSCRIPTIONS", id="x" * 37), None, 2, "request ID must be"),
        (frame(params=[]), 1, 2, "missing field `method`"),
        (frame(method="SUBSCRIB"), 1, 2, "unknown variant `SUBSCRIB`, expected one of `SUBSCRIBE`"),
        ('{"id":1,"method":"\\ud800"}', 1, 2, "unknown variant `\\ud800`"),
        (frame(method=["SUBSCRIBE"]), 1, 2, "unknown variant"),
        (frame(method="SUBSCRIBE", params="a@trade"), 1, 2, "sequence"),
        (frame(method="SUBSCRIBE"), 1, 2, "invalid stream"),
        (frame(method="SUBSCRIBE", params=["a@trade", "b"]), 1, 2, "invalid stream"),
        (frame(method="LIST_SUBSCRIPTIONS", params=[1]), 1, 2, "too many parameters"),
        (frame(method="GET_PROPERTY", params=["combined", True]), 1, 2, "too many"),
        (frame(method="GET_PROPERTY"), 1, 2, "property name must be a string"),
        (frame(method="GET_PROPERTY", params=[1]), 1, 2, "property name must be a string"),
        (frame(method="SET_PROPERTY", params=["combined", True, 1]), 1, 2, "too many"),
        (frame(method="GET_PROPERTY", params=["speed"]), 1, 0, "Unknown property"),
        (frame(method="SET_PROPERTY", params=["speed", True]), 1, 0, "Unknown property"),
        (frame(method="SET_PROPERTY", params=["combined", 1]), 1, 1, "expected Boolean"),
        (frame(method="SET_PROPERTY", params=["combined"]), 1, 1, "expected Boolean"),
    ],
)
def test_what_is_wrong_is_said_with_its_code(text, number, code, says):
    refusal = read_stream_request(text)
    assert isinstance(refusal, StreamRefusal)
    assert (refusal.id, refusal.code) == (number, code)
    assert says in refusal.message
    written = json.loads(write_refusal(refusal))
    assert written == {"error": {"code": code, "msg": refusal.message}, "id": number}


def test_a_result_names_its_request():
    assert json.loads(write_result(3, ["a@trade"])) == {"result": ["a@trade"], "id": 3}
