"""Pending orders begin when the order that they waited for is filled."""

from decimal import Decimal

from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.admission import lock_for, would_take, would_trigger
from aitrader_gateway.sandbox.matching.contingency import conclude, open_members
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import end
from aitrader_gateway.sandbox.matching.list_placing import take_position
from aitrader_gateway.sandbox.matching.list_rules import prices_fit
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.matching import execute
from aitrader_gateway.sandbox.matching.model import Order, Refusal
from aitrader_gateway.sandbox.matching.orders import conditional
from aitrader_gateway.sandbox.matching.words import ExecutionType, ExpiryReason, OrderStatus


def release(floor: Floor, account: str, number: int, at_ns: int) -> None:
    """Begins what a list holds back, or rejects it if the engine would not take it now."""
    order_list = floor.accounts[account].lists.find(number, "")
    assert order_list is not None
    pending = open_members(floor, order_list)
    market = floor.markets[order_list.request.symbol]
    plans = [market.plan_start(account, order.request, order.quantity) for order in pending]
    locked = max(
        lock_for(market, order.request, plan) for order, plan in zip(pending, plans, strict=True)
    )
    refusal = _refusal(floor, market, pending, locked)
    if refusal is not None:
        for order in pending:
            _reject(floor, order, refusal, at_ns)
        return
    begun = []
    for order in pending:
        begun.append(_begin(floor, order, locked, at_ns))
        locked = ZERO
    for order, plan in zip(begun, plans, strict=True):
        if len(begun) == 1 and order.live:
            execute(floor, order, plan.meetings, at_ns)
        else:
            take_position(floor, order, at_ns)


def _refusal(floor: Floor, market: Market, pending: list[Order], locked: Decimal) -> Refusal | None:
    requests = tuple(order.request for order in pending)
    if len(requests) > 1 and not prices_fit(requests, market.last):
        return refusals.BAD_PRICES
    if any(conditional(each) and would_trigger(market, each) for each in requests):
        return refusals.WOULD_TRIGGER
    if any(would_take(market, each) for each in requests):
        return refusals.WOULD_TAKE
    return refusals.INSUFFICIENT_BALANCE if locked > floor.free(pending[0]) else None


def _reject(floor: Floor, order: Order, refusal: Refusal, at_ns: int) -> None:
    order = end(
        floor,
        order,
        OrderStatus.REJECTED,
        at_ns,
        expiry=ExpiryReason.REJECTED,
        reject_reason=refusals.REJECT_REASONS[refusal],
    )
    conclude(floor, order, at_ns)


def _begin(floor: Floor, order: Order, locked: Decimal, at_ns: int) -> Order:
    live = not conditional(order.request)
    order = floor.change(
        order,
        at_ns,
        status=OrderStatus.NEW,
        live=live,
        locked=locked,
        working_at_ns=at_ns if live else -1,
    )
    floor.report(order, ExecutionType.NEW)
    return order
