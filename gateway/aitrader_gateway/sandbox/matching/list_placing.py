"""Orders bound to each other: accepted together, and begun as their list says."""

from collections.abc import Iterator

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.admission import (
    check_terms,
    exceeded_counts,
    exceeds_position,
    lock_for,
    would_take,
)
from aitrader_gateway.sandbox.matching.floor import Account, Floor
from aitrader_gateway.sandbox.matching.life import begin
from aitrader_gateway.sandbox.matching.list_rules import check_types, excluding, prices_fit
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.matching import execute, rest
from aitrader_gateway.sandbox.matching.model import (
    ListRequest,
    Order,
    OrderList,
    Placed,
    PlacedList,
    Refusal,
)
from aitrader_gateway.sandbox.matching.orders import paid_asset
from aitrader_gateway.sandbox.matching.planning import Plan
from aitrader_gateway.sandbox.matching.words import (
    Contingency,
    ListOrderStatus,
    ListStatusType,
)


def place_list(
    floor: Floor, account: str, request: ListRequest, at_ns: int
) -> PlacedList | Refusal:
    """The list and its orders as they stood when the first of them had met the book."""
    plans = _admit(floor, account, request, at_ns)
    if isinstance(plans, Refusal):
        return plans
    market = floor.markets[request.symbol]
    order_list = _begin_list(floor, account, request, at_ns)
    locks = [lock_for(market, each, plan) for each, plan in zip(request.orders, plans, strict=True)]
    bound = request.contingency is Contingency.OCO
    locks = [max(locks) if bound else locks[0], *(ZERO for _ in locks[1:])]
    orders = [
        begin(
            floor,
            account,
            each,
            at_ns,
            quantity=plan.quantity,
            locked=locked,
            list_number=order_list.number,
            pending=not bound and each is not request.orders[0],
        )
        for each, plan, locked in zip(request.orders, plans, locks, strict=True)
    ]
    if bound:
        for order in orders:
            take_position(floor, order, at_ns)
        return PlacedList(list=order_list, orders=tuple(Placed(order=each) for each in orders))
    working = execute(floor, orders[0], plans[0].meetings, at_ns)
    return PlacedList(
        list=order_list, orders=(working, *(Placed(order=each) for each in orders[1:]))
    )


def take_position(floor: Floor, order: Order, at_ns: int) -> None:
    """Rests an order that is not to take, or lets it wait for its price."""
    if order.live:
        rest(floor, order, at_ns)
    else:
        floor.markets[order.symbol].stops.add(order)


def _begin_list(floor: Floor, account: str, request: ListRequest, at_ns: int) -> OrderList:
    order_list = OrderList(
        account=account,
        number=floor.next_list,
        request=request,
        list_client_order_id=request.list_client_order_id,
        status_type=ListStatusType.EXEC_STARTED,
        order_status=ListOrderStatus.EXECUTING,
        orders=tuple(range(floor.next_order, floor.next_order + len(request.orders))),
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
    )
    floor.next_list += 1
    floor.accounts[account].lists.put(order_list)
    floor.tell_list(order_list, at_ns)
    return order_list


def _admit(
    floor: Floor, account: str, request: ListRequest, at_ns: int
) -> tuple[Plan, ...] | Refusal:
    refusal = check_types(request)
    if refusal is not None:
        return refusal
    plans = []
    for each in request.orders:
        plan = check_terms(floor, account, each, at_ns)
        if isinstance(plan, Refusal):
            return plan
        plans.append(plan)
    market, customer = floor.markets[request.symbol], floor.accounts[account]
    found = next(_engine_refusals(market, customer, request, plans), None)
    return found or tuple(plans)


def _engine_refusals(
    market: Market, account: Account, request: ListRequest, plans: list[Plan]
) -> Iterator[Refusal]:
    names = [each.client_order_id for each in request.orders]
    if (
        account.lists.is_open(request.list_client_order_id)
        or len(set(names)) < len(names)
        or any(map(account.register.is_open, names))
    ):
        yield refusals.DUPLICATE
    bound = market.listing.order_lists_max
    if bound and account.lists.open_count(request.symbol) >= bound:
        yield refusals.engine_failure("MAX_NUM_ORDER_LISTS")
    together = list(zip(request.orders, plans, strict=True))
    bought = (plan.quantity for each, plan in together if each.side is Side.BUY)
    if exceeds_position(market, account, sum(bought, ZERO)):
        yield refusals.engine_failure("MAX_POSITION")
    for name in exceeded_counts(market, account, request.orders):
        yield refusals.engine_failure(name)
    at_once = together if request.contingency is Contingency.OCO else together[:1]
    legs = excluding(request)
    # Legs that wait for another order meet the last price only when it is filled.
    last = market.last if request.contingency is Contingency.OCO else None
    if legs and not prices_fit(legs, last):
        yield refusals.BAD_PRICES
    if any(would_take(market, each) for each, _ in at_once):
        yield refusals.WOULD_TAKE
    needed = max(lock_for(market, each, plan) for each, plan in at_once)
    if needed > account.balances.free(
        paid_asset(request.orders[0].side, market.listing.instrument)
    ):
        yield refusals.INSUFFICIENT_BALANCE
