"""The Broker port in front of the paper exchange, with a wire that takes its time."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Final, Protocol

import apsw
import msgspec
from aitrader_server.domain.events import Attempt, Fill, OrderSpec
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.venue import (
    AccountSnapshot,
    Acknowledged,
    Ambiguous,
    Approved,
    CancelOutcome,
    QueryOutcome,
    Refused,
    SubmitOutcome,
    VenueReport,
    VenueStatus,
)
from aitrader_server.engine.ports import Clock, QuoteSource, StreamHealth, VenueListener

from aitrader_gateway.paper.exchange import PaperExchange
from aitrader_gateway.paper.store import PaperStore

RECV_WINDOW_MS: Final = 1000
_NS_PER_MS: Final = 1_000_000
_TOO_LATE: Final = Refused("-1021", "Timestamp for this request is outside of the recvWindow.")
_NOT_STARTED: Final = "the paper venue is not started"


class Feed(QuoteSource, Protocol):
    """Prices that the venue turns on and off with itself."""

    async def start(self) -> None:
        """Begins to quote."""
        ...

    async def stop(self) -> None:
        """Ends quoting."""
        ...


class Wire:
    """Delays of a seeded length, and deliveries that keep their order however long each took."""

    def __init__(self, seed: int, latency_ms: tuple[float, float]) -> None:
        # Delays must repeat from their seed; nothing here is secret.
        self._random = Random(seed)  # noqa: S311
        self._latency_ms = latency_ms
        self._outbox: deque[Callable[[], None]] = deque()

    async def travel(self) -> None:
        """One way between the caller and the venue; a zero latency is the loop's next turn."""
        await asyncio.sleep(self._draw_s())

    def replies_first(self) -> bool:
        """Whether this time the reply is to outrun the stream."""
        return self._random.random() < 0.5  # noqa: PLR2004 - an even chance

    def deliver(self, delivery: Callable[[], None]) -> None:
        """Runs `delivery` after one way's time, after everything given before it."""
        self._outbox.append(delivery)
        delay_s = self._draw_s()
        loop = asyncio.get_running_loop()
        if delay_s:
            loop.call_later(delay_s, self._deliver_next)
        else:
            loop.call_soon(self._deliver_next)

    def cut(self) -> None:
        """Drops what is still under way."""
        self._outbox.clear()

    def _draw_s(self) -> float:
        return self._random.uniform(*self._latency_ms) / 1000

    def _deliver_next(self) -> None:
        if self._outbox:
            self._outbox.popleft()()


class PaperBroker:
    """A paper account; what it acknowledges is on disk before the reply leaves.

    When the disk fails the venue is down: whether an order landed is then not known, and nothing
    more is taken until a restart reads back what was written.
    """

    def __init__(
        self, exchange: PaperExchange, store: PaperStore, feed: Feed, clock: Clock, wire: Wire
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._feed = feed
        self._clock = clock
        self._wire = wire
        self._listener: VenueListener | None = None
        self._unwatch: Callable[[], None] | None = None
        self._failure = _NOT_STARTED
        self._last_event_ns = 0

    @property
    def name(self) -> str:
        """Constant."""
        return "paper"

    @property
    def environment(self) -> str:
        """Constant."""
        return "paper"

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        """Reads back an earlier life, then opens the market.

        Raises:
            ConfigError: another process has this paper venue.
        """
        self._store.open(self._exchange)
        # A file that was lost or rolled back must not give the same numbers to other trades.
        self._exchange.number_from(self._clock.now_ns() // _NS_PER_MS)
        self._listener = listener
        self._failure = ""
        self._unwatch = self._feed.watch(self._on_quote)
        for symbol in self._exchange.instruments:
            if (quote := self._feed.quote(symbol)) is not None:
                self._on_quote(quote)
        await self._feed.start()
        return self._exchange.instruments

    async def stop(self) -> None:
        """Closes the market and the file; orders stay as they are."""
        await self._feed.stop()
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        self._wire.cut()
        self._failure = self._failure or _NOT_STARTED
        self._store.close()

    def prepare(
        self,
        spec: OrderSpec,  # noqa: ARG002 - the port names it; in process there are no bytes to sign
        number: int,
        now_ns: int,
    ) -> Attempt:
        """Nothing is signed; the fence is the receive window alone, which `submit` enforces."""
        return Attempt(
            number=number,
            signed_at_ns=now_ns,
            recv_window_ms=RECV_WINDOW_MS,
            fence_at_ns=now_ns + RECV_WINDOW_MS * _NS_PER_MS,
        )

    async def submit(self, approved: Approved) -> SubmitOutcome:
        """Places the order unless its receive window has passed by then."""
        await self._wire.travel()
        now_ns = self._clock.now_ns()
        if self._failure:
            return Ambiguous(self._failure)
        if now_ns > approved.attempt.fence_at_ns:
            return _TOO_LATE
        reports = self._exchange.submit(approved.spec, now_ns)
        if isinstance(reports, Refused):
            return reports
        fills = tuple(fill for report in reports for fill in report.fills)
        return await self._answer(reports, fills)

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        """Checks all that `submit` would, balances included."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        refusal = self._exchange.check(spec)
        if refusal is not None:
            return refusal
        return Acknowledged(
            VenueReport(
                request_id=spec.request_id,
                symbol=spec.symbol,
                venue_order_id="",
                status=VenueStatus.ACCEPTED,
                quantity=spec.quantity,
                at_ns=self._clock.now_ns(),
            )
        )

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        """Cancels an open order; one that is not open is refused as unknown."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        now_ns = self._clock.now_ns()
        reports = self._exchange.cancel(symbol, request_id, venue_order_id, now_ns)
        if isinstance(reports, Refused):
            return reports
        return await self._answer(reports, ())

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        """The order without its executions, as Binance answers."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        found = self._exchange.register.query(symbol, request_id, venue_order_id)
        return Acknowledged(found) if isinstance(found, VenueReport) else found

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        """The newest order of that id accepted since then, with its executions."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        found = self._exchange.register.history(symbol, request_id, since_ns)
        return Acknowledged(found) if isinstance(found, VenueReport) else found

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        """All executions of one order."""
        await self._wire.travel()
        if self._failure:
            return None
        order = self._exchange.register.find(symbol, "", venue_order_id)
        return () if order is None else self._exchange.register.fills(order.number)

    async def open_orders(self) -> Sequence[VenueReport] | None:
        """Every order that works, oldest first."""
        await self._wire.travel()
        if self._failure:
            return None
        return [order.report() for order in self._exchange.register.open_orders()]

    async def account(self) -> AccountSnapshot | None:
        """All balances."""
        await self._wire.travel()
        return None if self._failure else self._exchange.account(self._clock.now_ns())

    def health(self) -> StreamHealth:
        """Well from start to stop, unless the disk fails."""
        return StreamHealth(
            connected=not self._failure,
            stream_up=not self._failure,
            last_event_ns=self._last_event_ns,
            clock_offset_ms=0,
            detail=self._failure,
        )

    async def _answer(
        self, reports: Sequence[VenueReport], fills: tuple[Fill, ...]
    ) -> Acknowledged | Ambiguous:
        """Makes `reports` durable, then lets reply and stream race with the same facts."""
        if not self._save(reports):
            return Ambiguous(self._failure)
        self._stream(reports)
        if not self._wire.replies_first():
            await self._wire.travel()
        return Acknowledged(msgspec.structs.replace(reports[-1], fills=fills))

    def _on_quote(self, quote: Quote) -> None:
        if self._failure:
            return
        reports = self._exchange.on_quote(quote)
        if self._save(reports):
            self._stream(reports)

    def _save(self, reports: Sequence[VenueReport]) -> bool:
        try:
            self._store.save(self._exchange, reports)
        except apsw.Error as error:
            self._failure = f"the paper venue's disk failed: {error}"
            listener = self._listener
            assert listener is not None
            self._wire.deliver(partial(listener.on_stream, up=False, detail=self._failure))
            return False
        return True

    def _stream(self, reports: Sequence[VenueReport]) -> None:
        for report in reports:
            self._wire.deliver(partial(self._on_report, report))

    def _on_report(self, report: VenueReport) -> None:
        self._last_event_ns = self._clock.now_ns()
        assert self._listener is not None
        self._listener.on_report(report)
