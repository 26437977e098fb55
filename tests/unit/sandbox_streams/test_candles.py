"""Intervals and candles against figures worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.candles import Candle, Candles, Interval, candle_of
from aitrader_gateway.sandbox.matching.model import NO_TRADE, MarketTrade

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def trade(number: int, at_ns: int, price: str, quantity: str = "1", *, buyer_is_maker=False):
    return MarketTrade(
        symbol="BTCUSDT",
        number=number,
        price=Decimal(price),
        quantity=Decimal(quantity),
        buyer_is_maker=buyer_is_maker,
        buyer_order=10 * number,
        seller_order=10 * number + 1,
        at_ns=at_ns,
    )


@pytest.mark.parametrize(
    ("interval", "opened", "ended"),
    [
        ("1s", "2026-02-28T13:47:31", "2026-02-28T13:47:32"),
        ("1m", "2026-02-28T13:47:00", "2026-02-28T13:48:00"),
        ("3m", "2026-02-28T13:45:00", "2026-02-28T13:48:00"),
        ("5m", "2026-02-28T13:45:00", "2026-02-28T13:50:00"),
        ("15m", "2026-02-28T13:45:00", "2026-02-28T14:00:00"),
        ("30m", "2026-02-28T13:30:00", "2026-02-28T14:00:00"),
        ("1h", "2026-02-28T13:00:00", "2026-02-28T14:00:00"),
        ("2h", "2026-02-28T12:00:00", "2026-02-28T14:00:00"),
        ("4h", "2026-02-28T12:00:00", "2026-02-28T16:00:00"),
        ("6h", "2026-02-28T12:00:00", "2026-02-28T18:00:00"),
        ("8h", "2026-02-28T08:00:00", "2026-02-28T16:00:00"),
        ("12h", "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
        ("1d", "2026-02-28T00:00:00", "2026-03-01T00:00:00"),
        # Day 20511 since 1970 begins a group of three.
        ("3d", "2026-02-27T00:00:00", "2026-03-02T00:00:00"),
        # A Saturday's week began on Monday.
        ("1w", "2026-02-23T00:00:00", "2026-03-02T00:00:00"),
        ("1M", "2026-02-01T00:00:00", "2026-03-01T00:00:00"),
    ],
)
def test_every_interval_knows_its_bounds(interval, opened, ended):
    chosen = Interval(interval)
    moment = at("2026-02-28T13:47:31") + 999_999_999
    assert chosen.opens_at(moment) == at(opened)
    assert chosen.opens_at(at(opened)) == at(opened)
    assert chosen.after(at(opened)) == at(ended)
    assert chosen.opens_at(at(ended) - 1) == at(opened)


def test_every_interval_is_tried_above():
    assert len(Interval) == 16


def test_a_year_ends_in_december():
    assert Interval.MONTH.after(at("2026-12-01T00:00:00")) == at("2027-01-01T00:00:00")


def test_a_candle_sums_its_trades_and_what_takers_bought():
    candles = Candles(Interval.M1, kept_max=10)
    begin = at("2026-01-01T00:00:00")
    for piece in (
        trade(1, begin, "100", "2"),
        trade(2, begin + SECOND, "90", "1", buyer_is_maker=True),
        trade(3, begin + MINUTE - 1, "95", "4"),
    ):
        candles.add(candle_of(piece))
    (candle,) = candles.window(None, begin + MINUTE - 1, 500)
    assert candle == Candle(
        open_ns=begin,
        end_ns=begin + MINUTE,
        open=Decimal(100),
        high=Decimal(100),
        low=Decimal(90),
        close=Decimal(95),
        volume=Decimal(7),
        quote_volume=Decimal(670),
        taker_volume=Decimal(6),
        taker_quote_volume=Decimal(580),
        trades=3,
        first_trade=1,
        last_trade=3,
    )


def sparse() -> Candles:
    """Trades in the minutes 0, 3 and 4 of an hour."""
    candles = Candles(Interval.M1, kept_max=10)
    for number, (minute, price) in enumerate(((0, "100"), (3, "110"), (4, "120")), start=1):
        candles.add(candle_of(trade(number, minute * MINUTE + SECOND, price)))
    return candles


def opens(candles) -> list[int]:
    return [candle.open_ns // MINUTE for candle in candles]


@pytest.mark.parametrize(
    ("start", "end", "count", "expected"),
    [
        (None, 5 * MINUTE, 500, [0, 1, 2, 3, 4, 5]),
        (None, 5 * MINUTE, 2, [4, 5]),
        (None, 3 * MINUTE + 5, 2, [2, 3]),
        (MINUTE, 5 * MINUTE, 3, [1, 2, 3]),
        # Only candles that opened at the start or later.
        (MINUTE + 1, 3 * MINUTE, 500, [2, 3]),
        (-(10**18), 1 * MINUTE, 500, [0, 1]),
        (6 * MINUTE, 5 * MINUTE, 500, []),
        (None, -1, 500, []),
    ],
)
def test_a_window_has_no_holes(start, end, count, expected):
    assert opens(sparse().window(start, end, count)) == expected


def test_a_gap_is_flat_at_the_last_close():
    flat = sparse().window(MINUTE, 2 * MINUTE, 500)
    assert [candle.close for candle in flat] == [Decimal(100)] * 2
    assert all(candle.open == candle.high == candle.low == candle.close for candle in flat)
    assert all(candle.volume == 0 and candle.trades == 0 for candle in flat)
    assert {candle.first_trade for candle in flat} == {NO_TRADE}


@pytest.mark.parametrize(
    ("interval", "hours", "opened", "ended"),
    [
        ("1d", 8, "2026-02-27T16:00:00", "2026-02-28T16:00:00"),
        ("1d", -5, "2026-02-28T05:00:00", "2026-03-01T05:00:00"),
        ("1w", 8, "2026-02-22T16:00:00", "2026-03-01T16:00:00"),
        ("1M", 8, "2026-01-31T16:00:00", "2026-02-28T16:00:00"),
        ("4h", 1, "2026-02-28T11:00:00", "2026-02-28T15:00:00"),
        ("1h", 8, "2026-02-28T13:00:00", "2026-02-28T14:00:00"),
    ],
)
def test_zones_have_their_own_days(interval, hours, opened, ended):
    moment = at("2026-02-28T13:47:31")
    candles = Candles(Interval(interval), kept_max=10, offset_ns=hours * 60 * MINUTE)
    candles.add(candle_of(trade(1, moment, "100")))
    (candle,) = candles.window(None, moment, 500)
    assert (candle.open_ns, candle.end_ns) == (at(opened), at(ended))
    both = candles.window(at(opened), at(ended), 500)
    assert [later.open_ns for later in both] == [at(opened), at(ended)]


@pytest.mark.parametrize(
    ("interval", "minutes", "same"),
    [("1d", 0, True), ("1d", 480, False), ("8h", 480, True), ("8h", 60, False), ("1h", 345, False)],
)
def test_some_intervals_begin_alike_in_other_zones(interval, minutes, same):
    assert Interval(interval).keeps_to(minutes * MINUTE) is same


def test_nothing_is_drawn_without_trades():
    assert Candles(Interval.M1, kept_max=10).window(None, MINUTE, 500) == ()


def test_the_oldest_candles_are_forgotten():
    candles = Candles(Interval.S1, kept_max=3)
    for second in range(5):
        candles.add(candle_of(trade(second, second * SECOND, "100")))
    kept = candles.window(None, 4 * SECOND, 500)
    assert [candle.open_ns // SECOND for candle in kept] == [2, 3, 4]
