"""A reply that comes when its order has ended by other means and left memory."""

from aitrader_server.domain.venue import Ambiguous
from aitrader_server.domain.words import OrderState
from engine_lives import World, limit
from small_engine import CALLER


async def test_a_late_reply_changes_nothing_about_an_order_that_has_left_memory():
    world = World()
    await world.start(ended_orders_max=1)
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    for name in ("gone", "next"):
        await world.place(limit(name))
        await world.engine.parts.cancellation.cancel(name, CALLER, 5)
    assert world.book.order("gone") is None
    sequence = world.book.state.sequence
    submission = world.engine.parts.submission
    submission.doubt("gone", Ambiguous("the connection dropped"))
    submission.reject("gone", "-2010", "too late")
    kept = await world.engine.parts.archive.find("gone")
    assert kept.order.state is OrderState.CANCELED
    assert world.book.state.sequence == sequence
    told = await submission.answer("gone", timeout_s=5)
    assert told == kept.answer, "whoever still waits gets what was answered"
    await world.engine.stop()
