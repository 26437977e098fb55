"""Watches the engine's pulse, and acts when there is none."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from aitrader_server.engine.alarms import Alarm
from aitrader_server.watchdog.ports import Canceller
from aitrader_server.watchdog.pulse_watch import PulseWatch
from aitrader_server.watchdog.sweeper import Sweeper

POLLS_PER_LIMIT: Final = 10
POLL_S_MAX: Final = 0.5

log = structlog.get_logger(__name__)


class Watchdog:
    """Trips when the engine is dead, and rests when it lives again.

    An engine that was never seen alive has `limit_s` from the watchdog's own start.
    """

    def __init__(
        self,
        pulse: PulseWatch,
        canceller: Canceller,
        alarm: Callable[[Alarm], None],
        *,
        limit_s: float,
    ) -> None:
        self._pulse = pulse
        self._canceller = canceller
        self._alarm = alarm
        self._limit_s = limit_s

    async def run(self) -> None:
        """Watches until it is cancelled."""
        loop = asyncio.get_running_loop()
        seen_s = loop.time()
        seen = False
        while True:
            why = await self._pulse.look()
            seen = seen or not why
            if why and (seen or loop.time() - seen_s > self._limit_s):
                await self._act(why)
            else:
                await self._wait()

    async def _act(self, why: str) -> None:
        """Tells it first, then sweeps until the engine lives."""
        log.error("the engine is taken for dead: its entries are cancelled", cause=why)
        self._alarm(_silent(why))
        sweeper = Sweeper(self._canceller, lambda: self._pulse.foreign, self._alarm)
        sweeping = asyncio.create_task(sweeper.run())
        try:
            while await self._pulse.look():
                if sweeping.done():
                    sweeping.result()
                await self._wait()
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
        sweeper.content()
        log.warning("the engine is back")
        self._alarm(_silent(why, resolved=True))

    async def _wait(self) -> None:
        await asyncio.sleep(min(POLL_S_MAX, self._limit_s / POLLS_PER_LIMIT))


def _silent(why: str, *, resolved: bool = False) -> Alarm:
    return Alarm(
        name="EngineSilent",
        severity="critical",
        summary="The engine is silent: the watchdog cancels its entry orders",
        reason=why,
        actor="watchdog",
        resolved=resolved,
    )
