"""Whoever watches may fail: orders leave, and somebody is told."""

import pytest
from aitrader_server.domain.words import OrderState
from engine_lives import World, limit
from small_engine import NoMetrics


class BrokenMetrics(NoMetrics):
    """Counts nothing that was journalled."""

    def count(self, name, labels, trace_id=""):
        if name == "aitrader_events_total":
            raise RuntimeError("no counter")


def refuse(_record):
    raise RuntimeError("no log")


async def placed(world):
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    order = (await world.place(limit("watched"))).order
    await world.engine.stop()
    return order.state


@pytest.mark.parametrize("kind", ["OrderInitialized", "OrderSubmitted"])
async def test_an_order_leaves_though_a_listener_fails(kind):
    world = World()
    await world.start()
    world.engine.bus.listen(kind, refuse)
    assert await placed(world) is OrderState.ACCEPTED
    assert [str(error) for error in world.troubles] == ["no log"]


async def test_an_order_leaves_though_nothing_can_be_counted():
    world = World()
    world.metrics = BrokenMetrics()
    await world.start()
    assert await placed(world) is OrderState.ACCEPTED
    assert {str(error) for error in world.troubles} == {"no counter"}
