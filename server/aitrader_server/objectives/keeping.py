"""Keeps count of the objectives of a running engine."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import structlog

from aitrader_server.engine.engine import Engine
from aitrader_server.engine.ports import Clock, Metrics
from aitrader_server.objectives.history import History
from aitrader_server.objectives.judge import Judge, JudgedMetrics
from aitrader_server.objectives.memory import Memory, Remembered
from aitrader_server.objectives.readings import READINGS
from aitrader_server.objectives.standing import Report, burnt, standings
from aitrader_server.objectives.table import OBJECTIVES, Sampled

INTERVAL_S: Final = 1.0
LOOKS_PER_KEEP: Final = 60
NS_PER_S: Final = 1_000_000_000

log = structlog.get_logger(__name__)


class ShownMetrics(Metrics, Protocol):
    """Metrics that can be shown before anything is counted."""

    def begin(self, name: str, labels: Mapping[str, str]) -> None:
        """Shows the counter `name` at zero."""
        ...

    def gauges(self, name: str, read: Callable[[], Mapping[tuple[str, ...], float]]) -> None:
        """Has the gauge `name` read by label values whenever somebody looks."""
        ...


class Objectives:
    """Judges what passes through `metrics`, and the engine itself each second once it follows it.

    The counts of the last life go on, from `folder`.
    """

    def __init__(
        self,
        metrics: ShownMetrics,
        clock: Clock,
        folder: Path,
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._memory = Memory(folder)
        self._keeping = asyncio.Lock()
        self._history = History()
        self._judge = Judge(metrics)
        self._judge.counts.update(self._memory.recall(self._history))
        self._history.add(self._now_s(), self._judge.counts)
        self.metrics = JudgedMetrics(metrics, self._judge)
        for objective in OBJECTIVES:
            for name in ("aitrader_slo_events_total", "aitrader_slo_good_total"):
                metrics.begin(name, {"slo": objective.name})
        shares: dict[tuple[str, ...], float] = {(one.name,): one.objective for one in OBJECTIVES}
        metrics.gauges("aitrader_slo_objective_ratio", lambda: shares)

    def report(self) -> Report:
        """How well each objective is kept now."""
        at_ns = self._clock.now_ns()
        return Report(at_ns, standings(self._history, at_ns / NS_PER_S, self._judge.counts))

    async def follow(self, engine: Engine) -> None:
        """Looks each second until it is cancelled; one look that fails ends nothing."""
        looks = 0
        while True:
            looks += 1
            try:
                self.look(engine)
                if looks % LOOKS_PER_KEEP == 0:
                    await self.keep()
            except Exception as error:  # noqa: BLE001 -- told, and the next look may succeed
                engine.tasks.on_crash(error)
            await asyncio.sleep(self._interval_s)

    def look(self, engine: Engine) -> None:
        """Judges this second, and tells the engine's gate which budget burns."""
        for objective in OBJECTIVES:
            if isinstance(objective.source, Sampled):
                read = READINGS[objective.source.reading](engine)
                if read is not None:
                    self._judge.judge(objective.name, good=read <= objective.source.most)
        at_s, counts = self._now_s(), self._judge.counts
        self._history.add(at_s, counts)
        gatekeeper, now = engine.parts.gatekeeper, burnt(self._history, at_s, counts)
        if now != gatekeeper.burnt_objective:
            log.warning("error budget", burns=now or "none")
            gatekeeper.burnt_objective = now

    async def keep(self) -> None:
        """Writes the counts where the next life finds them."""
        async with self._keeping:
            # No sample is ever changed: the thread writes those of this moment.
            now = Remembered(counts=dict(self._judge.counts), samples=self._history.dump())
            await asyncio.to_thread(self._memory.keep, now)

    def _now_s(self) -> float:
        return self._clock.now_ns() / NS_PER_S
