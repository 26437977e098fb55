"""A halt that also takes entries back, called as the server calls it."""

import asyncio

import pytest
from aitrader.v1 import risk_pb2
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.errors import Unavailable
from aitrader_server.rpc.access import Caller
from aitrader_server.rpc.call import Call, enter_call
from aitrader_server.rpc.risk import RiskServicer
from engine_lives import World, limit
from fateful_venue import Fate

TRACE = {"method": "Halt", "trace_id": "a" * 32, "span_id": "b" * 16, "sampled": False}
HALT = risk_pb2.HaltRequest(reason="drill", cancel_open_orders=True)


@pytest.fixture
async def world():
    world = World()
    await world.ready(answer_timeout_s=0.05)
    enter_call(Call(**TRACE, caller=Caller(name="ann", role=None)))
    yield world
    await world.engine.stop()


async def test_an_order_that_hangs_keeps_no_other_entry_at_the_venue(world):
    await world.place(limit("rests"))
    world.venue.fates["submit"].append(Fate.HELD)
    hanging = asyncio.create_task(world.place(limit("hangs")))
    await world.until(lambda: ("submit", "hangs") in world.venue.sent)
    with pytest.raises(Unavailable) as unconfirmed:
        await RiskServicer(world.engine).Halt(HALT, None)
    assert unconfirmed.value.reason == "HALT_NOT_CONFIRMED"
    assert world.book.state.trading.state is TradingState.HALTED
    await world.become(rests=OrderState.CANCELED)
    world.venue.gate.set()
    await hanging


async def test_what_had_begun_to_leave_is_taken_back_as_well(world):
    world.venue.fates["submit"].append(Fate.HELD)
    leaving = asyncio.create_task(world.place(limit("leaves")))
    await world.until(lambda: ("submit", "leaves") in world.venue.sent)
    asyncio.get_running_loop().call_later(0.01, world.venue.gate.set)
    answer = await RiskServicer(world.engine).Halt(HALT, None)
    await leaving
    assert list(answer.open_orders) == []
    await world.become(leaves=OrderState.CANCELED)
