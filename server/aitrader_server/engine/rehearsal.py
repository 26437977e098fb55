"""What would become of an order, with nothing journalled and nothing sent."""

from aitrader_server.domain.book import Book
from aitrader_server.domain.events import OrderDenied, OrderRejected, OrderSubmitted
from aitrader_server.domain.order import Order, initialize
from aitrader_server.domain.risk.checks import assess
from aitrader_server.domain.risk.context import Breaches, RiskContext
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Ambiguous, Refused
from aitrader_server.engine.admission import Admission, assess_each
from aitrader_server.engine.commands import Caller, Checked, Placed
from aitrader_server.engine.ports import Broker, Clock
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import AlreadyExists, Unavailable


class Rehearsal:
    """Asks the controls, and the venue's test endpoint."""

    def __init__(
        self, *, writer: Writer, broker: Broker, clock: Clock, admission: Admission
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._clock = clock
        self._admission = admission

    def check(self, spec: OrderSpec) -> Checked:
        """Every breach that the order would meet now."""
        context = self._admission.context(spec)
        return Checked(assess(context), self._writer.book.state.limits_version)

    async def rehearse(
        self, spec: OrderSpec, caller: Caller, legs: tuple[OrderSpec, ...] = ()
    ) -> Placed:
        """Everything up to the venue's test endpoint, which knows single orders only.

        Each order is answered as DENIED, REJECTED or INITIALIZED; those that wait for another are
        not shown to the venue, which would miss what they spend. Raises Unavailable when the venue
        did not answer.
        """
        specs = (spec, *legs)
        for one in specs:
            if self._writer.book.taken(one.request_id):
                raise AlreadyExists(f"request_id {one.request_id} is taken; use a new one")
        contexts = self._admission.contexts(specs)
        each = assess_each(contexts)
        order, *others = [
            await self._try(context, breaches, caller)
            for context, breaches in zip(contexts, each, strict=True)
        ]
        return Placed(order, replayed=False, legs=tuple(others))

    async def _try(self, context: RiskContext, breaches: Breaches, caller: Caller) -> Order:
        spec = context.spec
        opened = self._admission.opened(context, "", caller, None)
        now_ns, trace_id = self._clock.now_ns(), caller.trace_id
        order = initialize(opened, at_ns=now_ns, trace_id=trace_id)
        stage = Book()
        stage.evolve(opened, at_ns=now_ns, trace_id=trace_id)
        if breaches:
            denied = OrderDenied(request_id=spec.request_id, breaches=breaches)
            return stage.evolve(denied, at_ns=now_ns, trace_id=trace_id) or order
        if context.waits:
            return order
        outcome = await self._broker.test(spec)
        if isinstance(outcome, Ambiguous):
            raise Unavailable(
                f"the venue's test endpoint did not answer: {outcome.cause}",
                reason="VENUE_UNREADABLE",
            )
        if isinstance(outcome, Refused):
            attempt = self._broker.prepare(spec, 1, now_ns)
            for event in (
                OrderSubmitted(request_id=spec.request_id, attempt=attempt),
                OrderRejected(request_id=spec.request_id, code=outcome.code, reason=outcome.reason),
            ):
                order = stage.evolve(event, at_ns=now_ns, trace_id=trace_id) or order
        return order
