"""Bugs on the way out: orders that leave twice, too early, too late, or past a control."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aitrader_server.domain.events import OrderInitialized
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import TradingStateRecord
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import (
    Acknowledged,
    AcknowledgedList,
    Ambiguous,
    Approved,
    ApprovedList,
    ListOutcome,
    Refused,
    SubmitOutcome,
)
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.commands import Caller, Changed
from aitrader_server.engine.control import Control
from aitrader_server.engine.replacing import Replacing
from aitrader_server.engine.submission import Submission

from simulation.broker import SimBroker
from simulation.saboteurs.planting import with_part
from simulation.stage import Cast


async def _submit(part: Submission, approved: ApprovedList) -> SubmitOutcome | ListOutcome:
    """Sends one order, or several together."""
    if len(approved.specs) == 1:
        return await part._broker.submit(Approved(approved.specs[0], approved.attempt))
    return await part._broker.submit_list(approved)


def _take(
    part: Submission, specs: Sequence[OrderSpec], outcome: SubmitOutcome | ListOutcome
) -> None:
    """Takes in what came of it, as the engine does."""
    match outcome:
        case Acknowledged(report=report):
            part._reports.on_report(report, "reply", answers=True)
        case AcknowledgedList(reports=reports):
            for report in reports:
                part._reports.on_report(report, "reply", answers=True)
        case Ambiguous():
            part._doubt_each(specs, outcome)
        case Refused(code=code, reason=reason):
            part._reject_each(specs, code, reason)


class SendsAgain(Submission):
    """Takes no reply for no order."""

    async def _send(
        self, specs: tuple[OrderSpec, ...], approved: ApprovedList, trace_id: str
    ) -> None:
        outcome = await _submit(self, approved)
        if isinstance(outcome, Ambiguous):
            outcome = await _submit(self, ApprovedList(specs, self._prepare(specs)))
        _take(self, specs, outcome)


class SendsFirst(Submission):
    """Sends while the disk still writes."""

    def _admit(self, specs: Any, *args: Any) -> None:
        super()._admit(specs, *args)
        order = self._book.state.orders[specs[0].request_id]
        if order.attempts:
            self._dispatch(specs, ApprovedList(specs, order.attempts[-1]), order.trace_id)


class HaltsTooLate(Submission):
    """Looks at the trading state when an order is taken on, and not again before it leaves."""

    async def _send(
        self, specs: tuple[OrderSpec, ...], approved: ApprovedList, trace_id: str
    ) -> None:
        _take(self, specs, await _submit(self, approved))


class TakesReplaysForNew(Submission):
    """Places an order again when it is asked for again."""

    async def replay(self, request_id: str, digest: str, timeout_s: float) -> None:
        return None


class AnswersWhatItSees(Submission):
    """Waits for the disk, then answers with what has come since."""

    async def answer(self, request_id: str, timeout_s: float) -> Order:
        await super().answer(request_id, timeout_s)
        state = self._book.state
        return state.answers.get(request_id) or state.orders[request_id]


class SignsLate(SimBroker):
    """Makes the signature when the bytes leave, so that the journal's fence is too early."""

    async def submit(self, approved: Approved) -> SubmitOutcome:
        await asyncio.sleep(self._chance.choice((0.0, 0.0, 9.0)))
        attempt = msgspec.structs.replace(approved.attempt, signed_at_ns=self._clock.now_ns())
        return await super().submit(Approved(approved.spec, attempt))


class SendsLegsAgain(Submission):
    """Takes no reply for no list, and places what was in it one by one."""

    async def _send(
        self, specs: tuple[OrderSpec, ...], approved: ApprovedList, trace_id: str
    ) -> None:
        outcome = await _submit(self, approved)
        if len(specs) > 1 and isinstance(outcome, Ambiguous):
            for spec in specs:
                alone = msgspec.structs.replace(spec, place=None)
                await self._broker.submit(Approved(alone, approved.attempt))
        _take(self, specs, outcome)


class ReplacesTheWhole(Replacing):
    """Places what was wished for, whatever of it executed before the cancel."""

    async def _replace_rest(
        self, order: Order, opened: OrderInitialized, caller: Caller, timeout_s: float
    ) -> Changed:
        spec = opened.spec
        assert spec.quantity is not None
        await self._cancellation.cancel(order.request_id, caller, timeout_s)
        whole = msgspec.structs.replace(spec, quantity=spec.quantity + order.cumulative_quantity)
        placed = await self._submission.place(
            whole, digest=opened.digest, caller=caller, timeout_s=timeout_s
        )
        return Changed(order=placed.order, replaced=order)


class HaltsWithoutWaiting(Control):
    """Says that nothing can leave while something is about to."""

    async def halt(self, reason: str, caller: Caller, timeout_s: float) -> TradingStateRecord:
        return await self.tighten(TradingState.HALTED, reason, caller)


SENDING = {
    "an order without a reply is sent again": Cast(engine=with_part(SendsAgain)),
    "an order leaves before its record is durable": Cast(engine=with_part(SendsFirst)),
    "a halt is not looked at before sending": Cast(engine=with_part(HaltsTooLate)),
    "a halt does not wait for what is leaving": Cast(engine=with_part(HaltsWithoutWaiting)),
    "a repeated request is a new order": Cast(engine=with_part(TakesReplaysForNew)),
    "answers are read after the wait": Cast(engine=with_part(AnswersWhatItSees)),
    "an order is signed when it leaves": Cast(broker=SignsLate),
    "legs of a list are sent again one by one": Cast(engine=with_part(SendsLegsAgain)),
    "a replacement leaves out what has executed": Cast(engine=with_part(ReplacesTheWhole)),
}
