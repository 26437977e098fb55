"""The engine's side of the wire: it signs, sends, waits so long, and dies with its process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from aitrader_server.domain.events import Attempt, Fill, OrderSpec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.venue import (
    AccountSnapshot,
    Acknowledged,
    Ambiguous,
    Approved,
    CancelOutcome,
    QueryOutcome,
    SubmitOutcome,
    VenueReport,
    VenueStatus,
)
from aitrader_server.engine.ports import StreamHealth, VenueListener

from simulation.oracle import Oracle
from simulation.venue import RECV_WINDOW_MS, Reply, SimVenue
from simulation.world import NS_PER_S, TRADED, SimClock, SimQuotes

# After signing: the window, and five seconds for clocks that disagree and records that lag.
FENCE_NS = RECV_WINDOW_MS * 1_000_000 + 5 * NS_PER_S
TIMEOUTS_S = (0.2, 1.0, 3.0)
READ_TIMEOUT_S = 1.0


class SimBroker:
    """The Broker port in front of a simulated venue; one for each life of the engine."""

    def __init__(
        self, venue: SimVenue, clock: SimClock, quotes: SimQuotes, chance: Random, oracle: Oracle
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._quotes = quotes
        self._chance = chance
        self._oracle = oracle

    @property
    def name(self) -> str:
        return "simulated"

    @property
    def environment(self) -> str:
        return "sandbox"

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        await asyncio.sleep(self._chance.uniform(0.01, 0.5))
        self._venue.connect(listener)
        return TRADED

    async def stop(self) -> None:
        self._venue.disconnect()

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        quote = self._quotes.quote(spec.symbol)
        venue = self._venue
        here = {report.request_id for report in venue.counter.open_orders()}
        open_orders = len(here | set(venue.travelling))
        self._oracle.on_prepare(spec, None if quote is None else quote.mid, open_orders)
        return Attempt(
            number=number,
            signed_at_ns=now_ns,
            recv_window_ms=RECV_WINDOW_MS,
            fence_at_ns=now_ns + FENCE_NS,
        )

    async def submit(self, approved: Approved) -> SubmitOutcome:
        self._oracle.on_send(approved)
        self._venue.travelling[approved.spec.request_id] = None
        timeout_s = self._chance.choice(TIMEOUTS_S)
        outcome = await self._ask(
            lambda answer: self._venue.submit(approved, answer),
            timeout_s,
            lost=lambda: self._venue.travelling.pop(approved.spec.request_id),
        )
        return Ambiguous("no reply in time") if outcome is None else outcome

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        report = VenueReport(
            request_id=spec.request_id,
            symbol=spec.symbol,
            venue_order_id="",
            status=VenueStatus.ACCEPTED,
        )
        return self._venue.counter.check(spec) or Acknowledged(report)

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        outcome = await self._read(lambda: self._venue.cancel(symbol, request_id, venue_order_id))
        return Ambiguous("no reply in time") if outcome is None else outcome

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        outcome = await self._read(lambda: self._venue.query(symbol, request_id, venue_order_id))
        return Ambiguous("no reply in time") if outcome is None else outcome

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        outcome = await self._read(lambda: self._venue.query_history(symbol, request_id, since_ns))
        return Ambiguous("no reply in time") if outcome is None else outcome

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        return await self._read(lambda: self._venue.trades(symbol, venue_order_id))

    async def open_orders(self) -> Sequence[VenueReport] | None:
        return await self._read(self._venue.open_orders)

    async def account(self) -> AccountSnapshot | None:
        return await self._read(self._venue.account)

    def health(self) -> StreamHealth:
        return StreamHealth(
            connected=True,
            stream_up=True,
            last_event_ns=self._clock.now_ns(),
            clock_offset_ms=int(-self._clock.offset_s * 1000),
        )

    async def _read(self, work: Callable[[], Any]) -> Any:
        return await self._ask(lambda answer: answer(work()), READ_TIMEOUT_S)

    async def _ask(
        self,
        arrive: Callable[[Reply], None],
        timeout_s: float,
        lost: Callable[[], object] = lambda: None,
    ) -> Any:
        """The reply, or None after `timeout_s`; `lost` is called when it never leaves."""
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def arrived(outcome: object) -> None:
            if not reply.done():
                reply.set_result(outcome)

        if not self._venue.carry(arrive, arrived):
            lost()
        await asyncio.wait((reply,), timeout=timeout_s)
        if not reply.done():
            reply.cancel()
            return None
        return reply.result()
