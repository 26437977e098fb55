"""Frames of the WebSocket API: requests as they are read, replies and events as they are written.

Binance Spot API, "WebSocket API", "Request format" and "Response format".
"""

import json
from typing import Any, Final, cast

import msgspec
import orjson

from aitrader_gateway.sandbox.api.table import Answer
from aitrader_gateway.sandbox.matching.model import Refusal

Id = int | str | None
_VERSION: Final = "v3/"
_INVALID_JSON: Final = Refusal(-1135, "Invalid JSON Request")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`params` are texts, without the API key and `returnRateLimits`; `signed` is what they sign.

    A number is the text that was sent, whatever a number of that size can hold here.
    """

    id: Id
    method: str
    params: dict[str, str]
    signed: bytes
    api_key: str
    return_limits: bool | None


class Unreadable(msgspec.Struct, frozen=True):
    """No request, but perhaps the number of one."""

    id: Id
    refusal: Refusal


def read_request(text: str) -> Request | Unreadable:
    """What a text frame asks for."""
    try:
        # The first reader is the stricter, the second leaves numbers as they were written.
        frame, written = orjson.loads(text), json.loads(text, parse_int=str, parse_float=str)
    except (orjson.JSONDecodeError, RecursionError):
        return Unreadable(None, _INVALID_JSON)
    if not isinstance(frame, dict):
        return Unreadable(None, _INVALID_JSON)
    number, method, params = frame.get("id"), frame.get("method"), written.get("params")
    if isinstance(number, bool) or not isinstance(number, int | str | None):
        return Unreadable(None, _malformed("id"))
    if not isinstance(method, str):
        return Unreadable(number, _malformed("method"))
    texts = _texts({} if params is None else params)
    if isinstance(texts, Refusal):
        return Unreadable(number, texts)
    signed = "&".join(f"{name}={texts[name]}" for name in sorted(texts) if name != "signature")
    wanted = texts.pop("returnRateLimits", "")
    return Request(
        id=number,
        method=method.removeprefix(_VERSION),
        api_key=texts.pop("apiKey", ""),
        params=texts,
        signed=signed.encode(),
        return_limits={"true": True, "false": False}.get(wanted),
    )


def _texts(params: Any) -> dict[str, str] | Refusal:
    if not isinstance(params, dict):
        return _malformed("params")
    texts: dict[str, str] = {}
    for name, value in params.items():
        text = _text(value)
        if text is None:
            return _malformed(name)
        texts[name] = text
    return texts


def _malformed(name: str) -> Refusal:
    return Refusal(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def _text(value: Any) -> str | None:
    """A parameter as REST would spell it; None: it has no such spelling."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return orjson.dumps(value).decode()
    return None


def write_reply(number: Id, answer: Answer, *, with_limits: bool) -> str:
    """The reply to the request of that id."""
    body: dict[str, object] = {"id": number, "status": answer.status}
    body["result" if answer.ok else "error"] = answer.body
    if with_limits:
        body["rateLimits"] = [usage.described() for usage in answer.usage]
    return orjson.dumps(body).decode()


def refused(refusal: Refusal, status: int = 400) -> Answer:
    """An answer that counted for no limit."""
    body = cast("dict[str, Any]", {"code": refusal.code, "msg": refusal.message})
    return Answer(status=status, body=body)


def write_event(event: str, subscription: int | None = None) -> str:
    """An event's JSON text as a frame; the end of the server belongs to no subscription."""
    if subscription is None:
        return f'{{"event":{event}}}'
    return f'{{"subscriptionId":{subscription},"event":{event}}}'


def write_revocation() -> str:
    """The frame that ends a session whose key is no longer good."""
    answer = refused(Refusal(-2015, "Invalid API-key, IP, or permissions for action."), status=401)
    return write_reply(None, answer, with_limits=False)
