"""What a client may ask of a market stream's connection, and how it is answered.

Binance Spot API, "Live Subscribing/Unsubscribing to streams"; the codes are its error table's.
"""

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, cast

import msgspec
import orjson

from aitrader_gateway.sandbox.subscriptions import well_formed

Id = int | str | None
_UNKNOWN_PROPERTY: Final = 0
_BAD_VALUE: Final = 1
_BAD_REQUEST: Final = 2
_BAD_JSON: Final = 3
_COMBINED: Final = "combined"
_TEXT_ID: Final = re.compile("[A-Za-z0-9-]{0,36}")


class Method(StrEnum):
    SUBSCRIBE = "SUBSCRIBE"
    UNSUBSCRIBE = "UNSUBSCRIBE"
    LIST_SUBSCRIPTIONS = "LIST_SUBSCRIPTIONS"
    SET_PROPERTY = "SET_PROPERTY"
    GET_PROPERTY = "GET_PROPERTY"


class StreamRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`streams` of the first two methods, `combined` of SET_PROPERTY."""

    id: Id
    method: Method
    streams: tuple[str, ...] = ()
    combined: bool = False


class StreamRefusal(msgspec.Struct, frozen=True):
    id: Id
    code: int
    message: str


class _Invalid(Exception):
    """Of no use; `code` is the error table's."""

    def __init__(self, what: str, code: int = _BAD_REQUEST) -> None:
        super().__init__(f"Invalid request: {what}" if code == _BAD_REQUEST else what)
        self.code = code


def read_stream_request(text: str) -> StreamRequest | StreamRefusal:
    """What a text frame asks for."""
    number: Id = None
    try:
        frame = _object(text)
        number = _number(frame)
        method = _method(frame)
        params = _params(frame)
        if method in {Method.SUBSCRIBE, Method.UNSUBSCRIBE}:
            return StreamRequest(id=number, method=method, streams=_streams(params))
        combined = _READERS[method](params)
        return StreamRequest(id=number, method=method, combined=combined)
    except _Invalid as invalid:
        return StreamRefusal(number, invalid.code, str(invalid))


def _object(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno} column {error.colno}"
        raise _Invalid(f"Invalid JSON: expected value {where}", _BAD_JSON) from error
    except (RecursionError, ValueError) as error:
        raise _Invalid("Invalid JSON: out of range", _BAD_JSON) from error
    if not isinstance(frame, dict):
        raise _Invalid("expected an object")
    return frame


def _number(frame: dict[str, Any]) -> Id:
    number = frame.get("id")
    if isinstance(number, str):
        good = _TEXT_ID.fullmatch(number) is not None
    elif isinstance(number, int) and not isinstance(number, bool):
        good = -(2**63) <= number < 2**63
    else:
        good = number is None and "id" in frame
    if not good:
        raise _Invalid("request ID must be an unsigned integer")
    return cast("Id", number)


def _method(frame: dict[str, Any]) -> Method:
    if "method" not in frame:
        raise _Invalid("missing field `method`")
    known = {method.value: method for method in Method}
    named = frame["method"]
    if not isinstance(named, str) or named not in known:
        expected = ", ".join(f"`{each}`" for each in known)
        # What cannot be written as UTF-8 can be sent, and must not come back.
        told = str(named)[:40].encode("ascii", "backslashreplace").decode()
        raise _Invalid(f"unknown variant `{told}`, expected one of {expected}")
    return known[named]


def _params(frame: dict[str, Any]) -> list[Any]:
    params = frame.get("params", [])
    if not isinstance(params, list):
        raise _Invalid("expected a sequence of parameters")
    return params


def _streams(params: list[Any]) -> tuple[str, ...]:
    if not params or not all(well_formed(name) for name in params):
        raise _Invalid("invalid stream")
    return tuple(params)


def _nothing(params: list[Any]) -> bool:
    if params:
        raise _Invalid("too many parameters")
    return False


def _property(params: list[Any]) -> bool:
    if len(params) > 1:
        raise _Invalid("too many parameters")
    if not params or not isinstance(params[0], str):
        raise _Invalid("property name must be a string")
    if params[0] != _COMBINED:
        raise _Invalid("Unknown property", _UNKNOWN_PROPERTY)
    return False


def _setting(params: list[Any]) -> bool:
    _property([*params[:1], *params[2:]])
    value = params[1] if len(params) > 1 else None
    if not isinstance(value, bool):
        raise _Invalid("Invalid value type: expected Boolean", _BAD_VALUE)
    return value


# The value to set, where the method sets one.
_READERS: Final[Mapping[Method, Callable[[list[Any]], bool]]] = {
    Method.LIST_SUBSCRIPTIONS: _nothing,
    Method.GET_PROPERTY: _property,
    Method.SET_PROPERTY: _setting,
}


def write_result(number: Id, result: object) -> str:
    """None says that it was done."""
    return orjson.dumps({"result": result, "id": number}).decode()


def write_refusal(refusal: StreamRefusal) -> str:
    error = {"code": refusal.code, "msg": refusal.message}
    return orjson.dumps({"error": error, "id": refusal.id}).decode()


def too_many_streams(number: Id, streams_max: int) -> StreamRefusal:
    """Refuses what would go beyond the bound of one connection."""
    message = f"Invalid request: too many streams, at most {streams_max}"
    return StreamRefusal(number, _BAD_REQUEST, message)
