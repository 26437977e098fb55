"""JSON forms of the well-known types."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from google.protobuf import json_format

from aitrader_gateway.rest.descriptors import descriptor_of
from aitrader_gateway.rest.errors import FieldFault

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

_PREFIX = "google.protobuf."
_WRAPPERS = {
    "BoolValue",
    "BytesValue",
    "DoubleValue",
    "FloatValue",
    "Int32Value",
    "Int64Value",
    "StringValue",
    "UInt32Value",
    "UInt64Value",
}
_TEXT = {"Timestamp", "Duration", "FieldMask"}
_TREES = {"Struct", "Value", "ListValue", "Any"}
_DAY_S = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TWO = tuple(f"{number:02d}" for number in range(60))
_NANOS_PER_MILLI, _NANOS_PER_MICRO = 1_000_000, 1_000
_SECONDS_MIN, _SECONDS_MAX = -62_135_596_800, 253_402_300_799


def _name(message: Descriptor) -> str:
    return message.full_name.removeprefix(_PREFIX) if message.full_name.startswith(_PREFIX) else ""


def is_wrapper(message: Descriptor) -> bool:
    """Tell `google.protobuf.StringValue` and its kin, whose JSON is the bare scalar."""
    return _name(message) in _WRAPPERS


def is_text(message: Descriptor) -> bool:
    """Tell the messages whose JSON is one text."""
    return _name(message) in _TEXT


def is_text_like(message: Descriptor) -> bool:
    """Tell the messages that fit into a path or a query parameter."""
    return is_wrapper(message) or is_text(message)


def is_tree(message: Descriptor) -> bool:
    """Tell the messages that hold JSON of any shape."""
    return _name(message) in _TREES


def is_leaf(message: Descriptor) -> bool:
    """Tell the messages whose JSON form is their own, not an object of their fields."""
    return is_text_like(message) or is_tree(message)


def is_value(message: Descriptor) -> bool:
    """Tell `google.protobuf.Value`, where null is a value."""
    return message.full_name == "google.protobuf.Value"


def is_timestamp(message: Descriptor) -> bool:
    """Tell `google.protobuf.Timestamp`."""
    return message.full_name == "google.protobuf.Timestamp"


@lru_cache(maxsize=1024)
def _day(day: int) -> str:
    """Say a day; few days are asked for often, and calendars are slow."""
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


def write_timestamp(message: Message) -> str:
    """Say a time in RFC 3339, UTC, with 0, 3, 6 or 9 digits of a second.

    Raises:
        ValueError: Outside the years 1 to 9999.
    """
    at = cast("Timestamp", message)
    seconds, nanos = at.seconds, at.nanos
    if not _SECONDS_MIN <= seconds <= _SECONDS_MAX:
        raise ValueError(f"timestamp out of range: {seconds} s")
    day, second = divmod(seconds, _DAY_S)
    hour, second = divmod(second, 3600)
    minute, second = divmod(second, 60)
    text = f"{_day(day)}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}"
    if not nanos:
        return text + "Z"
    if nanos % _NANOS_PER_MILLI == 0:
        return f"{text}.{nanos // _NANOS_PER_MILLI:03d}Z"
    if nanos % _NANOS_PER_MICRO == 0:
        return f"{text}.{nanos // _NANOS_PER_MICRO:06d}Z"
    return f"{text}.{nanos:09d}Z"


def write_known(message: Message) -> Any:
    """Say any other well-known type."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _is_finite(value: Any) -> bool:
    """Tell a JSON value of finite numbers; JSON text can write others, an answer cannot."""
    if type(value) is dict:
        return all(_is_finite(item) for item in value.values())
    if type(value) is list:
        return all(_is_finite(item) for item in value)
    return type(value) is not float or math.isfinite(value)


def read_known(message: Message, value: Any) -> None:
    """Read a well-known type from its JSON form.

    Raises:
        FieldFault: The value does not have that form.
    """
    kind = descriptor_of(message)
    if is_text(kind) and type(value) is not str:
        raise FieldFault(f"must be the text of a {_name(kind)}")
    if not _is_finite(value):
        raise FieldFault("holds a number that is not finite")
    try:
        json_format.ParseDict(value, message, descriptor_pool=kind.file.pool)
    except (AttributeError, TypeError):
        # The parser stumbled over a JSON type; what Python says about that helps nobody.
        raise FieldFault(f"is not a {kind.full_name}") from None
    except (json_format.ParseError, ValueError) as error:
        raise FieldFault(f"is not a {kind.full_name}: {error}") from None
