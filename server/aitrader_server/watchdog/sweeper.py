"""Takes entry orders back until none can come any more."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final

import structlog

from aitrader_server.domain.words import Side
from aitrader_server.engine.alarms import Alarm
from aitrader_server.watchdog.ports import Canceller, OpenOrder, Trouble

CANCELS_AT_ONCE_MAX: Final = 8
SWEEP_S: Final = 1.0
SWEEP_CLEARED_S: Final = 15.0
RETRY_S: Final = 0.5
RETRY_S_MAX: Final = 5.0

log = structlog.get_logger(__name__)


class Sweeper:
    """Cancels what buys and is not in `foreign()`; what sells protects, and stays."""

    def __init__(
        self,
        canceller: Canceller,
        foreign: Callable[[], Collection[str]],
        alarm: Callable[[Alarm], None],
    ) -> None:
        self._canceller = canceller
        self._foreign = foreign
        self._alarm = alarm
        self._trouble = ""
        self._retry_s = RETRY_S
        self._clear_since_s: float | None = None
        self._cleared = False

    async def run(self) -> None:
        """Sweeps until it is cancelled, seldom once it is sure that nothing is left.

        Sure are two sweeps without a find as far apart as a signed order may be on its way.
        """
        loop = asyncio.get_running_loop()
        while True:
            begun_s = loop.time()
            swept = await self._sweep()
            if isinstance(swept, Trouble):
                self._clear_since_s = None
                self._complain(swept.reason)
                await asyncio.sleep(self._retry_s)
                self._retry_s = min(2 * self._retry_s, RETRY_S_MAX)
                continue
            self.content()
            self._conclude(swept, begun_s)
            await asyncio.sleep(SWEEP_CLEARED_S if self._cleared else SWEEP_S)

    def content(self) -> None:
        """Takes back that entries cannot be cancelled, if it was said."""
        self._retry_s = RETRY_S
        if self._trouble:
            self._alarm(_stuck(self._trouble, resolved=True))
            self._trouble = ""

    async def _sweep(self) -> int | Trouble:
        """How many entries were found, all of them cancelled now."""
        orders = await self._canceller.open_orders()
        if isinstance(orders, Trouble):
            return orders
        foreign = self._foreign()
        entries = [o for o in orders if o.side is Side.BUY and o.name not in foreign]
        troubles = await self._cancel(entries)
        return troubles[0] if troubles else len(entries)

    async def _cancel(self, entries: Sequence[OpenOrder]) -> list[Trouble]:
        room = asyncio.Semaphore(CANCELS_AT_ONCE_MAX)

        async def cancel(order: OpenOrder) -> Trouble | None:
            async with room:
                trouble = await self._canceller.cancel(order)
            log.warning(
                "entry cancelled" if trouble is None else "entry not cancelled",
                symbol=order.symbol,
                order=order.venue_order_id,
                request_id=order.request_id,
                cause=None if trouble is None else trouble.reason,
            )
            return trouble

        outcomes = await asyncio.gather(*map(cancel, entries))
        return [trouble for trouble in outcomes if trouble is not None]

    def _conclude(self, found: int, begun_s: float) -> None:
        if found:
            self._clear_since_s, self._cleared = None, False
        elif self._clear_since_s is None:
            self._clear_since_s = begun_s
        elif begun_s - self._clear_since_s >= self._canceller.fence_s and not self._cleared:
            self._cleared = True
            log.warning("no entry is left, and none can come")

    def _complain(self, reason: str) -> None:
        """An alarm once, a line whenever the reason changes."""
        self._cleared = False
        if reason != self._trouble:
            log.error("entries cannot be cancelled", cause=reason)
        if not self._trouble:
            self._alarm(_stuck(reason))
        self._trouble = reason


def _stuck(reason: str, *, resolved: bool = False) -> Alarm:
    return Alarm(
        name="EntriesNotCancelled",
        severity="critical",
        summary="The engine is silent and its entry orders cannot be cancelled",
        reason=reason,
        actor="watchdog",
        resolved=resolved,
    )
