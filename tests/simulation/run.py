"""One run: one seed, one venue, several lives of an engine, and the checks at the end."""

import asyncio
from collections.abc import Callable
from random import Random

import msgspec
from aitrader_server.adapters.journal.queued import QueuedJournal
from aitrader_server.adapters.journal.storage import Store
from aitrader_server.engine.bus import follow
from aitrader_server.engine.engine import Engine, Ports
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.errors import AiTraderError

from simulation.broker import SimBroker
from simulation.checks import check_recovery, check_truth
from simulation.disks import Disk, MemoryDisk, SqliteDisk, open_journal
from simulation.loop import Process, SimLoop
from simulation.oracle import Oracle
from simulation.venue import SimVenue
from simulation.workload import Call, Workload, draw_limits, pause_s
from simulation.world import (
    SKEW_S_MAX,
    SYMBOLS,
    Silence,
    SimClock,
    SimIds,
    SimQuotes,
    draw_faults,
    models,
)

# Longer than a stream stays lost.
LAST_SILENCE_S = 10.0
LAST_ORDERS = 6
# Longer than any fence, every audit, and the slowest polling.
SETTLE_S = 60.0


class Cast(msgspec.Struct, frozen=True):
    """Who plays the parts; a saboteur replaces one of them."""

    engine: type[Engine] = Engine
    broker: type[SimBroker] = SimBroker
    open_store: Callable[[Disk], Store] = lambda disk: disk.open_store()
    open_journal: Callable[[Callable[[], Store], Random, Oracle], QueuedJournal] = open_journal


class Told(msgspec.Struct, frozen=True):
    """What a run came to."""

    trace: str
    steps: int
    orders: int
    trades: int
    acknowledged: int
    lives: int


class Life:
    """One process with an engine in it."""

    def __init__(self, engine: Engine, process: Process) -> None:
        self.engine = engine
        self.process = process
        self.ready = False


class Run:
    """Draws everything from `seed`; raises what a check or the engine raises."""

    def __init__(self, seed: int, cast: Cast) -> None:
        self._seed = seed
        self._cast = cast
        self._loop = SimLoop(seed)
        self._chance = Random(f"run {seed}")
        self._oracle = Oracle(self._loop, ended_orders_max=2_000)
        self._clock = SimClock()
        self._disk: Disk = SqliteDisk() if self._chance.random() < 0.6 else MemoryDisk()
        self._faults = draw_faults(self._chance)
        self._limits = self._oracle.limits = draw_limits(self._chance)
        self._audits = self._chance.random() < 0.7
        self._ids = SimIds()
        self._lives: list[Life] = []
        self._expected_failure = False

    def __call__(self) -> Told:
        try:
            return self._loop.run_until_complete(self._main())
        finally:
            for life in self._lives:
                self._loop.kill(life.process)
            self._loop.close()
            for life in self._lives:
                self._loop.bury(life.process)

    async def _main(self) -> Told:
        chance, loop = self._chance, self._loop
        true_clock = SimClock()
        self._quotes = SimQuotes(Random(f"quotes {self._seed}"), self._clock)
        self._venue = SimVenue(
            Random(f"venue {self._seed}"), true_clock, self._quotes, self._faults, self._oracle
        )
        self._workload = Workload(Random(f"workload {self._seed}"), self._quotes, self._oracle)
        for symbol in SYMBOLS:
            self._quotes.move(symbol)
        market = loop.create_task(self._market())
        weather = loop.create_task(self._weather())
        lives = chance.randint(1, 4)
        for number in range(lives):
            last = number == lives - 1
            life = await self._begin()
            work = loop.create_task(self._work(life))
            if last:
                await work
            else:
                await self._end(life, work)
        weather.cancel()
        self._venue.calm()
        self._call(life, self._workload.resume)
        await asyncio.sleep(1.0)
        for _ in range(LAST_ORDERS):
            self._call(life, self._workload.rest)
        await asyncio.sleep(1.0)
        # A last silence, in which orders fill that nobody tells the engine of.
        self._venue.lose_stream()
        await asyncio.sleep(LAST_SILENCE_S)
        market.cancel()
        await asyncio.sleep(SETTLE_S)
        check_truth(self._oracle, self._venue, life.engine)
        loop.spawn(life.process, life.engine.stop())
        await asyncio.sleep(1.0)
        for lived in self._lives:
            for error in loop.unretrieved(lived.process) if lived.process.alive else ():
                raise error
        check_recovery(self._oracle, self._cast.open_store(self._disk))
        return Told(
            trace=loop.trace,
            steps=loop.steps,
            orders=len(self._oracle.at_venue),
            trades=self._venue.executions,
            acknowledged=self._oracle.acknowledged,
            lives=lives,
        )

    async def _begin(self) -> Life:
        """Starts an engine; one that is ended while it starts never becomes ready."""
        process = Process(f"life {len(self._lives) + 1}")
        journal = self._cast.open_journal(
            lambda: self._cast.open_store(self._disk), self._chance, self._oracle
        )
        broker = self._cast.broker(
            self._venue, self._clock, self._quotes, self._chance, self._oracle
        )
        ports = Ports(
            clock=self._clock,
            ids=self._ids,
            journal=journal,
            broker=broker,
            quotes=self._quotes,
            models=models(self._clock, self._on_trouble),
            metrics=Silence(),
        )
        engine = self._cast.engine(ports, self._settings(), self._on_trouble)
        life = Life(engine, process)
        self._lives.append(life)
        self._loop.spawn(process, self._live(life))
        return life

    async def _live(self, life: Life) -> None:
        await life.engine.start()
        self._oracle.on_started(life.engine.book)
        life.ready = True
        await self._subscribe(life.engine)

    async def _subscribe(self, engine: Engine) -> None:
        """Resumes where the last subscription ended, sometimes too slow to keep up."""
        chance = self._chance
        while True:
            after = len(self._oracle.heard)
            feed = follow(engine.bus, engine.ports.journal, after, idle_s=1.0)
            # The feed of a reader that falls behind ends by itself.
            async for part in feed:
                for record in part if isinstance(part, list) else ():
                    self._oracle.on_event(record)
                await asyncio.sleep(chance.choice((0.0, 0.0, 0.1, 2.0)) * chance.random())

    async def _work(self, life: Life) -> None:
        """Calls for a while."""
        chance = self._chance
        for _ in range(chance.randint(20, 120)):
            await pause_s(chance)
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                self._call(life, self._workload.draw())
            if life.ready and life.engine.book.state.trading.state != "ACTIVE":
                await asyncio.sleep(chance.random())
                if chance.random() < 0.5:
                    self._call(life, self._workload.resume)

    def _call(self, life: Life, call: Call) -> None:
        if life.ready and life.process.alive:
            self._loop.spawn(life.process, call(life.engine))

    async def _end(self, life: Life, work: asyncio.Task[None]) -> None:
        """Kills the engine at some step, in some disk operation, or after the disk failed it."""
        chance, loop = self._chance, self._loop
        dead = asyncio.Event()
        power = chance.random() < 0.5

        def die() -> None:
            if life.process.alive:
                loop.kill(life.process)
                self._venue.disconnect()
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
        work.cancel()
        await asyncio.sleep(chance.choice((0.0, 1.0, 20.0)) * chance.random())

    async def _market(self) -> None:
        chance = Random(f"market {self._seed}")
        while True:
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            self._quotes.move(chance.choice(SYMBOLS))

    async def _weather(self) -> None:
        """What goes wrong by itself, looked at once a second."""
        chance, faults = Random(f"weather {self._seed}"), self._faults
        while True:
            await asyncio.sleep(1.0)
            if chance.random() < faults.stream_lost_per_s:
                self._venue.lose_stream()
            if self._audits and chance.random() < faults.stream_deaf_per_s:
                self._venue.deafen_stream()
            if chance.random() < faults.clock_step_per_s:
                self._clock.offset_s = chance.uniform(-SKEW_S_MAX, SKEW_S_MAX)
            if chance.random() < faults.pause_per_s:
                self._loop.pause(self._lives[-1].process, chance.uniform(0.1, 8.0))

    def _settings(self) -> EngineSettings:
        return EngineSettings(
            account="simulated",
            quote_asset="USDT",
            version="0",
            limits=self._limits,
            ended_orders_max=self._oracle.ended_orders_max,
            snapshot_every_events=self._chance.choice((15, 100, 20_000)),
            subscriber_queue_size_max=self._chance.choice((8, 10_000)),
            audit_orders_interval_s=10.0 if self._audits else 1e6,
            audit_balances_interval_s=7.0 if self._audits else 1e6,
        )

    def _on_trouble(self, what: str, error: BaseException) -> None:
        if self._disk.struck and isinstance(error, AiTraderError):
            return
        error.add_note(what)
        self._loop.fail(error)


def run(seed: int, cast: Cast | None = None) -> Told:
    """Runs one seed; returning means that every promise was kept."""
    return Run(seed, cast or Cast())()
