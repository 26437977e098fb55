"""Takes in what the connections deliver, once each, and hands it to the engine."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
import structlog
from aitrader_server.domain.venue import VenueReport
from aitrader_server.engine.ports import Clock, VenueListener

from aitrader_gateway.binance.echoes import Echoes
from aitrader_gateway.binance.events import (
    ExternalChange,
    NothingNew,
    OrderUpdate,
    StreamEvent,
    UnknownKind,
)

log = structlog.get_logger(__name__)

_NS_PER_MS: Final = 1_000_000
_UNKNOWN_KINDS_MAX: Final = 100


class Intake:
    """One for all connections of a stream, so that two may deliver the same events.

    What is delivered reaches the listener in the loop's next turn: an error of the listener's is
    its own, and no reason to drop a connection. `kept_max` events, and orders that were renamed,
    are remembered.
    """

    def __init__(
        self, echoes: Echoes, counts: Counter[str], venue_clock: Clock, *, kept_max: int
    ) -> None:
        self._echoes = echoes
        self._counts = counts
        self._venue_clock = venue_clock
        self._kept_max = kept_max
        self._seen: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self._unknown_kinds: set[str] = set()
        self._first_ids: OrderedDict[tuple[str, str], str] = OrderedDict()
        self.listener: VenueListener | None = None
        self.last_event_ns = 0
        self.lag_ms: float | None = None

    def take(self, event: StreamEvent) -> None:
        """Hands over what `event` says, unless it was said before."""
        match event:
            case OrderUpdate(report=report):
                self._measure(event.sent_at_ns)
                order = (report.symbol, report.venue_order_id)
                self._echoes.hear(order, max(report.at_ns, event.sent_at_ns))
                if self._is_new(event.key):
                    self._report(event)
            case ExternalChange(detail=detail):
                self._measure(event.sent_at_ns)
                if self._is_new(event.key):
                    self.tell(lambda listener: listener.on_external(detail))
            case UnknownKind(kind=kind):
                self._count_unknown(kind)
            case NothingNew():
                self.last_event_ns = self._venue_clock.now_ns()

    def forget(self) -> None:
        """After a loss nothing is a repeat: a venue that was wiped gives its numbers out again."""
        self._seen.clear()

    def tell(self, what: Callable[[VenueListener], None]) -> None:
        """Calls the listener in the loop's next turn, in the order of the calls."""
        asyncio.get_running_loop().call_soon(self._deliver, what)

    def _deliver(self, what: Callable[[VenueListener], None]) -> None:
        if self.listener is not None:
            what(self.listener)

    def _report(self, update: OrderUpdate) -> None:
        report = update.report
        order = (report.symbol, report.venue_order_id)
        if update.renamed:
            self._first_ids.setdefault(order, report.request_id)
            if len(self._first_ids) > self._kept_max:
                self._first_ids.popitem(last=False)
        if order in self._first_ids:
            report = msgspec.structs.replace(report, request_id=self._first_ids[order])
        self.tell(partial(_on_report, report))

    def _measure(self, sent_at_ns: int) -> None:
        self.last_event_ns = self._venue_clock.now_ns()
        self.lag_ms = (self.last_event_ns - sent_at_ns) / _NS_PER_MS

    def _count_unknown(self, kind: str) -> None:
        """Counts every event of a kind without meaning to us, and logs the first of each kind."""
        self._counts["unknown_events"] += 1
        if kind not in self._unknown_kinds and len(self._unknown_kinds) < _UNKNOWN_KINDS_MAX:
            self._unknown_kinds.add(kind)
            log.warning("user stream event of an unknown kind", kind=kind)

    def _is_new(self, key: tuple[str, ...]) -> bool:
        if key in self._seen:
            self._counts["repeats"] += 1
            return False
        self._seen[key] = None
        if len(self._seen) > self._kept_max:
            self._seen.popitem(last=False)
        return True


def _on_report(report: VenueReport, listener: VenueListener) -> None:
    listener.on_report(report)
