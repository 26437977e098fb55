"""What is known of one symbol's market, and for how long it may be believed."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Final

import msgspec
from aitrader_server.domain.instrument import Bar, Quote
from aitrader_server.domain.intervals import MINUTE
from aitrader_server.domain.money import ZERO
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.bars import MinuteBars
from aitrader_gateway.binance.errands import Errand
from aitrader_gateway.binance.local_book import LocalBook
from aitrader_gateway.binance.market_events import (
    BestPrices,
    CandleUpdate,
    DepthChange,
    LastTrade,
    MarketEvent,
    Touch,
)
from aitrader_gateway.binance.market_reads import BOOK_LEVELS, MarketReads
from aitrader_gateway.binance.pacing import Pacing

_NS_PER_S: Final = 1_000_000_000
_NO_LEVEL: Final = (ZERO, ZERO)


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When silence means a quiet market, and when it means that nothing is heard.

    After `quiet_s` without news of its book a symbol's touch is compared with the venue's; without
    either it is believed for `quiet_s_max`. A stream that is `deaf_s` behind is deaf.
    """

    quiet_s: float = 10.0
    quiet_s_max: float = 30.0
    deaf_s: float = 2.0
    wait_s_min: float = 0.1
    wait_s_max: float = 30.0
    stable_s: float = 60.0


class SymbolFeed:
    """The touch is that of the newer book: the ticker's, or the one kept from the changes.

    A price is of the time at which it was received. While its stream stands, every frame shows that
    nothing newer was sent before it, so the price is as of that frame; but not for longer than
    `quiet_s_max` after the last sign of this very book. Once the stream is lost, or something may
    have been missed, a price is as old as it is, until another one is there.
    """

    def __init__(
        self,
        symbol: str,
        reads: MarketReads,
        clock: Clock,
        random: Random,
        settings: FeedSettings,
        *,
        on_quote: Callable[[Quote], None],
        on_deaf: Callable[[str], None],
    ) -> None:
        self.symbol = symbol
        self.ready = asyncio.Event()
        self.book = LocalBook()
        self.minutes = MinuteBars()
        self._reads = reads
        self._clock = clock
        self._settings = settings
        self._on_quote = on_quote
        self._on_deaf = on_deaf
        self._ticker: BestPrices | None = None
        self._last: Decimal | None = None
        self._last_ms = 0
        self._last_number = 0
        self._quote: Quote | None = None
        # Counts what put everything in doubt; an answer to an earlier question counts for nothing.
        self._era = 0
        self._vouched = False
        self._heard_ns = 0
        # A change that the ticker told of and the book has not come to yet, and since when.
        self._ahead: tuple[int, int] | None = None
        # When the venue was found to say something else.
        self._contradicted_ns: int | None = None
        self._errands = {
            attempt: Errand(attempt, _pacing(random, settings))
            for attempt in (self._load_book, self._load_minutes)
        }

    async def run(self) -> None:
        """Does what has to be asked for until cancelled."""
        async with asyncio.TaskGroup() as group:
            for errand in self._errands.values():
                group.create_task(errand.run())

    @property
    def quiet(self) -> bool:
        """Whether a price is believed that nothing was heard of for a while."""
        age_ns = self._clock.now_ns() - self._known_ns
        return self._vouched and age_ns > self._settings.quiet_s * _NS_PER_S

    def quote(self, alive_ns: int) -> Quote | None:
        """The touch and the last price, given that the stream's newest frame is of `alive_ns`."""
        quote = self._quote
        if quote is None or not self._vouched:
            return quote
        believed_ns = self._heard_ns + int(self._settings.quiet_s_max * _NS_PER_S)
        at_ns = max(min(quote.at_ns, self._heard_ns), min(alive_ns, believed_ns))
        return msgspec.structs.replace(quote, at_ns=at_ns)

    def bars(self, count: int) -> Sequence[Bar]:
        """The newest closed minutes; none while one is missing."""
        return self.minutes.newest(count, self._clock.now_ns())

    async def history(self, interval: str, end_ns: int, count: int) -> Sequence[Bar] | None:
        """Minutes that are known cost nothing; the others are read."""
        if interval == MINUTE:
            known = self.minutes.before(end_ns, count, self._clock.now_ns())
            if known is not None:
                return known
        return await self._reads.bars(self.symbol, interval, end_ns, count)

    def on_event(self, event: MarketEvent) -> None:
        """One event of this symbol, in the stream's order; it may be a repetition."""
        match event:
            case BestPrices():
                self._take_ticker(event)
            case DepthChange():
                self._take_change(event)
            case LastTrade():
                if event.number > self._last_number:
                    self._last_number = event.number
                    self._take_last(event.price, event.traded_ms)
            case CandleUpdate():
                self.minutes.take(event.candle)
                if event.at_ms > self._last_ms:
                    self._take_last(event.candle.close, event.at_ms)

    def lose(self) -> None:
        """Something may have been missed: what is known ages from here on."""
        self._era += 1
        self._vouched = False
        self._ticker = None
        self._last = None
        self._last_number = self._last_ms = 0
        self._ahead = None
        self._contradicted_ns = None
        self.book.lose()
        self.minutes.lose()

    def catch_up(self) -> None:
        """Asks for everything that a stream which begins here does not tell."""
        self._errands[self._load_book].wake()
        self._errands[self._load_minutes].wake()

    def check(self) -> None:
        """Looks after what is late; to be called now and then while the stream stands."""
        now_ns = self._clock.now_ns()
        if self.minutes.behind(now_ns):
            self._errands[self._load_minutes].wake()
        deaf_ns = int(self._settings.deaf_s * _NS_PER_S)
        if self._ahead is not None and now_ns - self._ahead[1] > deaf_ns:
            self._on_deaf(f"the book of {self.symbol} does not follow its ticker")
        if self._contradicted_ns is not None and now_ns - self._contradicted_ns > deaf_ns:
            self._on_deaf(f"nothing is heard of {self.symbol}, and its price is another")

    def compare(self, touch: Touch, asked_ns: int) -> None:
        """Takes note of what the venue answered to a question of `asked_ns`."""
        quote = self._quote
        if quote is None or not self._vouched or self._known_ns > asked_ns:
            return
        if touch == ((quote.bid, quote.bid_quantity), (quote.ask, quote.ask_quantity)):
            self._hear(asked_ns)
        elif self._contradicted_ns is None:
            # What makes the difference may be on its way.
            self._contradicted_ns = self._clock.now_ns()

    @property
    def _known_ns(self) -> int:
        """When the touch was last heard of; in the future of a clock that was set back, never."""
        return self._heard_ns if self._heard_ns <= self._clock.now_ns() else 0

    def _hear(self, at_ns: int) -> None:
        """The touch was the venue's at `at_ns`."""
        self._heard_ns = max(self._known_ns, at_ns)
        self._contradicted_ns = None

    def _take_ticker(self, ticker: BestPrices) -> None:
        # Repetitions are no news: a venue that counts anew would be taken for a quiet one.
        if self._ticker is not None and ticker.update_id <= self._ticker.update_id:
            return
        self._hear(self._clock.now_ns())
        self._ticker = ticker
        self._compose()

    def _take_change(self, change: DepthChange) -> None:
        was_in_step = self.book.in_step
        if was_in_step and change.last <= self.book.update_id:
            return
        self._hear(self._clock.now_ns())
        if self.book.change(change):
            if self._ahead is not None and self.book.update_id >= self._ahead[0]:
                self._ahead = None
            self._compose()
        elif was_in_step:
            self._errands[self._load_book].wake()

    def _take_last(self, price: Decimal, at_ms: int) -> None:
        self._last_ms = max(self._last_ms, at_ms)
        if price != self._last:
            self._last = price
            self._compose()

    def _compose(self) -> None:
        """A quote of what is known now, told when it says something else than before."""
        if self._last is None or (touch := self._touch()) is None:
            return
        (bid, bid_quantity), (ask, ask_quantity) = touch
        before = self._quote
        self._quote = Quote(
            symbol=self.symbol,
            bid=bid,
            ask=ask,
            bid_quantity=bid_quantity,
            ask_quantity=ask_quantity,
            last=self._last,
            at_ns=self._heard_ns,
        )
        self._vouched = True
        if before is None or not _same(before, self._quote):
            self._on_quote(self._quote)
        if not self.minutes.behind(self._clock.now_ns()):
            self.ready.set()

    def _touch(self) -> Touch | None:
        """Best bid and best ask of whichever has the later change, while there is one."""
        ticker, book = self._ticker, self.book
        if book.in_step and (ticker is None or ticker.update_id <= book.update_id):
            return book.bids.best or _NO_LEVEL, book.asks.best or _NO_LEVEL
        if ticker is None:
            return None
        if book.in_step and self._ahead is None:
            self._ahead = ticker.update_id, self._clock.now_ns()
        return (ticker.bid, ticker.bid_quantity), (ticker.ask, ticker.ask_quantity)

    async def _load_book(self) -> bool:
        if self.book.in_step:
            return True
        era, asked_ns = self._era, self._clock.now_ns()
        snapshot = await self._reads.book(self.symbol)
        if snapshot is None or era != self._era:
            return False
        if self.book.load(snapshot, BOOK_LEVELS):
            self._hear(asked_ns)
            self._compose()
        return self.book.in_step

    async def _load_minutes(self) -> bool:
        if self._last is not None and not self.minutes.behind(self._clock.now_ns()):
            return True
        era = self._era
        minutes = await self._reads.minutes(self.symbol)
        if minutes is None or era != self._era:
            return False
        self.minutes.load(minutes)
        if self._last is None and minutes:
            self._last = minutes[-1].close
        self._compose()
        return True


def _same(one: Quote, other: Quote) -> bool:
    """Whether both say the same of the market, whenever that was."""
    return msgspec.structs.replace(one, at_ns=other.at_ns) == other


def _pacing(random: Random, settings: FeedSettings) -> Pacing:
    """Waits between requests; these are no connects, and have budgets of their own."""
    return Pacing(
        random,
        wait_s_min=settings.wait_s_min,
        wait_s_max=settings.wait_s_max,
        stable_s=settings.stable_s,
        connects_max=1,
        window_s=0.0,
    )
