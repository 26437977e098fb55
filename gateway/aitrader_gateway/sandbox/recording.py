"""Replays recorded trades or bars, so that a sandbox's prices go where a market's once went.

A recording is a CSV file, plain or .gz, oldest row first, with one of two headers:

    time_ms,symbol,price,quantity,side
    open_ms,close_ms,symbol,open,high,low,close,volume

Times are UTC milliseconds; `side` is the taker's, BUY or SELL. A bar becomes four trades of a
quarter of its volume each, a quarter of its time apart: open, low, high and close, or with the
high first when it fell.
"""

import asyncio
import csv
import gzip
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final, TextIO, TypeVar, cast

import msgspec
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side
from aitrader_server.errors import ConfigError

from aitrader_gateway.sandbox.crowd import Crowd
from aitrader_gateway.sandbox.venue import Venue

_QUARTER: Final = Decimal("0.25")
T = TypeVar("T")


class RecordedTrade(msgspec.Struct, frozen=True):
    """One execution, at `time_ms` of the recorded clock."""

    time_ms: int
    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side


class RecordedBar(msgspec.Struct, frozen=True):
    """All executions of the time from `open_ms` to `close_ms`."""

    open_ms: int
    close_ms: int
    symbol: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def trades(self) -> Iterator[RecordedTrade]:
        """A walk that touches all four prices."""
        rose = self.close >= self.open
        turns = (self.low, self.high) if rose else (self.high, self.low)
        walk = (self.open, *turns, self.close)
        sides = [Side.BUY if rose else Side.SELL]
        sides += [Side.BUY if after >= before else Side.SELL for before, after in pairwise(walk)]
        quarter_ms = (self.close_ms - self.open_ms) // 4
        quantity = self.volume * _QUARTER
        for number, (price, side) in enumerate(zip(walk, sides, strict=True)):
            time_ms = self.open_ms + number * quarter_ms
            yield RecordedTrade(time_ms, self.symbol, price, quantity, side)


def read_recording(path: Path) -> Generator[RecordedTrade]:
    """The trades of a recording, read as they are asked for.

    Raises:
        ConfigError: the file or one of its rows cannot be used; names the row.
    """
    try:
        with _opened(path) as file:
            rows = csv.reader(file)
            columns = next(rows, [])
            if columns == list(RecordedTrade.__struct_fields__):
                yield from _ordered(path, _parsed(path, rows, columns, RecordedTrade))
            elif columns == list(RecordedBar.__struct_fields__):
                bars = _parsed(path, rows, columns, RecordedBar)
                yield from _ordered(path, (trade for bar in bars for trade in bar.trades()))
            else:
                headers = " or ".join(
                    ",".join(kind.__struct_fields__) for kind in (RecordedTrade, RecordedBar)
                )
                raise ConfigError((f"{path}:1: the header must be {headers}",))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError((f"{path}: {error}",)) from error


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8", newline=""))
    return path.open(encoding="utf-8", newline="")


def _parsed(
    path: Path, rows: Iterable[list[str]], columns: list[str], kind: type[T]
) -> Iterator[T]:
    for number, row in enumerate(rows, start=2):
        try:
            named = dict(zip(columns, row, strict=True))
            parsed = msgspec.convert(named, kind, strict=False)
        except ValueError as error:
            raise ConfigError((f"{path}:{number}: {error}",)) from error
        amounts = [v for v in msgspec.structs.astuple(parsed) if isinstance(v, Decimal)]  # type: ignore[arg-type] # both kinds are structs
        if not all(amount.is_finite() and amount > ZERO for amount in amounts):
            raise ConfigError((f"{path}:{number}: prices and amounts are above zero",))
        yield parsed


def _ordered(path: Path, trades: Iterable[RecordedTrade]) -> Iterator[RecordedTrade]:
    before_ms = 0
    for trade in trades:
        if trade.time_ms < before_ms:
            raise ConfigError((f"{path}: {trade.time_ms} comes after {before_ms}: sort the rows",))
        before_ms = trade.time_ms
        yield trade


async def replay(trades: Iterable[RecordedTrade], venue: Venue, crowd: Crowd, speed: float) -> None:
    """Lets each trade happen when its time has come, `speed` times as fast as it was recorded.

    Raises:
        ConfigError: the recording cannot be used further, or trades a symbol without a maker.
    """
    loop = asyncio.get_running_loop()
    begun_s, first_ms = loop.time(), None
    for trade in trades:
        first_ms = trade.time_ms if first_ms is None else first_ms
        due_s = begun_s + (trade.time_ms - first_ms) / 1000 / speed
        # Also when it is late, so that others come to their turn between two trades.
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        maker = crowd.makers.get(trade.symbol)
        if maker is None:
            raise ConfigError((f"recording: {trade.symbol} is not traded here",))
        venue.run(
            lambda exchange, at_ns, maker=maker, trade=trade: maker.print_trade(  # type: ignore[misc] # bound now
                exchange, trade.side, trade.price, trade.quantity, at_ns
            )
        )
