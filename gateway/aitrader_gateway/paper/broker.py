"""The Broker port in front of an exchange in process."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final, Protocol, TypeVar

import apsw
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.terms import Attempt, Fill, OrderSpec
from aitrader_server.domain.venue import (
    AccountSnapshot,
    Acknowledged,
    Ambiguous,
    AmendOutcome,
    Approved,
    ApprovedList,
    ApprovedReplacement,
    CancelOutcome,
    ListOutcome,
    QueryOutcome,
    Refused,
    Replacement,
    ReplaceOutcome,
    SubmitOutcome,
    VenueReport,
    VenueStatus,
)
from aitrader_server.engine.ports import Clock, QuoteSource, StreamHealth, VenueListener

from aitrader_gateway.paper.wire import Wire
from aitrader_gateway.sandbox.counter import Counter
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import Listing, Numbers
from aitrader_gateway.sandbox.store import Opening, Store
from aitrader_gateway.sandbox.street import Street

Outcome = TypeVar("Outcome")

ACCOUNT: Final = "paper"
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


class PaperBroker:
    """A paper account; what it acknowledges is on disk before the reply leaves.

    The exchange is the sandbox's, quoted from outside; nothing is between it and the engine but
    time. When the disk fails the venue is down: whether an order landed is then not known, and
    nothing more is taken until a restart reads back what was written.
    """

    def __init__(
        self,
        *,
        instruments: Mapping[str, Instrument],
        opening: Opening,
        store: Store,
        feed: Feed,
        clock: Clock,
        wire: Wire,
        depth_levels: int,
    ) -> None:
        self._instruments = dict(instruments)
        self._opening = opening
        self._store = store
        self._feed = feed
        self._clock = clock
        self._wire = wire
        listings = {symbol: Listing(instrument=item) for symbol, item in instruments.items()}
        exchange = Exchange(listings)
        self._counter = Counter(exchange, ACCOUNT)
        self._street = Street(exchange, instruments, depth_levels)
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
        exchange = self._counter.exchange
        self._store.open()
        self._store.fill(exchange, {ACCOUNT: self._opening})
        # A file that was lost or rolled back must not give the same numbers to other trades.
        least = self._clock.now_ns() // _NS_PER_MS
        exchange.number_from(
            Numbers(
                order=least,
                order_list=least,
                execution=least,
                trades=dict.fromkeys(self._instruments, least),
            )
        )
        self._listener = listener
        self._failure = ""
        self._unwatch = self._feed.watch(self._on_quote)
        for symbol in self._instruments:
            if (quote := self._feed.quote(symbol)) is not None:
                self._on_quote(quote)
        await self._feed.start()
        return self._instruments

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
        """Nothing is signed; the fence is the receive window alone, which every send enforces."""
        return Attempt(
            number=number,
            signed_at_ns=now_ns,
            recv_window_ms=RECV_WINDOW_MS,
            fence_at_ns=now_ns + RECV_WINDOW_MS * _NS_PER_MS,
        )

    def prepare_list(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        """The same as for one order."""
        return self.prepare(specs[0], 1, now_ns)

    def prepare_replacement(self, replacement: Replacement, now_ns: int) -> Attempt:
        """The same as for one order."""
        return self.prepare(replacement.spec, 1, now_ns)

    async def submit(self, approved: Approved) -> SubmitOutcome:
        """Places the order unless its receive window has passed by then."""
        spec = approved.spec
        return await self._send(
            spec.symbol, approved.attempt, lambda now_ns: self._counter.place(spec, now_ns)
        )

    async def submit_list(self, approved: ApprovedList) -> ListOutcome:
        """Places all orders, or none."""
        specs = approved.specs
        return await self._send(
            specs[0].symbol,
            approved.attempt,
            lambda now_ns: self._counter.place_list(specs, now_ns),
        )

    async def replace(self, approved: ApprovedReplacement) -> ReplaceOutcome:
        """Cancels one order and places the other."""
        replacement = approved.replacement
        return await self._send(
            replacement.spec.symbol,
            approved.attempt,
            lambda now_ns: self._counter.replace(replacement, now_ns),
        )

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> AmendOutcome:
        """Lowers the quantity of an open order."""
        await self._wire.travel()
        return await self._run(
            symbol,
            lambda now_ns: self._counter.amend(
                symbol, request_id, venue_order_id, quantity, now_ns
            ),
        )

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        """Checks all that `submit` would, balances included."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        self._street.catch_up(spec.symbol)
        refusal = self._counter.check(spec)
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
        return await self._run(
            symbol,
            lambda now_ns: self._counter.cancel(symbol, request_id, venue_order_id, now_ns),
        )

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        """The order without its executions, as Binance answers."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        return self._counter.query(symbol, request_id, venue_order_id)

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        """The newest order of that id accepted since then, with its executions."""
        await self._wire.travel()
        if self._failure:
            return Ambiguous(self._failure)
        return self._counter.history(symbol, request_id, since_ns)

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        """All executions of one order."""
        await self._wire.travel()
        return None if self._failure else self._counter.fills(symbol, venue_order_id)

    async def open_orders(self) -> Sequence[VenueReport] | None:
        """Every order that works, oldest first."""
        await self._wire.travel()
        return None if self._failure else self._counter.open_orders()

    async def account(self) -> AccountSnapshot | None:
        """All balances."""
        await self._wire.travel()
        return None if self._failure else self._counter.account(self._clock.now_ns())

    def health(self) -> StreamHealth:
        """Well from start to stop, unless the disk fails."""
        return StreamHealth(
            connected=not self._failure,
            stream_up=not self._failure,
            last_event_ns=self._last_event_ns,
            clock_offset_ms=0,
            detail=self._failure,
        )

    async def _send(
        self, symbol: str, attempt: Attempt, command: Callable[[int], Outcome]
    ) -> Outcome | Refused | Ambiguous:
        await self._wire.travel()
        if self._clock.now_ns() > attempt.fence_at_ns:
            return _TOO_LATE
        return await self._run(symbol, command)

    async def _run(
        self, symbol: str, command: Callable[[int], Outcome]
    ) -> Outcome | Refused | Ambiguous:
        """Makes what a command does durable, then lets reply and stream race with the facts."""
        if self._failure:
            return Ambiguous(self._failure)
        now_ns = self._clock.now_ns()
        self._street.catch_up(symbol)
        outcome = command(now_ns)
        if not self._publish(now_ns):
            return Ambiguous(self._failure)
        if not isinstance(outcome, Refused) and not self._wire.replies_first():
            await self._wire.travel()
        return outcome

    def _on_quote(self, quote: Quote) -> None:
        if self._failure:
            return
        watched = bool(self._counter.exchange.open_orders(ACCOUNT, quote.symbol))
        self._street.on_quote(quote, watched=watched)
        if watched:
            self._publish(quote.at_ns)

    def _publish(self, at_ns: int) -> bool:
        """Keeps what has happened, then streams it; False when the disk fails."""
        events = self._counter.exchange.take_events()
        try:
            self._store.take(events, at_ns)
        except apsw.Error as error:
            self._failure = f"the paper venue's disk failed: {error}"
            listener = self._listener
            assert listener is not None
            self._wire.deliver(partial(listener.on_stream, up=False, detail=self._failure))
            return False
        for report in self._counter.reports(events):
            self._wire.deliver(partial(self._on_report, report))
        return True

    def _on_report(self, report: VenueReport) -> None:
        self._last_event_ns = self._clock.now_ns()
        assert self._listener is not None
        self._listener.on_report(report)
