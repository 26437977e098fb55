"""Requests that change something are seen through, whoever stops waiting for them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aitrader_server.domain.venue import (
    Acknowledged,
    AcknowledgedList,
    Replaced,
    VenueReport,
)

Outcome = TypeVar("Outcome")


class Flights:
    """What is under way.

    `on_report(report)` is told every order that an answer tells of; `on_orphan(report)` those of
    an answer whose asker was cancelled meanwhile, so that none is lost.
    """

    def __init__(
        self,
        on_report: Callable[[VenueReport], None],
        on_orphan: Callable[[VenueReport], None],
    ) -> None:
        self._on_report = on_report
        self._on_orphan = on_orphan
        self._under_way: set[asyncio.Task[Any]] = set()

    async def see_through(self, sending: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Waits for `sending`, which goes on when its caller is cancelled."""
        flight = asyncio.create_task(sending)
        self._under_way.add(flight)
        flight.add_done_callback(self._under_way.discard)
        try:
            outcome = await asyncio.shield(flight)
        except asyncio.CancelledError:
            flight.add_done_callback(self._tell)
            raise
        for report in _reports(outcome):
            self._on_report(report)
        return outcome

    async def land(self, timeout_s: float) -> None:
        """Waits for what is under way, at most so long."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=timeout_s)

    def _tell(self, flight: asyncio.Task[Any]) -> None:
        if flight.cancelled():
            return
        for report in _reports(flight.result()):
            self._on_report(report)
            self._on_orphan(report)


def _reports(outcome: object) -> tuple[VenueReport, ...]:
    """The orders that an outcome tells of."""
    match outcome:
        case Acknowledged(report=report):
            return (report,)
        case AcknowledgedList(reports=reports):
            return reports
        case Replaced(canceled=canceled, placed=VenueReport() as placed):
            return (canceled, placed)
        case Replaced(canceled=canceled):
            return (canceled,)
        case _:
            return ()
