"""Group F: losses and behaviour over the day."""

from aitrader_server.domain.money import trimmed
from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, breach


def daily_loss_limit(c: RiskContext) -> Breaches:
    """DAILY_LOSS_LIMIT: realised and unrealised loss of the UTC day with fees, quote asset.

    The limit is a fraction of the equity with which the day began. A missing price denies.
    """
    bound = c.limits.daily_loss_limit
    if bound is None or c.reduces:
        return NONE
    pnl, asset = c.account.day_pnl, c.account.quote_asset
    if pnl is None:
        return breach("DAILY_LOSS_LIMIT", "the day's result is not known; wait for prices")
    limit = bound * c.book.state.day.start_equity
    if -pnl < limit or pnl >= 0:
        return NONE
    return breach(
        "DAILY_LOSS_LIMIT",
        f"the day has lost {trimmed(-pnl)} {asset}, "
        f"{trimmed(limit)} stops it until the next UTC day",
        limit=limit,
        value=-pnl,
    )


def strategy_max_daily_trades(c: RiskContext) -> Breaches:
    """STRATEGY_MAX_DAILY_TRADES: orders of one strategy in the UTC day, as a count."""
    strategy = c.strategy
    if strategy is None or not strategy.max_daily_trades:
        return NONE
    after = c.book.state.day.orders_by_strategy.get(strategy.name, 0) + c.ahead + 1
    if after <= strategy.max_daily_trades:
        return NONE
    return breach(
        "STRATEGY_MAX_DAILY_TRADES",
        f"strategy {strategy.name} has had its {strategy.max_daily_trades} orders; "
        "wait for the next UTC day",
        limit=strategy.max_daily_trades,
        value=after,
    )


LOSS = (daily_loss_limit, strategy_max_daily_trades)
