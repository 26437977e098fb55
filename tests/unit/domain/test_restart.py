"""What any control remembers is remembered by the next life: nobody trades himself free of it."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import pytest
from aitrader_server.domain.book import Book, fold
from aitrader_server.domain.events import (
    BalanceAdjusted,
    DayOpened,
    EquityMarked,
    OrderRejected,
    SymbolRestricted,
    TradingStateChanged,
)
from aitrader_server.domain.risk.checks import CHECKS, assess
from aitrader_server.domain.risk.context import Account
from aitrader_server.domain.risk.tripwires import Automatic, trips
from aitrader_server.domain.state import decode_event, decode_state, encode_event, encode_state
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, Side, TradingState
from unit.domain.controls.loss import sold, unfinished
from unit.domain.controls.table import done, of_strategy, of_symbol, switches
from unit.domain.worlds import (
    NOW_NS,
    OPEN_GATES,
    TRACE,
    D,
    context,
    events_to,
    evolve,
    funded,
    limited,
    opened,
    place,
    spec,
    submitted,
)

EQUITY = D(200_000)
S = spec(strategy="s")


class Journalled(Book):
    """Keeps what it was told, as the journal writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[tuple[bytes, int]] = []

    def evolve(self, event, *, at_ns, trace_id):
        self.journal.append((encode_event(event), at_ns))
        return super().evolve(event, at_ns=at_ns, trace_id=trace_id)

    def replayed(self, since: int = 0, onto: Book | None = None) -> Book:
        events = ((decode_event(event), at_ns, TRACE) for event, at_ns in self.journal[since:])
        return fold(events, onto or Book())


def reopened(book: Book) -> Book:
    return Book(decode_state(encode_state(book.state)))


def verdict(book: Book, of: OrderSpec) -> tuple:
    """Whether `of` would pass, and what would move trading, where the account is worth EQUITY."""
    conduct = book.state.conduct
    base = conduct.base_equity(NOW_NS)
    account = Account(
        quote_asset="USDT",
        equity=EQUITY,
        day_pnl=EQUITY - book.state.day.start_equity,
        rolling_base=base,
        rolling_pnl=None if base is None else EQUITY - base,
        high=conduct.high,
        drawdown=(conduct.high - EQUITY) / conduct.high,
    )
    found = assess(context(of, book, account=account))
    return found, trips(book, account, OPEN_GATES, Automatic(), NOW_NS)


class Memory(NamedTuple):
    """What happened, the order that it speaks against, and the code by which it does."""

    happened: Callable[[Book], object]
    code: str
    of: OrderSpec = spec()
    limits: Mapping[str, object] = MappingProxyType({})


def said(state: TradingState):
    changed = TradingStateChanged(trading_state=state, reason="a storm", actor="ann")
    return lambda book: evolve(book, changed)


def refused(count: int):
    def happened(book):
        for number in range(count):
            refusal = OrderRejected(
                request_id=f"no-{number}", code="-2010", reason="no", source="reply"
            )
            sent = (opened(spec(f"no-{number}")), submitted(f"no-{number}"))
            evolve(book, *sent, refusal)

    return happened


def the_end_of_a_losing_sale(book):
    """It lost with its first part and was then cancelled."""
    evolve(unfinished(book), *events_to(OrderState.CANCELED, "out")[-1:])


MEMORIES = {
    "the day's beginning": Memory(
        lambda book: evolve(book, DayOpened(day="2027-01-16", equity=D(250_000))),
        "DAILY_LOSS_LIMIT",
        limits={"daily_loss_limit": D("0.1")},
    ),
    "the day's orders": Memory(
        lambda book: done(2, book=book), "MAX_ORDERS_PER_DAY", limits={"max_orders_per_day": 2}
    ),
    "a symbol's orders": Memory(
        lambda book: done(2, book=book),
        "MAX_ORDERS_PER_DAY",
        limits=of_symbol(max_orders_per_day=2),
    ),
    "a strategy's orders": Memory(
        lambda book: done(2, book=book, strategy="s"),
        "MAX_ORDERS_PER_DAY",
        S,
        of_strategy(max_orders_per_day=2),
    ),
    "a strategy's trades": Memory(
        lambda book: done(2, book=switches(book, trades=2), strategy="s"),
        "STRATEGY_MAX_DAILY_TRADES",
        S,
    ),
    "the day's turnover": Memory(
        lambda book: done(2, book=book),
        "MAX_TURNOVER_PER_DAY",
        limits={"max_turnover_per_day": D(299)},
    ),
    "a symbol's result": Memory(
        lambda book: sold("9000", book=book),
        "DAILY_LOSS_LIMIT",
        limits=of_symbol(max_loss_per_day=D(10)),
    ),
    "a strategy's result": Memory(
        lambda book: sold("9000", book=book),
        "DAILY_LOSS_LIMIT",
        S,
        of_strategy(max_loss_per_day=D(10)),
    ),
    "24 hours": Memory(
        lambda book: evolve(
            book, BalanceAdjusted(asset="USDT", delta=D(50_000), value=D(50_000), reason="sync")
        ),
        "ROLLING_24H_LOSS_LIMIT",
        limits={"rolling_24h_loss_limit": D("0.1")},
    ),
    "the highest equity": Memory(
        lambda book: evolve(book, EquityMarked(equity=D(250_000))),
        "MAX_DRAWDOWN",
        limits={"max_drawdown": D("0.2")},
    ),
    "losses in a row": Memory(
        lambda book: sold("9999", "9999", book=book),
        "CONSECUTIVE_LOSSES",
        limits={"max_consecutive_losses": 2},
    ),
    "what unfinished sales have lost": Memory(
        the_end_of_a_losing_sale, "CONSECUTIVE_LOSSES", limits={"max_consecutive_losses": 2}
    ),
    "orders of the minute": Memory(
        lambda book: done(2, book=book), "ORDER_RATE_LIMIT", limits={"max_orders_per_minute": 2}
    ),
    "refusals of the minute": Memory(
        refused(3), "REJECT_STORM", limits={"max_rejects_per_minute": 3}
    ),
    "executions of a strategy": Memory(
        lambda book: done(2, book=book, strategy="s"),
        "REPEATED_EXECUTION",
        S,
        {"max_executions": 2},
    ),
    "the latest intents": Memory(
        lambda book: done(1, book=book),
        "REPEATED_ORDER",
        limits={"repeated_order_window_ms": 1000},
    ),
    "orders of unknown outcome": Memory(
        lambda book: done(2, OrderState.UNKNOWN, book),
        "UNRESOLVED_ORDERS_EXCEEDED",
        limits={"max_unknown_orders": 2},
    ),
    "a halt": Memory(said(TradingState.HALTED), "TRADING_HALTED"),
    "a reduction": Memory(said(TradingState.REDUCING), "TRADING_STATE_REDUCING"),
    "a restricted symbol": Memory(
        lambda book: evolve(
            book, SymbolRestricted(symbol="BTCUSDT", key="order:1", reason="not ours")
        ),
        "TRADING_STATE_REDUCING",
    ),
    "a strategy's switch": Memory(
        lambda book: switches(book, enabled=False), "STRATEGY_DISABLED", S
    ),
    "ids": Memory(lambda book: place(book, spec("r-1")), "DUPLICATE_CLIENT_ORDER_ID"),
    "open orders": Memory(
        lambda book: done(2, OrderState.ACCEPTED, book),
        "MAX_OPEN_ORDERS",
        limits={"max_open_orders": 2},
    ),
    "open orders of a strategy": Memory(
        lambda book: done(2, OrderState.ACCEPTED, book, strategy="s"),
        "MAX_OPEN_ORDERS",
        S,
        of_strategy(max_open_orders=2),
    ),
    "what waits for approval": Memory(
        lambda book: place(book, spec("large", quantity=D("9.995")), OrderState.PENDING_APPROVAL),
        "INSUFFICIENT_BALANCE",
    ),
    "our orders in the venue's book": Memory(
        lambda book: place(book, spec("open", side=Side.SELL)), "SELF_TRADE"
    ),
}


@pytest.mark.parametrize("name", MEMORIES)
def test_the_verdict_is_the_same_after_a_restart(name):
    memory = MEMORIES[name]
    fresh = limited(funded(Journalled(), USDT="100000", BTC="10"), **memory.limits)
    assert memory.code not in told(verdict(fresh, memory.of))

    book = limited(funded(Journalled(), USDT="100000", BTC="10"), **memory.limits)
    before = book.state.sequence
    memory.happened(book)
    expected = verdict(book, memory.of)
    assert memory.code in told(expected)

    lives = [reopened(book), book.replayed(), reopened(book.replayed())]
    lives += [
        book.replayed(cut, onto=reopened(book_until(book, cut)))
        for cut in range(before, len(book.journal))
    ]
    for life in lives:
        assert verdict(life, memory.of) == expected
    for one, other in pairwise(lives):
        assert encode_state(one.state) == encode_state(other.state)


def book_until(book: Journalled, cut: int) -> Book:
    """What a snapshot after `cut` events holds."""
    events = ((decode_event(event), at_ns, TRACE) for event, at_ns in book.journal[:cut])
    return fold(events, Book())


def told(said: tuple) -> list[str]:
    found, moved = said
    return [one.code for one in (*found, *moved)]


def test_every_control_that_remembers_is_asked():
    """The others look at nothing but the order and the moment."""
    forgetful = {
        "RECONCILING",
        "STREAM_DOWN",
        "CLOCK_SKEW",
        "DEAD_MAN_EXPIRED",
        "LIMITS_STORE_UNWRITABLE",
        "VENUE_BANNED",
        "VENUE_WEIGHT_BUDGET",
        "VENUE_ORDER_COUNT_BUDGET",
        "ENVIRONMENT_MISMATCH",
    }
    forgetful |= {
        control.__name__.upper()
        for control in CHECKS
        if control.__module__.rpartition(".")[2] in {"validity", "filters", "fat_finger"}
    }
    # What these limit is held or reserved: the balances and the open orders of the other lives.
    sums = {
        "MAX_POSITION_NOTIONAL",
        "MAX_GROSS_EXPOSURE",
        "MAX_CONCENTRATION",
        "REDUCE_ONLY_WOULD_INCREASE",
        "STRATEGY_MAX_RISK_FRACTION",
        "APPROVAL_REQUIRED",
    }
    remembering = {control.__name__.upper() for control in CHECKS} - forgetful - sums
    assert remembering <= {memory.code for memory in MEMORIES.values()}
