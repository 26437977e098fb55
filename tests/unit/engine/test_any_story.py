"""Whatever is asked of an engine and becomes of it, every promise about orders is kept."""

import asyncio
from decimal import Decimal
from random import Random

import pytest
from aitrader_server.domain.words import IN_FLIGHT_STATES, Contingency, OrderState, OrderType, Side
from aitrader_server.engine.commands import Change
from aitrader_server.errors import AiTraderError
from engine_lives import World, limit, listed
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
DOUBTFUL = IN_FLIGHT_STATES | {OrderState.PENDING_REPLACE, OrderState.PENDING_CANCEL}
SEEDS = 40
STEPS = 30
STUCK = (Fate.STUCK_BEFORE, Fate.STUCK_AFTER)
WHOLE = tuple(
    fate for fate in Fate if fate not in (*STUCK, Fate.HELD, Fate.HALF, Fate.HALF_UNHEARD)
)
HALVES = (*WHOLE, Fate.HALF, Fate.HALF_UNHEARD)


class Story:
    """Draws what happens next from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.world = World(USDT="10000", BTC="1")
        self.ids = 0
        self.calls: list[asyncio.Task] = []

    async def tell(self) -> None:
        await self.world.ready()
        deeds = (
            self.place,
            self.place,
            self.place_list,
            self.amend,
            self.amend,
            self.replace,
            self.replace,
            self.cancel,
            self.execute,
            self.execute,
            self.execute,
            self.be_cancelled,
            self.switch,
            self.arrive,
            self.wait,
            self.die,
        )
        for _ in range(STEPS):
            await self.chance.choice(deeds)()
            await asyncio.sleep(self.chance.choice((0, 0, 0.001, 0.003)))
        await self.settle()

    async def settle(self) -> None:
        """The faults are gone: now everything must come to its end."""
        world, venue = self.world, self.world.venue
        await asyncio.sleep(0.01)
        venue.fates.clear()
        venue.reachable = venue.streams = True
        venue.arrive()
        world.clock.pass_fence()
        await asyncio.gather(*self.calls, return_exceptions=True)
        await world.until(lambda: not any(o.state in DOUBTFUL for o in world.book.working()), 10)
        assert await world.engine.parts.reconciler.refresh_orders()
        await world.check()
        assert {type(error) for error in world.troubles} <= {AdapterBug}
        await world.engine.stop()

    def new_id(self) -> str:
        self.ids += 1
        return f"o-{self.ids}"

    def ask(self, call: str, work) -> None:
        """Asks in the background, as another caller would; the request meets a drawn fate."""
        fates = HALVES if call == "replace" else WHOLE
        fate = Fate.ANSWERED if self.chance.random() < 0.5 else self.chance.choice(fates)
        self.world.venue.fates[call].append(fate)
        self.calls.append(asyncio.create_task(self.refusable(work)))

    async def refusable(self, work) -> None:
        try:
            await work
        except AiTraderError:
            return

    def some_order(self) -> str | None:
        working = [order.request_id for order in self.world.book.working()]
        return self.chance.choice(working) if working else None

    def terms(self) -> dict[str, object]:
        side = self.chance.choice(list(Side))
        price = 9900 if side is Side.BUY else 10_100
        quantity = D(self.chance.randint(1, 20)).scaleb(-3)
        return {
            "side": side,
            "limit_price": D(price + self.chance.randint(-50, 50)),
            "quantity": quantity,
        }

    async def place(self) -> None:
        self.ask("submit", self.world.place(limit(self.new_id(), **self.terms())))

    async def place_list(self) -> None:
        kind = self.chance.choice(list(Contingency))
        side = self.chance.choice(list(Side))
        other = Side.SELL if side is Side.BUY else Side.BUY
        first = limit(self.new_id(), side=side, limit_price=D(9900 if side is Side.BUY else 10_100))
        exits = other if kind is not Contingency.OCO else side
        high, low = (10_500, 9600) if exits is Side.SELL else (9500, 10_400)
        target = limit(
            self.new_id(), side=exits, order_type=OrderType.LIMIT_MAKER, limit_price=D(high)
        )
        stop = limit(
            self.new_id(),
            side=exits,
            order_type=OrderType.STOP_LOSS_LIMIT,
            stop_price=D(low),
            limit_price=D(low),
        )
        chosen = {
            Contingency.OCO: (target, stop),
            Contingency.OTO: (first, target),
            Contingency.OTOCO: (first, target, stop),
        }[kind]
        self.ask("submit_list", self.world.place(*listed(kind, *chosen)))

    def change(self, **wish: object) -> None:
        order = self.some_order()
        if order is not None:
            change = Change(request_id=order, new_request_id=self.new_id(), **wish)
            call = "replace" if "limit_price" in wish else "amend"
            self.ask(
                call,
                self.world.engine.parts.replacing.change(
                    change, digest="c", caller=CALLER, timeout_s=self.chance.choice((0, 0.01, 1))
                ),
            )

    async def amend(self) -> None:
        self.change(quantity=D(self.chance.randint(1, 12)).scaleb(-3))

    async def replace(self) -> None:
        self.change(limit_price=D(self.chance.randint(9850, 10_150)))

    async def cancel(self) -> None:
        order = self.some_order()
        if order is not None:
            self.ask("cancel", self.world.engine.parts.cancellation.cancel(order, CALLER, 0.01))

    async def execute(self) -> None:
        able = [o for o in self.world.venue.orders if o.open and not o.waits]
        if able:
            order = self.chance.choice(able)
            left = order.quantity - order.executed
            part = self.chance.choice((left, left, left / 2, left / 4))
            told = self.chance.random() < 0.7
            self.world.venue.execute(order.spec.request_id, part, told=told)

    async def be_cancelled(self) -> None:
        """Somebody cancels at the venue itself."""
        if (ids := self.world.venue.open_ids()) and self.chance.random() < 0.3:
            self.world.venue.cancel_there(self.chance.choice(ids))

    async def switch(self) -> None:
        venue = self.world.venue
        venue.streams = self.chance.random() < 0.5
        venue.reachable = self.chance.random() < 0.7

    async def arrive(self) -> None:
        self.world.venue.arrive()

    async def wait(self) -> None:
        """Long enough that nothing which has not arrived will."""
        self.world.venue.arrive()
        self.world.clock.pass_fence()

    async def die(self) -> None:
        """The process is killed, often with a request under way."""
        world = self.world
        if self.chance.random() < 0.6:
            for call in ("submit", "submit_list", "replace", "amend", "cancel"):
                world.venue.fates[call].appendleft(self.chance.choice(STUCK))
            await self.chance.choice(
                (self.place, self.place_list, self.amend, self.replace, self.cancel)
            )()
            await asyncio.sleep(self.chance.choice((0, 0.002)))
        for call in self.calls:
            call.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)
        self.calls.clear()
        await world.kill()
        world.venue.fates.clear()
        await self.chance.choice((self.execute, self.wait, self.arrive))()
        await world.start()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_promise_is_kept(seed):
    await Story(seed).tell()
