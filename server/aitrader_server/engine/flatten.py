"""Reduces positions to zero through the path that every order takes."""

import asyncio
from collections.abc import Mapping, Sequence

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import Order
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderType, Side, TradingState
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.control import Control
from aitrader_server.engine.ports import IdFactory
from aitrader_server.engine.submission import Submission
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer


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
        ids: IdFactory,
        tasks: TaskSet,
    ) -> None:
        self._writer = writer
        self._instruments = instruments
        self._control = control
        self._cancellation = cancellation
        self._submission = submission
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
        for spec in self.plan(chosen):
            placed = await self._submission.place(
                spec, digest=f"flatten:{spec.request_id}", caller=caller, timeout_s=timeout_s
            )
            orders.append(placed.order)
        return orders

    def plan(self, symbols: Sequence[str]) -> list[OrderSpec]:
        """The orders that would sell what is held of `symbols`, empty for all."""
        specs = []
        for symbol in symbols or sorted(self._instruments):
            instrument = self._instruments[symbol]
            held = self._writer.book.state.ledger.held(instrument.base)
            quantity = instrument.floor_quantity(held)
            if quantity > ZERO:
                specs.append(
                    OrderSpec(
                        request_id=self._ids.request_id(),
                        symbol=symbol,
                        side=Side.SELL,
                        order_type=OrderType.MARKET,
                        quantity=quantity,
                        reduce_only=True,
                        strategy="flatten",
                    )
                )
        return specs
