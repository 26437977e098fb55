"""How the server makes a paper venue from its configuration."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

from aitrader_server.engine.ports import Broker, Clock, QuoteSource
from pydantic import BaseModel, ConfigDict, Field, field_validator

from aitrader_gateway.paper.broker import PaperBroker
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_gateway.paper.quotes import RandomWalkQuotes
from aitrader_gateway.paper.wire import Wire
from aitrader_gateway.sandbox.matching.model import Fees
from aitrader_gateway.sandbox.store import Opening, Store

FILE_NAME: Final = "paper.sqlite"
Fraction = Annotated[Decimal, Field(ge=0, lt=1)]


class VenueContext(Protocol):
    """What the server offers a venue."""

    @property
    def state_dir(self) -> Path:
        """Where the venue may keep files."""
        ...

    @property
    def clock(self) -> Clock:
        """The time that the engine goes by."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """The process's environment."""
        ...


class PaperSettings(BaseModel):
    """The paper section; `balances` count only until the venue has a file of its own.

    `latency_ms` is the least and the most that one way takes. `depth_levels` prices a tick apart
    make the book, `spread_ticks` lie between bid and ask.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 1
    symbols: Annotated[tuple[str, ...], Field(min_length=1)] = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
    balances: dict[str, Annotated[Decimal, Field(ge=0)]] = {"USDT": Decimal(100_000)}
    maker_fee: Fraction = Decimal("0.001")
    taker_fee: Fraction = Decimal("0.001")
    latency_ms: tuple[
        Annotated[float, Field(ge=0, le=10_000)], Annotated[float, Field(ge=0, le=10_000)]
    ] = (0, 0)
    quote_period_ms: Annotated[int, Field(ge=10, le=60_000)] = 250
    spread_ticks: Annotated[int, Field(ge=1, le=10_000)] = 1
    depth_levels: Annotated[int, Field(ge=1, le=1000)] = 20

    @field_validator("symbols")
    @classmethod
    def _known(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [symbol for symbol in symbols if symbol not in INSTRUMENTS]
        if unknown:
            known = ", ".join(INSTRUMENTS)
            raise ValueError(f"{', '.join(unknown)}: the paper venue trades {known}")
        return symbols

    @field_validator("latency_ms")
    @classmethod
    def _ordered(cls, latency_ms: tuple[float, float]) -> tuple[float, float]:
        if latency_ms[0] > latency_ms[1]:
            raise ValueError("the least latency is above the most")
        return latency_ms


def create(settings: Mapping[str, Any], context: VenueContext) -> tuple[Broker, QuoteSource]:
    """A paper venue and its prices; starting the broker starts both.

    Raises:
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    paper = PaperSettings.model_validate(settings)
    instruments = {symbol: INSTRUMENTS[symbol] for symbol in paper.symbols}
    quotes = RandomWalkQuotes(
        instruments,
        context.clock,
        seed=paper.seed,
        period_ms=paper.quote_period_ms,
        spread_ticks=paper.spread_ticks,
    )
    fees = Fees(maker=paper.maker_fee, taker=paper.taker_fee)
    broker = PaperBroker(
        instruments=instruments,
        opening=Opening(balances=paper.balances, fees=fees),
        store=Store(context.state_dir / FILE_NAME),
        feed=quotes,
        clock=context.clock,
        wire=Wire(paper.seed, paper.latency_ms),
        depth_levels=paper.depth_levels,
    )
    return broker, quotes
