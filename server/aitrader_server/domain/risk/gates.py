"""Group A: conditions under which no order, or only a reducing one, may leave."""

from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, breach
from aitrader_server.domain.words import TradingState

# Of each of the venue's budgets: orders stop before cancels have to.
BUDGET_KEPT_PERCENT = 20


def trading_halted(c: RiskContext) -> Breaches:
    """TRADING_HALTED: nothing but cancels passes."""
    if c.trading_state is not TradingState.HALTED:
        return NONE
    record = c.book.state.trading
    return breach(
        "TRADING_HALTED", f"trading is halted by {record.actor}: {record.reason}; resume it first"
    )


def trading_state_reducing(c: RiskContext) -> Breaches:
    """TRADING_STATE_REDUCING: only orders that reduce exposure pass, of the account or a symbol."""
    if c.reduces:
        return NONE
    if c.trading_state is TradingState.REDUCING:
        record = c.book.state.trading
        return breach(
            "TRADING_STATE_REDUCING",
            f"only orders that reduce pass since {record.actor} said: {record.reason}; "
            "resume first",
        )
    restriction = c.book.state.restrictions.get(c.spec.symbol)
    if restriction is None:
        return NONE
    return breach(
        "TRADING_STATE_REDUCING",
        f"only orders that reduce pass for {c.spec.symbol}: {restriction.reason}; "
        "find out who did that, then resume the symbol",
    )


def reconciling(c: RiskContext) -> Breaches:
    """RECONCILING: the venue's account is being compared with ours."""
    if not c.gates.reconciling or c.reduces:
        return NONE
    return breach("RECONCILING", "the account is being reconciled with the venue; try again soon")


def stream_down(c: RiskContext) -> Breaches:
    """STREAM_DOWN: fills would not be heard."""
    if c.gates.stream_up or c.reduces:
        return NONE
    return breach("STREAM_DOWN", "the venue's account stream is down; try again once it is back")


def clock_skew(c: RiskContext) -> Breaches:
    """CLOCK_SKEW: milliseconds between the venue's clock and ours, either way."""
    offset, bound = c.gates.clock_offset_ms, c.gates.clock_offset_ms_max
    if offset is not None and abs(offset) <= bound:
        return NONE
    distance = "not known to be right" if offset is None else f"{offset} ms off"
    return breach(
        "CLOCK_SKEW",
        f"the venue's clock is {distance}, at most {bound} ms is allowed; check NTP",
        limit=bound,
        value="" if offset is None else offset,
    )


def dead_man_expired(c: RiskContext) -> Breaches:
    """DEAD_MAN_EXPIRED: nobody has sent a heartbeat in time."""
    if not c.gates.dead_man_expired:
        return NONE
    return breach("DEAD_MAN_EXPIRED", f"{c.gates.dead_man_detail}; send a heartbeat, then resume")


def limits_store_unwritable(c: RiskContext) -> Breaches:
    """LIMITS_STORE_UNWRITABLE: what cannot be recorded must not be done."""
    if not c.gates.journal_writable:
        return breach(
            "LIMITS_STORE_UNWRITABLE", "the journal cannot be written; check disk and state"
        )
    if not c.gates.limits_store_trouble or c.reduces:
        return NONE
    return breach(
        "LIMITS_STORE_UNWRITABLE",
        f"the limits store may not know what it must: {c.gates.limits_store_trouble}; "
        "check disk and state of its server",
    )


def unresolved_orders_exceeded(c: RiskContext) -> Breaches:
    """UNRESOLVED_ORDERS_EXCEEDED: orders whose outcome is unknown, as a count.

    What they may have sold is not free to sell, so that what reduces may leave.
    """
    bound = c.limits.max_unknown_orders
    if not bound or c.exposure.unknown < bound or c.reduces:
        return NONE
    return breach(
        "UNRESOLVED_ORDERS_EXCEEDED",
        f"{c.exposure.unknown} orders have an unknown outcome, {bound} stop new ones; resolve them",
        limit=bound,
        value=c.exposure.unknown,
    )


def venue_banned(c: RiskContext) -> Breaches:
    """VENUE_BANNED: the venue refuses to talk to us until a time."""
    until_ns = c.gates.banned_until_ns
    if until_ns <= c.now_ns:
        return NONE
    left_s = (until_ns - c.now_ns) // 1_000_000_000 + 1
    return breach("VENUE_BANNED", f"the venue banned this address; wait {left_s} s")


def venue_weight_budget(c: RiskContext) -> Breaches:
    """VENUE_WEIGHT_BUDGET: request weight of the window, of which a share is kept for cancels."""
    return _budget(c, "VENUE_WEIGHT_BUDGET", "REQUEST_WEIGHT", "requests")


def venue_order_count_budget(c: RiskContext) -> Breaches:
    """VENUE_ORDER_COUNT_BUDGET: orders of the window, of which a share is kept in reserve."""
    return _budget(c, "VENUE_ORDER_COUNT_BUDGET", "ORDERS", "orders")


def _budget(c: RiskContext, code: str, kind: str, noun: str) -> Breaches:
    for name, used, limit in c.gates.budgets:
        bound = limit * (100 - BUDGET_KEPT_PERCENT) // 100
        if name.startswith(kind) and used >= bound:
            return breach(
                code,
                f"{used} of the venue's {limit} {noun} ({name}) are used, {bound} may be: "
                "the rest is for cancels; wait for the next window",
                limit=bound,
                value=used,
            )
    return NONE


def environment_mismatch(c: RiskContext) -> Breaches:
    """ENVIRONMENT_MISMATCH: key, address and configured environment disagree."""
    if c.gates.environment_matches:
        return NONE
    return breach("ENVIRONMENT_MISMATCH", "key and venue disagree; use a key of this venue")


def strategy_disabled(c: RiskContext) -> Breaches:
    """STRATEGY_DISABLED: its switch is off."""
    strategy = c.strategy
    if strategy is None or strategy.enabled:
        return NONE
    return breach("STRATEGY_DISABLED", f"strategy {strategy.name} is off; switch it on")


GATES = (
    trading_halted,
    trading_state_reducing,
    reconciling,
    stream_down,
    clock_skew,
    dead_man_expired,
    limits_store_unwritable,
    unresolved_orders_exceeded,
    venue_banned,
    venue_weight_budget,
    venue_order_count_budget,
    environment_mismatch,
    strategy_disabled,
)
