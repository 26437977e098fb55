"""Operations about an account: what it holds, pays, has used up and is held to."""

import zlib
from functools import partial

from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.api.table import Body, Call, Operation, Security, weighs
from aitrader_gateway.sandbox.api.tickets import SYMBOL_PARAMETER
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.parameters import FLAG, Parameter
from aitrader_gateway.sandbox.wire import account as wire
from aitrader_gateway.sandbox.wire.symbols import count_filters


def _status(desk: Desk, call: Call) -> Body:
    exchange, account = desk.venue.exchange, call.account
    balances = (
        desk.past.balances(exchange, account, call.as_of_ns)
        if call.lags
        else exchange.balances(account)
    )
    if call.values.flag("omitZeroBalances"):
        balances = {asset: amounts for asset, amounts in balances.items() if any(amounts)}
    return wire.account(
        balances,
        exchange.fees(account),
        zlib.crc32(account.encode()),
        desk.past.updated_at_ns(account, call.as_of_ns),
        call.unit,
    )


def _commission(desk: Desk, call: Call) -> Body | Refusal:
    symbol = desk.symbol(call.values)
    if isinstance(symbol, Refusal):
        return symbol
    return wire.commission(symbol, desk.venue.exchange.fees(call.account))


def _order_limits(desk: Desk, call: Call) -> Body:
    usage = desk.limits.order_usage(call.account, desk.venue.clock.now_ns())
    return [item.described() for item in usage]


def _filters(desk: Desk, call: Call) -> Body | Refusal:
    symbol = desk.symbol(call.values)
    if isinstance(symbol, Refusal):
        return symbol
    listing = desk.venue.exchange.listings[symbol]
    return {"exchangeFilters": [], "symbolFilters": count_filters(listing), "assetFilters": []}


def operations(desk: Desk) -> tuple[Operation, ...]:
    """What the table offers about an account."""
    query = partial(Operation, security=Security.SIGNED)
    return (
        query(
            name="account.status",
            handler=partial(_status, desk),
            weight=weighs(20),
            parameters=(Parameter("omitZeroBalances", FLAG),),
            lagging=True,
        ),
        query(
            name="account.commission",
            handler=partial(_commission, desk),
            weight=weighs(20),
            parameters=(SYMBOL_PARAMETER,),
        ),
        query(
            name="account.rateLimits.orders",
            handler=partial(_order_limits, desk),
            weight=weighs(40),
        ),
        query(
            name="myFilters",
            handler=partial(_filters, desk),
            weight=weighs(40),
            parameters=(SYMBOL_PARAMETER,),
        ),
    )
