"""Frames of the WebSocket API."""

import json

import orjson
import pytest
from aitrader_gateway.sandbox.api.table import Answer
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.stream_requests import (
    StreamRefusal,
    StreamRequest,
    read_stream_request,
)
from aitrader_gateway.sandbox.ws_frames import (
    Request,
    Unreadable,
    read_request,
    refused,
    write_event,
    write_reply,
    write_revocation,
)
from hypothesis import given
from hypothesis import strategies as st


def read(**params) -> Request:
    request = read_request(json.dumps({"id": 1, "method": "order.place", "params": params}))
    assert isinstance(request, Request)
    return request


def test_what_is_signed_is_sorted_and_raw():
    request = read(symbol="币安", price="0.10", apiKey="K", signature="S", recvWindow=5000)
    assert request.signed.decode() == "apiKey=K&price=0.10&recvWindow=5000&symbol=币安"
    assert request.params == {
        "symbol": "币安",
        "price": "0.10",
        "recvWindow": "5000",
        "signature": "S",
    }
    assert request.api_key == "K"


def test_the_documented_signatures_cover_these_texts():
    request = read(
        symbol="BTCUSDT",
        side="SELL",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.01000000",
        price="52000.00",
        recvWindow=100,
        timestamp=1645423376532,
        apiKey="vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    )
    assert request.signed == (
        b"apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
        b"&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT"
        b"&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1e-05", "1e-05"),
        ("1.10", "1.10"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("true", "true"),
        ("null", ""),
        ('["A","B"]', '["A","B"]'),
        ('"x y"', "x y"),
    ],
)
def test_parameters_are_texts_as_they_were_written(written, text):
    request = read_request(f'{{"id":1,"method":"m","params":{{"p":{written}}}}}')
    assert isinstance(request, Request)
    assert request.params == {"p": text}


@pytest.mark.parametrize(("wanted", "heard"), [(True, True), (False, False), ("x", None)])
def test_limits_may_be_unwanted(wanted, heard):
    request = read(returnRateLimits=wanted)
    assert request.return_limits is heard
    assert not request.params


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
frames = st.fixed_dictionaries(
    {},
    optional={"id": anything, "method": st.text() | anything, "params": anything},
)


@given(st.text() | anything.map(json.dumps) | frames.map(json.dumps))
def test_no_frame_is_too_odd_to_be_answered(text):
    request = read_request(text)
    assert isinstance(request, Request | Unreadable)
    assert orjson.loads(write_reply(request.id, Answer(status=200, body={}), with_limits=True))
    assert isinstance(read_stream_request(text), StreamRequest | StreamRefusal)


def test_replies_and_events_have_their_frames():
    answer = refused(Refusal(-2010, "No."))
    assert json.loads(write_reply("a", answer, with_limits=True)) == {
        "id": "a",
        "status": 400,
        "error": {"code": -2010, "msg": "No."},
        "rateLimits": [],
    }
    assert json.loads(write_event('{"e":"x"}', 3)) == {"subscriptionId": 3, "event": {"e": "x"}}
    assert json.loads(write_event('{"e":"x"}')) == {"event": {"e": "x"}}
    assert json.loads(write_revocation())["id"] is None
