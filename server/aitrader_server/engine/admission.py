"""What an order is judged by, and the record that its intent begins with."""

from collections.abc import Mapping

from aitrader_server.domain.events import OrderInitialized
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import Order
from aitrader_server.domain.order_list import LIST_DENIED, list_problem
from aitrader_server.domain.risk.checks import assess
from aitrader_server.domain.risk.context import Breaches, RiskContext
from aitrader_server.domain.risk.validity import shape_problem
from aitrader_server.domain.terms import Breach, DecisionRecord, OrderSpec
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.engine.ports import Clock, QuoteSource
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import InvalidRequest


class Admission:
    """Looks at the world once for each order that asks to be let in."""

    def __init__(
        self,
        *,
        writer: Writer,
        quotes: QuoteSource,
        clock: Clock,
        instruments: Mapping[str, Instrument],
        account: AccountBook,
        gatekeeper: Gatekeeper,
    ) -> None:
        self._writer = writer
        self._quotes = quotes
        self._clock = clock
        self._instruments = instruments
        self._account = account
        self._gatekeeper = gatekeeper

    def contexts(self, specs: tuple[OrderSpec, ...]) -> tuple[RiskContext, ...]:
        """What each of the orders that are placed together is judged by.

        Raises InvalidRequest when one makes no sense, or all do not go together.
        """
        contexts = tuple(self.context(spec, ahead=index) for index, spec in enumerate(specs))
        if (problem := list_problem(specs)) is not None:
            field, what = problem
            raise InvalidRequest(f"orders {what}", field=field, reason="ORDER_LIST")
        return contexts

    def context(
        self,
        spec: OrderSpec,
        *,
        replaces: Order | None = None,
        ahead: int = 0,
        approved: bool = False,
    ) -> RiskContext:
        """What `spec` is judged by; `replaces` is the order that it takes the place of.

        Raises InvalidRequest when the order makes no sense.
        """
        instrument = find_instrument(self._instruments, spec.symbol)
        if (problem := shape_problem(spec)) is not None:
            field, what = problem
            raise InvalidRequest(what, field=field, reason="ORDER_SHAPE")
        account = self._account.view()
        return RiskContext(
            spec=spec,
            book=self._writer.book,
            instrument=instrument,
            quote=self._quotes.quote(spec.symbol),
            gates=self._gatekeeper.gates(),
            account=account,
            now_ns=self._clock.now_ns(),
            replaces=replaces,
            ahead=ahead,
            approved=approved,
        )

    def opened(
        self,
        context: RiskContext,
        digest: str,
        caller: Caller,
        decision: DecisionRecord | None,
    ) -> OrderInitialized:
        """The event that takes the intent on."""
        return OrderInitialized(
            request_id=context.spec.request_id,
            spec=context.spec,
            base=context.instrument.base,
            quote=context.instrument.quote,
            reserve_price=context.price or ZERO,
            limits_version=self._writer.book.state.limits_version,
            digest=digest,
            actor=caller.name,
            decision=decision,
            equity=context.account.equity or ZERO,
            day_pnl=context.account.day_pnl or ZERO,
        )


def assess_each(contexts: tuple[RiskContext, ...]) -> tuple[Breaches, ...]:
    """The breaches of each order, all empty or none: together they pass or are denied."""
    each = tuple(map(assess, contexts))
    if not any(each):
        return each
    denied = ", ".join(
        context.spec.request_id
        for context, breaches in zip(contexts, each, strict=True)
        if breaches
    )
    other = (Breach(LIST_DENIED, f"placed together with {denied}, which was denied"),)
    return tuple(breaches or other for breaches in each)
