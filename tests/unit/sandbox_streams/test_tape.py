"""What the tape remembers of trades."""

from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.candles import Candle, Interval
from aitrader_gateway.sandbox.matching.model import MarketTrade
from aitrader_gateway.sandbox.tape import DAY_NS, MINUTE_NS, Tape

MS = 1_000_000
NOON = 20_000 * DAY_NS + DAY_NS // 2


def trade(number: int, at_ns: int, price="100", *, taker=7, buyer_is_maker=False) -> MarketTrade:
    return MarketTrade(
        symbol="BTCUSDT",
        number=number,
        price=Decimal(price),
        quantity=Decimal(1),
        buyer_is_maker=buyer_is_maker,
        buyer_order=1000 + number if buyer_is_maker else taker,
        seller_order=taker if buyer_is_maker else 1000 + number,
        at_ns=at_ns,
    )


def taped(*trades: MarketTrade, **bounds: int) -> Tape:
    tape = Tape(**bounds)
    tape.take(trades, NOON)
    return tape


@pytest.mark.parametrize(
    ("second", "joined"),
    [
        (trade(2, NOON), True),
        (trade(2, NOON + MS - 1), True),
        (trade(2, NOON + MS), False),
        (trade(2, NOON, "101"), False),
        (trade(2, NOON, taker=8), False),
        # The taker is the seller now, and another order.
        (trade(2, NOON, buyer_is_maker=True, taker=9), False),
    ],
)
def test_an_aggregate_is_one_taker_one_price_one_millisecond(second, joined):
    rows = taped(trade(1, NOON), second).aggregates("BTCUSDT")
    if joined:
        (row,) = rows
        assert (row.number, row.first_trade, row.last_trade) == (1, 1, 2)
        assert row.quantity == 2
        return
    assert [(row.number, row.first_trade, row.last_trade) for row in rows] == [
        (1, 1, 1),
        (2, 2, 2),
    ]


def test_what_is_remembered_is_bounded():
    tape = taped(*(trade(number, NOON, taker=number) for number in range(1, 8)), trades_max=3)
    assert [row.number for row in tape.trades("BTCUSDT")] == [5, 6, 7]
    assert [row.number for row in tape.aggregates("BTCUSDT")] == [5, 6, 7]


def test_a_window_slides_by_the_minute():
    tape = taped(
        trade(1, NOON - DAY_NS - MINUTE_NS, "80"),
        trade(2, NOON - DAY_NS + MINUTE_NS, "90"),
        trade(3, NOON - 5, "120"),
        trade(4, NOON, "110"),
    )
    day = tape.window("BTCUSDT", NOON)
    assert (day.open_ns, day.close_ns) == (NOON - DAY_NS, NOON)
    assert (day.total.first_trade, day.total.last_trade, day.total.trades) == (2, 4, 3)
    assert (day.total.open, day.total.high, day.total.low) == (90, 120, 90)
    assert (day.previous_close, day.last_price) == (80, 110)
    assert day.change == 20
    assert format(day.change_percent, ".3f") == "22.222"
    assert format(day.average_price, ".4f") == "106.6667"
    hour = tape.window("BTCUSDT", NOON, 60 * MINUTE_NS)
    assert (hour.total.trades, hour.previous_close) == (2, 90)


@pytest.mark.parametrize("length_min", [1, 59, 60, 61, 24 * 60, 7 * 24 * 60])
@pytest.mark.parametrize("now", [NOON, NOON + 31 * MINUTE_NS + 7])
def test_every_window_counts_exactly_its_own_trades(length_min, now):
    opened = (now - length_min * MINUTE_NS) // MINUTE_NS * MINUTE_NS
    times = [opened - 1, opened, opened + 1, (opened + now) // 2, now]
    tape = taped(*(trade(number, at_ns) for number, at_ns in enumerate(sorted(times))))
    window = tape.window("BTCUSDT", now, length_min * MINUTE_NS)
    assert window.open_ns == opened
    assert window.total.trades == sum(opened <= at_ns <= now for at_ns in times)


def test_a_quiet_window_keeps_the_last_price():
    day = taped(trade(1, NOON - 3 * DAY_NS, "80")).window("BTCUSDT", NOON)
    assert (day.last_price, day.total.open, day.total.volume) == (80, 80, 0)
    assert day.average_price == 80
    assert day.change_percent == 0


def test_a_symbol_that_never_traded_has_zeros():
    day = Tape().window("BTCUSDT", NOON)
    assert (day.last_price, day.total.volume, day.change_percent) == (0, 0, 0)
    assert Tape().trades("BTCUSDT") == ()
    assert Tape().aggregates("BTCUSDT") == ()


def test_history_fills_its_own_interval_and_the_coarser_ones():
    tape = Tape()
    minutes = [
        Candle(
            open_ns=NOON + minute * MINUTE_NS,
            open=Decimal(100 + minute),
            high=Decimal(105 + minute),
            low=Decimal(95),
            close=Decimal(101 + minute),
            volume=Decimal(1),
        )
        for minute in range(6)
    ]
    tape.add_history("BTCUSDT", Interval.M1, minutes)
    end_ns = NOON + 6 * MINUTE_NS

    def drawn(interval: Interval):
        return tape.candles("BTCUSDT", interval, start_ns=None, end_ns=end_ns, count=500)

    assert len(drawn(Interval.M1)) == 7
    assert [(row.open, row.close, row.volume) for row in drawn(Interval.M5)] == [
        (100, 105, 5),
        (105, 106, 1),
    ]
    assert not drawn(Interval.S1)
    assert tape.window("BTCUSDT", end_ns).last_price == 106


def test_what_is_cleared_is_forgotten():
    tape = taped(trade(1, NOON))
    tape.clear()
    assert tape.trades("BTCUSDT") == ()
