"""The conditions outside an order under which it may leave."""

from collections.abc import Sequence

from aitrader_server.domain.risk.context import Gates
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import Side, TradingState
from aitrader_server.engine.dead_man import DeadMan
from aitrader_server.engine.limits_keeper import LimitsKeeper
from aitrader_server.engine.ports import Broker
from aitrader_server.engine.writer import Writer


class Gatekeeper:
    """Collects every gate in one place; what is not known is closed."""

    def __init__(
        self,
        *,
        writer: Writer,
        broker: Broker,
        dead_man: DeadMan,
        clock_offset_ms_max: int,
        limits_keeper: LimitsKeeper | None,
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._clock_offset_ms_max = clock_offset_ms_max
        self._limits_keeper = limits_keeper
        self.dead_man = dead_man
        self.reconciling = True
        self.stream_up = False
        self.stream_detail = "not connected yet"
        # The objective whose error budget burns too fast; empty while none does.
        self.burnt_objective = ""

    def may_send(self, specs: Sequence[OrderSpec]) -> bool:
        """Whether orders that were let through may still leave, at the very last moment."""
        state = self._writer.book.state.trading.state
        entry = any(spec.side is Side.BUY for spec in specs)
        stopped = state is TradingState.HALTED or (entry and state is TradingState.REDUCING)
        return not stopped and not self.dead_man.expired and self._writer.failure is None

    @property
    def clocks_agree(self) -> bool:
        """Whether the venue's clock is known to be ours within the bound: neither was set."""
        offset_ms = self._broker.health().clock_offset_ms
        return offset_ms is not None and abs(offset_ms) <= self._clock_offset_ms_max

    @property
    def limits_store_trouble(self) -> str:
        """Why the limits store may not know what it must; empty without one."""
        return "" if self._limits_keeper is None else self._limits_keeper.trouble

    def gates(self) -> Gates:
        """The gates as they stand."""
        health = self._broker.health()
        return Gates(
            reconciling=self.reconciling,
            stream_up=self.stream_up and health.connected,
            clock_offset_ms=health.clock_offset_ms,
            clock_offset_ms_max=self._clock_offset_ms_max,
            dead_man_expired=self.dead_man.expired,
            dead_man_detail=self.dead_man.why,
            journal_writable=self._writer.failure is None,
            limits_store_trouble=self.limits_store_trouble,
            banned_until_ns=health.banned_until_ns,
            environment_matches=health.environment_matches,
            budgets=health.budgets,
            burnt_objective=self.burnt_objective,
        )
