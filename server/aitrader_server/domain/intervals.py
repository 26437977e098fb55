"""Lengths of a bar, and where one begins: on whole units of UTC, a week on Monday."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import Final

import msgspec

from aitrader_server.domain.instrument import Bar

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
_HOUR_NS: Final = 60 * MINUTE_NS
_DAY_NS: Final = 24 * _HOUR_NS
_WEEK_NS: Final = 7 * _DAY_NS
# 1970-01-01 was a Thursday: the first Monday came four days later.
_MONDAY_NS: Final = 4 * _DAY_NS
_UNITS: Final[Mapping[str, int]] = MappingProxyType(
    {"s": SECOND_NS, "m": MINUTE_NS, "h": _HOUR_NS, "d": _DAY_NS, "w": _WEEK_NS}
)
MINUTE: Final = "1m"
MONTH: Final = "1M"
# The venue's own words for them, shortest first.
INTERVALS: Final = (
    "1s", MINUTE, "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w",
    MONTH,
)  # fmt: skip


def open_of(interval: str, at_ns: int) -> int:
    """When the bar that holds `at_ns` opened, UTC nanoseconds."""
    if interval == MONTH:
        first = _moment(at_ns).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return _nanoseconds(first)
    length_ns = _length_ns(interval)
    offset_ns = _MONDAY_NS if interval == "1w" else 0
    return at_ns - (at_ns - offset_ns) % length_ns


def end_of(interval: str, open_ns: int) -> int:
    """When the bar that opened at `open_ns` is over and the next one opens, UTC nanoseconds."""
    if interval == MONTH:
        # Every month is over 31 days and ends before its 32nd.
        return open_of(MONTH, _nanoseconds(_moment(open_ns) + timedelta(days=31)))
    return open_ns + _length_ns(interval)


def combine(bars: Iterable[Bar], interval: str) -> list[Bar]:
    """Longer bars out of shorter ones, oldest first in and out.

    The first is left out if its beginning is missing; a bar of nothing is not made up.
    """
    combined: list[Bar] = []
    for open_ns, group in groupby(bars, lambda bar: open_of(interval, bar.open_ns)):
        parts = list(group)
        if not combined and parts[0].open_ns != open_ns:
            continue
        combined.append(
            msgspec.structs.replace(
                parts[0],
                high=max(bar.high for bar in parts),
                low=min(bar.low for bar in parts),
                close=parts[-1].close,
                volume=sum((bar.volume for bar in parts[1:]), parts[0].volume),
                open_ns=open_ns,
            )
        )
    return combined


def _length_ns(interval: str) -> int:
    return int(interval[:-1]) * _UNITS[interval[-1]]


def _moment(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS
