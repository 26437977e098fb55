"""Notices that a test system was wiped, which is a new life of its account and not a mass loss."""

from itertools import islice

from aitrader_server.domain.events import (
    Event,
    OrderExpired,
    TradingStateChanged,
    VenueReset,
)
from aitrader_server.domain.order import Order
from aitrader_server.domain.venue import Absent
from aitrader_server.domain.words import IN_FLIGHT_STATES, TradingState
from aitrader_server.engine.ports import Broker, Clock
from aitrader_server.engine.writer import Writer

WITNESSES_MAX = 3
# Well past any lag of a venue's records: what it acknowledged before must be known there.
WITNESS_AGE_NS = 60_000_000_000
VENUE_RESET = "VENUE_RESET"


class VenueEpoch:
    """Judges by orders that the venue acknowledged long ago: it must know them, or it began anew.

    The real venue is never wiped: there nothing but an operator settles such orders.
    """

    def __init__(self, *, writer: Writer, broker: Broker, clock: Clock) -> None:
        self._writer = writer
        self._broker = broker
        self._clock = clock

    async def renew(self) -> bool:
        """Begins the next epoch if the venue knows none of the witnesses; whether it did."""
        if self._broker.environment == "live":
            return False
        witnesses = self._witnesses()
        for order in witnesses:
            if not await self._unheard_of(order):
                return False
        if not witnesses:
            return False
        self._begin(witnesses)
        return True

    def _witnesses(self) -> list[Order]:
        """The newest orders of this epoch that were acknowledged long enough ago."""
        state = self._writer.book.state
        before_ns = self._clock.now_ns() - WITNESS_AGE_NS
        acknowledged = (
            order
            for order in reversed(state.orders.values())
            if order.venue_order_id and state.venue_since_ns < order.created_at_ns < before_ns
        )
        return list(islice(acknowledged, WITNESSES_MAX))

    async def _unheard_of(self, order: Order) -> bool:
        """Whether both of the venue's independent records lack the order."""
        symbol, request_id = order.spec.symbol, order.request_id
        found = await self._broker.query(symbol, request_id, order.venue_order_id)
        if not isinstance(found, Absent):
            return False
        found = await self._broker.query_history(symbol, request_id, order.created_at_ns)
        return isinstance(found, Absent)

    def _begin(self, witnesses: list[Order]) -> None:
        """Ends what worked in the old life and halts: whoever runs strategies must look first.

        What is still on its way may arrive in the new one: it is settled as ever.
        """
        book = self._writer.book
        epoch = book.state.venue_epoch + 1
        names = ", ".join(order.request_id for order in witnesses)
        ended: list[Event] = [
            OrderExpired(
                request_id=order.request_id,
                venue_order_id=order.venue_order_id,
                reason="the venue was wiped",
                answers=order.request_id not in book.state.answers,
            )
            for order in book.working()
            if order.state not in IN_FLIGHT_STATES
        ]
        evidence = f"neither of two records at the venue knows {names}"
        events: list[Event] = [*ended, VenueReset(epoch=epoch, evidence=evidence)]
        if book.state.trading.state is not TradingState.HALTED:
            reason = f"the venue was wiped: {evidence}"
            events.append(
                TradingStateChanged(
                    trading_state=TradingState.HALTED, reason=reason, actor=VENUE_RESET
                )
            )
        self._writer.commit(events, trace_id="")
