"""What callers do to an engine: mostly orders, often several at once, and many of them again."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from aitrader_server.domain.decision.views import News
from aitrader_server.domain.terms import Limits, ListPlace, OrderSpec
from aitrader_server.domain.words import (
    Contingency,
    OrderType,
    Side,
    TimeInForce,
    TradingState,
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

from simulation.oracle import CAPPED, Oracle
from simulation.world import SYMBOLS, TRADED, SimQuotes, features

CALLER = Caller(name="caller", trace_id="4bf92f3577b34da6a3ce929d0e0e4736")
TIMEOUTS_S = (0.02, 0.3, 2.0, 10.0)

Call = Callable[[Engine], Coroutine[Any, Any, None]]


class Workload:
    """Draws calls; each runs in the process of the engine that it calls and may die with it."""

    def __init__(self, chance: Random, quotes: SimQuotes, oracle: Oracle) -> None:
        self._chance = chance
        self._quotes = quotes
        self._oracle = oracle
        self._specs: list[OrderSpec] = []
        self._intents: list[TradeIntent] = []
        self._count = 0

    def draw(self) -> Call:
        """The next call."""
        calls: dict[Call, int] = {
            self._place: 42,
            self._place_list: 8,
            self._change: 10,
            self._replay: 12,
            self._replay_altered: 2,
            self._cancel: 14,
            self._cancel_all: 2,
            self._halt: 3,
            self._resume: 5,
            self._change_limits: 2,
            self._change_strategy: 3,
            self._trade: 8,
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
        chance = self._chance
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        quote, instrument = self._quotes.quote(symbol), TRADED[symbol]
        assert quote is not None
        away = Decimal(chance.randint(2, 20)) / 10_000 * (-1 if side is Side.BUY else 1)
        spec = OrderSpec(
            request_id=self._id("rest"),
            symbol=symbol,
            side=side,
            order_type=OrderType.LIMIT,
            quantity=instrument.floor_quantity(Decimal(200) / quote.last),
            limit_price=instrument.round_price(quote.last * (1 + away)),
        )
        await self._ask(engine, spec)

    async def _place(self, engine: Engine) -> None:
        spec = self._spec()
        if spec is not None:
            self._specs.append(spec)
            await self._ask(engine, spec)

    async def _ask(self, engine: Engine, spec: OrderSpec) -> None:
        given = self._oracle.answers.get(spec.request_id)
        placed = await engine.parts.submission.place(
            spec, digest=_digest(spec), caller=CALLER, timeout_s=self._timeout_s()
        )
        self._oracle.on_answered(placed.order, given)

    async def _place_list(self, engine: Engine) -> None:
        specs = self._list()
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
        self._oracle.on_answered(placed.order, given)

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
            self._oracle.on_answered(traded.order, given)

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

    async def _halt(self, engine: Engine) -> None:
        resumes = self._oracle.resumes
        record = await engine.parts.control.tighten(TradingState.HALTED, "drill", CALLER)
        recorded = engine.writer.failure is None
        if recorded:
            self._oracle.on_trading_told(record)
        if self._oracle.resumes == resumes:
            self._oracle.on_halt_told(recorded=recorded)

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
        changing = engine.parts.control.change_limits(
            limits, version=0, reason="drill", caller=CALLER
        )
        if engine.writer.failure is None:
            self._oracle.limits = limits
        version = await changing
        if version > self._oracle.durable.state.limits_version:
            self._oracle.broken("C4", f"limits {version} were acknowledged before durable")

    async def _change_strategy(self, engine: Engine) -> None:
        change = StrategyChange(max_daily_trades=self._chance.choice((4, 8)))
        await engine.parts.control.change_strategy(CAPPED, change, CALLER)

    async def _sync(self, engine: Engine) -> None:
        await engine.sync()

    def _timeout_s(self) -> float:
        return self._chance.choice(TIMEOUTS_S)

    def _id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count}"

    def _spec(self) -> OrderSpec | None:
        chance = self._chance
        symbol = chance.choice(SYMBOLS)
        quote, instrument = self._quotes.quote(symbol), TRADED[symbol]
        if quote is None:
            return None
        value = Decimal(chance.choice((50, 500, 3_000, 12_000, 40_000)))
        kind = chance.choice(
            (OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT_MAKER)
        )
        in_quote = kind is OrderType.MARKET and chance.random() < 0.4
        distance = Decimal(chance.randint(-40, 40)) / 10_000
        return OrderSpec(
            request_id=self._id("order"),
            symbol=symbol,
            side=chance.choice(tuple(Side)),
            order_type=kind,
            quantity=None if in_quote else instrument.floor_quantity(value / quote.last),
            quote_quantity=value if in_quote else None,
            limit_price=None
            if kind is OrderType.MARKET
            else instrument.round_price(quote.last * (1 + distance)),
            time_in_force=chance.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC))
            if kind is OrderType.LIMIT
            else TimeInForce.GTC,
            strategy=chance.choice(("", CAPPED)),
        )

    def _list(self) -> tuple[OrderSpec, ...] | None:
        """An OCO, an OTO or an OTOCO around the market."""
        chance = self._chance
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        quote, instrument = self._quotes.quote(symbol), TRADED[symbol]
        if quote is None:
            return None
        last, quantity = quote.last, instrument.floor_quantity(Decimal(500) / quote.last)
        contingency = chance.choice(tuple(Contingency))
        leaving = side if contingency is Contingency.OCO else _opposite(side)
        away = Decimal(chance.randint(1, 30)) / 10_000
        better = away if leaving is Side.SELL else -away
        target = OrderSpec(
            request_id="",
            symbol=symbol,
            side=leaving,
            order_type=OrderType.LIMIT_MAKER,
            quantity=quantity,
            limit_price=instrument.round_price(last * (1 + better)),
        )
        stop = msgspec.structs.replace(
            target,
            order_type=OrderType.STOP_LOSS_LIMIT,
            limit_price=instrument.round_price(last * (1 - better * 2)),
            stop_price=instrument.round_price(last * (1 - better)),
        )
        entry = msgspec.structs.replace(
            target,
            side=side,
            order_type=OrderType.LIMIT,
            limit_price=instrument.round_price(last * (1 + better / 4)),
        )
        specs = {
            Contingency.OCO: (target, stop),
            Contingency.OTO: (entry, target),
            Contingency.OTOCO: (entry, target, stop),
        }[contingency]
        members = tuple(self._id("list") for _ in specs)
        return tuple(
            msgspec.structs.replace(
                spec,
                request_id=members[index],
                place=ListPlace(contingency=contingency, members=members, index=index),
            )
            for index, spec in enumerate(specs)
        )


def _opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def draw_limits(chance: Random) -> Limits:
    """Tight enough that they are met all the time."""
    return Limits(
        max_order_notional=Decimal(chance.choice((10_000, 20_000))),
        max_open_orders=chance.choice((3, 6, 12)),
        max_unknown_orders=chance.choice((2, 5)),
        repeated_order_window_ms=chance.choice((0, 0, 500)),
        daily_loss_limit=None,
    )


def _digest(spec: OrderSpec) -> str:
    return f"{spec.strategy} {spec.request_id}"


async def pause_s(chance: Random) -> None:
    """Between calls: none, or up to a second."""
    await asyncio.sleep(chance.choice((0.0, 0.0, 0.05, 0.3, 1.0)) * chance.random())
