"""What a move of the last price sets off: stops go live, trailing ones follow."""

from decimal import Decimal

from aitrader_server.domain.money import ONE
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.floor import Floor, Triggered
from aitrader_gateway.sandbox.matching.life import end
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.matching import execute
from aitrader_gateway.sandbox.matching.model import Order
from aitrader_gateway.sandbox.matching.orders import ONE_BIP
from aitrader_gateway.sandbox.matching.planning import Taker
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
            triggered = floor.due.popleft()
            order = floor.accounts[triggered.account].register.order(
                triggered.symbol, triggered.number
            )
            # Another that came first may have ended it.
            if order is not None and not order.ended:
                _go_live(floor, order, at_ns)


def _watch(floor: Floor, market: Market, price: Decimal, at_ns: int) -> None:
    """Shows one price to the stops of a market that trades."""
    if market.status is not SymbolStatus.TRADING:
        return
    symbol = market.listing.instrument.symbol
    trailing = [
        floor.order(account, symbol, number) for number, account in market.stops.trailing.items()
    ]
    for order in trailing:
        _follow(floor, market, order, price, at_ns)
    for waiting in market.stops.take_reached(price):
        order = floor.order(waiting.account, symbol, waiting.number)
        if order.request.trailing_delta:
            market.stops.trailing[order.number] = order.account
            _follow(floor, market, order, price, at_ns)
        else:
            floor.due.append(Triggered(order.account, symbol, order.number))


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
        market.stops.remove(order)
        floor.due.append(Triggered(order.account, order.symbol, order.number))


def _go_live(floor: Floor, order: Order, at_ns: int) -> None:
    """A buy without a limit may need more money than it had locked; without it, it expires."""
    market = floor.markets[order.symbol]
    locked = order.locked
    taker = Taker(order.account, order.price or None, order.prevention)
    plan = market.plan(order.side, taker, order.leaves_quantity)
    if order.side is Side.BUY and not order.price:
        locked = plan.cost
    if locked - order.locked > floor.free(order):
        order = floor.change(order, at_ns, live=True, working_at_ns=at_ns)
        floor.report(order, ExecutionType.NEW)
        end(floor, order, OrderStatus.EXPIRED, at_ns, expiry=ExpiryReason.REJECTED)
        return
    order = floor.change(order, at_ns, live=True, working_at_ns=at_ns, locked=locked)
    floor.report(order, ExecutionType.NEW)
    execute(floor, order, plan.meetings, at_ns)
