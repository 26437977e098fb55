"""Orders in and out: placed, tested and cancelled, each with what the venue proved."""

from typing import Any, Final

from aitrader_server.domain.terms import Attempt, OrderSpec
from aitrader_server.domain.venue import (
    Acknowledged,
    Ambiguous,
    Approved,
    CancelOutcome,
    Mistimed,
    SubmitOutcome,
    VenueReport,
    VenueStatus,
)
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.attempts import Attempts
from aitrader_gateway.binance.calls import OUTSIDE_WINDOW, Calls
from aitrader_gateway.binance.operations import CANCEL, PLACE, QUERY_ORDER, TEST_ORDER
from aitrader_gateway.binance.order_reads import order_ids
from aitrader_gateway.binance.outcome import Failure, failed_outcome
from aitrader_gateway.binance.parameters import order_parameters
from aitrader_gateway.binance.reports import ListRecord, OrderRecord, malformed, order_report, read

DUPLICATE: Final = (-2010, "Duplicate order sent.")


class OrderEntry:
    """Single orders."""

    def __init__(self, calls: Calls, attempts: Attempts, clock: Clock) -> None:
        self._calls = calls
        self._attempts = attempts
        self._clock = clock

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        """Signs the order."""
        return self._attempts.prepare(order_parameters(spec), number, now_ns)

    async def submit(self, approved: Approved) -> SubmitOutcome:
        """Sends the attempt; a duplicate that it made itself is adopted."""
        spec, attempt = approved.spec, approved.attempt
        reply = await self._attempts.send(PLACE, attempt)
        if isinstance(reply, Failure) and reply.code == OUTSIDE_WINDOW:
            return Mistimed(str(reply.code), reply.reason)
        if isinstance(reply, Failure) and (reply.code, reply.reason) == DUPLICATE:
            return await self._adopt(spec, attempt, reply)
        return placed_outcome(reply, spec)

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        """Asks the venue's test endpoint."""
        reply = await self._calls.call(TEST_ORDER, order_parameters(spec))
        if isinstance(reply, Failure):
            return failed_outcome(reply)
        return Acknowledged(
            VenueReport(
                request_id=spec.request_id,
                symbol=spec.symbol,
                venue_order_id="",
                status=VenueStatus.ACCEPTED,
                quantity=spec.quantity,
                at_ns=self._clock.now_ns(),
            )
        )

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        """Cancels an order, and with a leg of a list the whole list.

        A cancel that came outside of its window is signed anew and sent once more.
        """
        ids = order_ids(symbol, request_id, venue_order_id)
        attempt = self._attempts.prepare(ids, 1, self._clock.now_ns())
        reply = await self._attempts.send(CANCEL, attempt)
        if isinstance(reply, Failure) and reply.code == OUTSIDE_WINDOW:
            attempt = self._attempts.prepare(ids, 2, self._clock.now_ns())
            reply = await self._attempts.send(CANCEL, attempt)
        if isinstance(reply, Failure):
            return failed_outcome(reply, attempt.fence_at_ns)
        report = canceled_report(reply, request_id, venue_order_id)
        if isinstance(report, Failure):
            return failed_outcome(report, attempt.fence_at_ns)
        return Acknowledged(report)

    async def _adopt(self, spec: OrderSpec, attempt: Attempt, refusal: Failure) -> SubmitOutcome:
        """The open order of the same id, if it can only be this attempt's; else the refusal."""
        ids = order_ids(spec.symbol, spec.request_id, "")
        found = read(await self._calls.call(QUERY_ORDER, ids), OrderRecord)
        if isinstance(found, Failure):
            return Ambiguous(f"{refusal.reason} And which one could not be read: {found.reason}")
        signed_ms = self._calls.venue_ms(attempt.signed_at_ns) - self._calls.server_time.error_ms
        is_same = (
            found.side == spec.side
            and found.type == spec.order_type
            and found.orig_qty == spec.quantity
            and found.price == (spec.limit_price or 0)
        )
        if found.time < signed_ms or not is_same:
            return failed_outcome(refusal)
        report = order_report(found)
        return failed_outcome(report) if isinstance(report, Failure) else Acknowledged(report)


def placed_outcome(reply: Any, spec: OrderSpec) -> SubmitOutcome:
    """What the reply to placing `spec` proves."""
    record = read(reply, OrderRecord)
    if isinstance(record, Failure):
        return failed_outcome(record)
    if (record.symbol, record.request_id) != (spec.symbol, spec.request_id):
        return Ambiguous("the venue's reply is about another order")
    report = order_report(record)
    return failed_outcome(report) if isinstance(report, Failure) else Acknowledged(report)


def canceled_report(reply: Any, request_id: str, venue_order_id: str) -> VenueReport | Failure:
    """The cancelled order in a reply about it, or about the list that it belonged to."""
    records: tuple[OrderRecord, ...]
    if isinstance(reply, dict) and "orderReports" in reply:
        cancelled = read(reply, ListRecord)
        if isinstance(cancelled, Failure):
            return cancelled
        records = cancelled.order_reports
    else:
        record = read(reply, OrderRecord)
        if isinstance(record, Failure):
            return record
        records = (record,)
    for record in records:
        if request_id in ("", record.request_id) and venue_order_id in ("", str(record.order_id)):
            return order_report(record)
    return malformed("it is about another order")
