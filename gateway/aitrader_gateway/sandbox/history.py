"""Minutes that a market had before the venue opened: made up from a seed, so that models can begin.

Walked backwards from where the market opens, with the volatility that its maker then has.
"""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Final

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import from_float

from aitrader_gateway.sandbox.candles import Candle, Interval

MINUTE_NS: Final = 60_000_000_000
_STEPS: Final = 12
_BIP: Final = 1e-4


def minutes_before(
    now_ns: int,
    instrument: Instrument,
    price: Decimal,
    *,
    seed: int,
    volatility_bips: float,
    count: int,
) -> Iterator[Candle]:
    """`count` closed minutes up to now, oldest first, the last of which closes at `price`.

    `volatility_bips` is the deviation of a minute's return.
    """
    # A past must repeat from its seed; nothing here is secret.
    chance = Random(f"past:{seed}:{instrument.symbol}")  # noqa: S311
    path = [float(price / instrument.tick_size)]
    sigma = volatility_bips * _BIP / _STEPS**0.5
    for _ in range(count * _STEPS):
        path.append(max(path[-1] * (1 + chance.gauss(0, sigma)), 1.0))
    path.reverse()
    opened_ns = Interval.M1.opens_at(now_ns) - count * MINUTE_NS
    for minute in range(count):
        ticks = [round(each) for each in path[minute * _STEPS : (minute + 1) * _STEPS + 1]]
        prices = [each * instrument.tick_size for each in ticks]
        share = from_float(round(chance.uniform(0.01, 0.1), 4))
        volume = instrument.floor_quantity(instrument.market_max_quantity * share)
        yield Candle(
            open_ns=opened_ns + minute * MINUTE_NS,
            open=prices[0],
            high=max(prices),
            low=min(prices),
            close=prices[-1],
            volume=volume,
            quote_volume=volume * prices[-1],
            taker_volume=instrument.floor_quantity(volume / 2),
            taker_quote_volume=instrument.floor_quantity(volume / 2) * prices[-1],
            trades=_STEPS,
        )
