"""Group F, its losses: of the day, of 24 hours, from the highest equity, in a row."""

from decimal import Decimal

from aitrader_server.domain.money import ZERO, trimmed
from aitrader_server.domain.risk.context import NONE, Account, Breaches, RiskContext, breach
from aitrader_server.domain.state import State

UNVALUED = "a price is missing or too old: the account cannot be valued; try again with prices"


def account_losses(state: State, account: Account) -> Breaches:
    """Every limit of losses of the account that is met, whatever an order would do."""
    return (
        *_daily(state, account),
        *_rolling(state, account),
        *_drawdown(state, account),
        *_in_a_row(state),
    )


def daily_loss_limit(c: RiskContext) -> Breaches:
    """DAILY_LOSS_LIMIT: realised and unrealised loss of the UTC day with fees, quote asset.

    The limit is a fraction of the equity with which the day began. What a symbol or a strategy may
    lose is an amount, and only what it realised counts. A missing price denies.
    """
    if c.reduces:
        return NONE
    return _daily(c.book.state, c.account) or _realized(c)


def rolling_24h_loss_limit(c: RiskContext) -> Breaches:
    """ROLLING_24H_LOSS_LIMIT: loss of the last 24 hours, share of the equity they began with."""
    return NONE if c.reduces else _rolling(c.book.state, c.account)


def max_drawdown(c: RiskContext) -> Breaches:
    """MAX_DRAWDOWN: fall from the highest equity, as a share of it."""
    return NONE if c.reduces else _drawdown(c.book.state, c.account)


def consecutive_losses(c: RiskContext) -> Breaches:
    """CONSECUTIVE_LOSSES: sales in a row that realised a loss, as a count."""
    return NONE if c.reduces else _in_a_row(c.book.state)


def _daily(state: State, account: Account) -> Breaches:
    return _lost(
        "DAILY_LOSS_LIMIT",
        "the day has",
        state.limits.daily_loss_limit,
        account,
        pnl=account.day_pnl,
        base=state.day.start_equity,
        until="until the next UTC day",
    )


def _rolling(state: State, account: Account) -> Breaches:
    return _lost(
        "ROLLING_24H_LOSS_LIMIT",
        "the last 24 hours have",
        state.limits.rolling_24h_loss_limit,
        account,
        pnl=account.rolling_pnl,
        base=account.rolling_base,
        until="until they are over",
    )


def _lost(
    code: str,
    what: str,
    share: Decimal | None,
    account: Account,
    *,
    pnl: Decimal | None,
    base: Decimal | None,
    until: str,
) -> Breaches:
    """The breach of a loss that reached `share` of `base`; not known is as bad."""
    if share is None:
        return NONE
    if pnl is None or base is None or not pnl.is_finite():
        return breach(code, UNVALUED, limit=share)
    limit = share * base
    if pnl >= ZERO or -pnl < limit:
        return NONE
    return breach(
        code,
        f"{what} lost {trimmed(-pnl)} {account.quote_asset}, {trimmed(limit)} stops it {until}",
        limit=limit,
        value=-pnl,
    )


def _drawdown(state: State, account: Account) -> Breaches:
    bound, fall = state.limits.max_drawdown, account.drawdown
    if bound is None:
        return NONE
    if fall is None or not fall.is_finite():
        return breach("MAX_DRAWDOWN", UNVALUED, limit=bound)
    if fall <= ZERO or fall < bound:
        return NONE
    return breach(
        "MAX_DRAWDOWN",
        f"the account is {float(fall):.2%} below its highest {trimmed(account.high)} "
        f"{account.quote_asset}, {float(bound):.2%} stops it; find out why, then resume",
        limit=bound,
        value=round(fall, 6),
    )


def _in_a_row(state: State) -> Breaches:
    bound, losses = state.limits.max_consecutive_losses, state.conduct.losses
    if not bound or losses < bound:
        return NONE
    return breach(
        "CONSECUTIVE_LOSSES",
        f"{losses} sales in a row have lost, {bound} stop trading; find out why, then resume",
        limit=bound,
        value=losses,
    )


def _realized(c: RiskContext) -> Breaches:
    """What the order's symbol or strategy has lost for good, against its own limit."""
    strategy, symbol = c.spec.strategy, c.spec.symbol
    own = (c.limits.by_symbol.get(symbol), c.limits.by_strategy.get(strategy))
    for limits, scope in zip([limits for limits in own if limits], c.scopes[1:], strict=True):
        bound, realized = limits.max_loss_per_day, scope.used.realized
        if bound is not None and realized < ZERO and -realized >= bound:
            return breach(
                "DAILY_LOSS_LIMIT",
                f"{trimmed(-realized)} {c.account.quote_asset} were lost today{scope.whose}, "
                f"{trimmed(bound)} stop it until the next UTC day",
                limit=bound,
                value=-realized,
            )
    return NONE


LOSS = (daily_loss_limit, rolling_24h_loss_limit, max_drawdown, consecutive_losses)
