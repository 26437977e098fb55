"""Scalar values: from JSON, from URL text, to JSON."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from aitrader_gateway.rest.descriptors import enum_of
from aitrader_gateway.rest.errors import FieldFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import EnumDescriptor

_BITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_NAMES = {
    FieldDescriptor.CPPTYPE_INT32: "int32",
    FieldDescriptor.CPPTYPE_INT64: "int64",
    FieldDescriptor.CPPTYPE_UINT32: "uint32",
    FieldDescriptor.CPPTYPE_UINT64: "uint64",
}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,19})\Z")
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?\Z")
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FLOAT32 = struct.Struct("<f")
_SHOWN_CHARS_MAX = 60
# Above this a double no longer holds every integer.
_EXACT_MAX = 2.0**53
_TRUE = {"true", "True", "TRUE", "t", "T", "1"}
_FALSE = {"false", "False", "FALSE", "f", "F", "0"}


def json_reader(field: FieldDescriptor) -> Callable[[Any], Any]:
    """Give the function that turns a parsed JSON value into the field's value."""
    kind = field.cpp_type
    if kind in _BITS:
        return _integer_reader(kind)
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return _enum_reader(enum_of(field))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _read_bytes
    return {
        FieldDescriptor.CPPTYPE_BOOL: _read_bool,
        FieldDescriptor.CPPTYPE_DOUBLE: _read_double,
        FieldDescriptor.CPPTYPE_FLOAT: _read_float,
        FieldDescriptor.CPPTYPE_STRING: _read_string,
    }[kind]


def text_reader(field: FieldDescriptor) -> Callable[[str], Any]:
    """Give the function that turns URL text, or a JSON map key, into the field's value."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _bool_of_text
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return _enum_text_reader(enum_of(field))
    return json_reader(field)


def json_writer(field: FieldDescriptor) -> Callable[[Any], Any] | None:
    """Give the function that turns a field's value into a JSON value; None keeps it as it is."""
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return _enum_writer(enum_of(field))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return write_bytes
    writers: dict[int, Callable[[Any], Any]] = {
        FieldDescriptor.CPPTYPE_INT64: str,
        FieldDescriptor.CPPTYPE_UINT64: str,
        FieldDescriptor.CPPTYPE_DOUBLE: write_double,
        FieldDescriptor.CPPTYPE_FLOAT: _write_float,
    }
    return writers.get(kind)


def write_double(value: float) -> float | str:
    """Say a double; JSON has no word for those that are not finite."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_bytes(value: bytes) -> str:
    """Say bytes in standard base64."""
    return base64.b64encode(value).decode("ascii")


def _enum_writer(enum: EnumDescriptor) -> Callable[[int], Any]:
    if enum.full_name == "google.protobuf.NullValue":
        return lambda _: None
    # Of aliases the first one listed is the name.
    names = {value.number: value.name for value in reversed(enum.values)}
    return lambda number: names.get(number, number)


def _write_float(value: float) -> float | str:
    # The fewest digits that give the same 32 bits: 0.1, not 0.10000000149011612.
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if _as_float32(short) == value:
            return write_double(short)
    return write_double(float(f"{value:.9g}"))


def _as_float32(value: float) -> float:
    try:
        packed: float = _FLOAT32.unpack(_FLOAT32.pack(value))[0]
    except OverflowError:
        return math.inf
    return packed


def _integer_reader(kind: int) -> Callable[[Any], int]:
    low, high = _BITS[kind]
    name = _NAMES[kind]

    def read(value: Any) -> int:
        if type(value) is int:
            number = value
        elif type(value) is str and _INTEGER.match(value):
            number = int(value)
        elif type(value) is float and value.is_integer():
            if abs(value) > _EXACT_MAX:
                raise FieldFault(f"{value:g} is out of range for {name}, or too long for a number")
            number = int(value)
        else:
            raise FieldFault(f"must be a whole number ({name}), not {_say(value)}")
        if not low <= number <= high:
            raise FieldFault(f"{number} is out of range for {name}")
        return number

    return read


def _read_double(value: Any) -> float:
    if type(value) is float or type(value) is int:
        number = float(value)
        if not math.isfinite(number):
            raise FieldFault("must be a finite number")
        return number
    if type(value) is str:
        if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        if _NUMBER.match(value):
            number = float(value)
            if math.isinf(number):
                raise FieldFault(f"{value} is out of range for double")
            return number
    raise FieldFault(f"must be a number, not {_say(value)}")


def _read_float(value: Any) -> float:
    number = _read_double(value)
    if math.isfinite(number) and math.isinf(_as_float32(number)):
        raise FieldFault(f"{number:g} is out of range for float")
    return number


def _read_bool(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise FieldFault(f"must be true or false, not {_say(value)}")


def _bool_of_text(value: str) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise FieldFault(f"must be true or false, not {_say(value)}")


def _read_string(value: Any) -> str:
    if type(value) is str:
        if value.isascii():
            return value
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise FieldFault("holds half of a surrogate pair") from None
        return value
    if type(value) in (int, float):
        raise FieldFault('write decimals as text, e.g. "0.001"')
    raise FieldFault(f"must be text, not {_say(value)}")


def _read_bytes(value: Any) -> bytes:
    if type(value) is not str:
        raise FieldFault(f"must be base64 text, not {_say(value)}")
    text = value.rstrip("=")
    plain = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise FieldFault("is not base64") from None


def _enum_names(enum: EnumDescriptor) -> tuple[dict[str, int], str]:
    """Collect every spelling: the full names, and in upper case without the prefix."""
    prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", enum.name).upper()
    found: dict[str, int] = {}
    twice: set[str] = set()
    for value in enum.values:
        for alias in {value.name.upper(), value.name.upper().removeprefix(prefix + "_")}:
            if found.setdefault(alias, value.number) != value.number:
                twice.add(alias)
    spellings = {alias: number for alias, number in found.items() if alias not in twice}
    short = [value.name.upper().removeprefix(prefix + "_").lower() for value in enum.values]
    choices = ", ".join(name for name in short if name != "unspecified")
    return spellings | {value.name: value.number for value in enum.values}, choices


def _enum_reader(enum: EnumDescriptor) -> Callable[[Any], int]:
    spellings, choices = _enum_names(enum)
    defined = {value.number for value in enum.values}
    closed = enum.is_closed
    null_fits = enum.full_name == "google.protobuf.NullValue"
    low, high = _BITS[FieldDescriptor.CPPTYPE_INT32]

    def read(value: Any) -> int:
        if value is None and null_fits:
            return 0
        if type(value) is str:
            number = spellings.get(value)
            if number is None:
                number = spellings.get(value.upper())
            if number is not None:
                return number
        elif type(value) is int or (type(value) is float and value.is_integer()):
            number = int(value)
            if low <= number <= high and (number in defined or not closed):
                return number
        raise FieldFault(f"{_say(value)} is not one of: {choices}")

    return read


def _enum_text_reader(enum: EnumDescriptor) -> Callable[[str], int]:
    read = _enum_reader(enum)
    defined = {str(value.number): value.number for value in enum.values}
    return lambda text: defined[text] if text in defined else read(text)


def _say(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is dict:
        return "an object"
    if type(value) is list:
        return "an array"
    if type(value) is bool:
        return "true" if value else "false"
    shown = repr(value) if type(value) is str else f"{value}"
    return shown if len(shown) <= _SHOWN_CHARS_MAX else f"{shown[:_SHOWN_CHARS_MAX]}…"
