"""The venue's two records need not say the same, nor be readable at once."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.venue import Absent, Ambiguous
from aitrader_server.domain.words import OrderState
from engine_lives import World, limit
from fateful_venue import Fate

ACCEPTED, PART, UNKNOWN = OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.UNKNOWN


class Divided:
    """The venue behind it, of which some records say nothing while they are named in `silent`."""

    def __init__(self, venue):
        self._venue = venue
        self.silent = set()

    def __getattr__(self, name):
        return getattr(self._venue, name)

    async def query(self, *asked):
        return Absent() if "orders" in self.silent else await self._venue.query(*asked)

    async def query_history(self, *asked):
        if "history" in self.silent:
            return Ambiguous("no reply in time")
        return await self._venue.query_history(*asked)

    async def trades(self, *asked):
        return None if "trades" in self.silent else await self._venue.trades(*asked)


@pytest.fixture
async def world():
    world = World()
    world.venue = Divided(world.venue)
    await world.ready()
    yield world
    world.venue.silent.clear()
    await world.check()
    await world.engine.stop()


async def doubt(world, *silent):
    """An order whose reply is lost, before a venue that is `silent` of late."""
    world.venue.silent.update(silent)
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    await world.place(limit("a"), timeout_s=0)


async def test_what_only_the_history_knows_has_landed(world):
    await doubt(world, "orders")
    await world.become(a=UNKNOWN)
    await world.stays(a=UNKNOWN)
    world.clock.pass_fence()
    await world.become(a=ACCEPTED)


async def test_one_record_alone_proves_no_absence(world):
    await doubt(world, "orders", "history")
    await world.become(a=UNKNOWN)
    world.clock.pass_fence()
    await world.stays(a=UNKNOWN)
    world.venue.silent.discard("history")
    await world.become(a=ACCEPTED)


async def test_executions_that_cannot_be_read_are_asked_for_until_they_can(world):
    await doubt(world, "trades")
    await world.become(a=ACCEPTED)
    world.venue.execute("a", "0.004", told=False)
    world.engine.on_report(world.venue.the("a").report())
    # What is missing grows while it is asked for: that is one conversation.
    world.venue.execute("a", "0.002", told=False)
    world.engine.on_report(world.venue.the("a").report())
    assert world.book.order("a").gap
    await world.stays(a=ACCEPTED)
    assert world.book.state.ledger.held("BTC") == Decimal("0.1")
    world.venue.silent.clear()
    await world.become(a=PART)
    assert not world.book.order("a").gap


async def test_the_gate_stays_shut_while_executions_of_an_ended_order_are_missing(world):
    await world.place(limit("a"))
    world.venue.silent.add("trades")
    world.venue.execute("a", "0.01", told=False)
    world.engine.on_report(world.venue.the("a").report())
    assert world.book.exposure.missing.keys() == {"a"}
    world.engine.on_stream(up=False, detail="gone")
    world.engine.on_stream(up=True, detail="")
    await asyncio.sleep(0.03)
    assert world.engine.parts.gatekeeper.reconciling
    world.venue.silent.clear()
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    assert world.state("a") is OrderState.FILLED
