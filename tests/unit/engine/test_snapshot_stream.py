"""The snapshot that begins a live stream is the state at the sequence that it carries."""

import asyncio
from contextlib import aclosing
from decimal import Decimal
from functools import partial

from aitrader.v1 import trading_pb2
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.rpc.convert.words import ORDER_STATES
from aitrader_server.rpc.services.events import EventRpcs
from small_engine import CALLER, build, ready

STREAMS = 200


async def trade(engine, name):
    """Always has orders under way."""
    for number in range(1_000_000):
        spec = OrderSpec(
            request_id=f"{name}-{number}",
            symbol="BTCUSDT",
            side=Side.SELL if number % 2 else Side.BUY,
            order_type=OrderType.MARKET,
            quantity=Decimal("0.001"),
        )
        await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)


async def snapshots(engine):
    """(sequence, order) of each order that worked when a stream began."""
    request = trading_pb2.StreamEventsRequest(live_only=True)
    async with aclosing(EventRpcs(engine, 5.0).StreamEvents(request, None)) as stream:
        async for response in stream:
            if not response.HasField("snapshot"):
                return
            yield response.sequence, response.snapshot


async def test_a_snapshot_knows_nothing_of_what_follows_it(tmp_path):
    engine = await ready(build(tmp_path, SqliteJournal(partial(SqliteStore.open, tmp_path))))
    traders = asyncio.gather(*(trade(engine, name) for name in "abcd"))
    seen = 0
    for _ in range(STREAMS):
        async for sequence, order in snapshots(engine):
            records = await engine.ports.journal.read_intent(order.request_id)
            told = [record.state for record in records if record.sequence <= sequence]
            assert told
            assert ORDER_STATES.to_wire(OrderState(told[-1])) == order.state
            seen += 1
        await asyncio.sleep(0.002)
    assert seen
    traders.cancel()
    await asyncio.gather(traders, return_exceptions=True)
    await engine.stop()
