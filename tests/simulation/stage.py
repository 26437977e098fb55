"""What all engines of one run share: venue, prices, callers, weather, and the oracle."""

import asyncio
from collections.abc import Callable
from random import Random

import msgspec
from aitrader_server.adapters.journal.queued import QueuedJournal
from aitrader_server.adapters.journal.storage import Store
from aitrader_server.engine.bus import follow
from aitrader_server.engine.engine import Engine, Ports
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.errors import AiTraderError, JournalError

from simulation.broker import SimBroker
from simulation.disks import Disk, open_journal
from simulation.loop import Process, SimLoop
from simulation.oracle import Oracle
from simulation.shared import SharedJournal, SharedServer
from simulation.venue import SimVenue
from simulation.wishes import draw_limits
from simulation.workload import Call, Workload, pause_s
from simulation.world import (
    SKEW_S_MAX,
    SYMBOLS,
    Faults,
    Silence,
    SimClock,
    SimIds,
    SimQuotes,
    draw_faults,
    models,
)

HEARTBEAT_S = 1.0


class Cast(msgspec.Struct, frozen=True):
    """Who plays the parts; a saboteur replaces one of them.

    `pair` is None for either stage, and `faults` None for whatever the seed draws.
    """

    engine: type[Engine] = Engine
    broker: type[SimBroker] = SimBroker
    server: type[SharedServer] = SharedServer
    shared_journal: type[SharedJournal] = SharedJournal
    open_store: Callable[[Disk], Store] = lambda disk: disk.open_store()
    open_journal: Callable[[Callable[[], Store], Random, Oracle], QueuedJournal] = open_journal
    pair: bool | None = None
    faults: Faults | None = None


class Life:
    """One process with an engine in it; `longest_pause_s` is what it was stopped for at most."""

    def __init__(self, process: Process, clock: SimClock) -> None:
        self.process = process
        self.clock = clock
        self.longest_pause_s = 0.0
        self.ready = False
        self.calls: list[asyncio.Task[None]] = []
        self.failed = asyncio.Event()
        self.engine: Engine

    @property
    def usable(self) -> bool:
        """Whether callers reach it."""
        return self.ready and self.process.alive


class Stage:
    """Draws everything from `seed`."""

    def __init__(self, seed: int, cast: Cast, loop: SimLoop) -> None:
        self.cast = cast
        self.loop = loop
        self.chance = Random(f"run {seed}")
        self._ended_orders_max = self.chance.choice((20, 2_000))
        self.oracle = Oracle(loop, ended_orders_max=self._ended_orders_max)
        self.lives: list[Life] = []
        self.crashes = 0
        chance, true_clock = self.chance, SimClock()
        self._seed = seed
        self._ids = SimIds()
        self.limits = draw_limits(chance)
        self._audits = chance.random() < 0.7
        drawn = draw_faults(chance)
        self._faults = drawn if cast.faults is None else cast.faults
        self.heartbeat_limit_s = chance.choice((None, None, 5.0))
        self.stall_limit_s = chance.choice((None, 5.0))
        self.oracle.heartbeat_limit_s = self.heartbeat_limit_s
        self.quotes = SimQuotes(Random(f"quotes {seed}"), true_clock)
        self.venue = SimVenue(
            Random(f"venue {seed}"), true_clock, self.quotes, self._faults, self.oracle
        )
        self.workload = Workload(Random(f"workload {seed}"), self.quotes, self.oracle)

    def begin(
        self, journal: QueuedJournal, clock: SimClock, excused: Callable[[Life], bool]
    ) -> Life:
        """Starts an engine, whose journal may fail while it is `excused`.

        One that is ended while it starts never becomes ready.
        """
        life = Life(Process(f"life {len(self.lives) + 1}"), clock)
        broker = self.cast.broker(self.venue, clock, self.quotes, self.chance, self.oracle)

        def on_trouble(what: str, error: BaseException) -> None:
            if not (excused(life) and isinstance(error, AiTraderError)):
                error.add_note(what)
                self.loop.fail(error)
            elif isinstance(error, JournalError):
                life.failed.set()

        ports = Ports(
            clock=clock,
            ids=self._ids,
            journal=journal,
            broker=broker,
            quotes=self.quotes,
            models=models(clock, on_trouble),
            metrics=Silence(),
            stopwatch=self.loop.time,
        )
        life.engine = self.cast.engine(ports, self._settings(), on_trouble)
        self.lives.append(life)
        self.loop.spawn(life.process, self._live(life, excused))
        return life

    def kill(self, life: Life) -> None:
        """Ends a process between two of its steps."""
        if life.process.alive:
            self.crashes += 1
            self.loop.kill(life.process)
            self.venue.disconnect(life.engine.ports.broker)

    def pause(self, life: Life, seconds: float) -> None:
        """Stops a process for a while, as a debugger or a swapping machine does."""
        if not life.process.paused:
            life.longest_pause_s = max(life.longest_pause_s, seconds)
            self.loop.pause(life.process, seconds)

    def call(self, life: Life, call: Call) -> None:
        if life.usable:
            life.calls.append(self.loop.spawn(life.process, call(life.engine)))

    async def work(self, chosen: Callable[[], Life | None], calls: int) -> None:
        """Calls for a while, each time whom `chosen` names."""
        chance = self.chance
        for _ in range(calls):
            await pause_s(chance)
            life = chosen()
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                if life is not None:
                    self.call(life, self.workload.draw())
            if life is not None and life.usable and not _trades(life.engine):
                await asyncio.sleep(chance.random())
                if chance.random() < 0.5:
                    self.call(life, self.workload.resume)

    async def heartbeats(self) -> None:
        """Somebody is there, and at times for a while nobody."""
        chance = Random(f"heartbeats {self._seed}")
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if chance.random() < 0.03:
                await asyncio.sleep(chance.uniform(0.0, 15.0))
            self.beat()

    def beat(self) -> None:
        for life in self.lives:
            self.call(life, self.workload.beat)

    async def market(self) -> None:
        """Moves prices for ever."""
        chance = Random(f"market {self._seed}")
        for symbol in SYMBOLS:
            self.quotes.move(symbol)
        while True:
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            self.quotes.move(chance.choice(SYMBOLS))

    async def weather(self) -> None:
        """What goes wrong by itself, looked at once a second."""
        chance, faults = Random(f"weather {self._seed}"), self._faults
        while True:
            await asyncio.sleep(1.0)
            if chance.random() < faults.stream_lost_per_s:
                self.venue.lose_stream()
            if self._audits and chance.random() < faults.stream_deaf_per_s:
                self.venue.deafen_stream()
            alive = [life for life in self.lives if life.process.alive]
            life = chance.choice(alive or [None])
            if life is None:
                continue
            if chance.random() < faults.clock_step_per_s:
                far_s = chance.choice((0.0, 0.0, 0.0, -30.0, 30.0))
                life.clock.offset_s = chance.uniform(-SKEW_S_MAX, SKEW_S_MAX) + far_s
            if chance.random() < faults.pause_per_s:
                self.pause(life, chance.choice((1.0, 8.0, 30.0)) * chance.random())

    def calm(self, life: Life) -> None:
        """No more faults: what the clock of `life` is wrong by is within its bound again."""
        self.venue.calm()
        life.clock.offset_s = max(-SKEW_S_MAX, min(life.clock.offset_s, SKEW_S_MAX))

    async def _live(self, life: Life, excused: Callable[[Life], bool]) -> None:
        try:
            await life.engine.start()
        except JournalError:
            if not excused(life):
                raise
            life.failed.set()
            return
        self.oracle.on_started(life.engine.ports.broker, life.engine.book)
        life.ready = True
        await self._subscribe(life.engine)

    async def _subscribe(self, engine: Engine) -> None:
        """Resumes where the last subscription ended, sometimes too slow to keep up."""
        chance = self.chance
        while True:
            after = len(self.oracle.heard)
            feed = follow(engine.bus, engine.ports.journal, after, idle_s=1.0)
            # The feed of a reader that falls behind ends by itself.
            async for part in feed:
                if self.oracle.leading is not engine.ports.broker:
                    return
                for record in part if isinstance(part, list) else ():
                    self.oracle.on_event(record)
                await asyncio.sleep(chance.choice((0.0, 0.0, 0.1, 2.0)) * chance.random())

    def _settings(self) -> EngineSettings:
        return EngineSettings(
            account="simulated",
            quote_asset="USDT",
            version="0",
            limits=self.limits,
            dead_man_limit_s=self.heartbeat_limit_s,
            stall_limit_s=self.stall_limit_s,
            ended_orders_max=self._ended_orders_max,
            snapshot_every_events=self.chance.choice((30, 200, 20_000)),
            subscriber_queue_size_max=self.chance.choice((8, 10_000)),
            audit_orders_interval_s=10.0 if self._audits else 1e6,
            audit_balances_interval_s=7.0 if self._audits else 1e6,
        )


def _trades(engine: Engine) -> bool:
    return engine.book.state.trading.state == "ACTIVE"
