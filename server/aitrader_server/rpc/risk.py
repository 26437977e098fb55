"""RiskService."""

from typing import Any

from aitrader.v1 import risk_pb2, risk_pb2_grpc

from aitrader_server.domain.money import ZERO, optional_text, text
from aitrader_server.domain.state import Strategy
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.rpc.convert.limits import changed_limits, limits_message
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
        for symbol in request.risk_config.symbols:
            find_instrument(self._engine.parts.instruments, symbol, field="risk_config.symbols")
        limits = changed_limits(state.limits, request.risk_config)
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
        record = await parts.control.tighten(TradingState.HALTED, request.reason, caller)
        if request.cancel_open_orders:
            wait_s = patience_s(engine.settings.answer_timeout_s)
            await parts.cancellation.cancel_all("", caller, wait_s)
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
        day, account = engine.book.state.day, engine.parts.account.view()
        bound = engine.book.state.limits.daily_loss_limit
        return risk_pb2.DailyUsage(
            day=day.day,
            start_equity=text(day.start_equity),
            pnl=optional_text(account.day_pnl),
            loss_limit="" if bound is None else text(bound * day.start_equity or ZERO),
            orders=day.orders,
            turnover=text(day.turnover),
        )

    def _strategy_limits(self, strategy: Strategy) -> risk_pb2.StrategyLimits:
        counts = self._engine.book.state.day.orders_by_strategy
        return risk_pb2.StrategyLimits(
            enabled=strategy.enabled,
            max_risk_fraction=strategy.max_risk_fraction,
            max_daily_trades=strategy.max_daily_trades,
            trades_today=counts.get(strategy.name, 0),
        )
