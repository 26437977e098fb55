"""Group E: what the account can bear, with open, in-flight and unknown orders at their worst."""

from decimal import Decimal

from aitrader_server.domain.money import ZERO, trimmed
from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, breach
from aitrader_server.domain.words import Side

UNPRICED = "the account cannot be valued: a price is missing; try again once there is one"


def insufficient_balance(c: RiskContext) -> Breaches:
    """INSUFFICIENT_BALANCE: what the order spends against what is free, in the asset it spends."""
    buys = c.spec.side is Side.BUY
    asset = c.instrument.quote if buys else c.instrument.base
    needed = c.notional if buys else c.quantity
    available = c.quote_available if buys else c.base_available
    if needed is None or needed <= available or c.waits:
        return NONE
    return breach(
        "INSUFFICIENT_BALANCE",
        f"the order may need {trimmed(needed)} {asset}, {trimmed(max(available, ZERO))} is free; "
        "lower the quantity or cancel an order",
        limit=available,
        value=needed,
    )


def _position_notional(c: RiskContext) -> Decimal | None:
    """Value of the symbol's position with every open buy and this one filled, quote asset."""
    if c.quote is None or c.notional is None:
        return None
    held = c.book.state.ledger.held(c.instrument.base) * c.quote.last
    return held + c.symbol_buy_notional + c.notional


def max_position_notional(c: RiskContext) -> Breaches:
    """MAX_POSITION_NOTIONAL: value of one symbol with everything open filled, quote asset.

    The account's limit holds for every symbol, one of its own beside it.
    """
    own = c.limits.by_symbol.get(c.spec.symbol)
    bounds = [c.limits.max_position_notional, None if own is None else own.max_position_notional]
    bound = min((given for given in bounds if given is not None), default=None)
    if bound is None or c.spec.side is not Side.BUY:
        return NONE
    value = _position_notional(c)
    if value is None:
        return breach("MAX_POSITION_NOTIONAL", UNPRICED, limit=bound)
    if value <= bound:
        return NONE
    return breach(
        "MAX_POSITION_NOTIONAL",
        f"{c.spec.symbol} could reach {trimmed(value)} {c.instrument.quote}, "
        f"the limit is {trimmed(bound)}; lower the quantity",
        limit=bound,
        value=value,
    )


def max_gross_exposure(c: RiskContext) -> Breaches:
    """MAX_GROSS_EXPOSURE: value of all positions with everything open filled, quote asset."""
    bound, equity, quote_asset = (
        c.limits.max_gross_exposure,
        c.account.equity,
        c.account.quote_asset,
    )
    if bound is None or c.spec.side is not Side.BUY:
        return NONE
    if equity is None or c.notional is None:
        return breach("MAX_GROSS_EXPOSURE", UNPRICED, limit=bound)
    invested = equity - c.book.state.ledger.held(quote_asset)
    value = invested + c.buy_notional + c.notional
    if value <= bound:
        return NONE
    return breach(
        "MAX_GROSS_EXPOSURE",
        f"all positions could reach {trimmed(value)} {quote_asset}, the limit is {trimmed(bound)}; "
        "lower the quantity",
        limit=bound,
        value=value,
    )


def max_concentration(c: RiskContext) -> Breaches:
    """MAX_CONCENTRATION: share of one symbol in the equity, decimal fraction."""
    bound, equity = c.limits.max_concentration, c.account.equity
    if bound is None or c.spec.side is not Side.BUY:
        return NONE
    notional = _position_notional(c)
    if equity is None or equity <= ZERO or notional is None:
        return breach("MAX_CONCENTRATION", UNPRICED, limit=bound)
    if notional <= bound * equity:
        return NONE
    share = notional / equity
    return breach(
        "MAX_CONCENTRATION",
        f"{c.spec.symbol} could reach {float(share):.1%} of the equity, "
        f"at most {float(bound):.1%} is allowed; lower the quantity",
        limit=bound,
        value=round(share, 6),
    )


def max_open_orders(c: RiskContext) -> Breaches:
    """MAX_OPEN_ORDERS: orders working, as a count; by account, symbol, strategy."""
    for scope in c.scopes:
        bound, after = scope.limits.max_open_orders, scope.open_orders + 1
        if bound and after > bound:
            return breach(
                "MAX_OPEN_ORDERS",
                f"{after - 1} orders are open{scope.whose}, at most {bound} are allowed; "
                "cancel one first",
                limit=bound,
                value=after,
            )
    return NONE


def reduce_only_would_increase(c: RiskContext) -> Breaches:
    """REDUCE_ONLY_WOULD_INCREASE: the order asked to be refused unless it reduces."""
    if not c.spec.reduce_only or c.reduces or c.waits:
        return NONE
    return breach(
        "REDUCE_ONLY_WOULD_INCREASE",
        f"reduce_only orders sell at most the {trimmed(max(c.base_available, ZERO))} "
        f"{c.instrument.base} that are free",
        limit=c.base_available,
        value=c.quantity if c.quantity is not None else "",
    )


EXPOSURE = (
    insufficient_balance,
    max_position_notional,
    max_gross_exposure,
    max_concentration,
    max_open_orders,
    reduce_only_would_increase,
)
