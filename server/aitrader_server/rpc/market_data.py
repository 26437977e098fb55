"""MarketDataService."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from aitrader.v1 import market_data_pb2, market_data_pb2_grpc

from aitrader_server.domain.instrument import Bar, Quote
from aitrader_server.domain.intervals import MINUTE, end_of
from aitrader_server.domain.money import text
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.engine.ports import QuoteSource
from aitrader_server.errors import InvalidRequest, NotFound, Unavailable
from aitrader_server.rpc.convert.words import timestamp

NS_PER_MS = 1_000_000
BARS_DEFAULT = 100
# The last nanosecond that a timestamp of the contract can tell.
AT_NS_MAX = 253_402_300_799 * 1_000 * NS_PER_MS


class MarketDataServicer(market_data_pb2_grpc.MarketDataServiceServicer):
    """Says what the market does; `heartbeat_s` of silence bring a sign of life."""

    def __init__(self, engine: Engine, heartbeat_s: float) -> None:
        self._engine = engine
        self._heartbeat_s = heartbeat_s

    async def GetQuote(
        self, request: market_data_pb2.GetQuoteRequest, context: Any
    ) -> market_data_pb2.GetQuoteResponse:
        self._require_listed(request.symbol)
        quote = self._quotes.quote(request.symbol)
        if quote is None:
            raise NotFound(f"there is no quote for {request.symbol} yet", reason="NO_QUOTE")
        return market_data_pb2.GetQuoteResponse(quote=self._message(quote))

    async def StreamQuotes(
        self, request: market_data_pb2.StreamQuotesRequest, context: Any
    ) -> AsyncIterator[market_data_pb2.StreamQuotesResponse]:
        symbols = list(request.symbols)
        for symbol in symbols:
            find_instrument(self._engine.parts.instruments, symbol, field="symbols")
        newest: dict[str, Quote] = {}
        told: dict[str, bool] = {}
        changed = asyncio.Event()

        def take(quote: Quote) -> None:
            if not symbols or quote.symbol in symbols:
                newest[quote.symbol] = quote
                changed.set()

        stop = self._quotes.watch(take)
        loop = asyncio.get_running_loop()
        sequence, checked_s = 0, loop.time()
        try:
            for symbol in symbols or self._engine.parts.instruments:
                if (quote := self._quotes.quote(symbol)) is not None:
                    take(quote)
            while not self._engine.bus.draining:
                await self._wait(changed)
                changed.clear()
                if loop.time() - checked_s >= self._heartbeat_s:
                    checked_s = loop.time()
                    self._add_turned(newest, told)
                messages: list[market_data_pb2.Quote | None]
                messages = [self._message(quote) for quote in newest.values()]
                newest.clear()
                for message in messages or [None]:
                    sequence += 1
                    if message is not None:
                        told[message.symbol] = message.stale
                    yield market_data_pb2.StreamQuotesResponse(sequence=sequence, quote=message)
        finally:
            stop()

    async def ListBars(
        self, request: market_data_pb2.ListBarsRequest, context: Any
    ) -> market_data_pb2.ListBarsResponse:
        self._require_listed(request.symbol)
        interval, offered = request.interval or MINUTE, self._quotes.intervals
        if interval not in offered:
            raise InvalidRequest(
                f"bars of {interval} are not offered; these are: {', '.join(offered)}",
                field="interval",
            )
        now_ns = self._engine.ports.clock.now_ns()
        end_ns = _end(request.page_token) if request.page_token else now_ns + 1
        count = request.page_size or BARS_DEFAULT
        bars = await self._quotes.history(request.symbol, interval, end_ns, count)
        if bars is None:
            raise Unavailable("the venue could not be read; try again", reason="VENUE_UNREADABLE")
        return market_data_pb2.ListBarsResponse(
            bars=[_bar(bar, closed=end_of(interval, bar.open_ns) <= now_ns) for bar in bars],
            next_page_token=str(bars[0].open_ns) if len(bars) == count else "",
        )

    def _require_listed(self, symbol: str) -> None:
        """A symbol in a path is a resource: one that is not there is not found."""
        try:
            find_instrument(self._engine.parts.instruments, symbol)
        except InvalidRequest as error:
            raise NotFound(error.message, reason=error.reason) from error

    @property
    def _quotes(self) -> QuoteSource:
        return self._engine.ports.quotes

    def _add_turned(self, newest: dict[str, Quote], told: Mapping[str, bool]) -> None:
        """Adds what went stale, or is believed again, without any price having changed."""
        for symbol, stale in told.items():
            quote = self._quotes.quote(symbol)
            if quote is not None and self._stale(self._age_ms(quote)) is not stale:
                newest[symbol] = quote

    async def _wait(self, changed: asyncio.Event) -> None:
        """Until a quote changed or it is time for a sign of life."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat_s):
                await changed.wait()

    def _message(self, quote: Quote) -> market_data_pb2.Quote:
        age_ms = self._age_ms(quote)
        return market_data_pb2.Quote(
            symbol=quote.symbol,
            bid=text(quote.bid),
            ask=text(quote.ask),
            bid_quantity=text(quote.bid_quantity),
            ask_quantity=text(quote.ask_quantity),
            last=text(quote.last),
            at=timestamp(quote.at_ns),
            age_ms=age_ms,
            stale=self._stale(age_ms),
        )

    def _age_ms(self, quote: Quote) -> int:
        return max(self._engine.ports.clock.now_ns() - quote.at_ns, 0) // NS_PER_MS

    def _stale(self, age_ms: int) -> bool:
        return age_ms > self._engine.book.state.limits.max_quote_age_ms


def _end(token: str) -> int:
    """Where the page that `token` names ends: the opening of the oldest bar seen, nanoseconds."""
    if not token.isdecimal() or not token.isascii() or int(token) > AT_NS_MAX:
        raise InvalidRequest(
            "page_token is not one of this list: start again without it", field="page_token"
        )
    return int(token)


def _bar(bar: Bar, *, closed: bool) -> market_data_pb2.Bar:
    return market_data_pb2.Bar(
        open_time=timestamp(bar.open_ns),
        open=text(bar.open),
        high=text(bar.high),
        low=text(bar.low),
        close=text(bar.close),
        volume=text(bar.volume),
        closed=closed,
    )
