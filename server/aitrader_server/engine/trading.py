"""A decision and its execution in one call."""

import asyncio

import msgspec

from aitrader_server.domain.decision.decide import Decision
from aitrader_server.domain.order import Order
from aitrader_server.domain.terms import DecisionRecord, OrderSpec
from aitrader_server.domain.words import OrderState, OrderType
from aitrader_server.engine.commands import Caller, Placed, Traded, TradeIntent
from aitrader_server.engine.decider import Decider
from aitrader_server.engine.ports import QuoteSource
from aitrader_server.engine.rehearsal import Rehearsal
from aitrader_server.engine.submission import Submission

REFUSED_STATES = frozenset({OrderState.DENIED, OrderState.REJECTED})


class Trading:
    """Decides, and places what was decided.

    A request that placed an order is answered when it is repeated; one that was held is decided
    again, as the market and the news then are.
    """

    def __init__(
        self, *, decider: Decider, submission: Submission, rehearsal: Rehearsal, quotes: QuoteSource
    ) -> None:
        self._decider = decider
        self._submission = submission
        self._rehearsal = rehearsal
        self._quotes = quotes

    async def trade(self, intent: TradeIntent, caller: Caller, timeout_s: float) -> Traded:
        """Raises what `Submission.place` raises; a hold or a denial is an answer."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + timeout_s
        earlier = await self._submission.replay(intent.request_id, intent.digest, timeout_s)
        if earlier is not None:
            return _answered(earlier)
        asked_s = loop.time()
        decision = await self._decider.decide(intent, timeout_s)
        if decision.side is None:
            return _nothing_done(decision)
        spec = self._spec(intent, decision)
        if intent.dry_run:
            rehearsed = await self._rehearsal.rehearse(spec, caller)
            return _rehearsed(decision, rehearsed.order)
        placed = await self._submission.place(
            spec,
            digest=intent.digest,
            caller=caller,
            timeout_s=max(due_s - loop.time(), 0.0),
            decision=decision.record,
            decided_s=loop.time() - asked_s,
        )
        return _answered(placed)

    def _spec(self, intent: TradeIntent, decision: Decision) -> OrderSpec:
        assert decision.side is not None, "a decision without a side places nothing"
        limit_price = intent.limit_price
        if intent.order_type is OrderType.LIMIT and limit_price is None:
            quote = self._quotes.quote(intent.symbol)
            limit_price = None if quote is None else quote.touch(decision.side)
        return OrderSpec(
            request_id=intent.request_id,
            symbol=intent.symbol,
            side=decision.side,
            order_type=intent.order_type,
            quantity=decision.record.quantity,
            limit_price=limit_price,
            time_in_force=intent.time_in_force,
            strategy=intent.strategy,
        )


def _answered(placed: Placed) -> Traded:
    decision, order = placed.decision, placed.order
    assert decision is not None, "only a decided order carries the digest of a decision"
    if order.state is OrderState.DENIED:
        decision = blocked_by(decision, order)
    return Traded(
        decision=decision,
        order=order,
        error=order.reason if order.state in REFUSED_STATES else "",
        replayed=placed.replayed,
    )


def blocked_by(decision: DecisionRecord, order: Order) -> DecisionRecord:
    """The decision with the breaches that denied its order."""
    return msgspec.structs.replace(decision, trading_blocked=True, breaches=order.breaches)


def _nothing_done(decision: Decision) -> Traded:
    return Traded(decision=decision.record, order=None, error=decision.reason, replayed=False)


def _rehearsed(decision: Decision, order: Order) -> Traded:
    record = decision.record
    if order.state is OrderState.DENIED:
        record = blocked_by(record, order)
    error = order.reason if order.state in REFUSED_STATES else "dry run: nothing was sent"
    return Traded(decision=record, order=None, error=error, replayed=False)
