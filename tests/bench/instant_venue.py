"""A venue inside the process that answers at once, so that only the engine itself is timed."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from aitrader_server.domain.instrument import Bar, Instrument, Quote
from aitrader_server.domain.terms import Attempt, Fill, OrderSpec
from aitrader_server.domain.venue import (
    Absent,
    AccountSnapshot,
    Acknowledged,
    AcknowledgedList,
    Approved,
    ApprovedList,
    ApprovedReplacement,
    Replaced,
    Replacement,
    VenueReport,
    VenueStatus,
)
from aitrader_server.domain.words import OrderType
from aitrader_server.engine.ports import StreamHealth, VenueListener

SYMBOL = "BTCUSDT"
PRICE = Decimal(100)
FEE = Decimal("0.01")
FENCE_NS = 1_000_000_000
# Every filter and bound is set, so that every control has something to compute.
INSTRUMENT = Instrument(
    symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    min_price=Decimal("0.01"),
    max_price=Decimal(1_000_000),
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    market_step_size=Decimal("0.00001"),
    market_min_quantity=Decimal("0.00001"),
    market_max_quantity=Decimal(100),
    min_notional=Decimal(5),
    max_notional=Decimal(9_000_000),
    max_notional_applies_to_market=True,
    bid_multiplier_up=Decimal(5),
    bid_multiplier_down=Decimal("0.2"),
    ask_multiplier_up=Decimal(5),
    ask_multiplier_down=Decimal("0.2"),
    max_position=Decimal(10**9),
    max_open_orders=10**7,
    max_stop_orders=100,
    iceberg_parts_max=10,
    order_types=frozenset(OrderType),
)


class InstantVenue:
    """Fills a market order whole and lets a limit order rest; `resting` were there before."""

    name = "instant"
    environment = "paper"

    def __init__(self, resting: Sequence[VenueReport] = ()) -> None:
        self._resting = resting
        self._number = 10**9

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        return {SYMBOL: INSTRUMENT}

    async def stop(self) -> None: ...

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        return Attempt(
            number=number, signed_at_ns=now_ns, recv_window_ms=1000, fence_at_ns=now_ns + FENCE_NS
        )

    async def submit(self, approved: Approved) -> Acknowledged:
        self._number += 1
        number, spec = str(self._number), approved.spec
        if spec.order_type is not OrderType.MARKET:
            return self._answer(spec.request_id, number, VenueStatus.ACCEPTED, spec.quantity)
        fill = Fill(trade_id=number, quantity=spec.quantity, price=PRICE, fee=FEE, fee_asset="USDT")
        return self._answer(spec.request_id, number, VenueStatus.FILLED, spec.quantity, fill)

    def prepare_list(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        return self.prepare(specs[0], 1, now_ns)

    async def submit_list(self, approved: ApprovedList) -> AcknowledgedList:
        each = [await self.submit(Approved(spec, approved.attempt)) for spec in approved.specs]
        return AcknowledgedList(tuple(answer.report for answer in each))

    def prepare_replacement(self, replacement: Replacement, now_ns: int) -> Attempt:
        return self.prepare(replacement.spec, 1, now_ns)

    async def replace(self, approved: ApprovedReplacement) -> Replaced:
        old = approved.replacement
        canceled = await self.cancel(SYMBOL, old.request_id, old.venue_order_id)
        placed = await self.submit(Approved(old.spec, approved.attempt))
        return Replaced(canceled=canceled.report, placed=placed.report)

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> Acknowledged:
        return self._answer(request_id, venue_order_id, VenueStatus.ACCEPTED, quantity)

    async def test(self, spec: OrderSpec) -> Acknowledged:
        return self._answer(spec.request_id, "", VenueStatus.ACCEPTED, spec.quantity)

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> Acknowledged:
        return self._answer(request_id, venue_order_id, VenueStatus.CANCELED, None)

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> Absent:
        return Absent()

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> Absent:
        return Absent()

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill]:
        return ()

    async def open_orders(self) -> Sequence[VenueReport]:
        return self._resting

    async def account(self) -> AccountSnapshot:
        return AccountSnapshot(
            free={"USDT": Decimal(10**9), "BTC": Decimal(10**6)}, locked={}, at_ns=time.time_ns()
        )

    def health(self) -> StreamHealth:
        return StreamHealth(connected=True, stream_up=True, last_event_ns=0, clock_offset_ms=0)

    def _answer(
        self,
        request_id: str,
        venue_order_id: str,
        status: VenueStatus,
        quantity: Decimal | None,
        *fills: Fill,
    ) -> Acknowledged:
        return Acknowledged(
            VenueReport(
                request_id=request_id,
                symbol=SYMBOL,
                venue_order_id=venue_order_id,
                status=status,
                quantity=quantity,
                cumulative_quantity=sum((fill.quantity for fill in fills), Decimal(0)),
                fills=fills,
            )
        )


class StillQuotes:
    """One price that never moves."""

    intervals = ("1m",)

    def __init__(self) -> None:
        self._quote = Quote(
            symbol=SYMBOL,
            bid=Decimal("99.99"),
            ask=Decimal("100.01"),
            bid_quantity=Decimal(1),
            ask_quantity=Decimal(1),
            last=PRICE,
            at_ns=time.time_ns(),
        )

    def quote(self, symbol: str) -> Quote:
        return self._quote

    def bars(self, symbol: str, count: int) -> Sequence[Bar]:
        return ()

    async def history(
        self, symbol: str, interval: str, end_ns: int, count: int
    ) -> Sequence[Bar] | None:
        return ()

    def watch(self, listener: Callable[[Quote], None]) -> Callable[[], None]:
        return lambda: None
