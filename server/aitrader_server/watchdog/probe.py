"""Whether the watchdog could act, asked before it has to."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from aitrader_server.engine.alarms import Alarm
from aitrader_server.watchdog.ports import Canceller, Trouble

INTERVAL_S: Final = 60.0
# One lost answer is the network's everyday life.
FAILURES_MAX: Final = 2

log = structlog.get_logger(__name__)


class Probe:
    """Reads the open orders now and then: a revoked key must not show at the worst time."""

    def __init__(
        self,
        canceller: Canceller,
        alarm: Callable[[Alarm], None],
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._canceller = canceller
        self._alarm = alarm
        self._interval_s = interval_s
        self._failures = 0

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            answer = await self._canceller.open_orders()
            if isinstance(answer, Trouble):
                self._failures += 1
                log.warning("the venue does not answer the watchdog", cause=answer.reason)
                if self._failures == FAILURES_MAX:
                    self._alarm(_blind(answer.reason))
            else:
                if self._failures >= FAILURES_MAX:
                    self._alarm(_blind("the venue answers", resolved=True))
                self._failures = 0


def _blind(reason: str, *, resolved: bool = False) -> Alarm:
    return Alarm(
        name="WatchdogBlind",
        severity="critical",
        summary="The watchdog could not cancel anything: the venue does not answer it",
        reason=reason,
        actor="watchdog",
        resolved=resolved,
    )
