"""Which part of a long list a query asks for."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.parameters import MOMENT, Parameter, Values, whole

T = TypeVar("T")

ROWS_MAX: Final = 1_000
_ROWS_DEFAULT: Final = 500
_SPAN_MAX_NS: Final = 24 * 3_600 * 1_000_000_000

LIMIT: Final = Parameter("limit", whole(1, ROWS_MAX))
SPAN: Final = (Parameter("startTime", MOMENT), Parameter("endTime", MOMENT))


def too_long(values: Values) -> Refusal | None:
    """Why the span of time asked for cannot be, if it cannot."""
    start, end = values.number("startTime"), values.number("endTime")
    if start is None or end is None:
        return None
    if start > end:
        return Refusal(
            -1102,
            f"'startTime' contains unexpected value. Cannot be greater than '{end // 1_000_000}'.",
        )
    if end - start > _SPAN_MAX_NS:
        return Refusal(-1127, "More than 24 hours between startTime and endTime.")
    return None


def cut(
    rows: Sequence[T],
    values: Values,
    *,
    number: Callable[[T], int],
    at_ns: Callable[[T], int],
    from_name: str = "fromId",
) -> Sequence[T]:
    """The rows from a number or a time on, else the newest; oldest first, `limit` at most."""
    first, limit = values.number(from_name), values.number("limit") or _ROWS_DEFAULT
    start, end = values.number("startTime"), values.number("endTime")
    found = [
        row
        for row in rows
        if (first is None or number(row) >= first)
        and (start is None or at_ns(row) >= start)
        and (end is None or at_ns(row) <= end)
    ]
    return found[:limit] if first is not None or start is not None else found[-limit:]
