"""Lets a working order meet the book."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import SelfTradePrevention, Side, TimeInForce

from aitrader_gateway.sandbox.matching.contingency import conclude, start
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import end, withdraw
from aitrader_gateway.sandbox.matching.model import (
    AccountTrade,
    MarketTrade,
    Order,
    Placed,
    Prevented,
)
from aitrader_gateway.sandbox.matching.orders import remaining_lock
from aitrader_gateway.sandbox.matching.planning import EXPIRES_MAKER, EXPIRES_TAKER, Meeting
from aitrader_gateway.sandbox.matching.words import ExecutionType, ExpiryReason, OrderStatus

# Fees are cut to the eight decimals that the venue keeps of every asset.
_FEE_STEP: Final = Decimal("0.00000001")


def execute(floor: Floor, order: Order, meetings: Sequence[Meeting], at_ns: int) -> Placed:
    """Goes through what was planned; what is left rests or expires, as the order says."""
    trades: list[AccountTrade] = []
    prevented: list[Prevented] = []
    if order.request.time_in_force is TimeInForce.FOK and not _fills(order, meetings):
        return Placed(order=_expire(floor, order, ExpiryReason.UNFILLED_FOK, at_ns))
    for meeting in meetings:
        maker = floor.order(meeting.maker.account, order.symbol, meeting.maker.number)
        if meeting.prevention is not SelfTradePrevention.EXPIRE_TAKER:
            maker = start(floor, maker, at_ns)
        if meeting.prevention is None:
            order, trade = _trade(floor, order, maker, meeting, at_ns)
            trades.append(trade)
        else:
            order, record = _prevent(floor, order, maker, meeting, at_ns)
            prevented.append(record)
    if not order.ended:
        order = _leave(floor, order, at_ns)
    return Placed(order=order, trades=tuple(trades), prevented=tuple(prevented))


def rest(floor: Floor, order: Order, at_ns: int) -> None:
    """Puts a live order into the book."""
    floor.markets[order.symbol].book.rest(order)
    floor.tell_level(order.symbol, order.side, order.price, at_ns)


def _fills(order: Order, meetings: Sequence[Meeting]) -> bool:
    traded = sum((each.quantity for each in meetings if each.prevention is None), ZERO)
    return traded == order.leaves_quantity


def _leave(floor: Floor, order: Order, at_ns: int) -> Order:
    """What becomes of an order that the book has nothing more for."""
    if not order.price:
        return _expire(floor, order, ExpiryReason.INSUFFICIENT_LIQUIDITY, at_ns)
    if order.request.time_in_force is TimeInForce.IOC:
        return _expire(floor, order, ExpiryReason.UNFILLED_IOC, at_ns)
    rest(floor, order, at_ns)
    return order


def _expire(floor: Floor, order: Order, reason: ExpiryReason, at_ns: int) -> Order:
    order = end(floor, order, OrderStatus.EXPIRED, at_ns, expiry=reason)
    conclude(floor, order, at_ns)
    return order


def _trade(
    floor: Floor, taker: Order, maker: Order, meeting: Meeting, at_ns: int
) -> tuple[Order, AccountTrade]:
    """One execution, told to both sides and to everybody."""
    market = floor.markets[taker.symbol]
    number = market.next_trade
    market.next_trade += 1
    taker, trade = _fill(floor, taker, number, meeting, maker=False, at_ns=at_ns)
    maker, _ = _fill(floor, maker, number, meeting, maker=True, at_ns=at_ns)
    buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
    floor.events.append(
        MarketTrade(
            symbol=taker.symbol,
            number=number,
            price=meeting.price,
            quantity=meeting.quantity,
            buyer_is_maker=buyer is maker,
            buyer_order=buyer.number,
            seller_order=seller.number,
            at_ns=at_ns,
        )
    )
    market.book.take(maker, meeting.quantity)
    floor.tell_level(maker.symbol, maker.side, maker.price, at_ns)
    market.average.record(meeting.price, meeting.quantity, at_ns)
    market.last = meeting.price
    if not floor.prices or floor.prices[-1] != (taker.symbol, meeting.price):
        floor.prices.append((taker.symbol, meeting.price))
    return taker, trade


def _fill(
    floor: Floor, order: Order, number: int, meeting: Meeting, *, maker: bool, at_ns: int
) -> tuple[Order, AccountTrade]:
    """Books one side: pays, receives less the fee, gives back what need not stay locked."""
    account = floor.accounts[order.account]
    instrument = floor.markets[order.symbol].listing.instrument
    notional = meeting.price * meeting.quantity
    if order.side is Side.BUY:
        paid, received, asset = notional, meeting.quantity, instrument.base
    else:
        paid, received, asset = meeting.quantity, notional, instrument.quote
    rate = account.fees.maker if maker else account.fees.taker
    fee = (received * rate).quantize(_FEE_STEP, ROUND_FLOOR)
    trade = AccountTrade(
        account=order.account,
        symbol=order.symbol,
        number=number,
        order_number=order.number,
        list_number=order.list_number,
        side=order.side,
        price=meeting.price,
        quantity=meeting.quantity,
        fee=fee,
        fee_asset=asset,
        maker=maker,
        at_ns=at_ns,
    )
    account.register.book_trade(trade)
    leaves = order.leaves_quantity - meeting.quantity
    order = floor.change(
        order,
        at_ns,
        paid=paid,
        locked=remaining_lock(order, leaves, order.locked - paid),
        status=OrderStatus.PARTIALLY_FILLED if leaves else OrderStatus.FILLED,
        cumulative_quantity=order.cumulative_quantity + meeting.quantity,
        cumulative_quote=order.cumulative_quote + notional,
    )
    floor.receive(order.account, asset, received - fee)
    floor.report(order, ExecutionType.TRADE, trade=trade)
    if order.ended:
        conclude(floor, order, at_ns)
    return order, trade


def _prevent(
    floor: Floor, taker: Order, maker: Order, meeting: Meeting, at_ns: int
) -> tuple[Order, Prevented]:
    """Keeps an account from trading with itself."""
    market, mode = floor.markets[taker.symbol], meeting.prevention
    assert mode is not None
    both = mode not in EXPIRES_TAKER and mode not in EXPIRES_MAKER
    record = Prevented(
        symbol=taker.symbol,
        number=market.next_prevented,
        taker_order=taker.number,
        maker_order=maker.number,
        prevention=mode,
        price=meeting.price,
        taker_prevented_quantity=_cut(taker, meeting, cut=mode in EXPIRES_TAKER, both=both),
        maker_prevented_quantity=_cut(maker, meeting, cut=mode in EXPIRES_MAKER, both=both),
        at_ns=at_ns,
    )
    market.next_prevented += 1
    floor.accounts[taker.account].register.book_prevented(record)
    if record.taker_prevented_quantity:
        taker = _lose(floor, taker, record, record.taker_prevented_quantity, at_ns)
    if record.maker_prevented_quantity:
        if mode in EXPIRES_MAKER:
            withdraw(floor, maker, at_ns)
        else:
            market.book.take(maker, meeting.quantity)
            floor.tell_level(maker.symbol, maker.side, maker.price, at_ns)
        _lose(floor, maker, record, record.maker_prevented_quantity, at_ns)
    return taker, record


def _cut(order: Order, meeting: Meeting, *, cut: bool, both: bool) -> Decimal:
    """What the prevented match takes from one side."""
    if cut:
        return order.leaves_quantity
    return meeting.quantity if both else ZERO


def _lose(floor: Floor, order: Order, record: Prevented, quantity: Decimal, at_ns: int) -> Order:
    """Takes from an order what it must not trade with itself; with nothing left it expires."""
    leaves = order.leaves_quantity - quantity
    order = floor.change(
        order,
        at_ns,
        status=order.status if leaves else OrderStatus.EXPIRED_IN_MATCH,
        locked=remaining_lock(order, leaves, order.locked if leaves else ZERO),
        prevented_quantity=order.prevented_quantity + quantity,
        prevented_match=record.number,
    )
    floor.report(order, ExecutionType.TRADE_PREVENTION, prevented=record)
    if order.ended:
        conclude(floor, order, at_ns)
    return order
