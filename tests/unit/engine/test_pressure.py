"""More orders than the disk can take, and an adapter that breaks: nothing is lost, nothing ends."""

import asyncio
from decimal import Decimal
from functools import partial

import msgspec
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.domain.terms import Limits, OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.engine.commands import Placed
from aitrader_server.errors import Overloaded
from small_engine import CALLER, build, ready


def bought(request_id):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.0001"),
        limit_price=Decimal(95_000),
    )


async def place(engine, request_id):
    return await engine.parts.submission.place(
        bought(request_id), digest="d", caller=CALLER, timeout_s=5
    )


async def test_a_full_queue_turns_orders_away_and_goes_on(tmp_path):
    journal = SqliteJournal(partial(SqliteStore.open, tmp_path), queue_records_max=400)
    engine = build(tmp_path, journal, pending_records_max=200, limits=Limits(max_open_orders=0))
    await ready(engine)
    placed = await asyncio.gather(
        *(place(engine, f"burst-{i}") for i in range(300)), return_exceptions=True
    )
    assert {type(answer) for answer in placed} == {Placed, Overloaded}
    assert (await place(engine, "after")).order.state in (OrderState.ACCEPTED, OrderState.DENIED)
    await engine.stop()


class Broken:
    """The venue behind it, whose reply trips over a bug."""

    def __init__(self, broker):
        self._broker = broker

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def submit(self, approved):
        await self._broker.submit(approved)
        raise RuntimeError("a bug")


async def test_an_order_whose_adapter_broke_is_asked_after(tmp_path):
    troubles = []
    engine = build(tmp_path, MemoryJournal(), lambda what, _: troubles.append(what))
    engine.ports = msgspec.structs.replace(engine.ports, broker=Broken(engine.ports.broker))
    await ready(engine)
    await place(engine, "landed")
    async with asyncio.timeout(5):
        while engine.book.order("landed").state is not OrderState.ACCEPTED:
            await asyncio.sleep(0.01)
    assert troubles == ["a background task crashed"]
    await engine.stop()
