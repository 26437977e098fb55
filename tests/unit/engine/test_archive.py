"""Orders that ended long ago: out of memory, answered for all the same."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.book import Book
from aitrader_server.domain.state import decode_event, encode_state
from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.errors import AlreadyExists
from small_engine import CALLER, build, ready

KEPT = 3


def market(request_id):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        quantity=Decimal("0.001"),
    )


async def place(engine, request_id, digest="d"):
    return await engine.parts.submission.place(
        market(request_id), digest=digest, caller=CALLER, timeout_s=5
    )


@pytest.fixture
async def journal():
    return MemoryJournal()


@pytest.fixture
async def engine(tmp_path, journal):
    running = await ready(build(tmp_path, journal, ended_orders_max=KEPT))
    yield running
    await running.stop()


@pytest.fixture
async def answers(engine):
    """The first answers to ten orders, of which three stay in memory."""
    return {f"o-{n}": (await place(engine, f"o-{n}")).order for n in range(10)}


async def test_memory_holds_the_newest_ended_orders_only(engine, answers):
    assert list(engine.book.state.orders) == ["o-7", "o-8", "o-9"]
    assert set(engine.book.state.intents) == set(engine.book.state.answers) == {"o-7", "o-8", "o-9"}
    assert list(engine.book.state.archived) == [f"o-{n}" for n in range(7)]


async def test_a_replay_of_an_archived_order_is_its_first_answer(engine, answers):
    replayed = await place(engine, "o-0")
    assert replayed.replayed
    assert replayed.order == answers["o-0"]
    with pytest.raises(AlreadyExists):
        await place(engine, "o-0", digest="another order")


async def test_an_archived_order_is_found_and_needs_no_cancel(engine, answers):
    kept = await engine.parts.archive.find("o-1")
    assert kept.order == answers["o-1"]
    cancelled = await engine.parts.cancellation.cancel("o-1", CALLER, 5)
    assert not cancelled.cancelled
    assert cancelled.order == answers["o-1"]
    assert await engine.parts.archive.find("never") is None


async def test_a_late_fill_of_an_archived_order_is_booked_once(engine, answers):
    held = engine.book.state.ledger.held("BTC")
    order = answers["o-2"]
    late = Fill(trade_id="late-1", quantity=Decimal("0.002"), price=Decimal(1))
    report = VenueReport(
        request_id="o-2",
        symbol="BTCUSDT",
        venue_order_id=order.venue_order_id,
        status=VenueStatus.FILLED,
        cumulative_quantity=Decimal("0.003"),
        fills=(*order.fills, late),
    )
    for _ in range(3):
        engine.on_report(report)
    async with asyncio.timeout(5):
        while engine.book.state.ledger.held("BTC") == held:
            await asyncio.sleep(0)
    await engine.writer.settle()
    assert engine.book.state.ledger.held("BTC") == held + Decimal("0.002")
    assert engine.book.order("o-2").fills == (*order.fills, late)
    assert "o-2" not in engine.book.state.archived


async def test_an_order_that_came_back_and_left_again_is_found_with_all_it_has(engine, answers):
    order = answers["o-2"]
    late = Fill(trade_id="late-1", quantity=Decimal("0.002"), price=Decimal(1))
    engine.on_report(
        VenueReport(
            request_id="o-2",
            symbol="BTCUSDT",
            venue_order_id=order.venue_order_id,
            status=VenueStatus.FILLED,
            cumulative_quantity=Decimal("0.003"),
            fills=(*order.fills, late),
        )
    )
    async with asyncio.timeout(5):
        while "o-2" in engine.book.state.archived:
            await asyncio.sleep(0)
    for n in range(KEPT):
        await place(engine, f"later-{n}")
    assert engine.book.order("o-2") is None
    kept = await engine.parts.archive.find("o-2")
    assert kept.order.fills == (*order.fills, late)
    assert kept.answer == order


async def test_a_late_report_without_news_brings_nothing_back(engine, answers):
    order = answers["o-2"]
    sequence = engine.book.state.sequence
    report = VenueReport(
        request_id="o-2",
        symbol="BTCUSDT",
        venue_order_id=order.venue_order_id,
        status=VenueStatus.FILLED,
        cumulative_quantity=order.cumulative_quantity,
        fills=order.fills,
    )
    before = len(engine.tasks)
    engine.on_report(report)
    assert len(engine.tasks) == before + 1
    async with asyncio.timeout(5):
        while len(engine.tasks) > before:
            await asyncio.sleep(0)
    assert engine.book.state.sequence == sequence
    assert "o-2" in engine.book.state.archived


async def test_a_fold_from_the_beginning_forgets_the_same_orders(engine, answers, journal):
    await engine.writer.settle()
    book = Book(ended_orders_max=KEPT)
    for record in await journal.read(0, 10_000):
        book.evolve(decode_event(record.payload), at_ns=record.at_ns, trace_id=record.trace_id)
    assert encode_state(book.state) == encode_state(engine.book.state)


async def test_a_restart_remembers_what_it_forgot(tmp_path, journal):
    first = await ready(build(tmp_path, journal, ended_orders_max=KEPT))
    answer = (await place(first, "o-0")).order
    for n in range(1, 2 * KEPT):
        await place(first, f"o-{n}")
    await first.stop()
    again = await ready(build(tmp_path, journal, ended_orders_max=KEPT))
    replayed = await place(again, "o-0")
    assert "o-0" in again.book.state.archived
    await again.stop()
    assert replayed.replayed
    assert replayed.order == answer
    assert replayed.order.state is OrderState.FILLED
