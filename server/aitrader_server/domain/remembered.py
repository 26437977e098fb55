"""What must outlive even the journal, as the limits store keeps it, and how it comes back."""

import msgspec

from aitrader_server.domain.conduct import Conduct
from aitrader_server.domain.events import (
    Event,
    LimitsChanged,
    StrategyChanged,
    TradingStateChanged,
    UsageRestored,
)
from aitrader_server.domain.state import State, Strategy, TradingStateRecord
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.usage import Day
from aitrader_server.domain.words import TradingState

_SEVERITY = list(TradingState)


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """One account's use of its limits, and its switches.

    `sequence` and `at_ns` (UTC nanoseconds) are of a journal record: a journal that has it knows
    all of this, and every other one was lost or is an old copy.
    """

    account: str
    venue: str
    sequence: int = 0
    at_ns: int = 0
    day: Day
    conduct: Conduct
    trading: TradingStateRecord
    strategies: dict[str, Strategy]
    limits: Limits
    limits_version: int
    limits_actor: str


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Remembered)


def encode_remembered(remembered: Remembered) -> bytes:
    """The document as JSON."""
    return _ENCODER.encode(remembered)


def decode_remembered(document: bytes) -> Remembered:
    """What `encode_remembered` wrote; raises msgspec.DecodeError for anything else."""
    return _DECODER.decode(document)


def remember(state: State, *, account: str, venue: str) -> Remembered:
    """What is to be kept of `state`, whose changing parts it shares: encode it at once."""
    return Remembered(
        account=account,
        venue=venue,
        day=state.day,
        conduct=state.conduct,
        trading=state.trading,
        strategies=state.strategies,
        limits=state.limits,
        limits_version=state.limits_version,
        limits_actor=state.limits_actor,
    )


def restoring(state: State, remembered: Remembered) -> list[Event]:
    """The events after which `state` is as strict as it is and as what is remembered."""
    events: list[Event] = [UsageRestored(day=remembered.day, conduct=remembered.conduct)]
    if remembered.limits_version > state.limits_version:
        events.append(
            LimitsChanged(
                limits=remembered.limits,
                version=remembered.limits_version,
                actor=remembered.limits_actor,
                reason="remembered by the limits store",
            )
        )
    events += (
        StrategyChanged(
            name=name,
            enabled=strategy.enabled,
            max_risk_fraction=strategy.max_risk_fraction,
            max_daily_trades=strategy.max_daily_trades,
            notes=strategy.notes,
            actor="limits store",
        )
        for name, strategy in _strategies(state, remembered)
    )
    trading = remembered.trading
    if _SEVERITY.index(trading.state) > _SEVERITY.index(state.trading.state):
        events.append(
            TradingStateChanged(
                trading_state=trading.state, reason=trading.reason, actor=trading.actor
            )
        )
    return events


def _strategies(state: State, remembered: Remembered) -> list[tuple[str, Strategy]]:
    """Those that change: of two the one that was set last, and off if either is."""
    found = []
    for name, there in remembered.strategies.items():
        here = state.strategies.get(name, there)
        last = max(here, there, key=lambda strategy: strategy.updated_at_ns)
        wanted = msgspec.structs.replace(last, enabled=here.enabled and there.enabled)
        if wanted != state.strategies.get(name):
            found.append((name, wanted))
    return found
