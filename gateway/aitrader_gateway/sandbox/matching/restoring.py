"""Another life of the same venue: an account comes back as it was left."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from aitrader_gateway.sandbox.matching.balances import Balances
from aitrader_gateway.sandbox.matching.floor import Account, Floor
from aitrader_gateway.sandbox.matching.list_placing import take_position
from aitrader_gateway.sandbox.matching.list_register import ListRegister
from aitrader_gateway.sandbox.matching.model import (
    AccountTrade,
    Fees,
    Numbers,
    Order,
    OrderList,
)
from aitrader_gateway.sandbox.matching.register import Register
from aitrader_gateway.sandbox.matching.words import OrderStatus


def restore_account(
    floor: Floor,
    account: str,
    balances: Mapping[str, tuple[Decimal, Decimal]],
    *,
    orders: Iterable[Order],
    trades: Iterable[AccountTrade],
    lists: Iterable[OrderList],
    fees: Fees,
    ended_max: int,
) -> None:
    """Adds a customer with all that is remembered of him; his orders queue by their age.

    Of a trade whose order is not among `orders` nothing is kept.
    """
    assert account not in floor.accounts
    free = {asset: pair[0] for asset, pair in balances.items()}
    locked = {asset: pair[1] for asset, pair in balances.items()}
    customer = Account(Balances(free, locked), fees, Register(ended_max), ListRegister(ended_max))
    floor.accounts[account] = customer
    for order_list in sorted(lists, key=lambda each: each.number):
        customer.lists.put(order_list)
    for order in sorted(orders, key=lambda each: each.number):
        customer.register.add(order)
        if not order.ended and order.status is not OrderStatus.PENDING_NEW:
            take_position(floor, order, order.updated_at_ns)
    for trade in sorted(trades, key=lambda each: each.number):
        if customer.register.order(trade.symbol, trade.order_number) is not None:
            customer.register.book_trade(trade)


def numbers(floor: Floor) -> Numbers:
    """What the next of each kind will be called; nothing is ever called so twice."""
    return Numbers(
        order=floor.next_order,
        order_list=floor.next_list,
        execution=floor.next_execution,
        trades={symbol: market.next_trade for symbol, market in floor.markets.items()},
        prevented={symbol: market.next_prevented for symbol, market in floor.markets.items()},
    )


def number_from(floor: Floor, least: Numbers) -> None:
    """Counts on from `least`, or from where it is if that is higher."""
    floor.next_order = max(floor.next_order, least.order)
    floor.next_list = max(floor.next_list, least.order_list)
    floor.next_execution = max(floor.next_execution, least.execution)
    for symbol, market in floor.markets.items():
        market.next_trade = max(market.next_trade, least.trades.get(symbol, 1))
        market.next_prevented = max(market.next_prevented, least.prevented.get(symbol, 1))
