"""Binance's prices for the engine, kept current by streams and requests that need no key."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from random import Random
from typing import Final

import msgspec
import structlog
from aitrader_server.domain.instrument import Bar, Quote
from aitrader_server.domain.intervals import INTERVALS
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.feed import FeedSettings, SymbolFeed
from aitrader_gateway.binance.market_connection import MarketSettings
from aitrader_gateway.binance.market_events import MarketEvent
from aitrader_gateway.binance.market_reads import BARS_MAX, MarketReads, Requests
from aitrader_gateway.binance.market_stream import MarketStream

log = structlog.get_logger(__name__)

# Four streams each: well below the venue's 1024 a connection, and short enough for an address line.
SYMBOLS_PER_CONNECTION_MAX: Final = 50


class QuotesSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`start` waits `start_timeout_s` at most for prices; late symbols are looked for on and on."""

    start_timeout_s: float = 10.0
    check_interval_s: float = 1.0
    stream: MarketSettings = MarketSettings()
    feed: FeedSettings = FeedSettings()


DEFAULTS: Final = QuotesSettings()


class _Connected:
    """Symbols that share a connection, and with it its losses."""

    def __init__(self, feeds: Mapping[str, SymbolFeed]) -> None:
        self._feeds = feeds

    def on_event(self, event: MarketEvent) -> None:
        self._feeds[event.symbol].on_event(event)

    def on_up(self) -> None:
        for feed in self._feeds.values():
            feed.catch_up()

    def on_down(self, cause: str) -> None:
        log.warning("prices age", symbols=sorted(self._feeds), cause=cause)
        for feed in self._feeds.values():
            feed.lose()

    def on_gap(self, cause: str) -> None:
        self.on_down(cause)
        self.on_up()


class BinanceQuotes:
    """Implements QuoteSource for `symbols`, which the venue must know."""

    intervals = INTERVALS

    def __init__(
        self,
        requests: Requests,
        clock: Clock,
        random: Random,
        *,
        stream_url: str,
        symbols: Sequence[str],
        settings: QuotesSettings = DEFAULTS,
    ) -> None:
        self._settings = settings
        self._reads = MarketReads(requests)
        self._clock = clock
        self._random = random
        self._listeners: dict[int, Callable[[Quote], None]] = {}
        self._numbers = count(1)
        self._task: asyncio.Task[None] | None = None
        self._feeds: dict[str, SymbolFeed] = {}
        self._streams: dict[str, MarketStream] = {}
        for first in range(0, len(symbols), SYMBOLS_PER_CONNECTION_MAX):
            self._connect(stream_url, symbols[first : first + SYMBOLS_PER_CONNECTION_MAX])

    async def start(self) -> None:
        """Begins to listen; prices are there when it returns, unless the venue was not in time."""
        self._task = asyncio.create_task(self._run(), name="binance quotes")
        self._task.add_done_callback(_report)
        ready = [asyncio.ensure_future(feed.ready.wait()) for feed in self._feeds.values()]
        _, late = await asyncio.wait(ready, timeout=self._settings.start_timeout_s)
        for task in late:
            task.cancel()
        if late:
            log.warning("not every price is there yet", symbols_late=len(late))

    async def stop(self) -> None:
        """Stops listening; the newest prices stay readable and age."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    @property
    def detail(self) -> str:
        """What is not well; empty when every stream stands."""
        down = [symbol for symbol, stream in self._streams.items() if not stream.up]
        return f"no market stream for {', '.join(sorted(down))}" if down else ""

    def quote(self, symbol: str) -> Quote | None:
        """The newest prices; how old they are takes the stream's condition into account."""
        feed = self._feeds.get(symbol)
        return None if feed is None else feed.quote(self._streams[symbol].alive_ns)

    def bars(self, symbol: str, count: int) -> Sequence[Bar]:
        """The newest closed minutes, oldest first; none while one is missing."""
        feed = self._feeds.get(symbol)
        return () if feed is None else feed.bars(count)

    async def history(
        self, symbol: str, interval: str, end_ns: int, count: int
    ) -> Sequence[Bar] | None:
        """The newest minutes as they are kept, everything else by a request that weighs 2."""
        feed = self._feeds.get(symbol)
        return () if feed is None else await feed.history(interval, end_ns, min(count, BARS_MAX))

    def watch(self, listener: Callable[[Quote], None]) -> Callable[[], None]:
        """Calls `listener` at every change of a price until the returned function is called."""
        number = next(self._numbers)
        self._listeners[number] = listener
        return lambda: self._listeners.pop(number, None) and None

    def _connect(self, url: str, symbols: Sequence[str]) -> None:
        """Makes the feeds of `symbols` and the stream that they share."""
        feeds: dict[str, SymbolFeed] = {}
        stream = MarketStream(
            url,
            symbols,
            _Connected(feeds),
            clock=self._clock,
            random=self._random,
            settings=self._settings.stream,
        )
        for symbol in symbols:
            feeds[symbol] = SymbolFeed(
                symbol,
                self._reads,
                self._clock,
                self._random,
                self._settings.feed,
                on_quote=self._tell,
                on_deaf=stream.restart,
            )
            self._streams[symbol] = stream
        self._feeds.update(feeds)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for stream in set(self._streams.values()):
                group.create_task(stream.run())
            for feed in self._feeds.values():
                group.create_task(feed.run())
            group.create_task(self._look_after())
            group.create_task(self._compare_quiet())

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(self._settings.check_interval_s)
            for symbol, feed in self._feeds.items():
                if self._streams[symbol].up:
                    feed.check()

    async def _compare_quiet(self) -> None:
        """Tells quiet markets from those of which nothing is heard, by one question for all."""
        while True:
            await asyncio.sleep(self._settings.check_interval_s)
            quiet = [symbol for symbol, feed in self._feeds.items() if feed.quiet]
            if not quiet:
                continue
            asked_ns = self._clock.now_ns()
            touches = await self._reads.touches(quiet)
            if touches is None:
                await asyncio.sleep(self._settings.feed.quiet_s)
                continue
            for symbol, touch in touches.items():
                self._feeds[symbol].compare(touch, asked_ns)

    def _tell(self, quote: Quote) -> None:
        for listener in tuple(self._listeners.values()):
            listener(quote)


def _report(task: asyncio.Task[None]) -> None:
    """Nobody awaits the task while it runs: what ends it must not go unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("prices are not kept any more", exc_info=error)
