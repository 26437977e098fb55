"""Says aloud what trading did by itself or was told to do: in the log, and as alarms at once."""

from collections.abc import Callable
from typing import Final

import structlog

from aitrader_server.domain.events import (
    LimitsChanged,
    StrategyChanged,
    SymbolReleased,
    SymbolRestricted,
    TradingStateChanged,
)
from aitrader_server.domain.state import TradingStateRecord, decode_event
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.alarms import Alarm
from aitrader_server.engine.bus import EventBus
from aitrader_server.engine.control import LOST_DISK, Control
from aitrader_server.engine.ports import Record
from aitrader_server.errors import JournalError, LimitsStoreError

KINDS: Final = (
    TradingStateChanged,
    SymbolRestricted,
    SymbolReleased,
    StrategyChanged,
    LimitsChanged,
)
_ALARMS: Final = {
    TradingState.HALTED: ("TradingHalted", "critical"),
    TradingState.REDUCING: ("TradingReducing", "warning"),
}

log = structlog.get_logger(__name__)


class Announcements:
    """`post` takes alarms on without waiting."""

    def __init__(self, post: Callable[[Alarm], None]) -> None:
        self._post = post
        self._control: Control | None = None

    def listen(self, bus: EventBus, control: Control) -> None:
        """Announces what is journalled from now on, and what stands already."""
        self._control = control
        for kind in KINDS:
            bus.listen(kind.__name__, self._on_record)
        if control.standing.state is not TradingState.ACTIVE:
            self._alarm_of(control.standing)

    def on_trouble(self, what: str, error: BaseException) -> None:
        """Something failed that nobody waited for; a lost journal is also an alarm."""
        if isinstance(error, JournalError | LimitsStoreError):
            # A server that is down or a disk that is full is no bug, and has no place in ours.
            log.error(what, cause=str(error))
        else:
            log.error(what, exc_info=error)
        if self._control is not None and self._control.standing.actor == LOST_DISK:
            self._alarm_of(self._control.standing)

    def _on_record(self, record: Record) -> None:
        event = decode_event(record.payload)
        said = {"trace_id": record.trace_id, "sequence": record.sequence}
        match event:
            case TradingStateChanged(trading_state=state, reason=reason, actor=actor):
                log.warning("trading state", state=state, reason=reason, actor=actor, **said)
                self._alarm(state, reason, actor, record.trace_id)
            case SymbolRestricted(symbol=symbol, reason=reason):
                log.warning("symbol restricted", symbol=symbol, reason=reason, **said)
            case SymbolReleased(symbol=symbol, reason=reason, actor=actor):
                log.info("symbol released", symbol=symbol, reason=reason, actor=actor, **said)
            case StrategyChanged(name=name, enabled=enabled, actor=actor):
                log.info("strategy", strategy=name, enabled=enabled, actor=actor, **said)
            case LimitsChanged(version=version, reason=reason, actor=actor):
                log.info("limits", version=version, reason=reason, actor=actor, **said)

    def _alarm_of(self, standing: TradingStateRecord) -> None:
        self._alarm(standing.state, standing.reason, standing.actor, standing.trace_id)

    def _alarm(self, state: TradingState, reason: str, actor: str, trace_id: str) -> None:
        """Raises the alarm of `state`, and ends those of the others."""
        for other, (name, severity) in _ALARMS.items():
            self._post(
                Alarm(
                    name=name,
                    severity=severity,
                    summary=f"trading is {state} by {actor}: {reason}",
                    reason=reason,
                    actor=actor,
                    trace_id=trace_id,
                    resolved=other is not state,
                )
            )
