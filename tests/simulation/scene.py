"""A run whose story is told, not drawn: one engine at a venue that does what the scene says."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from typing import Any, TypeVar

from aitrader_server.domain.order import Order
from aitrader_server.domain.terms import Limits, OrderSpec
from aitrader_server.domain.words import OrderType, Side
from aitrader_server.engine.engine import Engine

from simulation.checks import check_recovery, check_truth
from simulation.disks import SqliteDisk
from simulation.loop import SimLoop
from simulation.stage import Cast, Life, Stage
from simulation.workload import CALLER
from simulation.world import SYMBOLS, Faults, SimClock

BTC = "BTCUSDT"
SETTLE_S = 75.0
Result = TypeVar("Result")


class Scene:
    """`life` is the engine that runs now."""

    life: Life

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.venue = stage.venue
        self._clock = SimClock()
        self._disk = SqliteDisk()

    @property
    def engine(self) -> Engine:
        return self.life.engine

    async def begin(self) -> None:
        """Starts an engine and waits until orders pass."""
        stage = self.stage
        journal = stage.cast.open_journal(self.open_store, stage.chance, stage.oracle)
        self.life = stage.begin(journal, self._clock, lambda _: False)
        while not self.life.ready or self.engine.parts.gatekeeper.reconciling:
            await asyncio.sleep(0.1)

    async def restart(self) -> None:
        """Kills the engine between two of its steps, and starts another on what is left."""
        self.stage.kill(self.life)
        self._disk.end(self.stage.chance, power=False)
        await self.begin()

    async def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What a caller of the engine gets."""
        return await self.stage.loop.spawn(self.life.process, work)

    async def place(self, spec: OrderSpec, timeout_s: float = 5.0) -> Order:
        placed = await self.do(
            self.engine.parts.submission.place(
                spec, digest=spec.request_id, caller=CALLER, timeout_s=timeout_s
            )
        )
        return placed.order

    def weather(self, **faults: float) -> None:
        """What goes wrong from now on."""
        self.venue.faults = Faults(**faults)

    def deafen(self) -> None:
        """No event comes any more, until the faults end."""
        for session in self.venue.sessions.values():
            session.deaf_until_s = 1e9

    def fall(self, share: Decimal) -> None:
        """The market falls by `share`."""
        quotes = self.stage.quotes
        for symbol in SYMBOLS:
            quotes.jump(symbol, 1 - share)

    def open_store(self) -> Any:
        return self.stage.cast.open_store(self._disk)


def play(story: Callable[[Scene], Awaitable[None]], limits: Limits | None = None) -> None:
    """Tells `story` to a fresh scene, then lets everything settle and checks every promise."""
    loop = SimLoop(story.__name__)
    stage = Stage(1, Cast(faults=Faults()), loop)
    stage.limits = limits or Limits(daily_loss_limit=None)
    stage.heartbeat_limit_s = stage.stall_limit_s = stage.oracle.heartbeat_limit_s = None
    scene = Scene(stage)
    try:
        loop.run_until_complete(_tell(scene, story))
    finally:
        for life in stage.lives:
            loop.kill(life.process)
        loop.close()
        for life in stage.lives:
            loop.bury(life.process)


async def _tell(scene: Scene, story: Callable[[Scene], Awaitable[None]]) -> None:
    stage = scene.stage
    market = stage.loop.create_task(stage.market())
    await asyncio.sleep(0)
    await scene.begin()
    await story(scene)
    stage.calm(scene.life)
    market.cancel()
    await asyncio.sleep(SETTLE_S)
    check_truth(stage.oracle, stage.venue, scene.engine)
    await scene.do(scene.engine.stop())
    check_recovery(stage.oracle, scene.open_store())


def buy(request_id: str, quantity: str = "0.01", price: Decimal | None = None) -> OrderSpec:
    """Some bitcoin, at the market or at a price."""
    return OrderSpec(
        request_id=request_id,
        symbol=BTC,
        side=Side.BUY,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=Decimal(quantity),
        limit_price=price,
    )
