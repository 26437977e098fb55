"""Where bars begin and end, and how longer ones are made of shorter ones."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from aitrader_server.domain.instrument import Bar
from aitrader_server.domain.intervals import INTERVALS, MINUTE_NS, combine, end_of, open_of
from hypothesis import given
from hypothesis import strategies as st


def ns(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("interval", "opened", "ended"),
    [
        ("1s", "2026-11-22T10:55:19", "2026-11-22T10:55:20"),
        ("1m", "2026-11-22T10:55:00", "2026-11-22T10:56:00"),
        ("15m", "2026-11-22T10:45:00", "2026-11-22T11:00:00"),
        ("8h", "2026-11-22T08:00:00", "2026-11-22T16:00:00"),
        ("1d", "2026-11-22T00:00:00", "2026-11-23T00:00:00"),
        ("1w", "2026-11-16T00:00:00", "2026-11-23T00:00:00"),  # a Monday
        ("1M", "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
    ],
)
def test_a_bar_begins_and_ends_where_the_calendar_says(interval, opened, ended):
    assert open_of(interval, ns("2026-11-22T10:55:19") + 5) == ns(opened)
    assert end_of(interval, ns(opened)) == ns(ended)


@pytest.mark.parametrize(
    ("month", "after"), [("2024-02", "2024-03"), ("2026-02", "2026-03"), ("2026-12", "2027-01")]
)
def test_months_are_as_long_as_they_are(month, after):
    assert end_of("1M", ns(f"{month}-01T00:00:00")) == ns(f"{after}-01T00:00:00")


@given(st.sampled_from(INTERVALS), st.integers(0, ns("2100-01-01T00:00:00")))
def test_bars_follow_one_another_without_a_gap(interval, at_ns):
    opened = open_of(interval, at_ns)
    ended = end_of(interval, opened)
    assert opened <= at_ns < ended
    assert open_of(interval, ended) == ended
    assert open_of(interval, ended - 1) == opened


def minute(number, low, high, volume="1"):
    return Bar(
        open_ns=ns("2026-11-22T10:00:00") + number * MINUTE_NS,
        open=Decimal(low),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(high),
        volume=Decimal(volume),
    )


def test_a_longer_bar_is_made_of_all_its_minutes():
    first, second = combine([minute(0, 5, 9), minute(2, 3, 6, "0.5"), minute(5, 7, 8)], "5m")
    assert (first.open, first.high, first.low, first.close) == (5, 9, 3, 6)
    assert first.volume == Decimal("1.5")
    assert (second.open_ns, second.open, second.close) == (minute(5, 1, 1).open_ns, 7, 8)


def test_a_bar_whose_beginning_is_missing_is_left_out():
    assert [bar.open for bar in combine([minute(1, 5, 9), minute(5, 7, 8)], "5m")] == [7]
