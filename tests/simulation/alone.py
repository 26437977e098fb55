"""One engine after another on one disk, each killed at a step, with the power, or by the disk."""

import asyncio

from aitrader_server.adapters.journal.storage import Store

from simulation.disks import Disk, MemoryDisk, SqliteDisk
from simulation.stage import Life, Stage
from simulation.world import SimClock


class Alone:
    """Lives from one to the next; the last one stays."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._clock = SimClock()
        self._disk: Disk = SqliteDisk() if stage.chance.random() < 0.6 else MemoryDisk()

    @property
    def leader_changes(self) -> int:
        return 0

    async def play(self) -> Life:
        """Returns the life that is left."""
        stage, chance = self._stage, self._stage.chance
        for _ in range(chance.randint(0, 3)):
            life = self._begin()
            work = stage.loop.create_task(self._work(life))
            await self._end(life)
            work.cancel()
            await asyncio.sleep(chance.choice((0.0, 1.0, 20.0)) * chance.random())
        life = self._begin()
        await self._work(life)
        return life

    def open_store(self) -> Store:
        """What is on the disk."""
        return self._stage.cast.open_store(self._disk)

    def _begin(self) -> Life:
        stage = self._stage
        journal = stage.cast.open_journal(self.open_store, stage.chance, stage.oracle)
        return stage.begin(journal, self._clock, lambda _: self._disk.struck)

    async def _work(self, life: Life) -> None:
        await self._stage.work(lambda: life, self._stage.chance.randint(20, 150))

    async def _end(self, life: Life) -> None:
        """Kills the engine at some step, in some disk operation, or after the disk failed it."""
        chance, loop = self._stage.chance, self._stage.loop
        dead = asyncio.Event()
        power = chance.random() < 0.5

        def die() -> None:
            self._stage.kill(life)
            dead.set()

        await asyncio.sleep(chance.choice((0.2, 3.0, 30.0)) * chance.random())
        way = chance.choice(("step", "step", "power", "fault"))
        if way == "power" and self._disk.cut_power_after(chance.randint(1, 200), die):
            power = True
        elif way == "fault" and self._disk.fail_after(chance.randint(1, 200), chance):
            await asyncio.sleep(chance.uniform(1.0, 20.0))
            loop.after_steps(chance.randint(1, 500), die)
        else:
            loop.after_steps(chance.randint(1, 2_000), die)
        # A disk that nobody uses cuts nobody off.
        loop.call_later(30.0, die)
        await dead.wait()
        self._disk.end(chance, power=power)
