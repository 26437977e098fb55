"""What operators switch: the trading state, limits, strategies. Every change is journalled."""

import msgspec

from aitrader_server.domain.events import (
    LimitsChanged,
    StrategyChanged,
    SymbolReleased,
    TradingStateChanged,
)
from aitrader_server.domain.state import Strategy, TradingStateRecord
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.commands import Caller, StrategyChange
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import FailedPrecondition, StaleVersion

SEVERITY = list(TradingState)


class Control:
    """Halting never asks; resuming is refused while its cause stands."""

    def __init__(self, *, writer: Writer, gatekeeper: Gatekeeper) -> None:
        self._writer = writer
        self._gatekeeper = gatekeeper

    @property
    def standing(self) -> TradingStateRecord:
        """What is let through now: a lost disk halts, and nothing can record it."""
        if self._writer.failure is None:
            return self._writer.book.state.trading
        return TradingStateRecord(
            state=TradingState.HALTED,
            reason=str(self._writer.failure),
            actor="LIMITS_STORE_UNWRITABLE",
        )

    async def tighten(self, state: TradingState, reason: str, caller: Caller) -> TradingStateRecord:
        """Moves to `state`, unless a stricter one stands already; the first reason stays."""
        current = self.standing
        if self._writer.failure is not None:
            return current
        if SEVERITY.index(state) > SEVERITY.index(current.state):
            self._change(state, reason or "no reason given", caller)
        return await self._durable_trading()

    async def resume(self, reason: str, caller: Caller) -> TradingStateRecord:
        """Lets everything through again.

        Raises FailedPrecondition, naming every cause that still stands.
        """
        causes = self._causes()
        if causes:
            raise FailedPrecondition(
                f"cannot resume: {'; '.join(causes)}", reason="RESUME_CAUSE_STANDS"
            )
        if self._writer.book.state.trading.state is not TradingState.ACTIVE:
            self._change(TradingState.ACTIVE, reason, caller)
        return await self._durable_trading()

    async def release(self, symbol: str, reason: str, caller: Caller) -> TradingStateRecord:
        """Acknowledges what restricted `symbol`; the trading state stays as it is.

        Raises FailedPrecondition when nothing restricts it.
        """
        if symbol not in self._writer.book.state.restrictions:
            raise FailedPrecondition(
                f"{symbol} is not restricted: leave symbol out to resume trading as a whole",
                reason="SYMBOL_NOT_RESTRICTED",
            )
        event = SymbolReleased(symbol=symbol, reason=reason, actor=caller.name)
        self._writer.commit([event], trace_id=caller.trace_id)
        return await self._durable_trading()

    async def change_limits(
        self, limits: Limits, *, version: int, reason: str, caller: Caller
    ) -> int:
        """Replaces the limits and returns their version.

        `version` is the one that the caller saw, 0 for any. Raises StaleVersion.
        """
        current = self._writer.book.state.limits_version
        if version not in (0, current):
            raise StaleVersion(
                f"the limits are at version {current}, not {version}: read them again"
            )
        event = LimitsChanged(limits=limits, version=current + 1, actor=caller.name, reason=reason)
        await self._writer.durable(self._writer.commit([event], trace_id=caller.trace_id))
        return event.version

    async def change_strategy(self, name: str, change: StrategyChange, caller: Caller) -> Strategy:
        """Changes one strategy's switches; a name that is new begins with the defaults."""
        known = self._writer.book.state.strategies.get(name, Strategy(name=name))
        given = {
            field: value
            for field, value in msgspec.structs.asdict(change).items()
            if value is not None
        }
        wanted = msgspec.structs.replace(known, **given)
        event = StrategyChanged(
            name=name,
            enabled=wanted.enabled,
            max_risk_fraction=wanted.max_risk_fraction,
            max_daily_trades=wanted.max_daily_trades,
            notes=wanted.notes,
            actor=caller.name,
        )
        sequence = self._writer.commit([event], trace_id=caller.trace_id)
        changed = self._writer.book.state.strategies[name]
        await self._writer.durable(sequence)
        return changed

    async def _durable_trading(self) -> TradingStateRecord:
        """The trading state as it is now, once that is on disk."""
        record = self._writer.book.state.trading
        await self._writer.settle()
        return record

    def _change(self, state: TradingState, reason: str, caller: Caller) -> None:
        event = TradingStateChanged(trading_state=state, reason=reason, actor=caller.name)
        self._writer.commit([event], trace_id=caller.trace_id)

    def _causes(self) -> list[str]:
        gates = self._gatekeeper.gates()
        causes = {
            "the journal cannot be written": not gates.journal_writable,
            "the dead-man switch has expired: send a heartbeat": gates.dead_man_expired,
        }
        return [cause for cause, stands in causes.items() if stands]
