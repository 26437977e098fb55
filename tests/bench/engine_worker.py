"""The engine core at work inside one process: `engine_worker.py LOOP ORDERS OPEN`.

LOOP is uvloop or asyncio; ORDERS is how many orders it starts with, of which OPEN still work. Run
by `bench_engine.py`, which asks for orders on standard input.
"""

import asyncio
import itertools
import json
import sys
import time
from decimal import Decimal

import msgspec
import uvloop
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.adapters.metric_names import ENGINE_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.domain.book import ENDED_ORDERS_MAX, Book
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import State
from aitrader_server.domain.terms import Limits, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.engine.assembly import Ports
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.settings import EngineSettings
from instant_venue import SYMBOL, InstantVenue, StillQuotes

CALLER = Caller(name="bench", trace_id="4bf92f3577b34da6a3ce929d0e0e4736")
QUANTITY = Decimal("0.1")
STEP = Decimal("0.00001")
LIMIT_PRICE = Decimal(100)
NEVER = 10**9
# Wide bounds, but every one set: a control without a limit would return at once.
LIMITS = Limits(
    max_order_notional=Decimal(10**6),
    max_order_quantity=Decimal(100),
    max_position_notional=Decimal(10**9),
    max_gross_exposure=Decimal(10**9),
    max_concentration=Decimal(1),
    max_open_orders=10**7,
    max_quote_age_ms=3_600_000,
    repeated_order_window_ms=1,
    symbols=(SYMBOL,),
)


def engine_on(venue: InstantVenue) -> Engine:
    """An engine with every control on, that neither audits nor snapshots meanwhile."""
    ports = Ports(
        clock=SystemClock(),
        ids=RandomIds(),
        journal=MemoryJournal(),
        broker=venue,
        quotes=StillQuotes(),
        models=None,
        metrics=PrometheusMetrics(ENGINE_METRICS),
    )
    settings = EngineSettings(
        account="bench",
        quote_asset="USDT",
        version="0",
        limits=LIMITS,
        snapshot_every_events=NEVER,
        audit_orders_interval_s=NEVER,
        audit_balances_interval_s=NEVER,
    )
    return Engine(ports, settings, lambda what, error: sys.exit(f"{what}: {error!r}"))


class Orders:
    """Places one order after the other and times each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._numbers = itertools.count(1)

    async def market(self) -> float:
        number, quantity = self._next()
        begun_ns = time.perf_counter_ns()
        spec = OrderSpec(
            request_id=f"bench-market-{number}",
            symbol=SYMBOL,
            side=Side.BUY,
            order_type=OrderType.MARKET,
            quantity=quantity,
            strategy="bench",
        )
        placed = await self._engine.parts.submission.place(
            spec, digest="bench", caller=CALLER, timeout_s=5
        )
        took_ns = time.perf_counter_ns() - begun_ns
        assert placed.order.state is OrderState.FILLED, placed.order.reason
        return took_ns / 1e3

    async def limit_cancel(self) -> float:
        number, quantity = self._next()
        begun_ns = time.perf_counter_ns()
        spec = limit_order(number, quantity)
        parts = self._engine.parts
        placed = await parts.submission.place(spec, digest="bench", caller=CALLER, timeout_s=5)
        outcome = await parts.cancellation.cancel(spec.request_id, CALLER, 5)
        took_ns = time.perf_counter_ns() - begun_ns
        assert placed.order.state is OrderState.ACCEPTED, placed.order.reason
        assert outcome.cancelled, outcome.error
        return took_ns / 1e3

    async def controls(self) -> float:
        spec = limit_order(*self._next())
        begun_ns = time.perf_counter_ns()
        checked = self._engine.parts.rehearsal.check(spec)
        took_ns = time.perf_counter_ns() - begun_ns
        assert not checked.breaches, checked.breaches
        return took_ns / 1e3

    def _next(self) -> tuple[int, Decimal]:
        """A number, and a quantity that differs from the last: an equal order would be denied."""
        number = next(self._numbers)
        return number, QUANTITY + STEP * (number % 1000)


def limit_order(number: int, quantity: Decimal) -> OrderSpec:
    return OrderSpec(
        request_id=f"bench-limit-{number}",
        symbol=SYMBOL,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=quantity,
        limit_price=LIMIT_PRICE,
        strategy="bench",
    )


async def patterns() -> tuple[Order, Order, State]:
    """A filled order, an order that works, and the state that holds both."""
    engine = engine_on(InstantVenue())
    await engine.start()
    await open_gate(engine)
    orders = Orders(engine)
    await orders.market()
    resting = limit_order(1, QUANTITY)
    await engine.parts.submission.place(resting, digest="bench", caller=CALLER, timeout_s=5)
    state = engine.book.state
    await engine.stop()
    return state.orders["bench-market-1"], state.orders[resting.request_id], state


def aged(filled: Order, working: Order, state: State, orders: int, open_orders: int) -> Book:
    """A book after so many orders, each in memory with objects of its own as an engine's has."""
    book = State()
    archived = max(orders - open_orders - ENDED_ORDERS_MAX, 0)
    for number in range(orders):
        request_id = f"aged-{number}"
        if number < archived:
            book.archived[request_id] = None
            continue
        pattern = working if number < archived + open_orders else filled
        spec = msgspec.structs.replace(pattern.spec, request_id=request_id)
        order = msgspec.structs.replace(pattern, spec=spec, venue_order_id=f"{number}")
        book.orders[request_id] = book.answers[request_id] = order
        book.intents[request_id] = state.intents[pattern.request_id]
        if order.terminal:
            book.ended[request_id] = None
    return Book(book)


def report_of(order: Order) -> VenueReport:
    return VenueReport(
        request_id=order.request_id,
        symbol=SYMBOL,
        venue_order_id=order.venue_order_id,
        status=VenueStatus.ACCEPTED,
        quantity=order.quantity,
    )


async def open_gate(engine: Engine) -> None:
    while engine.parts.gatekeeper.reconciling:
        await asyncio.sleep(0.01)


async def main(orders: int, open_orders: int) -> None:
    book = aged(*await patterns(), orders, open_orders)
    engine = engine_on(InstantVenue([report_of(order) for order in book.working()]))
    engine.writer.book = book
    await engine.start()
    await open_gate(engine)
    # The bookkeeping of a thousand orders makes the smallest size, and warms everything.
    timed = Orders(engine)
    for _ in range(500):
        await timed.market()
        await timed.limit_cancel()
    print("ready", flush=True)  # noqa: T201 -- its output
    for line in sys.stdin:
        kind, count = line.split()
        place = getattr(timed, kind)
        print(json.dumps([await place() for _ in range(int(count))]), flush=True)  # noqa: T201 -- its output


if __name__ == "__main__":
    run = {"uvloop": uvloop.run, "asyncio": asyncio.run}[sys.argv[1]]
    run(main(int(sys.argv[2]), int(sys.argv[3])))
