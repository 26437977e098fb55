"""What operators switch: the trading state, limits, strategies. Every change is journalled."""

import asyncio

import msgspec

from aitrader_server.domain.events import (
    LimitsChanged,
    StrategyChanged,
    SymbolReleased,
    TradingStateChanged,
)
from aitrader_server.domain.risk.tripwires import COUNTED_ANEW, DEAD_MAN, Automatic, Trip, trips
from aitrader_server.domain.state import Strategy, TradingStateRecord
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.commands import Caller, StrategyChange
from aitrader_server.engine.departures import Departures
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.ports import Clock
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import FailedPrecondition, StaleVersion, Unavailable

SEVERITY = list(TradingState)
LOST_DISK = "LIMITS_STORE_UNWRITABLE"


class Control:
    """Halting never asks; resuming is refused while its cause stands."""

    def __init__(
        self,
        *,
        writer: Writer,
        clock: Clock,
        account: AccountBook,
        gatekeeper: Gatekeeper,
        departures: Departures,
        automatic: Automatic,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._account = account
        self._gatekeeper = gatekeeper
        self._departures = departures
        self._automatic = automatic

    @property
    def standing(self) -> TradingStateRecord:
        """What is let through now: a lost disk halts, and nothing can record it."""
        if self._writer.failure is None:
            return self._writer.book.state.trading
        return TradingStateRecord(
            state=TradingState.HALTED,
            reason=str(self._writer.failure),
            actor=LOST_DISK,
        )

    async def tighten(self, state: TradingState, reason: str, caller: Caller) -> TradingStateRecord:
        """Moves to `state`, unless a stricter one stands already; the first reason stays."""
        current = self.standing
        if self._writer.failure is not None:
            return current
        if SEVERITY.index(state) > SEVERITY.index(current.state):
            self._change(state, reason or "no reason given", caller)
        return await self._durable_trading()

    async def halt(self, reason: str, caller: Caller, timeout_s: float) -> TradingStateRecord:
        """Halts, and returns once no order can leave any more: what had begun to is waited for.

        Raises Unavailable when that took longer than `timeout_s`: trading is halted all the same.
        """
        record = await self.tighten(TradingState.HALTED, reason, caller)
        try:
            async with asyncio.timeout(timeout_s):
                await self._departures.ended()
        except TimeoutError as error:
            raise Unavailable(
                "trading is halted, but an order that had begun to leave may still arrive: "
                "halt again to be told when none can",
                reason="HALT_NOT_CONFIRMED",
            ) from error
        return record

    def move(self, trip: Trip) -> None:
        """Moves trading by itself, unless it stands there already or stricter."""
        if SEVERITY.index(trip.state) > SEVERITY.index(self.standing.state):
            self._change(trip.state, trip.reason, Caller(name=trip.code, trace_id=""))

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
            # What is counted anew begins with what the account is worth now.
            self._account.mark()
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
        event = _switched(wanted, caller.name)
        sequence = self._writer.commit([event], trace_id=caller.trace_id)
        changed = self._writer.book.state.strategies[name]
        await self._writer.durable(sequence)
        return changed

    def disable_worn_out(self) -> None:
        """Switches off every strategy that has executed as often as it may."""
        state = self._writer.book.state
        bound = state.limits.max_executions
        for name, executed in state.conduct.executions.items() if bound else ():
            known = state.strategies.get(name, Strategy(name=name))
            if executed >= bound and known.enabled:
                off = msgspec.structs.replace(known, enabled=False)
                self._writer.commit([_switched(off, "REPEATED_EXECUTION")], trace_id="")

    async def _durable_trading(self) -> TradingStateRecord:
        """The trading state as it is now, once that is on disk."""
        record = self._writer.book.state.trading
        await self._writer.settle()
        return record

    def _change(self, state: TradingState, reason: str, caller: Caller) -> None:
        event = TradingStateChanged(trading_state=state, reason=reason, actor=caller.name)
        self._writer.commit([event], trace_id=caller.trace_id)

    def _causes(self) -> list[str]:
        if self._writer.failure is not None:
            return [f"the journal cannot be written: {self._writer.failure}"]
        gates, account = self._gatekeeper.gates(), self._account.view()
        standing = trips(self._writer.book, account, gates, self._automatic, self._clock.now_ns())
        return [
            f"{trip.reason}; send a heartbeat first" if trip.code == DEAD_MAN else trip.reason
            for trip in standing
            if trip.code not in COUNTED_ANEW and trip.state is not TradingState.ACTIVE
        ]


def _switched(strategy: Strategy, actor: str) -> StrategyChanged:
    return StrategyChanged(
        name=strategy.name,
        enabled=strategy.enabled,
        max_risk_fraction=strategy.max_risk_fraction,
        max_daily_trades=strategy.max_daily_trades,
        notes=strategy.notes,
        actor=actor,
    )
