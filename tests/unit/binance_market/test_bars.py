"""Minutes are shown without a hole, or not at all."""

from decimal import Decimal

import pytest
from aitrader_gateway.binance.bars import LATE_NS_MAX, MinuteBars
from aitrader_gateway.binance.market_events import Candle
from aitrader_server.domain.instrument import Bar
from aitrader_server.domain.intervals import MINUTE_NS

NOW_MINUTE = 1000


def bar(minute, close=1):
    price = Decimal(close)
    return Bar(
        open_ns=minute * MINUTE_NS, open=price, high=price, low=price, close=price, volume=price
    )


def candle(minute, close=1, *, closed):
    price = Decimal(close)
    return Candle(minute * 60_000, price, price, price, price, price, closed)


def now(minute=NOW_MINUTE, late_ns=0):
    return minute * MINUTE_NS + late_ns


def shown(minutes, at_ns, count=3):
    return [b.open_ns // MINUTE_NS for b in minutes.newest(count, at_ns)]


@pytest.fixture
def minutes():
    """990 to 999 closed, 1000 forming."""
    minutes = MinuteBars()
    minutes.load([bar(minute) for minute in range(990, 1001)])
    return minutes


def test_nothing_is_shown_before_the_history_is_there():
    minutes = MinuteBars()
    minutes.take(candle(NOW_MINUTE, closed=True))
    assert minutes.behind(now(NOW_MINUTE + 1))
    assert shown(minutes, now(NOW_MINUTE + 1)) == []


def test_a_symbol_begins_with_its_first_trade():
    minutes = MinuteBars()
    minutes.load([])
    assert not minutes.behind(now())
    assert shown(minutes, now()) == []
    minutes.take(candle(1000, 4, closed=False))
    assert minutes.forming == bar(1000, 4)
    assert not minutes.behind(now())
    assert minutes.behind(now(1001, LATE_NS_MAX + 1))
    minutes.take(candle(1000, 5, closed=True))
    assert minutes.newest(3, now(1001)) == (bar(1000, 5),)


def test_a_first_minute_that_was_not_seen_to_close_is_missing():
    minutes = MinuteBars()
    minutes.load([bar(1000)])
    minutes.take(candle(1001, closed=False))
    assert minutes.behind(now(1001))


def test_known_minutes_are_told_up_to_any_end_and_the_rest_is_the_venues(minutes):
    assert minutes.before(now(), 2, now()) == [bar(998), bar(999)]
    assert minutes.before(now() + 1, 2, now()) == [bar(999), bar(1000)]
    assert minutes.before(now() + 1, 11, now()) is not None
    assert minutes.before(now() + 1, 12, now()) is None
    minutes.lose()
    assert minutes.before(now(), 2, now()) is None


def test_the_stream_continues_the_history(minutes):
    minutes.take(candle(1000, 5, closed=False))
    assert minutes.forming == bar(1000, 5)
    assert shown(minutes, now()) == [997, 998, 999]
    minutes.take(candle(1000, 6, closed=True))
    minutes.take(candle(1001, 7, closed=False))
    assert shown(minutes, now(1001)) == [998, 999, 1000]
    assert minutes.newest(1, now(1001)) == (bar(1000, 6),)
    assert minutes.newest(0, now(1001)) == ()


def test_what_was_said_before_changes_nothing(minutes):
    minutes.take(candle(1000, 6, closed=True))
    minutes.take(candle(1000, 5, closed=False))
    minutes.take(candle(1000, 4, closed=True))
    assert minutes.newest(1, now(1001)) == (bar(1000, 6),)
    assert minutes.forming is None


@pytest.mark.parametrize("closed", [True, False])
def test_a_skipped_minute_hides_everything_until_it_is_read(minutes, closed):
    minutes.take(candle(1001, closed=closed))
    assert shown(minutes, now(1002)) == []
    minutes.load([bar(minute) for minute in range(990, 1003)])
    assert shown(minutes, now(1002)) == [999, 1000, 1001]


def test_a_minute_that_does_not_come_is_missed_soon_after_its_end(minutes):
    assert not minutes.behind(now(1001, LATE_NS_MAX))
    assert minutes.behind(now(1001, LATE_NS_MAX + 1))
    assert shown(minutes, now(1001, LATE_NS_MAX + 1)) == []


def test_what_came_while_the_history_was_read_follows_it():
    minutes = MinuteBars()
    minutes.take(candle(1000, 8, closed=True))
    minutes.take(candle(1001, 9, closed=False))
    minutes.load([bar(minute) for minute in range(990, 1001)])
    assert minutes.newest(1, now(1001)) == (bar(1000, 8),)
    assert minutes.forming == bar(1001, 9)


def test_a_loss_hides_everything_until_it_is_read_again(minutes):
    minutes.lose()
    assert shown(minutes, now()) == []
    minutes.take(candle(1000, closed=True))
    assert shown(minutes, now(1001)) == []
    minutes.load([bar(minute) for minute in range(995, 1002)])
    assert shown(minutes, now(1001)) == [998, 999, 1000]
