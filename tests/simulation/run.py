"""One run: one seed, one venue, engines that live and die there, and the checks at the end."""

import asyncio

import msgspec

from simulation.alone import Alone
from simulation.checks import check_recovery, check_truth
from simulation.loop import SimLoop
from simulation.pair import Pair
from simulation.stage import Cast, Life, Stage

# Longer than a stream stays lost.
LAST_SILENCE_S = 10.0
LAST_ORDERS = 6
# Longer than any fence, every audit, and the slowest polling.
SETTLE_S = 60.0
# One run in so many has two engines.
PAIR_EVERY = 3


class Told(msgspec.Struct, frozen=True):
    """What a run came to: `orders` were asked for, `sent` of them left for the venue."""

    trace: str
    steps: int
    orders: int
    sent: int
    trades: int
    acknowledged: int
    crashes: int
    leader_changes: int


class Run:
    """Draws everything from `seed`; raises what a check or the engine raises."""

    def __init__(self, seed: int, cast: Cast) -> None:
        self._loop = SimLoop(seed)
        self._stage = Stage(seed, cast, self._loop)
        pair = seed % PAIR_EVERY == 0 if cast.pair is None else cast.pair
        self._play: Pair | Alone = Pair(self._stage) if pair else Alone(self._stage)

    def __call__(self) -> Told:
        lives = self._stage.lives
        try:
            return self._loop.run_until_complete(self._main())
        finally:
            for life in lives:
                self._loop.kill(life.process)
            self._loop.close()
            for life in lives:
                self._loop.bury(life.process)

    async def _main(self) -> Told:
        stage, loop = self._stage, self._loop
        market = loop.create_task(stage.market())
        await asyncio.sleep(0)
        weather = loop.create_task(stage.weather())
        heartbeats = loop.create_task(stage.heartbeats())
        life = await self._play.play()
        weather.cancel()
        stage.calm(life)
        heartbeats.cancel()
        stage.beat()
        await asyncio.sleep(0.1)
        stage.call(life, stage.workload.resume)
        await asyncio.sleep(1.0)
        for _ in range(LAST_ORDERS):
            stage.call(life, stage.workload.rest)
        await asyncio.sleep(1.0)
        # A last silence, in which orders fill that nobody tells the engine of.
        stage.venue.lose_stream()
        await asyncio.sleep(LAST_SILENCE_S)
        market.cancel()
        await asyncio.sleep(SETTLE_S)
        check_truth(stage.oracle, stage.venue, life.engine)
        await self._stop(life)
        check_recovery(stage.oracle, self._play.open_store())
        oracle = stage.oracle
        return Told(
            trace=loop.trace,
            steps=loop.steps,
            orders=oracle.orders,
            sent=len(oracle.attempts),
            trades=stage.venue.executions,
            acknowledged=oracle.acknowledged,
            crashes=stage.crashes,
            leader_changes=self._play.leader_changes,
        )

    async def _stop(self, life: Life) -> None:
        self._loop.spawn(life.process, life.engine.stop())
        await asyncio.sleep(1.0)
        for error in self._loop.unretrieved(life.process):
            raise error


def run(seed: int, cast: Cast | None = None) -> Told:
    """Runs one seed; returning means that every promise was kept."""
    return Run(seed, cast or Cast())()
