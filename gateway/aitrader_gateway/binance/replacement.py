"""Working orders made smaller, or replaced by others in one request."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from aitrader_server.domain.money import trimmed
from aitrader_server.domain.terms import Attempt
from aitrader_server.domain.venue import (
    Acknowledged,
    Ambiguous,
    AmendOutcome,
    ApprovedReplacement,
    Refused,
    Replaced,
    Replacement,
    ReplaceOutcome,
    VenueReport,
)
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.attempts import Attempts
from aitrader_gateway.binance.operations import AMEND, REPLACE
from aitrader_gateway.binance.order_entry import canceled_report, placed_outcome
from aitrader_gateway.binance.order_reads import order_ids
from aitrader_gateway.binance.outcome import UNKNOWN_CODES, Failure, failed_outcome
from aitrader_gateway.binance.parameters import order_parameters
from aitrader_gateway.binance.reports import AmendmentRecord, amended_report, read

SUCCESS: Final = "SUCCESS"


class _RefusedHalf(msgspec.Struct, frozen=True):
    code: int
    msg: str


class _Halves(msgspec.Struct, frozen=True, rename="camel"):
    """What came of each half; the responses are an order's or a refusal's."""

    cancel_result: str
    new_order_result: str
    cancel_response: Any = None
    new_order_response: Any = None


class Replacing:
    """Changes of orders that work."""

    def __init__(self, attempts: Attempts, clock: Clock) -> None:
        self._attempts = attempts
        self._clock = clock

    def prepare(self, replacement: Replacement, now_ns: int) -> Attempt:
        """Signs the cancel together with the new order."""
        old = {
            "cancelOrderId": replacement.venue_order_id,
            "cancelOrigClientOrderId": replacement.request_id,
            # What it executes until then would be placed a second time.
            "cancelRestrictions": "ONLY_NEW",
        }
        parameters = {
            **order_parameters(replacement.spec),
            "cancelReplaceMode": "STOP_ON_FAILURE",
            **{name: value for name, value in old.items() if value},
        }
        return self._attempts.prepare(parameters, 1, now_ns)

    async def replace(self, approved: ApprovedReplacement) -> ReplaceOutcome:
        """Sends the attempt; a refusal without halves means that filters stopped both."""
        replacement = approved.replacement
        reply = await self._attempts.send(REPLACE, approved.attempt)
        if isinstance(reply, Failure):
            if reply.data is None:
                return failed_outcome(reply)
            reply = reply.data
        halves = read(reply, _Halves)
        if isinstance(halves, Failure):
            return failed_outcome(halves)
        match halves.cancel_result, halves.new_order_result:
            case "SUCCESS", "SUCCESS" | "FAILURE":
                return _replaced(halves, replacement)
            case "FAILURE", "NOT_ATTEMPTED":
                return _refusal(halves.cancel_response)
            case other:
                return Ambiguous(f"cancel and new order came out as {other}")

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> AmendOutcome:
        """Lowers the quantity; the order keeps its client id, too."""
        parameters = {
            **order_ids(symbol, request_id, venue_order_id),
            "newClientOrderId": request_id,
            "newQty": trimmed(quantity),
        }
        attempt = self._attempts.prepare(parameters, 1, self._clock.now_ns())
        amendment = read(await self._attempts.send(AMEND, attempt), AmendmentRecord)
        if isinstance(amendment, Failure):
            return failed_outcome(amendment, attempt.fence_at_ns)
        report = amended_report(amendment)
        if isinstance(report, Failure):
            return failed_outcome(report, attempt.fence_at_ns)
        return Acknowledged(report)


def _replaced(halves: _Halves, replacement: Replacement) -> ReplaceOutcome:
    canceled = canceled_report(
        halves.cancel_response, replacement.request_id, replacement.venue_order_id
    )
    if isinstance(canceled, Failure):
        return failed_outcome(canceled)
    placed: VenueReport | Refused | Ambiguous
    if halves.new_order_result == SUCCESS:
        outcome = placed_outcome(halves.new_order_response, replacement.spec)
        placed = outcome.report if isinstance(outcome, Acknowledged) else outcome
    else:
        placed = _refusal(halves.new_order_response)
    if isinstance(placed, Ambiguous):
        return placed
    return Replaced(canceled=canceled, placed=placed)


def _refusal(response: Any) -> Refused | Ambiguous:
    """A half that failed."""
    half = read(response, _RefusedHalf)
    if isinstance(half, Failure):
        return Ambiguous(half.reason)
    if half.code in UNKNOWN_CODES:
        return Ambiguous(half.msg)
    return Refused(str(half.code), half.msg)
