"""JSON text to plain values, refusing what RFC 8259 leaves to chance."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import orjson

from aitrader_gateway.rest.errors import FieldFault

if TYPE_CHECKING:
    from collections.abc import Iterable

# Protobuf parsers stop at 100 levels, and free-form JSON takes three of them for each object.
DEPTH_MAX = 32

# In valid JSON a quote before a colon ends a key, opens a text that starts with a colon or
# stands escaped inside a text: the count is never below the number of keys.
_KEY_END = re.compile(rb'"\s*:')


def loads(text: bytes) -> Any:
    """Parse one JSON value.

    Raises:
        FieldFault: Not JSON, not UTF-8, bytes after the value, a repeated key, too deep.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _loads_slowly(text, str(error))
    if _count_keys(value, 0) != len(_KEY_END.findall(text)):
        return _loads_slowly(text, "")
    return value


def _count_keys(value: Any, depth: int) -> int:
    if depth > DEPTH_MAX:
        raise FieldFault(f"nested deeper than {DEPTH_MAX} levels")
    items: Iterable[Any]
    if type(value) is dict:
        count, items = len(value), value.values()
    elif type(value) is list:
        count, items = 0, value
    else:
        return 0
    for item in items:
        if type(item) is dict or type(item) is list:
            count += _count_keys(item, depth + 1)
    return count


def _loads_slowly(text: bytes, why: str) -> Any:
    """Find the repeated key, or the number that is none so that its field can be named."""
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise FieldFault("the body is not UTF-8") from None
    except RecursionError:
        raise FieldFault(f"nested deeper than {DEPTH_MAX} levels") from None
    except ValueError as error:
        raise FieldFault(f"the body is not JSON: {why or error}") from None
    _count_keys(value, 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise FieldFault("given twice", key)
            seen.add(key)
    return found
