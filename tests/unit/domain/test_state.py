"""The fold: what a restart keeps, and what the book remembers."""

import msgspec
import pytest
from aitrader_server.domain.book import OUTSIDE_MAX, RECENT_INTENTS_MAX, Book, fold, intent_key
from aitrader_server.domain.events import (
    BalanceAdjusted,
    DayOpened,
    EngineStarted,
    EngineStopped,
    EquityMarked,
    OrderAccepted,
    OrderAnswered,
    OrderCanceled,
    OrderGapFound,
    OrderRecalled,
    StrategyChanged,
    SymbolRestricted,
    TradingStateChanged,
)
from aitrader_server.domain.state import decode_state, encode_event, encode_kept, encode_state
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.usage import Usage
from aitrader_server.domain.words import OrderState, OrderType, Side, TradingState
from unit.domain.worlds import (
    NOW_NS,
    TRACE,
    D,
    attempt,
    events_to,
    evolve,
    fill,
    filled,
    funded,
    market,
    opened,
    place,
    spec,
    submitted,
)


def restarted(book: Book) -> Book:
    return Book(decode_state(encode_state(book.state)))


def send(book: Book, of: OrderSpec, at_ns: int = NOW_NS) -> Book:
    """Takes an order on and sends it."""
    return evolve(book, opened(of), submitted(of.request_id), at_ns=at_ns)


def test_orders_keep_the_order_of_their_intents_over_a_restart():
    book = funded(USDT="1000")
    for request_id in ("zebra", "ant", "mule"):
        place(book, spec(request_id))
    again = restarted(book)
    assert [order.request_id for order in again.working()] == ["zebra", "ant", "mule"]
    assert list(again.state.orders) == ["zebra", "ant", "mule"]


def test_a_restart_remembers_the_latest_of_repeated_intents():
    book = funded(USDT="1000")
    for later, request_id in enumerate(("zebra", "ant", "yak")):
        send(book, spec(request_id), at_ns=NOW_NS + later)
    assert book.recent == {intent_key(spec()): NOW_NS + 2}
    assert restarted(book).recent == book.recent


def test_what_was_never_sent_is_no_repetition():
    book = funded(USDT="1000")
    for state in (OrderState.INITIALIZED, OrderState.DENIED, OrderState.PENDING_APPROVAL):
        place(book, spec(state), state)
    assert book.recent == {}
    # Another attempt at the same order is the same order.
    send(book, spec("sent"))
    evolve(book, submitted("sent", number=2), at_ns=NOW_NS + 5)
    assert book.recent == {intent_key(spec()): NOW_NS}


@pytest.mark.parametrize(
    "other",
    [
        spec(side=Side.SELL),
        spec(quantity=D("0.02")),
        spec(limit_price=D(10001)),
        spec(strategy="other"),
        spec(symbol="ETHUSDT"),
        spec(order_type=OrderType.LIMIT_MAKER),
        spec(stop_price=D(9000)),
        spec(trailing_delta_bips=100),
        spec(quantity=None, quote_quantity=D("0.01")),
    ],
)
def test_what_differs_in_what_it_does_is_another_intent(other):
    assert intent_key(spec()) != intent_key(other)


def test_an_intent_is_known_again_by_its_amounts_and_not_by_their_spelling():
    assert intent_key(spec("a", quantity=D("0.010"))) == intent_key(spec("b", quantity=D("0.01")))


def test_the_memory_of_intents_is_bounded_and_forgets_the_oldest():
    book = Book()
    for number in range(RECENT_INTENTS_MAX + 1):
        send(book, spec(f"r-{number}", quantity=D(number + 1)))
    assert len(book.recent) == RECENT_INTENTS_MAX
    assert intent_key(spec(quantity=D(1))) not in book.recent
    assert intent_key(spec(quantity=D(2))) in book.recent
    # What is asked for again takes nobody's place.
    send(book, spec("again", quantity=D(2)), at_ns=NOW_NS + 5)
    assert len(book.recent) == RECENT_INTENTS_MAX
    assert book.recent[intent_key(spec(quantity=D(2)))] == NOW_NS + 5
    assert intent_key(spec(quantity=D(3))) in book.recent


def test_a_second_intent_under_one_id_is_a_bug():
    book = evolve(Book(), opened(spec()))
    with pytest.raises(AssertionError, match="r-1 is taken"):
        evolve(book, opened(spec()))


def test_an_event_that_its_order_does_not_admit_is_a_bug():
    book = evolve(Book(), opened(spec()))
    with pytest.raises(AssertionError, match="OrderAccepted on a INITIALIZED order"):
        evolve(book, OrderAccepted(request_id="r-1", venue_order_id="v-1"))


def test_an_order_is_found_by_either_id_while_the_venues_is_unambiguous():
    book = funded(USDT="1000")
    place(book, spec("a"))
    assert book.order("a") is book.find("a") is book.find("v-1")
    assert book.order("v-1") is None
    place(book, spec("b"))
    assert book.find("v-1") is None
    assert book.find("nobody") is None


def finish(book: Book, of: OrderSpec, state: OrderState) -> Book:
    """Takes an order on, leads it to its end and answers whoever asked for it."""
    return evolve(place(book, of, state), OrderAnswered(request_id=of.request_id, answers=True))


def test_an_order_stays_in_memory_until_its_sender_was_answered():
    book = Book(ended_orders_max=1)
    place(book, spec("a"), OrderState.FILLED)
    for request_id in ("b", "c"):
        finish(book, spec(request_id), OrderState.FILLED)
    assert list(book.state.orders) == ["a", "c"]
    evolve(book, OrderAnswered(request_id="a", answers=True))
    assert list(book.state.orders) == ["a"]


def test_the_longest_ended_leave_memory_and_their_ids_stay_taken():
    book = Book(ended_orders_max=1)
    for request_id in ("a", "b"):
        finish(book, spec(request_id), OrderState.FILLED)
    assert list(book.state.orders) == ["b"]
    assert book.taken("a")
    assert book.order("a") is book.find("a") is book.kept("a") is None
    with pytest.raises(AssertionError, match="a is taken"):
        evolve(book, opened(spec("a")))


def test_an_order_that_leaves_takes_only_its_own_venue_id_along():
    book = Book(ended_orders_max=1)
    place(book, spec("eth", symbol="BNBUSDT"))
    for request_id in ("a", "b"):
        finish(book, spec(request_id), OrderState.FILLED)
    assert book.by_venue_id == {"v-1": ("eth", "b")}
    finish(book, spec("c"), OrderState.DENIED)
    assert book.find("v-1") is book.order("eth")
    again = finish(Book(ended_orders_max=1), spec("a"), OrderState.FILLED)
    finish(again, spec("b"), OrderState.DENIED)
    assert again.by_venue_id == {}


def test_an_order_that_is_recalled_is_as_it_was_and_others_make_room():
    book = Book(ended_orders_max=1)
    finish(book, spec("a"), OrderState.REJECTED)
    kept = book.kept("a")
    assert kept is not None
    assert kept.answer is kept.order
    finish(book, spec("b"), OrderState.FILLED)
    assert list(book.state.answers) == ["b"]
    evolve(book, OrderRecalled(request_id="a", kept=encode_kept(kept)))
    assert book.kept("a") == kept
    assert list(book.state.archived) == ["b"]
    # The proof of absence was wrong: it works again, and ends nobody's stay.
    evolve(book, OrderAccepted(request_id="a", venue_order_id="v-2"))
    assert [order.request_id for order in book.working()] == ["a"]
    assert not book.state.ended


def test_a_recall_does_not_make_an_old_intent_new():
    book = Book(ended_orders_max=1)
    finish(book, spec("a"), OrderState.REJECTED)
    kept = book.kept("a")
    assert kept is not None
    finish(book, spec("b"), OrderState.DENIED)
    send(book, spec("c"), at_ns=NOW_NS + 9)
    recalled = OrderRecalled(request_id="a", kept=encode_kept(kept))
    evolve(book, recalled, at_ns=NOW_NS + 10)
    assert restarted(book).recent == book.recent == {intent_key(spec()): NOW_NS + 9}


def test_the_answer_is_the_order_as_it_was_first_answered():
    book = evolve(Book(), opened(spec()), submitted())
    answered = OrderAnswered(request_id="r-1", answers=True)
    evolve(book, answered, OrderAccepted(request_id="r-1", venue_order_id="v-1"))
    assert book.state.answers["r-1"].state is OrderState.SUBMITTED
    assert book.state.orders["r-1"].state is OrderState.ACCEPTED


def test_the_intent_is_kept_beside_its_order():
    book = evolve(Book(), opened(spec(), digest="d", actor="ann", equity=D(7), day_pnl=D(-1)))
    intent = book.state.intents["r-1"]
    assert (intent.digest, intent.actor, intent.equity, intent.day_pnl) == ("d", "ann", 7, -1)


def test_a_day_counts_orders_once_and_by_strategy():
    book = funded(USDT="1000")
    evolve(book, opened(spec("a", strategy="s")), submitted("a"))
    evolve(book, opened(spec("b")), submitted("b"))
    # Another attempt is not another order.
    evolve(book, submitted("b", number=2))
    assert book.state.orders["b"].attempts == (attempt(1), attempt(2))
    day = book.state.day
    assert (day.usage.orders, day.by_symbol["BTCUSDT"].orders) == (2, 2)
    assert {name: used.orders for name, used in day.by_strategy.items()} == {"s": 1}


def test_a_day_counts_an_order_with_its_first_fill_only():
    book = place(funded(USDT="1000"), market())
    evolve(
        book,
        filled(fill("1", "0.004", "10000", "0.1", "BNB")),
        filled(fill("2", "0.006", "10000", "0.2", "BNB")),
    )
    day = book.state.day
    assert (day.filled_orders, day.usage.turnover, day.fees) == (1, D(100), {"BNB": D("0.3")})


def test_a_new_day_begins_with_nothing():
    book = place(funded(USDT="1000"), spec(strategy="s"), OrderState.FILLED)
    evolve(book, DayOpened(day="2027-01-16", equity=D(5)))
    day = book.state.day
    assert (day.day, day.start_equity) == ("2027-01-16", D(5))
    assert (day.filled_orders, day.usage) == (0, Usage())
    assert (day.fees, day.by_symbol, day.by_strategy) == ({}, {}, {})


def test_what_comes_from_outside_is_no_profit():
    book = funded(USDT="1000")
    event = BalanceAdjusted(asset="USDT", delta=D(-300), value=D(-300), reason="audit")
    evolve(book, event)
    assert book.state.day.start_equity == D(199_700)
    assert book.state.ledger.held("USDT") == D(700)


def test_the_switches_are_what_was_last_said():
    book = Book()
    halted = TradingStateChanged(trading_state=TradingState.HALTED, reason="x", actor="ann")
    strategy = StrategyChanged(
        name="s", enabled=False, max_risk_fraction=0.5, max_daily_trades=3, notes="n", actor="ann"
    )
    evolve(book, EngineStarted(epoch=4, version="1"), halted, strategy, EngineStopped(reason="ok"))
    state = book.state
    assert (state.epoch, state.sequence) == (4, 4)
    assert (state.trading.state, state.trading.reason) == (TradingState.HALTED, "x")
    assert (state.trading.actor, state.trading.since_ns) == ("ann", NOW_NS)
    assert state.trading.trace_id == TRACE
    assert (state.strategies["s"].enabled, state.strategies["s"].max_daily_trades) == (False, 3)


@pytest.mark.parametrize(
    ("actor", "high", "losses"),
    [
        ("MAX_DRAWDOWN", 150_000, 3),
        ("CONSECUTIVE_LOSSES", 200_000, 0),
        ("DAILY_LOSS_LIMIT", 200_000, 3),
        ("ann", 200_000, 3),
    ],
)
def test_only_who_resumes_after_losses_begins_to_count_them_anew(actor, high, losses):
    book = evolve(funded(USDT="1000"), EquityMarked(equity=D(150_000)))
    conduct = book.state.conduct
    conduct.losses = 3
    for state in (TradingState.REDUCING, TradingState.HALTED):
        evolve(book, TradingStateChanged(trading_state=state, reason="x", actor=actor))
        assert (conduct.high, conduct.losses) == (D(200_000), 3)
    evolve(book, TradingStateChanged(trading_state=TradingState.ACTIVE, reason="x", actor="bob"))
    assert (conduct.high, conduct.losses) == (D(high), losses)


@pytest.mark.parametrize(("price", "losses"), [("10001", 1), ("9999", 2)])
def test_an_execution_that_comes_late_makes_no_loss_undone(price, losses):
    book = place(funded(USDT="1000"), spec("in"))
    evolve(book, filled(fill("1", "0.01"), "in"))
    place(book, spec("out", side=Side.SELL))
    evolve(book, filled(fill("2", "0.004", "9000"), "out", Side.SELL))
    evolve(book, OrderCanceled(request_id="out", venue_order_id="v-out"))
    assert book.state.conduct.losses == 1
    evolve(book, filled(fill("3", "0.001", price), "out", Side.SELL))
    assert book.state.conduct.losses == losses


def test_a_purchase_that_ended_may_have_executed():
    book = place(funded(USDT="1000"), spec("in", strategy="s"))
    gap = OrderGapFound(request_id="in", venue_order_id="v-1", reported_quantity=D("0.004"))
    evolve(book, gap, OrderCanceled(request_id="in", venue_order_id="v-1"))
    assert book.exposure.of_strategy("s").untouched == 1
    evolve(book, filled(fill("1", "0.004"), "in"))
    assert (book.state.conduct.executions, book.exposure.strategies) == ({"s": 1}, {})


def test_folding_is_evolving():
    book = place(funded(USDT="1000"), spec())
    event = filled(fill("1", "0.01"))
    folded = fold([(event, NOW_NS, TRACE)], restarted(book))
    assert encode_state(folded.state) == encode_state(evolve(book, event).state)


def test_defaults_are_left_out_of_what_is_written():
    assert b"answers" not in encode_event(submitted())


def test_an_order_that_is_recalled_unanswered_waits_for_its_answer():
    book = Book(ended_orders_max=1)
    answered = OrderAnswered(request_id="a", answers=True)
    evolve(book, opened(spec("a")), *events_to(OrderState.DENIED, "a"), answered)
    kept = book.kept("a")
    assert kept is not None
    answered = OrderAnswered(request_id="b", answers=True)
    evolve(book, opened(spec("b")), *events_to(OrderState.DENIED, "b"), answered)
    assert list(book.state.archived) == ["a"]
    silent = msgspec.structs.replace(kept, answer=None)
    evolve(book, OrderRecalled(request_id="a", kept=encode_kept(silent)))
    assert "a" not in book.state.answers
    assert list(book.state.ended) == ["b"]
    evolve(book, OrderAnswered(request_id="a", answers=True))
    assert list(book.state.archived) == ["b"]


def test_what_was_seen_of_others_is_forgotten_oldest_first():
    book = Book()
    for number in range(OUTSIDE_MAX + 2):
        evolve(book, SymbolRestricted(symbol="BTCUSDT", key=f"order:{number}", reason="alien"))
    assert len(book.state.outside) == OUTSIDE_MAX
    assert next(iter(book.state.outside)) == "order:2"
    assert list(book.state.restrictions) == ["BTCUSDT"]
