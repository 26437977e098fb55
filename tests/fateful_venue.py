"""A venue whose every answer a test writes, over books that keep the truth."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum

from aitrader_server.adapters.journal.storage import Store
from aitrader_server.domain.events import OrderReplaceRequested, OrderSubmitted
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.state import decode_event
from aitrader_server.domain.terms import Attempt, Fill, OrderSpec
from aitrader_server.domain.venue import (
    Absent,
    AccountSnapshot,
    Acknowledged,
    AcknowledgedList,
    Ambiguous,
    Approved,
    ApprovedList,
    ApprovedReplacement,
    Mistimed,
    Refused,
    Replacement,
    VenueReport,
)
from aitrader_server.domain.words import OrderType
from aitrader_server.engine.ports import Clock, StreamHealth, VenueListener
from venue_books import REFUSAL, VenueBooks, VenueOrder

SYMBOL = "BTCUSDT"
FENCE_NS = 10_000_000_000
BTC = Instrument(
    symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    min_price=Decimal("0.01"),
    max_price=Decimal(1_000_000),
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    min_notional=Decimal(5),
    max_notional=Decimal(9_000_000),
    iceberg_parts_max=10,
    order_types=frozenset(OrderType),
)


MISTIMED = Mistimed("-1021", "Timestamp for this request is outside of the recvWindow.")


class Fate(Enum):
    """What becomes of one request."""

    ANSWERED = "done, and answered"
    HELD = "waits until the test lets it go, then is done and answered"
    REPLY_LOST = "done, and the reply is lost"
    REQUEST_LOST = "never arrives"
    LATE = "arrives when the test says so, after the caller has given up"
    REFUSED = "refused, nothing is done"
    MISTIMED = "refused for its date, nothing is done"
    REFUSED_UNHEARD = "refused, and the reply is lost"
    HALF = "the old order is cancelled, the new one refused"
    HALF_UNHEARD = "the same, and the reply is lost"
    STUCK_BEFORE = "hangs before it leaves, until the process is killed"
    STUCK_AFTER = "done, and hangs before the reply comes, until the process is killed"
    BROKEN_BEFORE = "the adapter fails before it leaves"
    BROKEN_AFTER = "done, and the adapter fails when the reply comes"


DONE = frozenset({Fate.ANSWERED, Fate.HELD, Fate.REPLY_LOST, Fate.STUCK_AFTER, Fate.BROKEN_AFTER})
HALVES = frozenset({Fate.HALF, Fate.HALF_UNHEARD})
UNHEARD = frozenset(
    {Fate.REPLY_LOST, Fate.REQUEST_LOST, Fate.LATE, Fate.REFUSED_UNHEARD, Fate.HALF_UNHEARD}
)

TOO_LATE = Refused("-1021", "the request is too old")


class AdapterBug(Exception):
    """What an adapter raises and must not."""


class ScriptedVenue(VenueBooks):
    """The Broker port; `fates` are the next requests' by the name of the method, else ANSWERED.

    `disk` is looked at whenever something leaves the engine. `sent` names what left; `hidden` are
    orders that queries do not find yet; nothing can be read while it is not `reachable`.
    `on_prepare` and `on_arrival` are called when a request is signed and when it arrives.

    Account reads tell of the balances in `remembered` while there are any, and are counted in
    `account_reads`.
    """

    name = "scripted"
    environment = "sandbox"

    def __init__(self, clock: Clock, disk: Store, balances: Mapping[str, str]) -> None:
        super().__init__(balances)
        self._clock = clock
        self.now_ns = clock.now_ns
        self._disk = disk
        self._late: list[Callable[[], object]] = []
        self._left: set[tuple[str, int]] = set()
        self.fates: dict[str, deque[Fate]] = defaultdict(deque)
        self.hidden: set[str] = set()
        self.sent: list[tuple[str, str]] = []
        self.reachable = True
        self.remembered: dict[str, Decimal] = {}
        self.account_reads = 0
        self.instrument = BTC
        self.clock_offset_ms: int | None = 0
        self.banned_until_ns = 0
        self.gate = asyncio.Event()
        self.on_prepare: Callable[[], object] = lambda: None
        self.on_arrival: Callable[[], object] = lambda: None

    def arrive(self) -> None:
        """What was LATE arrives."""
        late, self._late = self._late, []
        for work in late:
            work()

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        self.listener = listener
        return {SYMBOL: self.instrument}

    async def stop(self) -> None:
        self.listener = None

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        self.on_prepare()
        return Attempt(
            number=number,
            signed_at_ns=now_ns,
            recv_window_ms=FENCE_NS // 1_000_000,
            fence_at_ns=now_ns + FENCE_NS,
        )

    def prepare_list(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        return self.prepare(specs[0], 1, now_ns)

    def prepare_replacement(self, replacement: Replacement, now_ns: int) -> Attempt:
        return self.prepare(replacement.spec, 1, now_ns)

    async def submit(self, approved: Approved) -> object:
        self._witness("submit", approved.spec.request_id, approved.attempt)
        return await self._serve(
            "submit",
            lambda: Acknowledged(self.take(approved.spec)),
            fence_at_ns=approved.attempt.fence_at_ns,
        )

    async def submit_list(self, approved: ApprovedList) -> object:
        for spec in approved.specs:
            self._witness("submit_list", spec.request_id, approved.attempt)
        return await self._serve(
            "submit_list",
            lambda: AcknowledgedList(tuple(self.take(spec) for spec in approved.specs)),
            fence_at_ns=approved.attempt.fence_at_ns,
        )

    async def replace(self, approved: ApprovedReplacement) -> object:
        replacement = approved.replacement
        self._witness("replace", replacement.spec.request_id, approved.attempt)
        self._witness_change(replacement.request_id, by=replacement.spec.request_id)
        return await self._serve(
            "replace",
            lambda: self.replace_there(replacement, refuse=False),
            lambda: self.replace_there(replacement, refuse=True),
            fence_at_ns=approved.attempt.fence_at_ns,
        )

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> object:
        self.sent.append(("amend", request_id))
        self._witness_change(request_id, quantity=quantity)
        return await self._serve("amend", lambda: self.amend_there(self.the(request_id), quantity))

    async def test(self, spec: OrderSpec) -> object:
        return await self._serve("test", lambda: Acknowledged(VenueOrder(0, spec).report()))

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> object:
        self.sent.append(("cancel", request_id))

        def work() -> object:
            order = self._find(request_id)
            if order is None or not order.open:
                return Refused("-2011", "Unknown order sent.")
            self.end(order)
            return Acknowledged(order.report())

        return await self._serve("cancel", work)

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> object:
        await asyncio.sleep(0)
        self._break("query")
        if not self.reachable:
            return Ambiguous("no reply in time")
        order = self._find(request_id)
        return Absent() if order is None else Acknowledged(order.report())

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> object:
        outcome = await self.query(symbol, request_id, "")
        if isinstance(outcome, Acknowledged) and outcome.report.created_at_ns < since_ns:
            return Absent()
        return outcome

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        found = [order for order in self.orders if str(order.number) == venue_order_id]
        return tuple(found[0].fills) if self.reachable and found else None

    async def open_orders(self) -> Sequence[VenueReport] | None:
        self._break("open_orders")
        if not self.reachable:
            return None
        return [o.report() for o in self.orders if o.open and o.spec.request_id not in self.hidden]

    async def account(self) -> AccountSnapshot | None:
        if not self.reachable:
            return None
        self.account_reads += 1
        told = dict(self.remembered or self.balances)
        return AccountSnapshot(free=told, locked={}, at_ns=self._clock.now_ns())

    def _break(self, read: str) -> None:
        """Raises where a test wants a read to: no other fate befalls those."""
        if self.fates[read]:
            assert self.fates[read].popleft() is Fate.BROKEN_BEFORE
            raise AdapterBug

    def health(self) -> StreamHealth:
        return StreamHealth(
            connected=True,
            stream_up=True,
            last_event_ns=0,
            clock_offset_ms=self.clock_offset_ms,
            banned_until_ns=self.banned_until_ns,
        )

    def _witness(self, call: str, request_id: str, attempt: Attempt) -> None:
        """I1 and I4: an attempt leaves once, and is on disk before."""
        assert (request_id, attempt.number) not in self._left, f"{request_id} leaves twice"
        self._left.add((request_id, attempt.number))
        self.sent.append((call, request_id))
        durable = [decode_event(record.payload) for record in self._disk.read_intent(request_id)]
        assert any(isinstance(e, OrderSubmitted) and e.attempt == attempt for e in durable)

    def _witness_change(self, request_id: str, **wanted: object) -> None:
        """I4 for changes: the wish is on disk before it leaves."""
        durable = [decode_event(record.payload) for record in self._disk.read_intent(request_id)]
        assert any(
            isinstance(event, OrderReplaceRequested)
            and all(getattr(event, name) == value for name, value in wanted.items())
            for event in durable
        )

    async def _serve(
        self,
        call: str,
        work: Callable[[], object],
        half: Callable[[], object] | None = None,
        *,
        fence_at_ns: int = 0,
    ) -> object:
        """Lets the request meet its fate; past its fence it is too old, whatever that would be."""
        fence_at_ns = fence_at_ns or self._clock.now_ns() + FENCE_NS
        await asyncio.sleep(0)
        self.on_arrival()
        fate = self.fates[call].popleft() if self.fates[call] else Fate.ANSWERED
        if fate is Fate.STUCK_BEFORE:
            await asyncio.Event().wait()
        if fate is Fate.HELD:
            await self.gate.wait()
        if fate is Fate.BROKEN_BEFORE:
            raise AdapterBug(fate.value)
        answer: object = MISTIMED if fate is Fate.MISTIMED else REFUSAL
        if fate in DONE:
            answer = self._in_time(work, fence_at_ns)
        elif fate in HALVES:
            assert half is not None
            answer = self._in_time(half, fence_at_ns)
        elif fate is Fate.LATE:
            self._late.append(lambda: self._in_time(work, fence_at_ns))
        await asyncio.sleep(0)
        if fate is Fate.STUCK_AFTER:
            await asyncio.Event().wait()
        if fate is Fate.BROKEN_AFTER:
            raise AdapterBug(fate.value)
        if fate in UNHEARD:
            return Ambiguous("no reply in time", fence_at_ns)
        return answer

    def _in_time(self, work: Callable[[], object], fence_at_ns: int) -> object:
        return work() if self._clock.now_ns() <= fence_at_ns else TOO_LATE

    def _find(self, request_id: str) -> VenueOrder | None:
        found = [] if request_id in self.hidden else self.of(request_id)
        return found[-1] if found else None
