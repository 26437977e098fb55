"""What callers do to an engine: mostly orders, often several at once, and many of them again."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from aitrader_server.domain.decision.views import News
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import (
    OrderType,
)
from aitrader_server.engine.commands import (
    Caller,
    Cancelled,
    Change,
    StrategyChange,
    TradeIntent,
)
from aitrader_server.engine.engine import Engine
from aitrader_server.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidRequest,
    JournalError,
    Overloaded,
    Unavailable,
)

from simulation.oracle import Oracle
from simulation.wishes import CAPPED, Wishes, draw_limits
from simulation.world import SYMBOLS, TRADED, SimQuotes, features

CALLER = Caller(name="caller", trace_id="4bf92f3577b34da6a3ce929d0e0e4736")
SECOND = Caller(name="second", trace_id=CALLER.trace_id)
TIMEOUTS_S = (0.02, 0.3, 2.0, 10.0)

Call = Callable[[Engine], Coroutine[Any, Any, None]]


class Workload:
    """Draws calls; each runs in the process of the engine that it calls and may die with it."""

    def __init__(self, chance: Random, quotes: SimQuotes, oracle: Oracle) -> None:
        self._chance = chance
        self._quotes = quotes
        self._oracle = oracle
        self._wishes = Wishes(chance, quotes, self._id)
        self._specs: list[OrderSpec] = []
        self._intents: list[TradeIntent] = []
        self._count = 0

    def draw(self) -> Call:
        """The next call."""
        calls: dict[Call, int] = {
            self._place: 80,
            self._place_list: 12,
            self._change: 14,
            self._replay: 16,
            self._replay_altered: 2,
            self._cancel: 26,
            self._cancel_all: 4,
            self._approve: 6,
            self._halt: 2,
            self._flatten: 1,
            self._resume: 10,
            self._change_limits: 3,
            self._change_strategy: 3,
            self._trade: 10,
            self._sync: 1,
        }
        call = self._chance.choices(list(calls), list(calls.values()))[0]

        async def patient(engine: Engine) -> None:
            # An engine that cannot write says so; the caller comes again.
            with contextlib.suppress(Unavailable, Overloaded, JournalError):
                await call(engine)

        return patient

    async def resume(self, engine: Engine) -> None:
        """Ends a halt, so that the next calls do something."""
        await self._resume(engine)

    async def rest(self, engine: Engine) -> None:
        """Places a small order a step of the market away from it."""
        await self._ask(engine, self._wishes.small())

    async def _place(self, engine: Engine) -> None:
        spec = self._wishes.order()
        if spec is not None:
            self._specs.append(spec)
            await self._ask(engine, spec)

    async def _ask(self, engine: Engine, spec: OrderSpec) -> None:
        given = self._oracle.answers.get(spec.request_id)
        placed = await engine.parts.submission.place(
            spec, digest=_digest(spec), caller=CALLER, timeout_s=self._timeout_s()
        )
        self._oracle.on_answered(engine.ports.broker, placed.order, given)

    async def _place_list(self, engine: Engine) -> None:
        specs = self._wishes.orders()
        if specs is None:
            return
        first, *legs = specs
        given = self._oracle.answers.get(first.request_id)
        try:
            placed = await engine.parts.submission.place(
                first,
                digest=_digest(first),
                caller=CALLER,
                timeout_s=self._timeout_s(),
                legs=tuple(legs),
            )
        except InvalidRequest as error:
            self._oracle.broken("I1", f"a list was refused for its shape: {error}")
        self._oracle.on_answered(engine.ports.broker, placed.order, given)

    async def _change(self, engine: Engine) -> None:
        """Another price, another size, or a smaller size alone."""
        chance = self._chance
        orders = [order for order in engine.book.working() if order.spec.limit_price is not None]
        if not orders:
            return
        order = chance.choice(orders)
        price, instrument = order.spec.limit_price, TRADED[order.spec.symbol]
        assert price is not None
        moved = instrument.round_price(price * (1 + Decimal(chance.randint(-20, 20)) / 10_000))
        left = order.leaves_quantity * Decimal(chance.choice((30, 60, 90))) / 100
        smaller = instrument.floor_quantity(order.cumulative_quantity + left)
        change = Change(
            request_id=order.request_id,
            new_request_id=self._id("change"),
            quantity=chance.choice((None, smaller)) if moved != price else smaller,
            limit_price=chance.choice((None, moved)),
        )
        wanted = change.quantity or order.quantity
        if wanted is not None:
            self._oracle.on_change(change.request_id, change.new_request_id, wanted)
        with contextlib.suppress(FailedPrecondition, InvalidRequest):
            changed = await engine.parts.replacing.change(
                change,
                digest=change.new_request_id,
                caller=CALLER,
                timeout_s=self._timeout_s(),
            )
            if engine.writer.failure is None:
                self._oracle.on_told(changed.order)

    async def _replay(self, engine: Engine) -> None:
        if self._specs:
            await self._ask(engine, self._chance.choice(self._specs[-10:]))

    async def _replay_altered(self, engine: Engine) -> None:
        if not self._specs:
            return
        spec = self._chance.choice(self._specs[-10:])
        if spec.request_id not in engine.book.state.intents:
            return
        altered = msgspec.structs.replace(spec, strategy="another")
        try:
            await self._ask(engine, altered)
        except AlreadyExists:
            return
        self._oracle.broken("C1", f"{spec.request_id} was taken for another order")

    async def _trade(self, engine: Engine) -> None:
        chance = self._chance
        if self._intents and chance.random() < 0.3:
            intent = chance.choice(self._intents[-5:])
        else:
            symbol = chance.choice(SYMBOLS)
            quote = self._quotes.quote(symbol)
            price = 1.0 if quote is None else float(quote.last)
            intent = TradeIntent(
                request_id=self._id("trade"),
                symbol=symbol,
                digest=f"trade {self._count}",
                features=features(chance, price),
                news=chance.choice((None, News(text="0.05"), News(text="0.5"))),
                order_type=chance.choice((OrderType.MARKET, OrderType.LIMIT)),
            )
            self._intents.append(intent)
        given = self._oracle.answers.get(intent.request_id)
        traded = await engine.parts.trading.trade(intent, CALLER, self._timeout_s())
        if traded.order is not None:
            self._oracle.on_answered(engine.ports.broker, traded.order, given)

    async def _cancel(self, engine: Engine) -> None:
        working = engine.book.working()
        if working:
            order = self._chance.choice(working)
            await self._cancel_one(engine, order.request_id)

    async def _cancel_one(self, engine: Engine, request_id: str) -> None:
        outcome = await engine.parts.cancellation.cancel(request_id, CALLER, self._timeout_s())
        self._told(engine, outcome)

    async def _cancel_all(self, engine: Engine) -> None:
        symbol = self._chance.choice((*SYMBOLS, ""))
        for outcome in await engine.parts.cancellation.cancel_all(
            symbol, CALLER, self._timeout_s()
        ):
            self._told(engine, outcome)

    def _told(self, engine: Engine, outcome: Cancelled) -> None:
        # On a lost disk an order is shown as it was booked last, which promises nothing.
        if engine.writer.failure is None:
            self._oracle.on_told(outcome.order)

    async def _approve(self, engine: Engine) -> None:
        pending = list(engine.book.exposure.pending)
        if not pending:
            return
        request_id, person = self._chance.choice(pending), self._chance.choice((CALLER, SECOND))
        with contextlib.suppress(FailedPrecondition, InvalidRequest):
            order = await engine.parts.approval.approve(
                request_id, "looked at it", person, self._timeout_s()
            )
            if engine.writer.failure is None:
                self._oracle.on_told(order)

    async def beat(self, engine: Engine) -> None:
        """Says that somebody is there."""
        engine.parts.gatekeeper.dead_man.beat()
        self._oracle.on_beat(engine.ports.broker)

    async def _halt(self, engine: Engine) -> None:
        resumes = self._oracle.resumes
        record = await engine.parts.control.halt("drill", CALLER, self._timeout_s())
        recorded = engine.writer.failure is None
        if recorded:
            self._oracle.on_trading_told(record)
        if self._oracle.resumes == resumes:
            self._oracle.on_halt_told(engine.ports.broker, recorded=recorded)

    async def _flatten(self, engine: Engine) -> None:
        symbols = self._chance.choice(((), *((symbol,) for symbol in SYMBOLS)))
        for order in await engine.parts.flattening.flatten(symbols, CALLER, self._timeout_s()):
            if engine.writer.failure is None:
                self._oracle.on_told(order)

    async def _resume(self, engine: Engine) -> None:
        self._oracle.halted = False
        self._oracle.resumes += 1
        try:
            record = await engine.parts.control.resume("drill over", CALLER)
        except FailedPrecondition:
            return
        self._oracle.on_trading_told(record)

    async def _change_limits(self, engine: Engine) -> None:
        limits = draw_limits(self._chance)
        version = await engine.parts.control.change_limits(
            limits, version=0, reason="drill", caller=CALLER
        )
        if version > self._oracle.durable.state.limits_version:
            self._oracle.broken("C4", f"limits {version} were acknowledged before durable")

    async def _change_strategy(self, engine: Engine) -> None:
        change = StrategyChange(
            max_daily_trades=self._chance.choice((4, 8, 30)),
            enabled=self._chance.random() < 0.8,
        )
        await engine.parts.control.change_strategy(CAPPED, change, CALLER)

    async def _sync(self, engine: Engine) -> None:
        await engine.sync()

    def _timeout_s(self) -> float:
        return self._chance.choice(TIMEOUTS_S)

    def _id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count}"


def _digest(spec: OrderSpec) -> str:
    return f"{spec.strategy} {spec.request_id}"


async def pause_s(chance: Random) -> None:
    """Between calls: none, or up to a second."""
    await asyncio.sleep(chance.choice((0.0, 0.0, 0.05, 0.3, 1.0)) * chance.random())
