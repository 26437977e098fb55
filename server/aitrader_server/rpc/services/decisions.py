"""Trade: a decision and its execution."""

from typing import Any

from aitrader.v1 import trading_pb2

from aitrader_server.domain.money import optional_text
from aitrader_server.domain.words import IN_FLIGHT_STATES, OrderState, OrderType, TimeInForce
from aitrader_server.engine.commands import Placed, Traded, TradeIntent
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.trading import REFUSED_STATES
from aitrader_server.rpc.convert.decisions import (
    decision_message,
    explicit_decision,
    partial_features,
)
from aitrader_server.rpc.convert.orders import breach_messages, digest, order_message, trade_spec
from aitrader_server.rpc.convert.sentiment import traded_news
from aitrader_server.rpc.convert.words import ORDER_STATES, ORDER_TYPES, TIMES_IN_FORCE, amount
from aitrader_server.rpc.services.caller import current_caller, patience_s
from aitrader_server.rpc.services.orders import ACCEPTED_METADATA

DRY_RUN = "dry run: nothing was sent"


class DecisionRpcs:
    """The part of TradingService that decides."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Trade(
        self, request: trading_pb2.TradeRequest, context: Any
    ) -> trading_pb2.TradeResponse:
        request_id = request.request_id or self._engine.ports.ids.request_id()
        if request.side:
            response = await self._explicit(request, request_id)
        else:
            response = await self._decided(request, request_id)
        if response.HasField("order") and response.order.state in _IN_FLIGHT_NUMBERS:
            await context.send_initial_metadata(ACCEPTED_METADATA)
        return response

    async def _decided(
        self, request: trading_pb2.TradeRequest, request_id: str
    ) -> trading_pb2.TradeResponse:
        engine = self._engine
        intent = TradeIntent(
            request_id=request_id,
            symbol=request.symbol,
            digest=digest(request),
            features=partial_features(request),
            news=traded_news(request),
            order_type=ORDER_TYPES.from_wire(request.order_type) or OrderType.MARKET,
            limit_price=amount(request.limit_price),
            time_in_force=TIMES_IN_FORCE.from_wire(request.time_in_force) or TimeInForce.GTC,
            strategy=request.strategy,
            dry_run=request.dry_run,
        )
        traded = await engine.parts.trading.trade(
            intent, current_caller(), patience_s(engine.settings.answer_timeout_s)
        )
        return _decided_response(request, request_id, traded)

    async def _explicit(
        self, request: trading_pb2.TradeRequest, request_id: str
    ) -> trading_pb2.TradeResponse:
        """An order that the caller decided; denied or not, it is an answer here."""
        engine = self._engine
        spec, caller = trade_spec(request, request_id), current_caller()
        if request.dry_run:
            placed = await engine.parts.rehearsal.rehearse(spec, caller)
        else:
            placed = await engine.parts.submission.place(
                spec,
                digest=digest(request),
                caller=caller,
                timeout_s=patience_s(engine.settings.answer_timeout_s),
            )
        return _explicit_response(request, placed)


_IN_FLIGHT_NUMBERS = frozenset(map(ORDER_STATES.to_wire, IN_FLIGHT_STATES))


def _decided_response(
    request: trading_pb2.TradeRequest, request_id: str, traded: Traded
) -> trading_pb2.TradeResponse:
    order = traded.order
    return trading_pb2.TradeResponse(
        decision=decision_message(traded.decision),
        order=None if order is None else order_message(order),
        executed=order is not None and order.state not in REFUSED_STATES,
        error=traded.error,
        request_id=request_id if order is not None or request.request_id else None,
        retries=0 if order is None else max(len(order.attempts) - 1, 0),
        strategy=request.strategy,
        replayed=traded.replayed,
    )


def _explicit_response(
    request: trading_pb2.TradeRequest, placed: Placed
) -> trading_pb2.TradeResponse:
    order = placed.order
    decision = explicit_decision(order.spec.side, optional_text(order.quantity))
    if order.state is OrderState.DENIED:
        decision.trading_blocked = True
        decision.breaches.extend(breach_messages(order.breaches))
    refused = order.state in REFUSED_STATES
    error = order.reason if refused else DRY_RUN if request.dry_run else ""
    return trading_pb2.TradeResponse(
        decision=decision,
        order=None if request.dry_run else order_message(order),
        executed=not refused and not request.dry_run,
        error=error,
        request_id=order.request_id,
        retries=max(len(order.attempts) - 1, 0),
        strategy=request.strategy,
        replayed=placed.replayed,
    )
