"""What moves the trading state by itself, whether anybody asks to trade or not."""

import msgspec

from aitrader_server.domain.book import Book
from aitrader_server.domain.conduct import recent
from aitrader_server.domain.risk.context import Account, Gates
from aitrader_server.domain.risk.loss import account_losses
from aitrader_server.domain.words import TradingState

DEAD_MAN = "DEAD_MAN_EXPIRED"
REJECTS = "REJECT_STORM"
UNKNOWN_ORDERS = "UNRESOLVED_ORDERS_EXCEEDED"
BAN = "VENUE_BANNED"
ERROR_BUDGET = "ERROR_BUDGET_BURNT"
# Whoever resumes after one of these has looked: what stopped trading is then counted anew.
COUNTED_ANEW = frozenset({"MAX_DRAWDOWN", "CONSECUTIVE_LOSSES"})
# Who moved the trading state when no person did.
ACTORS = frozenset(
    {
        DEAD_MAN,
        REJECTS,
        UNKNOWN_ORDERS,
        BAN,
        ERROR_BUDGET,
        "DAILY_LOSS_LIMIT",
        "ROLLING_24H_LOSS_LIMIT",
    }
    | COUNTED_ANEW
)


class Automatic(msgspec.Struct, frozen=True, kw_only=True):
    """Where each of them moves trading; ACTIVE: nowhere, its control alone denies."""

    dead_man: TradingState = TradingState.HALTED
    losses: TradingState = TradingState.HALTED
    rejects: TradingState = TradingState.REDUCING
    unknown_orders: TradingState = TradingState.REDUCING
    ban: TradingState = TradingState.REDUCING
    error_budget: TradingState = TradingState.ACTIVE


class Trip(msgspec.Struct, frozen=True):
    """Something that must not go on: `code` becomes the actor of the move to `state`."""

    code: str
    reason: str
    state: TradingState


def trips(
    book: Book, account: Account, gates: Gates, automatic: Automatic, now_ns: int
) -> tuple[Trip, ...]:
    """All that stands now, with what moves trading nowhere.

    What is not known denies orders and moves nothing: a price that is missing is no loss. Nor do
    outcomes that are just being asked for, after a start or a lost stream.
    """
    state, limits = book.state, book.state.limits
    found: list[Trip] = []
    if gates.dead_man_expired:
        found.append(Trip(DEAD_MAN, gates.dead_man_detail, automatic.dead_man))
    found += (
        Trip(breach.code, breach.message, automatic.losses)
        for breach in account_losses(state, account)
        if breach.value
    )
    refused = recent(state.conduct.refused_ns, now_ns)
    if limits.max_rejects_per_minute and refused >= limits.max_rejects_per_minute:
        reason = f"the venue refused {refused} orders within a minute"
        found.append(Trip(REJECTS, reason, automatic.rejects))
    unknown = book.exposure.unknown
    if not gates.reconciling and 0 < limits.max_unknown_orders <= unknown:
        reason = f"{unknown} orders have an unknown outcome"
        found.append(Trip(UNKNOWN_ORDERS, reason, automatic.unknown_orders))
    if gates.banned_until_ns > now_ns:
        found.append(Trip(BAN, "the venue banned this address", automatic.ban))
    if gates.burnt_objective:
        reason = f"the error budget of {gates.burnt_objective} is burnt"
        found.append(Trip(ERROR_BUDGET, reason, automatic.error_budget))
    return tuple(found)
