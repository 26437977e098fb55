"""Groups F and G: how much and how fast, over days, minutes and executions.

Limits of days and rates never keep anybody from reducing what is held.
"""

from decimal import Decimal

from aitrader_server.domain.conduct import recent
from aitrader_server.domain.money import ONE, from_float, trimmed
from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, breach
from aitrader_server.domain.usage import usage_of
from aitrader_server.domain.words import PRICED_TYPES, STOP_TYPES, Side

APPROVAL_REQUIRED = "APPROVAL_REQUIRED"


def max_orders_per_day(c: RiskContext) -> Breaches:
    """MAX_ORDERS_PER_DAY: orders sent in the UTC day, as a count; by account, symbol, strategy."""
    for scope in () if c.reduces else c.scopes:
        bound, after = scope.limits.max_orders_per_day, scope.used.orders + c.ahead + 1
        if bound and after > bound:
            return breach(
                "MAX_ORDERS_PER_DAY",
                f"{after - 1} orders were sent today{scope.whose}, {bound} are allowed; "
                "wait for the next UTC day",
                limit=bound,
                value=after,
            )
    return NONE


def max_turnover_per_day(c: RiskContext) -> Breaches:
    """MAX_TURNOVER_PER_DAY: value executed in the UTC day with everything open, quote asset.

    By account, symbol and strategy. An order that cannot be priced is denied.
    """
    for scope in () if c.reduces else c.scopes:
        bound = scope.limits.max_turnover_per_day
        if bound is None:
            continue
        if c.market_value is None:
            unpriced = "the order cannot be priced; try again once there is a quote"
            return breach("MAX_TURNOVER_PER_DAY", unpriced, limit=bound)
        after = scope.used.turnover + scope.open_notional + c.market_value
        if after > bound:
            return breach(
                "MAX_TURNOVER_PER_DAY",
                f"the day could turn over {trimmed(after)} {c.account.quote_asset}{scope.whose}, "
                f"{trimmed(bound)} are allowed; wait for the next UTC day",
                limit=bound,
                value=after,
            )
    return NONE


def strategy_max_daily_trades(c: RiskContext) -> Breaches:
    """STRATEGY_MAX_DAILY_TRADES: orders of one strategy in the UTC day, as a count."""
    strategy = c.strategy
    if strategy is None or not strategy.max_daily_trades or c.reduces:
        return NONE
    after = usage_of(c.book.state.day.by_strategy, strategy.name).orders + c.ahead + 1
    if after <= strategy.max_daily_trades:
        return NONE
    return breach(
        "STRATEGY_MAX_DAILY_TRADES",
        f"strategy {strategy.name} has had its {strategy.max_daily_trades} orders; "
        "wait for the next UTC day",
        limit=strategy.max_daily_trades,
        value=after,
    )


def strategy_max_risk_fraction(c: RiskContext) -> Breaches:
    """STRATEGY_MAX_RISK_FRACTION: value of a purchase at the market, share of equity.

    An order without a stop risks all of its value. Sizes are made with the price of a moment ago,
    so the allowance for slippage is free.
    """
    strategy, equity = c.strategy, c.account.equity
    if strategy is None or strategy.max_risk_fraction >= 1 or c.spec.side is not Side.BUY:
        return NONE
    bound = from_float(strategy.max_risk_fraction)
    if equity is None or c.quantity is None or c.quote is None:
        return breach(
            "STRATEGY_MAX_RISK_FRACTION", "the account cannot be valued; try again", limit=bound
        )
    price = min(c.spec.limit_price or c.quote.ask, c.quote.ask)
    value = c.spec.quote_quantity or c.quantity * price
    if value <= bound * equity * (ONE + c.limits.max_slippage):
        return NONE
    return breach(
        "STRATEGY_MAX_RISK_FRACTION",
        f"the order is worth {trimmed(value)} {c.account.quote_asset}, strategy {strategy.name} "
        f"may risk {float(bound):.2%} of {trimmed(equity)}; lower the quantity",
        limit=bound * equity,
        value=value,
    )


def repeated_execution(c: RiskContext) -> Breaches:
    """REPEATED_EXECUTION: executed purchases of a strategy since a person enabled it, as a count.

    Its orders that work may execute: they count as well. Source: Commission Delegated Regulation
    (EU) 2017/589, article 15(3).
    """
    bound, strategy = c.limits.max_executions, c.spec.strategy
    if not bound or not strategy or c.reduces:
        return NONE
    executed = c.book.state.conduct.executions.get(strategy, 0)
    after = executed + c.untouched_of_strategy + 1
    if after <= bound:
        return NONE
    return breach(
        "REPEATED_EXECUTION",
        f"strategy {strategy} has executed {executed} purchases since it was enabled, "
        f"{bound} are allowed; look at it, then switch it off and on again",
        limit=bound,
        value=after,
    )


def order_rate_limit(c: RiskContext) -> Breaches:
    """ORDER_RATE_LIMIT: orders sent in any 60 s, as a count."""
    bound = c.limits.max_orders_per_minute
    if not bound or c.reduces:
        return NONE
    after = recent(c.book.state.conduct.sent_ns, c.now_ns) + c.ahead + 1
    if after <= bound:
        return NONE
    return breach(
        "ORDER_RATE_LIMIT",
        f"{after - 1} orders were sent in the last minute, {bound} are allowed; wait",
        limit=bound,
        value=after,
    )


def self_trade(c: RiskContext) -> Breaches:
    """SELF_TRADE: price, quote per base, at which the order would meet one of ours.

    Whoever names a self_trade_prevention leaves it to the venue.
    """
    if not c.limits.deny_self_trade or c.spec.self_trade_prevention is not None or c.waits:
        return NONE
    buys, price = c.spec.side is Side.BUY, _meets_at(c)
    best = c.symbol_exposure.resting.best(Side.SELL if buys else Side.BUY)
    if best is None or price is None or (price < best[0] if buys else price > best[0]):
        return NONE
    return breach(
        "SELF_TRADE",
        f"it would meet our own order {best[1]} at {trimmed(best[0])}; cancel that one, "
        "or name a self_trade_prevention",
        limit=best[0],
        value=price,
    )


def _meets_at(c: RiskContext) -> Decimal | None:
    """The worst price at which the order would execute now; None for one that is not to."""
    if c.spec.order_type in STOP_TYPES:
        return None
    if c.spec.order_type in PRICED_TYPES or c.quote is None:
        return c.spec.limit_price
    return c.quote.touch(c.spec.side)


def approval_required(c: RiskContext) -> Breaches:
    """APPROVAL_REQUIRED: value from which a second person must let an order go, quote asset."""
    bound, value = c.limits.approval_notional, c.market_value
    if bound is None or c.approved or c.reduces:
        return NONE
    if value is not None and value < bound:
        return NONE
    worth = "an order without a price" if value is None else trimmed(value)
    how = "" if c.alone else "; only an order on its own can be, so place it as one"
    return breach(
        APPROVAL_REQUIRED,
        f"{worth} >= {trimmed(bound)} {c.account.quote_asset}: "
        f"a second person must approve it{how}",
        limit=bound,
        value="" if value is None else value,
    )


PACE = (
    max_orders_per_day,
    max_turnover_per_day,
    strategy_max_daily_trades,
    strategy_max_risk_fraction,
    repeated_execution,
    order_rate_limit,
    self_trade,
    approval_required,
)
