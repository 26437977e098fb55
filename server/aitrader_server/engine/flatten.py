"""Reduces positions to zero through the path that every order takes."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import Order
from aitrader_server.domain.terms import OrderSpec, SymbolLimits
from aitrader_server.domain.words import OrderType, Side, TradingState
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.control import Control
from aitrader_server.engine.ports import IdFactory, QuoteSource
from aitrader_server.engine.submission import Submission
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer

# A position is sold by at most so many orders at a time: what is left takes another call.
PARTS_MAX = 100
MARKET_ROOM = Decimal("1.01")


class Flattening:
    """Stops what opens, cancels what is open, sells what is held."""

    def __init__(
        self,
        *,
        writer: Writer,
        instruments: Mapping[str, Instrument],
        control: Control,
        cancellation: Cancellation,
        submission: Submission,
        quotes: QuoteSource,
        ids: IdFactory,
        tasks: TaskSet,
    ) -> None:
        self._writer = writer
        self._instruments = instruments
        self._control = control
        self._cancellation = cancellation
        self._submission = submission
        self._quotes = quotes
        self._ids = ids
        self._tasks = tasks

    async def flatten(
        self, symbols: Sequence[str], caller: Caller, timeout_s: float
    ) -> list[Order]:
        """Moves to REDUCING and sells each position at the market; what a step cannot hold stays.

        `symbols` empty means every configured one. A caller who leaves early stops none of it.
        """
        return await asyncio.shield(self._tasks.spawn(self._flatten(symbols, caller, timeout_s)))

    async def _flatten(
        self, symbols: Sequence[str], caller: Caller, timeout_s: float
    ) -> list[Order]:
        await self._control.tighten(TradingState.REDUCING, "flatten", caller)
        chosen = symbols or sorted(self._instruments)
        for symbol in chosen:
            await self._cancellation.cancel_all(symbol, caller, timeout_s)
        orders = []
        for spec in self.plan(chosen, free=True):
            placed = await self._submission.place(
                spec, digest=f"flatten:{spec.request_id}", caller=caller, timeout_s=timeout_s
            )
            orders.append(placed.order)
        return orders

    def plan(self, symbols: Sequence[str], *, free: bool = False) -> list[OrderSpec]:
        """The orders that would sell what is held of `symbols`, empty for all.

        What is more than one order may sell is sold by several, as equal as steps admit. `free`
        leaves out what other orders may still sell: one that is in doubt blocks no other.
        """
        return [
            OrderSpec(
                request_id=self._ids.request_id(),
                symbol=symbol,
                side=Side.SELL,
                order_type=OrderType.MARKET,
                quantity=part,
                reduce_only=True,
                strategy="flatten",
            )
            for symbol in symbols or sorted(self._instruments)
            for part in self._parts(symbol, free=free)
        ]

    def _parts(self, symbol: str, *, free: bool) -> list[Decimal]:
        """What is held of the symbol, in as few parts as the limits and the venue admit."""
        instrument = self._instruments[symbol]
        book = self._writer.book
        reserved = book.exposure.reserved.get(instrument.base, ZERO) if free else ZERO
        quantity = instrument.floor_quantity(book.state.ledger.held(instrument.base) - reserved)
        bounds = (self._most(instrument), instrument.max_quantity, instrument.market_max_quantity)
        bound = instrument.floor_quantity(min(filter(None, bounds), default=quantity))
        if quantity <= ZERO or bound <= ZERO:
            return [quantity] if quantity > ZERO else []
        count = min(int((quantity / bound).to_integral_value(ROUND_CEILING)), PARTS_MAX)
        sold, step = min(quantity, bound * count), instrument.quantity_step
        even = instrument.floor_quantity(sold / count)
        larger = int((sold - even * count) / step) if step else 0
        return [even + step] * larger + [even] * (count - larger)

    def _most(self, instrument: Instrument) -> Decimal | None:
        """What one order may sell by our limits and by its worth, base asset; None: anything."""
        limits, quote = self._writer.book.state.limits, self._quotes.quote(instrument.symbol)
        own = limits.by_symbol.get(instrument.symbol, SymbolLimits())
        most = [limits.max_order_quantity, own.max_order_quantity]
        if quote is not None and quote.usable:
            # A little less than the limit: the market moves until the order is judged.
            price = quote.bid * MARKET_ROOM
            venue = instrument.max_notional if instrument.max_notional_applies_to_market else None
            worth = (limits.max_order_notional, own.max_order_notional, venue)
            most += [notional / price for notional in worth if notional]
        return min(filter(None, most), default=None)
