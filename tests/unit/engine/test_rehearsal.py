"""What would become of an order, with nothing written and nothing sent."""

from decimal import Decimal

import pytest
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side
from aitrader_server.errors import AlreadyExists, Unavailable
from engine_lives import World, limit, listed
from fateful_venue import Fate
from small_engine import CALLER

D = Decimal
INITIALIZED, DENIED, REJECTED = OrderState.INITIALIZED, OrderState.DENIED, OrderState.REJECTED
BUY = limit("new")
DEAR = limit("new", quantity=D(1))
EXIT = limit("exit", side=Side.SELL, order_type=OrderType.LIMIT, limit_price=D(10_100))


@pytest.fixture
async def world():
    """An engine that has written and sent as much after a test as before it."""
    world = World()
    await world.ready()
    await world.place(limit("old"))
    sequence, sent = world.book.state.sequence, list(world.venue.sent)
    yield world
    assert world.book.state.sequence == sequence
    assert world.venue.sent == sent
    await world.check()
    await world.engine.stop()


async def rehearse(world, *specs):
    placed = await world.engine.parts.rehearsal.rehearse(specs[0], CALLER, specs[1:])
    return [placed.order, *placed.legs]


async def test_an_order_that_could_be_sent_stays_before_its_sending(world):
    (order,) = await rehearse(world, BUY)
    assert (order.state, order.spec) == (INITIALIZED, BUY)
    assert world.engine.parts.rehearsal.check(BUY).breaches == ()


async def test_an_order_that_would_be_denied_says_by_what(world):
    (order,) = await rehearse(world, DEAR)
    assert order.state is DENIED
    checked = world.engine.parts.rehearsal.check(DEAR)
    assert checked.breaches == order.breaches
    assert "INSUFFICIENT_BALANCE" in [breach.code for breach in checked.breaches]
    assert checked.limits_version == world.book.state.limits_version


async def test_an_order_that_the_venue_would_refuse_says_why(world):
    world.venue.fates["test"].append(Fate.REFUSED)
    (order,) = await rehearse(world, BUY)
    assert (order.state, order.reason) == (REJECTED, "-2010: the venue would not")


async def test_a_venue_that_does_not_answer_answers_for_nothing(world):
    world.venue.fates["test"].append(Fate.REPLY_LOST)
    with pytest.raises(Unavailable, match="test endpoint did not answer: no reply in time"):
        await rehearse(world, BUY)


async def test_an_order_that_waits_for_another_is_not_shown_to_the_venue(world):
    world.venue.fates["test"] += (Fate.ANSWERED, Fate.REFUSED)
    entry, leg = await rehearse(world, *listed(Contingency.OTO, BUY, EXIT))
    assert (entry.state, leg.state) == (INITIALIZED, INITIALIZED)
    assert list(world.venue.fates["test"]) == [Fate.REFUSED]


async def test_an_id_that_has_been_used_is_not_rehearsed(world):
    with pytest.raises(AlreadyExists, match="request_id old is taken"):
        await rehearse(world, limit("old"))
    with pytest.raises(AlreadyExists, match="request_id old is taken"):
        await rehearse(world, *listed(Contingency.OTO, BUY, limit("old", side=Side.SELL)))
