"""One control, told by examples: what it lets through, what it denies, and what it then says."""

from typing import NamedTuple

import msgspec
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import DayOpened, StrategyChanged, TradingStateChanged
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.risk.checks import Control
from aitrader_server.domain.risk.context import RiskContext
from aitrader_server.domain.terms import OrderSpec, StrategyLimits, SymbolLimits
from aitrader_server.domain.words import OrderState, Side, TradingState
from unit.domain.worlds import (
    BTC,
    OPEN_GATES,
    QUOTE,
    WEALTH,
    D,
    context,
    evolve,
    funded,
    limited,
    market,
    place,
    spec,
)


class Denial(NamedTuple):
    """A denied order with the limit and the value that its breach names."""

    context: RiskContext
    limit: str = ""
    value: str = ""


class Table(NamedTuple):
    """`advice` is what every message of the control tells its reader to do."""

    control: Control
    advice: str
    allowed: dict[str, RiskContext]
    denied: dict[str, Denial]


def rich() -> Book:
    """100000 USDT and 10 BTC, nothing else."""
    return funded(USDT="100000", BTC="10")


def gated(of: OrderSpec | None = None, **gates) -> RiskContext:
    return context(of, gates=msgspec.structs.replace(OPEN_GATES, **gates))


def valued(of: OrderSpec | None = None, book: Book | None = None, **account) -> RiskContext:
    return context(of, book, account=msgspec.structs.replace(WEALTH, **account))


def quoted(of: OrderSpec | None = None, book: Book | None = None, **quote) -> RiskContext:
    return context(of, book, quote=msgspec.structs.replace(QUOTE, **quote))


def filtered(of: OrderSpec | None = None, book: Book | None = None, **rules) -> RiskContext:
    return context(of, book, instrument=instrument(**rules))


def instrument(**rules) -> Instrument:
    return msgspec.structs.replace(BTC, **rules)


def under(of: OrderSpec | None = None, book: Book | None = None, **limits) -> RiskContext:
    return context(of, limited(rich() if book is None else book, **limits))


def of_symbol(symbol: str = "BTCUSDT", **limits) -> dict[str, object]:
    """Limits of one symbol, beside those of the account."""
    return {"by_symbol": {symbol: SymbolLimits(**limits)}}


def of_strategy(strategy: str = "s", **limits) -> dict[str, object]:
    """Limits of one strategy, beside those of the account."""
    return {"by_strategy": {strategy: StrategyLimits(**limits)}}


def switched(state: TradingState) -> Book:
    change = TradingStateChanged(trading_state=state, reason="a storm", actor="ann")
    return evolve(rich(), change)


def sale(quantity: str = "1", request_id: str = "r-1", **given) -> OrderSpec:
    """A market order to sell BTC."""
    return market(request_id, side=Side.SELL, quantity=D(quantity), **given)


def done(orders: int, state: OrderState = OrderState.FILLED, book=None, **terms):
    """A book that has had `orders` purchases of 100 USDT."""
    book = rich() if book is None else book
    for _ in range(orders):
        place(book, spec(f"done-{book.state.sequence}", **terms), state)
    return book


def next_day(book):
    return evolve(book, DayOpened(day="2027-01-16", equity=D(200_000)))


def switches(book, *, enabled: bool = True, share: float = 1.0, trades: int = 0):
    """What an operator says of the strategy `s`."""
    change = StrategyChanged(
        name="s",
        enabled=enabled,
        max_risk_fraction=share,
        max_daily_trades=trades,
        notes="",
        actor="ann",
    )
    return evolve(book, change)
