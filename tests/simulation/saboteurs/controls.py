"""Bugs of the controls: what they overlook, count wrongly, or forget to ask."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from aitrader_server.domain.events import DayOpened, Event
from aitrader_server.domain.order import Order
from aitrader_server.domain.risk.context import RiskContext
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.account import AccountBook, utc_day
from aitrader_server.engine.admission import Admission
from aitrader_server.engine.approval import Approval
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.dead_man import DeadMan
from aitrader_server.engine.engine import Engine, Parts
from aitrader_server.engine.ports import Record
from aitrader_server.engine.writer import Writer

from simulation.saboteurs.planting import opened, with_part, with_writer
from simulation.stage import Cast

MINUTE_NS = 60_000_000_000
EAST_NS = int(timedelta(hours=5).total_seconds()) * 1_000_000_000


def judging(change: Callable[[RiskContext], None]) -> type[Engine]:
    """An engine that judges orders by what `change` leaves of the context."""

    class Sabotaged(Admission):
        def context(self, *args: Any, **given: Any) -> RiskContext:
            context = super().context(*args, **given)
            change(context)
            return context

    return with_part(Sabotaged)


def _count_fewer(context: RiskContext, fewer: int) -> None:
    context.scopes = tuple(
        msgspec.structs.replace(scope, open_orders=scope.open_orders - fewer)
        for scope in context.scopes
    )


def _overlook_states(*states: OrderState) -> Callable[[RiskContext], None]:
    def change(context: RiskContext) -> None:
        working = context.book.working()
        _count_fewer(context, sum(order.state in states for order in working))

    return change


def _overlook_companions(context: RiskContext) -> None:
    _count_fewer(context, context.ahead)
    context.ahead = 0


def _overlook_bans(context: RiskContext) -> None:
    context.gates = msgspec.structs.replace(context.gates, banned_until_ns=0)


def _overlook_budgets(context: RiskContext) -> None:
    context.gates = msgspec.structs.replace(context.gates, budgets=())


def _overlook_own_limits(context: RiskContext) -> None:
    context.limits = msgspec.structs.replace(context.limits, by_symbol={}, by_strategy={})
    context.scopes = context.scopes[:1]


def _overlook_our_orders(context: RiskContext) -> None:
    context.limits = msgspec.structs.replace(context.limits, deny_self_trade=False)


def _approve(context: RiskContext) -> None:
    context.approved = True


def _count_what_is_realized(context: RiskContext) -> None:
    realized = context.book.state.day.usage.realized
    context.account = msgspec.structs.replace(
        context.account, day_pnl=realized, rolling_pnl=realized, drawdown=Decimal(0)
    )


def _count_this_minute(context: RiskContext) -> None:
    conduct, begun_ns = context.book.state.conduct, context.now_ns // MINUTE_NS * MINUTE_NS
    conduct.sent_ns = [at_ns for at_ns in conduct.sent_ns if at_ns >= begun_ns]


class ReadsLimitsOnce(Admission):
    """Knows the limits of its start."""

    def context(self, *args: Any, **given: Any) -> RiskContext:
        context = super().context(*args, **given)
        context.limits = vars(self).setdefault("_first", context.limits)
        context.scopes = context._scopes()
        return context


class LivesInTheEast(AccountBook):
    """Begins days at its own midnight."""

    def _open_day(self, equity: Decimal | None) -> None:
        today = utc_day(self._clock.now_ns() + EAST_NS)
        state = self._writer.book.state
        if equity is not None and state.account and today > state.day.day:
            self._writer.commit([DayOpened(day=today, equity=equity)], trace_id="")


class ForgetsAtMidnight(Writer):
    """Begins 24 hours anew with each day."""

    def _record(self, event: Event, at_ns: int, trace_id: str) -> Record:
        record = super()._record(event, at_ns, trace_id)
        if isinstance(event, DayOpened):
            conduct = self.book.state.conduct
            conduct.marks = conduct.marks[-1:]
        return record


class NeverExpires(DeadMan):
    """Does without heartbeats."""

    @property
    def why(self) -> str:
        return ""


def _beat(parts: Parts) -> None:
    parts.gatekeeper.dead_man.hear(0.0)


class ApprovesForAnybody(Approval):
    """Lets whoever placed an order approve it."""

    def _pending(self, request_id: str, caller: Caller) -> Order:
        return super()._pending(request_id, Caller(name="somebody", trace_id=""))


class ApprovesBlindly(Approval):
    """Judges an order when it is asked for, and not again when it is let go."""

    async def approve(
        self, request_id: str, reason: str, caller: Caller, timeout_s: float
    ) -> Order:
        order = self._pending(request_id, caller)
        if order.state is OrderState.PENDING_APPROVAL:
            self._submission.release(order, (), caller, reason)
        await self._writer.settle()
        return self._writer.book.order(request_id) or order


UNDER_WAY = _overlook_states(OrderState.SUBMITTED, OrderState.UNKNOWN)
UNKNOWN = _overlook_states(OrderState.UNKNOWN)

CONTROLS = {
    "orders under way do not count": Cast(engine=judging(UNDER_WAY)),
    "orders of unknown outcome do not count": Cast(engine=judging(UNKNOWN)),
    "orders of one list do not count each other": Cast(engine=judging(_overlook_companions)),
    "a ban is not heeded": Cast(engine=judging(_overlook_bans)),
    "the venue's budget is not heeded": Cast(engine=judging(_overlook_budgets)),
    "limits of symbols and strategies are overlooked": Cast(engine=judging(_overlook_own_limits)),
    "limits are read at the start only": Cast(engine=with_part(ReadsLimitsOnce)),
    "orders meet our own": Cast(engine=judging(_overlook_our_orders)),
    "nobody is asked for approval": Cast(engine=judging(_approve)),
    "a loss counts once it is realised": Cast(engine=judging(_count_what_is_realized)),
    "the order rate begins anew each minute": Cast(engine=judging(_count_this_minute)),
    "days begin at local midnight": Cast(engine=with_part(LivesInTheEast)),
    "24 hours begin anew at midnight": Cast(engine=with_writer(ForgetsAtMidnight)),
    "heartbeats are not asked for": Cast(engine=with_part(NeverExpires)),
    "a restart counts as a heartbeat": Cast(engine=opened(_beat)),
    "who asked may approve": Cast(engine=with_part(ApprovesForAnybody)),
    "what is approved is not judged again": Cast(engine=with_part(ApprovesBlindly)),
}
