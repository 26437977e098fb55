"""MarketDataService."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from aitrader.v1 import market_data_pb2, market_data_pb2_grpc

from aitrader_server.domain.instrument import Bar, Quote
from aitrader_server.domain.money import text
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.errors import InvalidRequest, NotFound
from aitrader_server.rpc.convert.words import timestamp

NS_PER_MS = 1_000_000
BAR_INTERVAL = "1m"
BARS_DEFAULT = 100


class MarketDataServicer(market_data_pb2_grpc.MarketDataServiceServicer):
    """Says what the market does; `heartbeat_s` of silence bring a sign of life."""

    def __init__(self, engine: Engine, heartbeat_s: float) -> None:
        self._engine = engine
        self._heartbeat_s = heartbeat_s

    async def GetQuote(
        self, request: market_data_pb2.GetQuoteRequest, context: Any
    ) -> market_data_pb2.GetQuoteResponse:
        find_instrument(self._engine.parts.instruments, request.symbol)
        quote = self._engine.ports.quotes.quote(request.symbol)
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
        changed = asyncio.Event()

        def take(quote: Quote) -> None:
            if not symbols or quote.symbol in symbols:
                newest[quote.symbol] = quote
                changed.set()

        stop = self._engine.ports.quotes.watch(take)
        sequence = 0
        try:
            for symbol in symbols or self._engine.parts.instruments:
                if (quote := self._engine.ports.quotes.quote(symbol)) is not None:
                    take(quote)
            while not self._engine.bus.draining:
                await self._wait(changed)
                changed.clear()
                for symbol in list(newest) or [""]:
                    sequence += 1
                    quote = newest.pop(symbol, None)
                    yield market_data_pb2.StreamQuotesResponse(
                        sequence=sequence,
                        quote=None if quote is None else self._message(quote),
                    )
        finally:
            stop()

    async def ListBars(
        self, request: market_data_pb2.ListBarsRequest, context: Any
    ) -> market_data_pb2.ListBarsResponse:
        find_instrument(self._engine.parts.instruments, request.symbol)
        if request.interval not in ("", BAR_INTERVAL):
            raise InvalidRequest(
                f"bars of {request.interval} are not kept; ask for {BAR_INTERVAL}",
                field="interval",
            )
        if request.page_token:
            raise InvalidRequest("the newest bars are one page: leave it out", field="page_token")
        bars = self._engine.ports.quotes.bars(request.symbol, request.page_size or BARS_DEFAULT)
        return market_data_pb2.ListBarsResponse(bars=[_bar(bar) for bar in bars])

    async def _wait(self, changed: asyncio.Event) -> None:
        """Until a quote changed or it is time for a sign of life."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat_s):
                await changed.wait()

    def _message(self, quote: Quote) -> market_data_pb2.Quote:
        engine = self._engine
        age_ms = max(engine.ports.clock.now_ns() - quote.at_ns, 0) // NS_PER_MS
        return market_data_pb2.Quote(
            symbol=quote.symbol,
            bid=text(quote.bid),
            ask=text(quote.ask),
            bid_quantity=text(quote.bid_quantity),
            ask_quantity=text(quote.ask_quantity),
            last=text(quote.last),
            at=timestamp(quote.at_ns),
            age_ms=age_ms,
            stale=age_ms > engine.book.state.limits.max_quote_age_ms,
        )


def _bar(bar: Bar) -> market_data_pb2.Bar:
    return market_data_pb2.Bar(
        open_time=timestamp(bar.open_ns),
        open=text(bar.open),
        high=text(bar.high),
        low=text(bar.low),
        close=text(bar.close),
        volume=text(bar.volume),
        closed=True,
    )
