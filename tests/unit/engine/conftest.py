"""What most stories of one order begin with."""

import pytest
from engine_lives import World, limit


@pytest.fixture(params=[False, True], ids=["silent stream", "stream first"])
async def world(request):
    """An engine whose one order, `old`, works at the venue for 0.01 at 9900."""
    world = World()
    await world.ready()
    world.venue.streams = request.param
    await world.place(limit("old"))
    yield world
    await world.engine.stop()
