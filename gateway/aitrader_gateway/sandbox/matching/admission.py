"""Whether the venue takes an order: its parameters, then its terms, then what the engine knows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from aitrader_server.domain.words import OrderType, Side

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.filters import check_filters
from aitrader_gateway.sandbox.matching.floor import Account, Floor
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.model import OrderRequest, Refusal
from aitrader_gateway.sandbox.matching.orders import conditional, cost, paid_asset, upward
from aitrader_gateway.sandbox.matching.parameters import check_parameters
from aitrader_gateway.sandbox.matching.planning import Plan, Taker, plan_quote
from aitrader_gateway.sandbox.matching.words import SymbolStatus


class Admitted(NamedTuple):
    """What the order locks of the asset that it pays with, and what it meets at once."""

    locked: Decimal
    plan: Plan


def admit(floor: Floor, account: str, request: OrderRequest, at_ns: int) -> Admitted | Refusal:
    """A single order, whole."""
    plan = check_terms(floor, account, request, at_ns)
    if isinstance(plan, Refusal):
        return plan
    market, customer = floor.markets[request.symbol], floor.accounts[account]
    refusal = next(_engine_refusals(market, customer, request, plan.quantity), None)
    if refusal is not None:
        return refusal
    locked = lock_for(market, request, plan)
    needed = locked
    if request.side is Side.BUY and request.quote_quantity is not None:
        # The whole amount must be there, whatever the book has to offer for it.
        needed = max(locked, request.quote_quantity)
    asset = paid_asset(request.side, market.listing.instrument)
    if needed > customer.balances.free(asset):
        return refusals.INSUFFICIENT_BALANCE
    return Admitted(locked, plan)


def check_terms(floor: Floor, account: str, request: OrderRequest, at_ns: int) -> Plan | Refusal:
    """What is judged before the matching engine sees the order."""
    market = floor.markets.get(request.symbol)
    if market is None:
        return refusals.INVALID_SYMBOL
    if market.status is not SymbolStatus.TRADING:
        return refusals.MARKET_CLOSED
    refusal = check_parameters(request, market.listing)
    if refusal is not None:
        return refusal
    if request.quantity is None:
        plan = _plan_quote(market, account, request)
    else:
        plan = market.plan_start(account, request, request.quantity)
    if isinstance(plan, Refusal):
        return plan
    reference = market.reference(at_ns)
    return check_filters(request, market.listing.instrument, plan.quantity, reference) or plan


def lock_for(market: Market, request: OrderRequest, plan: Plan) -> Decimal:
    """Exact for a market order, which executes at once; what others may cost at worst."""
    if request.side is Side.BUY and request.order_type is OrderType.MARKET:
        return plan.cost
    return cost(request, plan.quantity, market.last)


def would_trigger(market: Market, request: OrderRequest) -> bool:
    """Whether a stop's price is reached already."""
    if request.stop_price is None or market.last is None:
        return False
    if upward(request):
        return request.stop_price <= market.last
    return request.stop_price >= market.last


def would_take(market: Market, request: OrderRequest) -> bool:
    """Whether an order that must not take would."""
    if request.order_type is not OrderType.LIMIT_MAKER:
        return False
    assert request.price is not None
    return market.book.reaches(request.side, request.price)


def exceeded_counts(
    market: Market, account: Account, requests: Sequence[OrderRequest]
) -> Iterator[str]:
    """Filters on how much may be open at a time that `requests` together would break."""
    instrument = market.listing.instrument
    tally = account.register.tally(instrument.symbol)
    resting = [each for each in requests if each.order_type is not OrderType.MARKET]
    for name, open_now, more, bound in (
        ("MAX_NUM_ORDERS", tally.orders, len(resting), instrument.max_open_orders),
        (
            "MAX_NUM_ALGO_ORDERS",
            tally.stops,
            sum(map(conditional, resting)),
            instrument.max_stop_orders,
        ),
        (
            "MAX_NUM_ICEBERG_ORDERS",
            tally.icebergs,
            sum(bool(each.iceberg_quantity) for each in resting),
            market.listing.iceberg_orders_max,
        ),
    ):
        if bound and more and open_now + more > bound:
            yield name


def exceeds_position(market: Market, account: Account, bought: Decimal) -> bool:
    """Whether the account could come to hold more than it may."""
    instrument = market.listing.instrument
    if not instrument.max_position or not bought:
        return False
    held = account.balances.total(instrument.base)
    buying = account.register.tally(instrument.symbol).buying
    return held + buying + bought > instrument.max_position


def _plan_quote(market: Market, account: str, request: OrderRequest) -> Plan | Refusal:
    instrument, ladder = market.listing.instrument, market.book.opposite(request.side)
    assert request.quote_quantity is not None
    if ladder.best is None:
        return refusals.EMPTY_BOOK
    step = max(instrument.step_size, instrument.market_step_size)
    finest = Decimal(1).scaleb(-market.listing.base_precision)
    taker = Taker(account, None, market.prevention(request))
    plan = plan_quote(ladder, taker, request.quote_quantity, step or finest)
    for name, least in (
        ("LOT_SIZE", instrument.min_quantity),
        ("MARKET_LOT_SIZE", instrument.market_min_quantity),
    ):
        if not ladder.holds(least):
            return refusals.thin_book(name)
    return plan


def _engine_refusals(
    market: Market, account: Account, request: OrderRequest, quantity: Decimal
) -> Iterator[Refusal]:
    if account.register.is_open(request.client_order_id):
        yield refusals.DUPLICATE
    if request.side is Side.BUY and exceeds_position(market, account, quantity):
        yield refusals.engine_failure("MAX_POSITION")
    for name in exceeded_counts(market, account, (request,)):
        yield refusals.engine_failure(name)
    if conditional(request) and would_trigger(market, request):
        yield refusals.WOULD_TRIGGER
    if would_take(market, request):
        yield refusals.WOULD_TAKE
