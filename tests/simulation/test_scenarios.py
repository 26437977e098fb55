"""What went wrong in the field with others' engines, told one by one."""

import asyncio
from decimal import Decimal

from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import OrderState, TradingState

from simulation.scene import BTC, Scene, buy, play
from simulation.venue import ACCOUNT
from simulation.workload import CALLER


def orders_at(scene: Scene) -> list[str]:
    return [order.client_order_id for order in scene.venue.exchange.orders(ACCOUNT, BTC)]


def a_price_below(scene: Scene) -> Decimal:
    quote = scene.stage.quotes.quote(BTC)
    assert quote is not None
    return (quote.last * Decimal("0.95")).quantize(Decimal("0.01"))


def test_an_order_is_not_duplicated_after_a_time_out():
    async def story(scene: Scene) -> None:
        scene.weather(reply_lost=1.0)
        scene.deafen()
        first = await scene.place(buy("once"), timeout_s=0.1)
        assert first.state in (OrderState.SUBMITTED, OrderState.UNKNOWN)
        for _ in range(5):
            await scene.place(buy("once"), timeout_s=1.0)
        scene.weather()
        await asyncio.sleep(10.0)
        again = await scene.place(buy("once"))
        assert again.state is OrderState.FILLED
        assert orders_at(scene) == ["once"]

    play(story)


def test_a_fill_is_not_booked_twice_after_a_restart():
    async def story(scene: Scene) -> None:
        scene.weather(report_twice=1.0)
        before = scene.engine.book.state.ledger.held("BTC")
        order = await scene.place(buy("filled", "0.02"))
        assert order.state is OrderState.FILLED
        for _ in range(2):
            await scene.restart()
            held = scene.engine.book.state.ledger.held("BTC")
            assert held - before == Decimal("0.02") - sum(fill.fee for fill in order.fills)

    play(story)


def test_working_orders_outlive_a_kill():
    async def story(scene: Scene) -> None:
        order = await scene.place(buy("resting", price=a_price_below(scene)))
        assert order.state is OrderState.ACCEPTED
        await scene.restart()
        assert [order.request_id for order in scene.engine.book.working()] == ["resting"]
        done = await scene.do(scene.engine.parts.cancellation.cancel("resting", CALLER, 5.0))
        assert done.cancelled

    play(story)


def test_an_order_that_the_venue_denies_and_has_is_not_given_up():
    async def story(scene: Scene) -> None:
        # No reply, no event, and one endpoint that has never heard of it for a minute.
        scene.weather(reply_lost=1.0)
        scene.deafen()
        await scene.place(buy("there", price=a_price_below(scene)), timeout_s=0.1)
        scene.venue.forget("query", "there", 30.0)
        scene.weather()
        await asyncio.sleep(45.0)
        order = scene.engine.book.order("there")
        assert order is not None
        assert order.state is OrderState.ACCEPTED

    play(story)


def test_a_cancel_that_is_refused_is_not_asked_for_again_and_again():
    async def story(scene: Scene) -> None:
        order = await scene.place(buy("gone", price=a_price_below(scene)))
        assert order.state is OrderState.ACCEPTED
        # It fills, and nobody is told.
        scene.deafen()
        scene.fall(Decimal("0.1"))
        await asyncio.sleep(1.0)
        for _ in range(14_000):
            done = await scene.do(scene.engine.parts.cancellation.cancel("gone", CALLER, 5.0))
            assert done.order.state is OrderState.FILLED
        assert scene.venue.cancels == 1

    play(story)


def test_the_day_s_loss_outlives_a_restart():
    async def story(scene: Scene) -> None:
        assert (await scene.place(buy("before"))).state is OrderState.FILLED
        scene.fall(Decimal("0.05"))
        await asyncio.sleep(3.0)
        assert (await scene.place(buy("stopped"))).state is OrderState.DENIED
        for number in range(3):
            await scene.restart()
            assert scene.engine.book.state.trading.state is TradingState.HALTED
            order = await scene.place(buy(f"still-{number}"))
            assert order.state is OrderState.DENIED
            assert "DAILY_LOSS_LIMIT" in [breach.code for breach in order.breaches]

    play(story, Limits(daily_loss_limit=Decimal("0.01")))


def test_a_position_is_sold_once_though_an_event_was_dropped():
    async def story(scene: Scene) -> None:
        held = scene.engine.book.state.ledger.held("BTC")
        # Neither replies nor events come: whoever looks at the position alone sells it again.
        scene.weather(reply_lost=1.0)
        scene.deafen()
        for _ in range(10):
            await scene.do(scene.engine.parts.flattening.flatten((BTC,), CALLER, 0.2))
        scene.weather()
        await asyncio.sleep(20.0)
        sold = sum(order.cumulative_quantity for order in scene.venue.exchange.orders(ACCOUNT, BTC))
        assert 0 < sold <= held

    play(story)
