"""The engine's side of the wire: it signs, sends, waits so long, and dies with its process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any

from aitrader_server.domain.instrument import Instrument
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
from aitrader_server.engine.ports import StreamHealth, VenueListener

from simulation.line import Throttled
from simulation.oracle import Oracle
from simulation.sight import ORDERS_MAX, Sight, crossed
from simulation.venue import ACCOUNT, RECV_WINDOW_MS, Reply, Sending, SimVenue
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
        self._held_until_ns = 0

    @property
    def name(self) -> str:
        return "simulated"

    @property
    def environment(self) -> str:
        # Its endpoints forget for longer than any real one's: nothing may be taken for a wipe.
        return "live"

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        await asyncio.sleep(self._chance.uniform(0.01, 0.5))
        self._venue.connect(self, listener)
        return TRADED

    async def stop(self) -> None:
        self._venue.disconnect(self)

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        self._tell_prepared(spec, self._open_orders())
        return _attempt(number, now_ns)

    def prepare_list(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        open_orders = self._open_orders()
        for ahead, spec in enumerate(specs):
            self._tell_prepared(spec, open_orders + ahead)
        return _attempt(1, now_ns)

    def prepare_replacement(self, replacement: Replacement, now_ns: int) -> Attempt:
        # The one that makes way is among those that are open.
        open_orders = self._open_orders() - 1
        self._tell_prepared(replacement.spec, open_orders, replacement.request_id)
        return _attempt(1, now_ns)

    async def submit(self, approved: Approved) -> SubmitOutcome:
        spec = approved.spec
        return await self._send(
            (spec,), approved.attempt, lambda now_ns: self._venue.counter.place(spec, now_ns)
        )

    async def submit_list(self, approved: ApprovedList) -> ListOutcome:
        specs = approved.specs
        return await self._send(
            specs,
            approved.attempt,
            lambda now_ns: self._venue.counter.place_list(specs, now_ns),
        )

    async def replace(self, approved: ApprovedReplacement) -> ReplaceOutcome:
        replacement = approved.replacement
        return await self._send(
            (replacement.spec,),
            approved.attempt,
            lambda now_ns: self._venue.counter.replace(replacement, now_ns),
        )

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> AmendOutcome:
        attempt = _attempt(1, self._clock.now_ns())
        sending = Sending(
            symbol,
            (),
            attempt,
            lambda now_ns: self._venue.counter.amend(
                symbol, request_id, venue_order_id, quantity, now_ns
            ),
        )
        outcome = await self._ask(
            lambda answer: self._venue.send(sending, answer), self._chance.choice(TIMEOUTS_S)
        )
        if isinstance(outcome, Throttled):
            return _refusal(outcome)
        if outcome is None or isinstance(outcome, Ambiguous):
            return Ambiguous("no reply in time", attempt.fence_at_ns)
        return outcome

    async def _send(
        self, specs: tuple[OrderSpec, ...], attempt: Attempt, command: Callable[[int], Any]
    ) -> Any:
        request_ids = tuple(spec.request_id for spec in specs)
        for request_id in request_ids:
            self._oracle.on_departure(self, request_id)
        # A connection has to be made now and then.
        await asyncio.sleep(self._chance.choice((0.0, 0.0, 0.0, 0.05)))
        for spec in specs:
            self._oracle.on_send(self, Approved(spec, attempt))
            self._venue.travelling[spec.request_id] = None
        self._venue.turnstile.count_orders(len(specs))
        sending = Sending(specs[0].symbol, request_ids, attempt, command)

        def lost() -> None:
            for request_id in request_ids:
                self._venue.travelling.pop(request_id)

        outcome = await self._ask(
            lambda answer: self._venue.send(sending, answer),
            self._chance.choice(TIMEOUTS_S),
            lost,
        )
        if isinstance(outcome, Throttled):
            return _refusal(outcome)
        return Ambiguous("no reply in time") if outcome is None else outcome

    def _open_orders(self) -> int:
        """Those that the venue has or may get."""
        here = {report.request_id for report in self._venue.counter.open_orders()}
        return len(here | set(self._venue.travelling))

    def _tell_prepared(self, spec: OrderSpec, open_orders: int, replaced: str = "") -> None:
        quotes = {symbol: self._quotes.quote(symbol) for symbol in TRADED}
        banned = self._held_until_ns > self._clock.now_ns()
        at_s = asyncio.get_running_loop().time()
        at_venue = self._venue.exchange.open_orders(ACCOUNT, spec.symbol)
        resting = [self._oracle.specs[order.client_order_id] for order in at_venue]
        self._oracle.on_prepare(
            spec,
            Sight(
                at_s=at_s,
                quotes=quotes,
                open_orders=open_orders,
                banned=banned,
                orders=self._venue.turnstile.orders,
                crosses=crossed(spec, quotes[spec.symbol], resting, replaced),
            ),
        )

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        report = VenueReport(
            request_id=spec.request_id,
            symbol=spec.symbol,
            venue_order_id="",
            status=VenueStatus.ACCEPTED,
        )
        return self._venue.counter.check(spec) or Acknowledged(report)

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        outcome = await self._ask(
            lambda answer: answer(self._venue.cancel(symbol, request_id, venue_order_id)),
            READ_TIMEOUT_S,
        )
        if isinstance(outcome, Throttled):
            return _refusal(outcome)
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
            banned_until_ns=self._held_until_ns,
            budgets=(("ORDERS_10S", self._venue.turnstile.orders, ORDERS_MAX),),
            clock_offset_ms=int(-self._clock.offset_s * 1000),
        )

    async def _read(self, work: Callable[[], Any]) -> Any:
        """What the venue says; None when that could not be heard."""
        answer = await self._ask(lambda answer: answer(work()), READ_TIMEOUT_S)
        return None if isinstance(answer, Throttled) else answer

    async def _ask(
        self,
        arrive: Callable[[Reply], None],
        timeout_s: float,
        lost: Callable[[], object] = lambda: None,
    ) -> Any:
        """The reply, or None after `timeout_s`; `lost` is called when nothing can come of it.

        While the venue wants to hear nothing, nothing leaves.
        """
        held_ns = self._held_until_ns - self._clock.now_ns()
        if held_ns > 0:
            lost()
            return Throttled(held_ns // NS_PER_S + 1, banned=True)
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def enter(answer: Reply) -> None:
            turned_away = self._venue.turnstile.turn_away(self._venue.faults)
            if turned_away is None:
                arrive(answer)
            else:
                lost()
                answer(turned_away)

        def arrived(outcome: object) -> None:
            if not reply.done():
                reply.set_result(outcome)

        if not self._venue.carry(enter, arrived):
            lost()
        await asyncio.wait((reply,), timeout=timeout_s)
        if not reply.done():
            reply.cancel()
            return None
        outcome = reply.result()
        if isinstance(outcome, Throttled):
            until_ns = self._clock.now_ns() + outcome.wait_s * NS_PER_S
            self._held_until_ns = max(self._held_until_ns, until_ns)
        return outcome


def _refusal(throttled: Throttled) -> Refused:
    code = "418" if throttled.banned else "429"
    return Refused(code, f"Way too many requests; wait {throttled.wait_s} s.")


def _attempt(number: int, now_ns: int) -> Attempt:
    return Attempt(
        number=number,
        signed_at_ns=now_ns,
        recv_window_ms=RECV_WINDOW_MS,
        fence_at_ns=now_ns + FENCE_NS,
    )
