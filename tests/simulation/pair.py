"""Two engines on one shared store: one leads, the other waits, and both fall in turn."""

import asyncio
from functools import partial

from aitrader_server.adapters.journal.storage import Store

from simulation.oracle import Broken
from simulation.shared import BEAT_S, LEASE_S, Session, SharedServer
from simulation.stage import Life, Stage
from simulation.world import SimClock

# Longer than the lease and every pause and cut together.
LED_S_MAX = 200.0
# Who is silent for less than this is not deposed.
SILENCE_S = LEASE_S - BEAT_S - 1.0

WAYS = ("kill", "pause", "pause", "cut", "answers", "restart", "stop", "other")


class Slot:
    """One machine: whatever dies on it is started again."""

    def __init__(self, stage: Stage, server: SharedServer) -> None:
        self._stage = stage
        self._server = server
        self._clock = SimClock()
        self._dead = asyncio.Event()
        self.life = self._begin()

    @property
    def leads(self) -> bool:
        """Whether it is up and callers should come to it."""
        leads = self.session.open and self.session.number == self._server.number
        return self.life.usable and leads and not self.life.process.paused

    def kill(self, life: Life | None = None) -> None:
        """Ends what runs, or `life` if that still does.

        The kernel closes the connection of a process that is gone, if it can.
        """
        if life not in (None, self.life):
            return
        self._stage.kill(self.life)
        if self.session.arrives:
            self._server.drop(self.session)
        self._dead.set()

    async def stop(self) -> None:
        """Ends it in good order: first whoever was let in gets an answer."""
        self.life.ready = False
        await asyncio.gather(*self.life.calls)
        await self.life.engine.stop()
        self._dead.set()

    async def keep(self) -> None:
        """Starts anew whatever died; one whose journal failed goes on for a while before."""
        chance = self._stage.chance
        while True:
            waits = [asyncio.ensure_future(e.wait()) for e in (self.life.failed, self._dead)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if not self._dead.is_set():
                await asyncio.sleep(chance.choice((0.0, 1.0, 20.0)) * chance.random())
            self.kill()
            await asyncio.sleep(chance.choice((0.1, 3.0)) * chance.random())
            self._dead.clear()
            self.life = self._begin()

    def _begin(self) -> Life:
        stage, session = self._stage, Session()
        self.session = session
        journal = stage.cast.shared_journal(self._server, session, stage.chance)
        return stage.begin(journal, self._clock, lambda life: _excused(life, session))


def _excused(life: Life, session: Session) -> bool:
    return session.struck or life.longest_pause_s > SILENCE_S


class Pair:
    """Lets the leader fall again and again while callers go on."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.server = stage.cast.server(stage.oracle)

    @property
    def leader_changes(self) -> int:
        """How often the lead passed on."""
        return self.server.number - 1

    async def play(self) -> Life:
        """Returns the life that leads in the end, alone."""
        stage, chance = self._stage, self._stage.chance
        await self.begin()
        keepers = [stage.loop.create_task(slot.keep()) for slot in self._slots]
        for _ in range(chance.randint(1, 5)):
            await self.led()
            await stage.work(self._called, chance.randint(10, 60))
            self._strike(await self.led())
            await stage.work(self._called, chance.randint(0, 30))
        leader = await self.led()
        while leader.session.struck:
            # What befell it may show late, and the last one is to stay.
            leader.kill()
            leader = await self.led()
        for keeper in keepers:
            keeper.cancel()
        for slot in self._slots:
            if slot is not leader:
                slot.kill()
        return leader.life

    async def begin(self) -> Slot:
        """Starts both engines and returns the one that leads."""
        self._slots = [Slot(self._stage, self.server) for _ in range(2)]
        return await self.led()

    def open_store(self) -> Store:
        """What is in the shared store."""
        return self.server.store

    def _called(self) -> Life | None:
        """Whom callers come to: who leads, and at times who did."""
        chance = self._stage.chance
        usable = [slot for slot in self._slots if slot.life.usable]
        leading = [slot for slot in usable if slot.leads]
        if leading and chance.random() < 0.9:
            return leading[0].life
        return chance.choice(usable).life if usable else None

    async def led(self) -> Slot:
        """The one that leads and is ready, once there is one."""
        for _ in range(int(LED_S_MAX / 0.1)):
            for slot in self._slots:
                if slot.leads:
                    return slot
            await asyncio.sleep(0.1)
        raise Broken(f"L1: nobody took over within {LED_S_MAX} s")

    def _strike(self, leader: Slot) -> None:
        stage, chance = self._stage, self._stage.chance
        seconds = chance.choice((1.0, 8.0, 30.0)) * chance.random()
        way = chance.choice(WAYS)
        leader.session.struck |= way not in ("pause", "other")
        match way:
            case "kill":
                stage.loop.after_steps(chance.randint(1, 500), partial(leader.kill, leader.life))
            case "pause":
                stage.pause(leader.life, seconds)
            case "cut":
                leader.session.cut_off(seconds, arrives=False)
            case "answers":
                leader.session.cut_off(seconds, arrives=True)
            case "restart":
                self.server.restart()
            case "stop":
                stage.loop.spawn(leader.life.process, leader.stop())
            case "other":
                for slot in self._slots:
                    if slot is not leader:
                        slot.kill()
