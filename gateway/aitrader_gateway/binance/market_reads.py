"""Market data that is asked for, of anybody: no key is needed."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar

import msgspec
import structlog
from aitrader_server.domain.instrument import Bar

from aitrader_gateway.binance.market_events import DepthSnapshot, Touch, require_amounts
from aitrader_gateway.binance.operations import BOOK_TICKER, KLINES, Operation
from aitrader_gateway.binance.outcome import Failure

log = structlog.get_logger(__name__)

BARS_MAX: Final = 1000
# As deep as a snapshot is worth its weight: the venue gives 5000 for ten times as much.
BOOK_LEVELS: Final = 500
BOOK: Final = Operation("get", "depth", 25, signed=False)
# Of the venue's 6000 a minute: what orders need must be there, whoever asks for bars.
WEIGHT_PER_WINDOW_MAX: Final = 2000
WINDOW_S: Final = 60.0
_NS_PER_MS: Final = 1_000_000
Reply = TypeVar("Reply")


class Requests(Protocol):
    """Whatever sends requests within the venue's budgets; a request that failed is a Failure."""

    async def send(self, operation: Operation, parameters: Mapping[str, str]) -> Any:
        """The decoded reply, or a Failure."""
        ...


class _Row(msgspec.Struct, array_like=True, frozen=True):
    """The first columns of a kline."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def __post_init__(self) -> None:
        require_amounts(self.open, self.high, self.low, self.close, self.volume)

    def bar(self) -> Bar:
        return Bar(
            open_ns=self.open_ms * _NS_PER_MS,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=self.volume,
        )


class _Ticker(msgspec.Struct, frozen=True, rename="camel"):
    """One element of the reply to a bookTicker request."""

    symbol: str
    bid_price: Decimal
    bid_qty: Decimal
    ask_price: Decimal
    ask_qty: Decimal

    def touch(self) -> Touch:
        return (self.bid_price, self.bid_qty), (self.ask_price, self.ask_qty)


class MarketReads:
    """Every method returns None when the venue could not be read, or said what nobody expects.

    So it does, too, when market data has had its share of the venue's weight for now.
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._window_s = 0.0
        self._spent = 0

    async def book(self, symbol: str) -> DepthSnapshot | None:
        """The best BOOK_LEVELS of each side."""
        parameters = {"symbol": symbol, "limit": str(BOOK_LEVELS)}
        return await self._read(BOOK, parameters, DepthSnapshot)

    async def touches(self, symbols: Sequence[str]) -> dict[str, Touch] | None:
        """Best bid and ask of each of `symbols`, all for the weight of two."""
        parameters = {"symbols": json.dumps(list(symbols), separators=(",", ":"))}
        tickers = await self._read(BOOK_TICKER, parameters, list[_Ticker])
        return None if tickers is None else {t.symbol: t.touch() for t in tickers}

    async def minutes(self, symbol: str) -> list[Bar] | None:
        """The newest BARS_MAX minutes, oldest first, the last one forming."""
        parameters = {"symbol": symbol, "interval": "1m", "limit": str(BARS_MAX)}
        return await self._bars(parameters)

    async def bars(self, symbol: str, interval: str, end_ns: int, count: int) -> list[Bar] | None:
        """The newest `count` (to BARS_MAX) bars that opened before `end_ns`, oldest first."""
        if end_ns <= 0:
            return []
        end_ms = (end_ns - 1) // _NS_PER_MS
        return await self._bars(
            {"symbol": symbol, "interval": interval, "endTime": str(end_ms), "limit": str(count)}
        )

    async def _bars(self, parameters: Mapping[str, str]) -> list[Bar] | None:
        rows = await self._read(KLINES, parameters, list[_Row])
        return None if rows is None else [row.bar() for row in rows]

    async def _read(
        self, operation: Operation, parameters: Mapping[str, str], shape: type[Reply]
    ) -> Reply | None:
        if not self._spend(operation.weight):
            return None
        reply = await self._requests.send(operation, parameters)
        if isinstance(reply, Failure):
            log.warning("market data not read", path=operation.path, cause=reply.reason)
            return None
        try:
            return msgspec.convert(reply, shape)
        except msgspec.ValidationError as error:
            log.warning("market data not understood", path=operation.path, cause=str(error))
            return None

    def _spend(self, weight: int) -> bool:
        """Whether this much is left of the share, of which it is taken."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._window_s >= WINDOW_S:
            self._window_s, self._spent = now_s, 0
        if self._spent + weight > WEIGHT_PER_WINDOW_MAX:
            if self._spent < WEIGHT_PER_WINDOW_MAX:
                # Said once a window, however often it is asked.
                log.warning("market data has had its share of the venue's weight")
                self._spent = WEIGHT_PER_WINDOW_MAX
            return False
        self._spent += weight
        return True
