"""What a move of the last price sets off: stops go live, trailing ones follow."""

from decimal import Decimal

from aitrader_server.domain.money import ONE
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.contingency import conclude, start
from aitrader_gateway.sandbox.matching.floor import Floor, Released, Triggered
from aitrader_gateway.sandbox.matching.life import end
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.matching import execute
from aitrader_gateway.sandbox.matching.model import Order
from aitrader_gateway.sandbox.matching.orders import ONE_BIP
from aitrader_gateway.sandbox.matching.releasing import release
from aitrader_gateway.sandbox.matching.words import (
    ExecutionType,
    ExpiryReason,
    OrderStatus,
    SymbolStatus,
)


def settle(floor: Floor, at_ns: int) -> None:
    """Lets everything happen that is due, oldest cause first, until nothing more is."""
    while floor.prices or floor.due:
        while floor.prices:
            symbol, price = floor.prices.popleft()
            _watch(floor, floor.markets[symbol], price, at_ns)
        if floor.due:
            due = floor.due.popleft()
            if isinstance(due, Released):
                release(floor, due.account, due.number, at_ns)
            else:
                _trigger(floor, due, at_ns)


def _watch(floor: Floor, market: Market, price: Decimal, at_ns: int) -> None:
    """Shows one price to the stops of a market that trades."""
    if market.status is not SymbolStatus.TRADING:
        return
    symbol = market.listing.instrument.symbol
    for number, account in market.stops.trailing:
        _follow(floor, market, floor.order(account, symbol, number), price, at_ns)
    for waiting in market.stops.reached(price):
        order = floor.order(waiting.account, symbol, waiting.number)
        if order.request.trailing_delta:
            market.stops.trail(order)
            _follow(floor, market, order, price, at_ns)
        else:
            _fire(floor, market, order)


def _follow(floor: Floor, market: Market, order: Order, price: Decimal, at_ns: int) -> None:
    """Moves the best price that a trailing stop has seen, or triggers it."""
    best = order.trail_extreme
    buys = order.side is Side.BUY
    if best is None or (price < best if buys else price > best):
        since = order.trailing_at_ns if best is not None else at_ns
        floor.change(order, order.updated_at_ns, trail_extreme=price, trailing_at_ns=since)
        return
    distance = ONE_BIP * order.request.trailing_delta
    reached = price >= best * (ONE + distance) if buys else price <= best * (ONE - distance)
    if reached:
        _fire(floor, market, order)


def _fire(floor: Floor, market: Market, order: Order) -> None:
    market.stops.fire(order)
    floor.due.append(Triggered(order.account, order.symbol, order.number))


def _trigger(floor: Floor, due: Triggered, at_ns: int) -> None:
    """Makes a stop live; a buy without a limit may lack the money by now, and then expires."""
    order = floor.accounts[due.account].register.order(due.symbol, due.number)
    if order is None or order.ended:
        # What it excludes executed first.
        return
    market = floor.markets[due.symbol]
    market.stops.remove(order)
    order = start(floor, order, at_ns)
    plan = market.plan(order.account, order.request, order.leaves_quantity)
    locked = order.locked
    if order.side is Side.BUY and not order.price:
        locked = plan.cost
    pays = locked - order.locked <= floor.free(order)
    order = floor.change(
        order,
        at_ns,
        live=True,
        working_at_ns=at_ns,
        locked=locked if pays else order.locked,
    )
    floor.report(order, ExecutionType.NEW)
    if pays:
        execute(floor, order, plan.meetings, at_ns)
    else:
        order = end(floor, order, OrderStatus.EXPIRED, at_ns, expiry=ExpiryReason.REJECTED)
        conclude(floor, order, at_ns)
