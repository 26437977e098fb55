"""The venue: a matching engine that outlives every engine of ours, behind a network that lies."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from random import Random
from typing import Any, NamedTuple

import msgspec
from aitrader_gateway.sandbox.counter import Counter
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import ExecutionReport, Listing, Order
from aitrader_gateway.sandbox.street import Street
from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.terms import Attempt, Fill
from aitrader_server.domain.venue import (
    Absent,
    AccountSnapshot,
    Acknowledged,
    Ambiguous,
    CancelOutcome,
    QueryOutcome,
    Refused,
    VenueReport,
)
from aitrader_server.engine.ports import VenueListener

from simulation.line import Session, Turnstile
from simulation.oracle import Oracle
from simulation.world import BALANCES, NS_PER_S, TRADED, Faults, SimClock, SimQuotes

ACCOUNT = "main"
RECV_WINDOW_MS = 2_000
# How long a record may stay invisible, well within what the fence allows for.
LAG_S_MAX = 1.0
# One endpoint that forgets an order for longer than any fence; its twin then sees it.
BLIND_S = 60.0
FORGETFUL = ("query", "history", "open_orders")

Reply = Callable[[Any], None]


class Sending(NamedTuple):
    """A signed request: what it does when it is matched, and the orders that it places."""

    symbol: str
    request_ids: tuple[str, ...]
    attempt: Attempt
    command: Callable[[int], Any]


class SimVenue:
    """The truth. Its own clock is right; it enforces the receive window twice, as Binance does."""

    def __init__(
        self, chance: Random, clock: SimClock, quotes: SimQuotes, faults: Faults, oracle: Oracle
    ) -> None:
        listings = {symbol: Listing(instrument=item) for symbol, item in TRADED.items()}
        self.exchange = Exchange(listings, ended_max=1_000_000)
        self.exchange.open_account(ACCOUNT, BALANCES)
        self.counter = Counter(self.exchange, ACCOUNT)
        self._street = Street(self.exchange, TRADED, depth_levels=3)
        self.faults = faults
        # The account streams of all engines, one a connection.
        self.sessions: dict[object, Session] = {}
        # Orders that left an engine and may still be taken on.
        self.travelling: dict[str, None] = {}
        self.turnstile = Turnstile(chance)
        self._chance = chance
        self._clock = clock
        self._oracle = oracle
        self._context = copy_context()
        self.cancels = 0
        self._met: set[int] = set()
        self._hidden_until_s: dict[tuple[str, str], float] = {}
        quotes.watch(self._on_quote)

    @property
    def executions(self) -> int:
        """How many there were, of all symbols."""
        return sum(len(self.exchange.trades(ACCOUNT, symbol)) for symbol in TRADED)

    def strikes(self, chance: float) -> bool:
        """Whether a fault of that chance happens now."""
        return chance > 0 and self._chance.random() < chance

    def carry(self, arrive: Callable[[Reply], None], reply: Reply) -> bool:
        """Takes a request to the venue and its answer back, either of which may be lost or late.

        Returns False when it is lost on the way there.
        """

        def answer(outcome: object) -> None:
            if not self.strikes(self.faults.reply_lost):
                self._later(self._delay_s(), reply, outcome)

        if self.strikes(self.faults.request_lost):
            return False
        self._later(self._delay_s(), arrive, answer)
        return True

    def send(self, order: Sending, answer: Reply) -> None:
        """First check of the receive window; the second is right before matching."""
        if self._too_late(order.attempt):
            self._settle(order, self.faults.too_late, answer)
        elif self.strikes(self.faults.error_alone):
            self._settle(order, Ambiguous("-1007 without execution"), answer)
        elif self.strikes(self.faults.refused):
            self._settle(order, Refused("-1015", "Too many new orders."), answer)
        elif self.strikes(self.faults.matching_slow):
            self._later(self._chance.uniform(0.1, 3.0), self._match, order, answer)
        else:
            self._match(order, answer)

    def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        self.cancels += 1
        if self.strikes(self.faults.error_alone):
            return Ambiguous("-1007 without execution")
        now_ns = self._clock.now_ns()
        outcome = self.counter.cancel(symbol, request_id, venue_order_id, now_ns)
        self._publish()
        if isinstance(outcome, Acknowledged) and self.strikes(self.faults.error_executed):
            return Ambiguous("-1007 after execution")
        return outcome

    def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        if self.strikes(self.faults.unreadable):
            return Ambiguous("503")
        if self._hidden("query", request_id):
            return Absent()
        return self.counter.query(symbol, request_id, venue_order_id)

    def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        if self.strikes(self.faults.unreadable):
            return Ambiguous("503")
        if self._hidden("history", request_id):
            return Absent()
        return self.counter.history(symbol, request_id, since_ns)

    def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        if self.strikes(self.faults.unreadable):
            return None
        fills = self.counter.fills(symbol, venue_order_id)
        if self.strikes(self.faults.absent_at_first):
            return fills[: self._chance.randint(0, len(fills))]
        return fills

    def open_orders(self) -> Sequence[VenueReport] | None:
        if self.strikes(self.faults.unreadable):
            return None
        return [
            report
            for report in self.counter.open_orders()
            if not self._hidden("open_orders", report.request_id)
        ]

    def account(self) -> AccountSnapshot | None:
        if self.strikes(self.faults.unreadable):
            return None
        return self.counter.account(self._clock.now_ns())

    def connect(self, owner: object, listener: VenueListener) -> None:
        """Begins to deliver to `listener`, in the caller's process."""
        self.sessions[owner] = Session(listener)

    def disconnect(self, owner: object) -> None:
        session = self.sessions.pop(owner, None)
        if session is not None:
            # What is under way to it has nobody to arrive at.
            session.connection += 1

    def lose_stream(self) -> None:
        """Reports to one engine are lost from now on; it hears of that a little later."""
        session = self._some_session()
        if session is None or not session.up:
            return
        session.up = False
        session.connection += 1
        noticed_s = self._chance.uniform(0.01, 1.0)
        self._tell_stream(session, noticed_s, up=False)
        self._later(noticed_s + self._chance.uniform(0.1, 6.0), self._restore_stream, session)

    def deafen_stream(self) -> None:
        """Reports to one engine are lost for a while and nobody notices."""
        session = self._some_session()
        if session is not None:
            now_s = asyncio.get_running_loop().time()
            session.deaf_until_s = now_s + self._chance.uniform(0.5, 15.0)

    def calm(self) -> None:
        """No more faults; what is lost stays lost."""
        self.faults = Faults()
        self._hidden_until_s.clear()
        self.turnstile.calm()
        for session in self.sessions.values():
            session.deaf_until_s = 0.0

    def _some_session(self) -> Session | None:
        return self._chance.choice(list(self.sessions.values())) if self.sessions else None

    def _restore_stream(self, session: Session) -> None:
        session.up = True
        self._tell_stream(session, self._chance.uniform(0.0, 0.1), up=True)

    def _tell_stream(self, session: Session, delay_s: float, *, up: bool) -> None:
        def tell() -> None:
            session.listener.on_stream(up=up, detail="" if up else "connection reset")

        session.deliver(tell, delay_s)

    def _match(self, order: Sending, answer: Reply) -> None:
        if self._too_late(order.attempt):
            self._settle(order, self.faults.too_late, answer)
            return
        self._street.catch_up(order.symbol)
        outcome = order.command(self._clock.now_ns())
        self._publish()
        if self.strikes(self.faults.error_executed):
            outcome = Ambiguous("-1007 after execution")
        elif isinstance(outcome, Acknowledged) and self.strikes(self.faults.report_late):
            outcome = Acknowledged(msgspec.structs.replace(outcome.report, fills=()))
        self._settle(order, outcome, answer)

    def _settle(self, order: Sending, outcome: object, answer: Reply) -> None:
        for request_id in order.request_ids:
            self.travelling.pop(request_id, None)
        answer(outcome)

    def _too_late(self, attempt: Attempt) -> bool:
        now_ns = self._clock.now_ns()
        ahead = attempt.signed_at_ns >= now_ns + NS_PER_S
        return ahead or now_ns > attempt.signed_at_ns + attempt.recv_window_ms * 1_000_000

    def _on_quote(self, quote: Quote) -> None:
        at_ns = self._clock.now_ns()
        watched = bool(self.exchange.open_orders(ACCOUNT, quote.symbol))
        self._street.on_quote(msgspec.structs.replace(quote, at_ns=at_ns), watched=watched)
        self._publish()

    def _publish(self) -> None:
        """Tells the account's stream what has happened since the last time."""
        events = self.exchange.take_events()
        for event in events:
            if isinstance(event, ExecutionReport) and event.order.account == ACCOUNT:
                self._meet(event.order)
        reports = tuple(self.counter.reports(events))
        now_s = asyncio.get_running_loop().time()
        for session in self.sessions.values():
            if not session.up or now_s < session.deaf_until_s:
                continue
            for report in reports:
                self._deliver(session, report)
                if self.strikes(self.faults.report_twice):
                    self._deliver(session, report)

    def _deliver(self, session: Session, report: VenueReport) -> None:
        connection = session.connection

        def deliver() -> None:
            if session.connection == connection:
                session.listener.on_report(report)

        if self.strikes(self.faults.report_late):
            session.deliver_late(deliver, self._chance.uniform(0.05, 3.0))
        else:
            session.deliver(deliver, self._chance.uniform(0.001, 0.06))

    def _meet(self, order: Order) -> None:
        """Notes an order that is seen for the first time."""
        if order.number not in self._met:
            self._met.add(order.number)
            self._oracle.on_accepted(order.client_order_id, str(order.number))
            self._hide(order.client_order_id)

    def forget(self, endpoint: str, request_id: str, seconds: float) -> None:
        """One endpoint does not know an order for a while."""
        now_s = asyncio.get_running_loop().time()
        self._hidden_until_s[endpoint, request_id] = now_s + seconds

    def _hide(self, request_id: str) -> None:
        now_s = asyncio.get_running_loop().time()
        for endpoint in FORGETFUL:
            if self.strikes(self.faults.absent_at_first):
                lag_s = self._chance.uniform(0.0, LAG_S_MAX)
                self._hidden_until_s[endpoint, request_id] = now_s + lag_s
        if self.strikes(self.faults.endpoint_blind):
            endpoint = self._chance.choice(("query", "history"))
            self._hidden_until_s[endpoint, request_id] = now_s + BLIND_S

    def _hidden(self, endpoint: str, request_id: str) -> bool:
        now_s = asyncio.get_running_loop().time()
        return now_s < self._hidden_until_s.get((endpoint, request_id), 0.0)

    def _delay_s(self) -> float:
        if self.strikes(self.faults.request_slow):
            return self._chance.uniform(0.3, 6.0)
        return self._chance.uniform(0.001, 0.06)

    def _later(self, delay_s: float, call: Callable[..., None], *args: object) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(delay_s, call, *args, context=self._context)
