"""Prices that nobody quoted: a seeded random walk, for trying things out without a market."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import Final

from aitrader_server.domain.instrument import Bar, Instrument, Quote
from aitrader_server.domain.intervals import INTERVALS, MINUTE, combine, open_of
from aitrader_server.domain.money import ZERO
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.listings import START_PRICES

HISTORY_MINUTES: Final = 300
BARS_KEPT_MAX: Final = 1500
# History is walked in coarser steps than the live price, with the same volatility.
_HISTORY_STEP_MS: Final = 5000
# Standard deviation of one second's return in billionths: about 3 % a day for a coin.
_SIGMA_PER_SECOND_PPB: Final = 100_000
_TOUCH_NOTIONAL: Final = Decimal(50_000)


class _Walk:
    """One symbol's path: prices in whole ticks, so that no float comes near an amount."""

    def __init__(self, instrument: Instrument, seed: int, spread_ticks: int) -> None:
        self._instrument = instrument
        # A path must repeat from its seed; nothing here is secret.
        self._random = Random(f"{seed}:{instrument.symbol}")  # noqa: S311
        self._spread_ticks = spread_ticks
        start = START_PRICES.get(instrument.symbol, Decimal(100))
        self._ticks = int(start / instrument.tick_size)
        self._touch_quantity = instrument.floor_quantity(_TOUCH_NOTIONAL / start)
        self.bars: deque[Bar] = deque(maxlen=BARS_KEPT_MAX)
        self.forming: Bar | None = None
        self.quote: Quote | None = None

    def step(self, at_ns: int, elapsed_ms: int) -> Quote:
        """Moves the price by what `elapsed_ms` of time would, and quotes it as of `at_ns`."""
        sigma_ppb = _SIGMA_PER_SECOND_PPB * (elapsed_ms / 1000) ** 0.5
        move_ppb = round(self._random.gauss(0, 1) * sigma_ppb)
        # A small price that rounds to no move at all would never move again.
        drift = round(self._ticks * move_ppb / 1_000_000_000) or self._random.choice((-1, 0, 1))
        self._ticks = max(self._ticks + drift, 10 * self._spread_ticks)
        tick = self._instrument.tick_size
        bid = self._ticks * tick
        ask = (self._ticks + self._spread_ticks) * tick
        bought = self._random.random() < 0.5  # noqa: PLR2004 - an even chance
        quote = Quote(
            symbol=self._instrument.symbol,
            bid=bid,
            ask=ask,
            bid_quantity=self._depth(),
            ask_quantity=self._depth(),
            last=ask if bought else bid,
            at_ns=at_ns,
        )
        self.quote = quote
        self._draw(quote)
        return quote

    def _depth(self) -> Decimal:
        """Between a fifth and twice the usual quantity."""
        depth = self._touch_quantity * self._random.randint(20, 200) / 100
        return self._instrument.floor_quantity(depth)

    def _draw(self, quote: Quote) -> None:
        """Adds the price to the forming bar, which closes when its minute is over."""
        open_ns = open_of(MINUTE, quote.at_ns)
        price, forming = quote.last, self.forming
        if forming is not None and forming.open_ns == open_ns:
            first, high, low = forming.open, max(forming.high, price), min(forming.low, price)
            volume = forming.volume
        else:
            if forming is not None:
                self.bars.append(forming)
            first, high, low, volume = price, price, price, ZERO
        self.forming = Bar(
            open_ns=open_ns,
            open=first,
            high=high,
            low=low,
            close=price,
            volume=volume + quote.ask_quantity,
        )


class RandomWalkQuotes:
    """Geometric random walks; the same seed gives the same path, whatever the clock says.

    Minutes in which the process did not run have no bar.
    """

    # Longer bars are made of minutes; there is nothing to make a second of.
    intervals = INTERVALS[INTERVALS.index(MINUTE) :]

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        *,
        seed: int,
        period_ms: int,
        spread_ticks: int,
    ) -> None:
        self._clock = clock
        self._period_ms = period_ms
        self._walks = {
            symbol: _Walk(instrument, seed, spread_ticks)
            for symbol, instrument in sorted(instruments.items())
        }
        self._listeners: dict[int, Callable[[Quote], None]] = {}
        self._next_listener = 1
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Walks the history up to now, then on at every period."""
        now_ns = self._clock.now_ns()
        steps = HISTORY_MINUTES * 60_000 // _HISTORY_STEP_MS
        for walk in self._walks.values():
            for left in range(steps, 0, -1):
                walk.step(now_ns - left * _HISTORY_STEP_MS * 1_000_000, _HISTORY_STEP_MS)
        self._step()
        self._task = asyncio.create_task(self._run(), name="paper quotes")

    async def stop(self) -> None:
        """Stands still; the newest prices stay readable."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def quote(self, symbol: str) -> Quote | None:
        """The newest price; None before the start and for an unknown symbol."""
        walk = self._walks.get(symbol)
        return None if walk is None else walk.quote

    def bars(self, symbol: str, count: int) -> Sequence[Bar]:
        """The newest closed one-minute bars, oldest first."""
        walk = self._walks.get(symbol)
        return [] if walk is None or count <= 0 else list(walk.bars)[-count:]

    async def history(
        self, symbol: str, interval: str, end_ns: int, count: int
    ) -> Sequence[Bar] | None:
        """Bars made of the minutes since the start, the forming one included."""
        walk = self._walks.get(symbol)
        if walk is None or count <= 0:
            return []
        minutes = [*walk.bars, *([walk.forming] if walk.forming else [])]
        return [bar for bar in combine(minutes, interval) if bar.open_ns < end_ns][-count:]

    def watch(self, listener: Callable[[Quote], None]) -> Callable[[], None]:
        """Calls `listener` at every step until the returned function is called."""
        number = self._next_listener
        self._next_listener += 1
        self._listeners[number] = listener
        return lambda: self._listeners.pop(number, None) and None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._period_ms / 1000)
            self._step()

    def _step(self) -> None:
        now_ns = self._clock.now_ns()
        for walk in self._walks.values():
            quote = walk.step(now_ns, self._period_ms)
            for listener in tuple(self._listeners.values()):
                listener(quote)
