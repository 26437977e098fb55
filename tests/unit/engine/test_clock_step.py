"""A clock that is set while an order is in doubt does not make its fence pass."""

import pytest
from aitrader_server.domain.words import OrderState
from engine_lives import World, limit
from fateful_venue import Fate

HOUR_S = 3600
UNKNOWN = OrderState.UNKNOWN


@pytest.mark.parametrize("offset_ms", [-HOUR_S * 1000, None])
async def test_absence_is_believed_by_clocks_that_agree_only(offset_ms):
    world = World()
    await world.ready()
    world.venue.fates["submit"].append(Fate.REQUEST_LOST)
    await world.place(limit("lost"))
    world.clock.advance(HOUR_S)
    world.venue.clock_offset_ms = offset_ms
    await world.stays(lost=UNKNOWN)
    # Once it is right again the order has been away for a moment only.
    world.clock.advance(-HOUR_S)
    world.venue.clock_offset_ms = 0
    await world.stays(lost=UNKNOWN)
    world.clock.pass_fence()
    await world.become(lost=OrderState.REJECTED)
    await world.check()
    await world.engine.stop()
