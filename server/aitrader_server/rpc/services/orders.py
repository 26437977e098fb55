"""Orders: place, list, find, trace, cancel, settle."""

from collections.abc import Iterator
from typing import Any

from aitrader.v1 import trading_pb2

from aitrader_server.domain.order import Order
from aitrader_server.domain.order_list import LIST_DENIED
from aitrader_server.domain.words import IN_FLIGHT_STATES, OrderState
from aitrader_server.engine.commands import Cancelled, Placed
from aitrader_server.engine.engine import Engine
from aitrader_server.errors import InvalidRequest, NotFound, Unavailable
from aitrader_server.rpc.convert.decisions import decision_message
from aitrader_server.rpc.convert.evidence import evidence_messages
from aitrader_server.rpc.convert.orders import (
    breach_messages,
    change_of,
    digest,
    order_message,
    order_specs,
)
from aitrader_server.rpc.convert.records import event_message, ledger_message
from aitrader_server.rpc.convert.words import ORDER_STATES, timestamp
from aitrader_server.rpc.refusals import OrderDenied
from aitrader_server.rpc.services.caller import current_caller, patience_s

PAGE_SIZE_DEFAULT = 100
# An order whose outcome is not known yet was accepted for processing, no more.
NOT_SETTLED = IN_FLIGHT_STATES | {OrderState.PENDING_REPLACE, OrderState.PENDING_APPROVAL}
ACCEPTED_METADATA = (("x-http-code", "202"),)


class OrderRpcs:
    """The part of TradingService that speaks of single orders."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def PlaceOrder(
        self, request: trading_pb2.PlaceOrderRequest, context: Any
    ) -> trading_pb2.PlaceOrderResponse:
        placed = await self.place(request)
        if placed.order.state in NOT_SETTLED:
            await context.send_initial_metadata(ACCEPTED_METADATA)
        return placed_message(placed)

    async def place(self, request: trading_pb2.PlaceOrderRequest) -> Placed:
        """Places or rehearses; raises OrderDenied with every breach."""
        engine = self._engine
        request_id = request.request_id or engine.ports.ids.request_id()
        (spec, *others), caller = order_specs(request, request_id), current_caller()
        legs = tuple(others)
        if request.dry_run:
            placed = await engine.parts.rehearsal.rehearse(spec, caller, legs)
        else:
            placed = await engine.parts.submission.place(
                spec,
                digest=digest(request),
                caller=caller,
                timeout_s=patience_s(engine.settings.answer_timeout_s),
                legs=legs,
            )
        _raise_if_denied(placed.order, *placed.legs)
        return placed

    async def ReplaceOrder(
        self, request: trading_pb2.ReplaceOrderRequest, context: Any
    ) -> trading_pb2.ReplaceOrderResponse:
        engine = self._engine
        new_request_id = request.new_request_id or engine.ports.ids.request_id()
        changed = await engine.parts.replacing.change(
            change_of(request, new_request_id),
            digest=digest(request),
            caller=current_caller(),
            timeout_s=patience_s(engine.settings.answer_timeout_s),
        )
        _raise_if_denied(changed.order)
        if changed.order.state in NOT_SETTLED:
            await context.send_initial_metadata(ACCEPTED_METADATA)
        return trading_pb2.ReplaceOrderResponse(
            order=order_message(changed.order),
            replaced=None if changed.replaced is None else order_message(changed.replaced),
            replayed=changed.replayed,
        )

    async def ListOrders(
        self, request: trading_pb2.ListOrdersRequest, context: Any
    ) -> trading_pb2.ListOrdersResponse:
        engine = self._engine
        if request.refresh and not await engine.parts.reconciler.refresh_orders():
            raise Unavailable("the venue could not be read; try again", reason="VENUE_UNREADABLE")
        wanted = frozenset(ORDER_STATES.from_wire(number) for number in request.state)
        chosen = (
            order
            for order in self._newest_first(open_only=request.open_only)
            if request.symbol in ("", order.spec.symbol)
            and request.strategy in ("", order.spec.strategy)
            and (not wanted or order.state in wanted)
        )
        orders, token = page(chosen, request.page_token, request.page_size)
        await engine.writer.settle()
        return trading_pb2.ListOrdersResponse(
            orders=[order_message(order) for order in orders],
            next_page_token=token,
            as_of=timestamp(engine.ports.clock.now_ns()),
            source="venue" if request.refresh else "engine",
        )

    async def GetOrder(
        self, request: trading_pb2.GetOrderRequest, context: Any
    ) -> trading_pb2.GetOrderResponse:
        kept = await self._engine.parts.archive.find(request.request_id)
        await self._engine.writer.settle()
        return trading_pb2.GetOrderResponse(
            request_id=request.request_id,
            found=kept is not None,
            order=None if kept is None else order_message(kept.order),
        )

    async def GetOrderTrace(
        self, request: trading_pb2.GetOrderTraceRequest, context: Any
    ) -> trading_pb2.GetOrderTraceResponse:
        engine = self._engine
        kept = await engine.parts.archive.find(request.request_id)
        if kept is None:
            raise NotFound(f"there is no order {request.request_id}", reason="UNKNOWN_ORDER")
        await engine.writer.settle()
        order = kept.order
        records = await engine.ports.journal.read_intent(order.request_id)
        decision = kept.intent.decision
        return trading_pb2.GetOrderTraceResponse(
            order=order_message(order),
            events=[event_message(record) for record in records],
            attempts=[
                trading_pb2.Attempt(
                    number=attempt.number,
                    signed_at=timestamp(attempt.signed_at_ns),
                    recv_window_ms=attempt.recv_window_ms,
                    fence_at=timestamp(attempt.fence_at_ns),
                    evidence=evidence_messages(records, attempt.number),
                    key_id=attempt.key_id,
                )
                for attempt in order.attempts
            ],
            ledger=[entry for record in records if (entry := ledger_message(record))],
            decision=None if decision is None else decision_message(decision),
            limits_version=order.limits_version,
        )

    async def CancelOrder(
        self, request: trading_pb2.CancelOrderRequest, context: Any
    ) -> trading_pb2.CancelOrderResponse:
        engine = self._engine
        outcome = await engine.parts.cancellation.cancel(
            request.request_id, current_caller(), patience_s(engine.settings.answer_timeout_s)
        )
        return trading_pb2.CancelOrderResponse(
            request_id=outcome.order.request_id,
            cancelled=outcome.cancelled,
            order=order_message(outcome.order),
        )

    async def CancelAllOrders(
        self, request: trading_pb2.CancelAllOrdersRequest, context: Any
    ) -> trading_pb2.CancelAllOrdersResponse:
        engine = self._engine
        outcomes = await engine.parts.cancellation.cancel_all(
            request.symbol, current_caller(), patience_s(engine.settings.answer_timeout_s)
        )
        return trading_pb2.CancelAllOrdersResponse(
            results=[_cancel_result(outcome) for outcome in outcomes]
        )

    async def ResolveOrder(
        self, request: trading_pb2.ResolveOrderRequest, context: Any
    ) -> trading_pb2.ResolveOrderResponse:
        cancellation = self._engine.parts.cancellation
        if request.outcome == trading_pb2.RESOLUTION_ABSENT:
            order = await cancellation.settle_absent(
                request.request_id, request.evidence, current_caller()
            )
        else:
            order = await cancellation.settle_present(request.request_id)
        return trading_pb2.ResolveOrderResponse(order=order_message(order))

    async def ApproveOrder(
        self, request: trading_pb2.ApproveOrderRequest, context: Any
    ) -> trading_pb2.ApproveOrderResponse:
        engine = self._engine
        order = await engine.parts.approval.approve(
            request.request_id,
            request.reason,
            current_caller(),
            patience_s(engine.settings.answer_timeout_s),
        )
        _raise_if_denied(order)
        if order.state in IN_FLIGHT_STATES:
            await context.send_initial_metadata(ACCEPTED_METADATA)
        return trading_pb2.ApproveOrderResponse(order=order_message(order))

    def _newest_first(self, *, open_only: bool) -> Iterator[Order]:
        book = self._engine.book
        if open_only:
            return reversed(book.working())
        return reversed(book.state.orders.values())


def placed_message(placed: Placed) -> trading_pb2.PlaceOrderResponse:
    """The answer to an order and to those that were placed with it."""
    return trading_pb2.PlaceOrderResponse(
        order=order_message(placed.order),
        replayed=placed.replayed,
        legs=[order_message(leg) for leg in placed.legs],
    )


def _raise_if_denied(*orders: Order) -> None:
    """Raises OrderDenied with every breach of all orders, each once."""
    breaches = tuple(
        dict.fromkeys(
            breach
            for order in orders
            if order.state is OrderState.DENIED
            for breach in order.breaches
            if breach.code != LIST_DENIED
        )
    )
    if breaches:
        raise OrderDenied(breach_messages(breaches))


def page(orders: Iterator[Order], token: str, size: int) -> tuple[list[Order], str]:
    """At most `size` orders after the one that `token` names, and the token of the next page.

    Raises InvalidRequest for a token that names none of them.
    """
    size = size or PAGE_SIZE_DEFAULT
    if token and not any(order.request_id == token for order in orders):
        raise InvalidRequest(
            "page_token is not one of this list: start again without it", field="page_token"
        )
    chosen: list[Order] = []
    for order in orders:
        if len(chosen) == size:
            return chosen, chosen[-1].request_id
        chosen.append(order)
    return chosen, ""


def _cancel_result(outcome: Cancelled) -> trading_pb2.CancelResult:
    return trading_pb2.CancelResult(
        request_id=outcome.order.request_id,
        cancelled=outcome.cancelled,
        error=outcome.error,
        order=order_message(outcome.order),
    )
