"""RiskService."""

import asyncio
from decimal import Decimal
from typing import Any

from aitrader.v1 import risk_pb2, risk_pb2_grpc

from aitrader_server.domain.conduct import recent
from aitrader_server.domain.money import trimmed
from aitrader_server.domain.state import Strategy
from aitrader_server.domain.usage import usage_of
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.rpc.convert.limits import changed_limits, limits_message, usage_message
from aitrader_server.rpc.convert.orders import breach_messages, checked_spec, order_message
from aitrader_server.rpc.convert.words import timestamp
from aitrader_server.rpc.services.account import (
    check_account,
    trading_state_message,
)
from aitrader_server.rpc.services.caller import current_caller, patience_s

MS_PER_S = 1_000


class RiskServicer(risk_pb2_grpc.RiskServiceServicer):
    """Says what may be traded and switches trading on and off."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetLimits(
        self, request: risk_pb2.GetLimitsRequest, context: Any
    ) -> risk_pb2.GetLimitsResponse:
        state = self._engine.book.state
        return risk_pb2.GetLimitsResponse(
            risk_config=limits_message(state.limits),
            daily=self._daily(),
            strategies={
                name: self._strategy_limits(strategy)
                for name, strategy in sorted(state.strategies.items())
            },
            version=state.limits_version,
        )

    async def UpdateLimits(
        self, request: risk_pb2.UpdateLimitsRequest, context: Any
    ) -> risk_pb2.UpdateLimitsResponse:
        control, state = self._engine.parts.control, self._engine.book.state
        config = request.risk_config
        named = [(symbol, "symbols") for symbol in config.symbols]
        named += [(symbol, "by_symbol") for symbol in config.by_symbol]
        for symbol, field in named:
            find_instrument(self._engine.parts.instruments, symbol, field=f"risk_config.{field}")
        limits = changed_limits(state.limits, config, request.remove)
        version = await control.change_limits(
            limits, version=request.version, reason=request.reason, caller=current_caller()
        )
        return risk_pb2.UpdateLimitsResponse(risk_config=limits_message(limits), version=version)

    async def CheckOrder(
        self, request: risk_pb2.CheckOrderRequest, context: Any
    ) -> risk_pb2.CheckOrderResponse:
        engine = self._engine
        spec = checked_spec(request, engine.ports.ids.request_id())
        checked = engine.parts.rehearsal.check(spec)
        return risk_pb2.CheckOrderResponse(
            allowed=not checked.breaches,
            breaches=breach_messages(checked.breaches),
            limits_version=checked.limits_version,
        )

    async def GetTradingState(
        self, request: risk_pb2.GetTradingStateRequest, context: Any
    ) -> risk_pb2.GetTradingStateResponse:
        return risk_pb2.GetTradingStateResponse(
            trading_state=trading_state_message(self._engine.parts.control.standing)
        )

    async def Halt(self, request: risk_pb2.HaltRequest, context: Any) -> risk_pb2.HaltResponse:
        engine, caller = self._engine, current_caller()
        parts = engine.parts
        wait_s = patience_s(engine.settings.answer_timeout_s)
        halting = parts.control.halt(request.reason, caller, wait_s)
        if request.cancel_open_orders:
            # Together, so that one order that hangs keeps none of the others at the venue.
            clearing = parts.cancellation.cancel_entries(caller, wait_s)
            record, _ = await asyncio.gather(halting, clearing)
        else:
            record = await halting
        return risk_pb2.HaltResponse(
            trading_state=trading_state_message(record),
            open_orders=[order_message(order) for order in engine.book.working()],
        )

    async def Reduce(
        self, request: risk_pb2.ReduceRequest, context: Any
    ) -> risk_pb2.ReduceResponse:
        record = await self._engine.parts.control.tighten(
            TradingState.REDUCING, request.reason, current_caller()
        )
        return risk_pb2.ReduceResponse(trading_state=trading_state_message(record))

    async def Resume(
        self, request: risk_pb2.ResumeRequest, context: Any
    ) -> risk_pb2.ResumeResponse:
        check_account(self._engine, request.confirm_account)
        control, caller = self._engine.parts.control, current_caller()
        if request.symbol:
            record = await control.release(request.symbol, request.reason, caller)
        else:
            record = await control.resume(request.reason, caller)
        return risk_pb2.ResumeResponse(trading_state=trading_state_message(record))

    async def Heartbeat(
        self, request: risk_pb2.HeartbeatRequest, context: Any
    ) -> risk_pb2.HeartbeatResponse:
        dead_man = self._engine.parts.gatekeeper.dead_man
        dead_man.beat()
        return risk_pb2.HeartbeatResponse(
            at=timestamp(self._engine.ports.clock.now_ns()),
            limit_ms=int((dead_man.limit_s or 0) * MS_PER_S),
        )

    def _daily(self) -> risk_pb2.DailyUsage:
        engine = self._engine
        state, account = engine.book.state, engine.parts.account.view()
        day, conduct, limits = state.day, state.conduct, state.limits
        now_ns = engine.ports.clock.now_ns()
        return risk_pb2.DailyUsage(
            day=day.day,
            start_equity=trimmed(day.start_equity),
            pnl=_known(account.day_pnl),
            loss_limit=_share(limits.daily_loss_limit, day.start_equity),
            orders=day.usage.orders,
            turnover=trimmed(day.usage.turnover),
            rolling_pnl=_known(account.rolling_pnl),
            rolling_loss_limit=_share(limits.rolling_24h_loss_limit, account.rolling_base),
            high_equity=trimmed(account.high),
            drawdown=_known(account.drawdown and round(account.drawdown, 6)),
            consecutive_losses=conduct.losses,
            orders_last_minute=recent(conduct.sent_ns, now_ns),
            rejects_last_minute=recent(conduct.refused_ns, now_ns),
            by_symbol={name: usage_message(used) for name, used in day.by_symbol.items()},
            by_strategy={name: usage_message(used) for name, used in day.by_strategy.items()},
        )

    def _strategy_limits(self, strategy: Strategy) -> risk_pb2.StrategyLimits:
        state = self._engine.book.state
        return risk_pb2.StrategyLimits(
            enabled=strategy.enabled,
            max_risk_fraction=strategy.max_risk_fraction,
            max_daily_trades=strategy.max_daily_trades,
            trades_today=usage_of(state.day.by_strategy, strategy.name).orders,
            executions=state.conduct.executions.get(strategy.name, 0),
        )


def _share(share: Decimal | None, base: Decimal | None) -> str:
    """An amount that is a share of `base`, empty when either is not known."""
    return "" if share is None or base is None else trimmed(share * base)


def _known(amount: Decimal | None) -> str:
    return "" if amount is None else trimmed(amount)
