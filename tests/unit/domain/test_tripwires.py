"""What moves trading by itself: from which moment, where to, and what does not."""

import msgspec
import pytest
from aitrader_server.domain.book import Book
from aitrader_server.domain.conduct import MINUTE_NS
from aitrader_server.domain.events import OrderRejected, TradingStateChanged
from aitrader_server.domain.risk.context import Account
from aitrader_server.domain.risk.tripwires import ACTORS, Automatic, Trip, trips
from aitrader_server.domain.words import OrderState, TradingState
from unit.domain.controls.loss import sold
from unit.domain.controls.table import done, rich
from unit.domain.worlds import (
    NOW_NS,
    OPEN_GATES,
    WEALTH,
    D,
    evolve,
    limited,
    opened,
    place,
    spec,
    submitted,
)

ACTIVE, REDUCING, HALTED = TradingState
LOSSES = {
    "daily_loss_limit": D("0.05"),
    "rolling_24h_loss_limit": D("0.05"),
    "max_drawdown": D("0.05"),
}
UNHARMED = msgspec.structs.replace(
    WEALTH, rolling_base=D(200_000), rolling_pnl=D(0), high=D(200_000), drawdown=D(0)
)


def tripped(
    book: Book | None = None,
    account: Account = UNHARMED,
    automatic: Automatic | None = None,
    **gates,
) -> list[Trip]:
    world = msgspec.structs.replace(OPEN_GATES, **gates)
    book = limited(rich(), **LOSSES) if book is None else book
    return list(trips(book, account, world, automatic or Automatic(), NOW_NS))


def codes(found: list[Trip]) -> list[str]:
    return [trip.code for trip in found]


def worth(**given) -> Account:
    return msgspec.structs.replace(UNHARMED, **given)


def refused(*ago_ns: int, bound: int = 2, source: str = "reply") -> Book:
    """Orders that the venue refused so long ago, the oldest first."""
    book = limited(rich(), max_rejects_per_minute=bound)
    for number, ago in enumerate(ago_ns):
        name = f"no-{number}"
        refusal = OrderRejected(request_id=name, code="-2010", reason="no", source=source)
        evolve(book, opened(spec(name)), submitted(name), refusal, at_ns=NOW_NS - ago)
    return book


def doubted(count: int, bound: int = 2) -> Book:
    return done(count, OrderState.UNKNOWN, limited(rich(), max_unknown_orders=bound))


STILL = {
    "nothing": tripped(),
    "less than a day may lose": tripped(account=worth(day_pnl=D("-9999.99"))),
    "less than 24 hours may lose": tripped(account=worth(rolling_pnl=D("-9999.99"))),
    "less of a fall": tripped(account=worth(drawdown=D("0.0499"))),
    "one loss": tripped(limited(sold("9999"), max_consecutive_losses=2)),
    "one refusal": tripped(refused(0)),
    "two refusals, one a minute ago": tripped(refused(MINUTE_NS, 0)),
    "refusals without a limit": tripped(refused(0, 0, 0, bound=0)),
    "absences that were proved": tripped(refused(0, 0, 0, source="query")),
    "orders that never left": tripped(refused(0, 0, 0, source="")),
    "denied orders": tripped(done(9, OrderState.DENIED, refused())),
    "one doubt": tripped(doubted(1)),
    "doubts without a limit": tripped(doubted(9, bound=0)),
    "a ban that is over this moment": tripped(banned_until_ns=NOW_NS),
    "no price": tripped(
        account=Account(quote_asset="USDT", equity=None, day_pnl=None, rolling_base=D(1))
    ),
    "results that are no numbers": tripped(
        account=worth(day_pnl=D("NaN"), rolling_pnl=D("NaN"), drawdown=D("NaN"))
    ),
    "losses without limits": tripped(
        limited(rich(), daily_loss_limit=None),
        worth(day_pnl=D(-200_000), rolling_pnl=D(-200_000), drawdown=D(1)),
    ),
    "a venue that is away": tripped(stream_up=False, reconciling=True, clock_offset_ms=None),
    "a strategy's and a symbol's losses": tripped(limited(sold("5000"), **LOSSES)),
}
MET = {
    "a day's loss": (tripped(account=worth(day_pnl=D(-10_000))), "DAILY_LOSS_LIMIT", HALTED),
    "24 hours' loss": (
        tripped(account=worth(rolling_pnl=D(-10_000))),
        "ROLLING_24H_LOSS_LIMIT",
        HALTED,
    ),
    "a fall": (tripped(account=worth(drawdown=D("0.05"))), "MAX_DRAWDOWN", HALTED),
    "two losses": (
        tripped(limited(sold("9999", "9999"), max_consecutive_losses=2)),
        "CONSECUTIVE_LOSSES",
        HALTED,
    ),
    "two losses without a price": (
        tripped(
            limited(sold("9999", "9999"), max_consecutive_losses=2),
            Account(quote_asset="USDT", equity=None, day_pnl=None),
        ),
        "CONSECUTIVE_LOSSES",
        HALTED,
    ),
    "two refusals": (tripped(refused(MINUTE_NS - 1, 0)), "REJECT_STORM", REDUCING),
    "two doubts": (tripped(doubted(2)), "UNRESOLVED_ORDERS_EXCEEDED", REDUCING),
    "a ban": (tripped(banned_until_ns=NOW_NS + 1), "VENUE_BANNED", REDUCING),
    "a burnt budget": (
        tripped(burnt_objective="order_acceptance"),
        "ERROR_BUDGET_BURNT",
        ACTIVE,
    ),
    "no heartbeat": (
        tripped(dead_man_expired=True, dead_man_detail="no heartbeat for 61 s"),
        "DEAD_MAN_EXPIRED",
        HALTED,
    ),
}


@pytest.mark.parametrize("name", STILL)
def test_what_moves_nothing(name):
    assert STILL[name] == []


@pytest.mark.parametrize("name", MET)
def test_what_moves_trading_and_where_to_by_default(name):
    (trip,), code, state = MET[name]
    assert (trip.code, trip.state) == (code, state)
    assert trip.reason


def test_every_actor_is_met_by_an_example():
    assert {code for _, code, _ in MET.values()} == ACTORS


@pytest.mark.parametrize("state", TradingState)
@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ("dead_man", lambda automatic: tripped(automatic=automatic, dead_man_expired=True)),
        (
            "losses",
            lambda automatic: tripped(
                automatic=automatic,
                account=worth(day_pnl=D(-10_000), rolling_pnl=D(-10_000), drawdown=D("0.05")),
            ),
        ),
        ("rejects", lambda automatic: tripped(refused(0, 0), automatic=automatic)),
        ("unknown_orders", lambda automatic: tripped(doubted(2), automatic=automatic)),
        ("ban", lambda automatic: tripped(automatic=automatic, banned_until_ns=NOW_NS + 1)),
    ],
)
def test_where_trading_moves_is_chosen_for_each(choice, found, state):
    moved = found(Automatic(**{choice: state}))
    assert moved
    assert {trip.state for trip in moved} == {state}


def test_all_that_stands_is_told():
    found = tripped(
        doubted(2), worth(day_pnl=D(-12_000)), dead_man_expired=True, banned_until_ns=NOW_NS + 1
    )
    assert codes(found) == [
        "DEAD_MAN_EXPIRED",
        "DAILY_LOSS_LIMIT",
        "UNRESOLVED_ORDERS_EXCEEDED",
        "VENUE_BANNED",
    ]


def test_what_stands_is_told_whatever_trading_does_already():
    book = evolve(
        doubted(2), TradingStateChanged(trading_state=HALTED, reason="a storm", actor="ann")
    )
    assert codes(tripped(book)) == ["UNRESOLVED_ORDERS_EXCEEDED"]
    # A doubt that was resolved stands no more.
    place(book, spec("fine"))
    assert codes(tripped(limited(book, max_unknown_orders=3))) == []
