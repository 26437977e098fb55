"""The fold of events into state, and the indexes that make it quick to ask."""

from collections.abc import Iterable

from aitrader_server.domain.events import (
    AccountOpened,
    BalanceAdjusted,
    DayOpened,
    EngineStarted,
    EquityMarked,
    Event,
    LimitsChanged,
    OrderEvent,
    OrderFilled,
    OrderInitialized,
    OrderRecalled,
    OrderRejected,
    OrderSubmitted,
    StrategyChanged,
    SymbolReleased,
    SymbolRestricted,
    TradingStateChanged,
    UsageRestored,
    VenueReset,
)
from aitrader_server.domain.ledger import postings
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import NotAdmitted, Order, apply, initialize, release
from aitrader_server.domain.portfolio import Exposure, Position
from aitrader_server.domain.state import (
    Intent,
    Kept,
    Restriction,
    State,
    Strategy,
    TradingStateRecord,
    decode_kept,
)
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.usage import Day
from aitrader_server.domain.words import OrderState, Side, TradingState

RECENT_INTENTS_MAX = 10_000
ENDED_ORDERS_MAX = 2_000
OUTSIDE_MAX = 10_000


class Book:
    """A state with the indexes that are derived from it.

    At most `ended_orders_max` terminal orders stay in memory: the longest ended leave first, so
    that a long life costs no more than a short one.
    """

    def __init__(
        self, state: State | None = None, *, ended_orders_max: int = ENDED_ORDERS_MAX
    ) -> None:
        self.state = state or State()
        self._ended_orders_max = ended_orders_max
        self.exposure = Exposure()
        self.by_venue_id: dict[str, tuple[str, ...]] = {}
        # Orders that wait for the first of their list, by that one's request_id.
        self._waiting: dict[str, tuple[str, ...]] = {}
        for order in self.state.orders.values():
            self._index(order)

    @property
    def recent(self) -> dict[str, int]:
        """When each of the latest intents was sent last, by `intent_key`."""
        return self.state.recent

    def order(self, request_id: str) -> Order | None:
        """The order of a request_id."""
        return self.state.orders.get(request_id)

    def taken(self, request_id: str) -> bool:
        """Whether an order has had this id, in memory or in the archive."""
        return request_id in self.state.orders or request_id in self.state.archived

    def find(self, order_id: str) -> Order | None:
        """The order of a request_id, or of a venue's id where that names one order only."""
        found = self.state.orders.get(order_id)
        if found is not None:
            return found
        matches = self.by_venue_id.get(order_id, ())
        return self.state.orders[matches[0]] if len(matches) == 1 else None

    def kept(self, request_id: str) -> Kept | None:
        """All that memory holds of an order."""
        order = self.state.orders.get(request_id)
        if order is None:
            return None
        return Kept(
            order=order,
            intent=self.state.intents[request_id],
            answer=self.state.answers.get(request_id),
        )

    def working(self) -> list[Order]:
        """Orders that are not terminal, oldest first."""
        return [self.state.orders[request_id] for request_id in self.exposure.working]

    def evolve(self, event: Event, *, at_ns: int, trace_id: str) -> Order | None:
        """Folds `event` in; returns the order that it changed.

        Raises AssertionError for an event that its order does not admit: whoever decides must ask
        the order's table first.
        """
        state = self.state
        state.sequence += 1
        state.ledger.post(postings(event))
        if isinstance(event, OrderEvent):
            return self._evolve_order(event, at_ns, trace_id)
        self._evolve_account(event, at_ns, trace_id)
        return None

    def _evolve_order(self, event: OrderEvent, at_ns: int, trace_id: str) -> Order:
        state = self.state
        if isinstance(event, OrderRecalled):
            return self._recall(decode_kept(event.kept))
        if isinstance(event, OrderInitialized):
            assert not self.taken(event.request_id), f"{event.request_id} is taken"
            order = initialize(event, at_ns=at_ns, trace_id=trace_id)
            state.intents[event.request_id] = Intent(
                digest=event.digest,
                actor=event.actor,
                decision=event.decision,
                equity=event.equity,
                day_pnl=event.day_pnl,
            )
        else:
            before = state.orders[event.request_id]
            after = apply(before, event, at_ns)
            assert not isinstance(after, NotAdmitted), f"{after.kind} on a {after.state} order"
            order = release(after) if self._awaits_nothing(after) else after
            self._count(event, before, at_ns)
        state.orders[event.request_id] = order
        if event.answers:
            state.answers[event.request_id] = order
        if order.terminal and not order.gap:
            state.conduct.close(order.request_id)
        self._index(order)
        self._retire(order)
        if order.state is OrderState.FILLED:
            self._release(order.request_id)
        return order

    def _count(self, event: OrderEvent, before: Order, at_ns: int) -> None:
        """What the event uses of the limits of days and windows."""
        state = self.state
        if isinstance(event, OrderFilled):
            self._book_fill(event, before)
        elif isinstance(event, OrderSubmitted):
            state.conduct.count_sent(at_ns)
            if event.attempt.number == 1:
                self._remember(before.spec, at_ns)
                state.day = state.day.with_order(before.spec.symbol, before.spec.strategy)
        elif isinstance(event, OrderRejected) and event.source == "reply":
            state.conduct.count_refused(at_ns)

    def _release(self, list_id: str) -> None:
        """The first order of a list has filled: those that waited for it work."""
        for request_id in self._waiting.pop(list_id, ()):
            released = self.state.orders[request_id] = release(self.state.orders[request_id])
            self._index(released)

    def _awaits_nothing(self, order: Order) -> bool:
        """Whether an order waits, taken for ended when the first of its list filled."""
        place = order.spec.place
        if not order.waits or place is None:
            return False
        first = self.state.orders.get(place.list_id)
        return first is not None and first.state is OrderState.FILLED

    def _retire(self, order: Order) -> None:
        """Notes the end of an order and lets go of those that ended longest ago."""
        state = self.state
        if not order.terminal or order.gap or order.request_id not in state.answers:
            # Its fate is open, or who sent it still waits: the reply must find it here.
            state.ended.pop(order.request_id, None)
            return
        state.ended.setdefault(order.request_id)
        while len(state.ended) > self._ended_orders_max:
            oldest = next(iter(state.ended))
            del state.ended[oldest]
            gone = state.orders.pop(oldest)
            del state.intents[oldest]
            state.answers.pop(oldest, None)
            state.archived[oldest] = None
            self._forget_venue_id(gone)

    def _forget_venue_id(self, gone: Order) -> None:
        """Other symbols' orders may have the same venue id: they keep it."""
        others = tuple(
            request_id
            for request_id in self.by_venue_id.pop(gone.venue_order_id, ())
            if request_id != gone.request_id
        )
        if others:
            self.by_venue_id[gone.venue_order_id] = others

    def _recall(self, kept: Kept) -> Order:
        """Puts an archived order back, as the one that ended last."""
        state, request_id = self.state, kept.order.request_id
        del state.archived[request_id]
        state.orders[request_id], state.intents[request_id] = kept.order, kept.intent
        if kept.answer is not None:
            state.answers[request_id] = kept.answer
        self._index(kept.order)
        self._retire(kept.order)
        return kept.order

    def _book_fill(self, event: OrderFilled, order: Order) -> None:
        state, fill = self.state, event.fill
        position = state.positions.get(event.symbol, Position())
        after = state.positions[event.symbol] = position.after(event)
        realized = after.realized - position.realized
        first = not order.fills
        state.day = state.day.with_fill(
            event.symbol,
            order.spec.strategy,
            value=fill.quantity * fill.price,
            realized=realized,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            first=first,
        )
        counted = order.terminal and not order.gap
        if event.side is Side.BUY and first:
            state.conduct.count_executed(order.spec.strategy)
        elif event.side is Side.SELL and not (counted and realized >= ZERO):
            # What comes late may be one loss more, and makes no earlier one undone.
            state.conduct.realize(order.request_id, realized)

    def _evolve_account(self, event: Event, at_ns: int, trace_id: str) -> None:
        state = self.state
        match event:
            case DayOpened():
                state.day = Day(day=event.day, start_equity=event.equity)
                state.conduct.mark(at_ns, event.equity)
            case EquityMarked():
                state.conduct.mark(at_ns, event.equity)
            case BalanceAdjusted():
                state.day = state.day.with_flow(event.value)
                state.conduct.flow(event.value)
            case UsageRestored():
                state.day = state.day.stricter(event.day)
                state.conduct.restore(event.conduct)
            case TradingStateChanged():
                self._switch(event, at_ns, trace_id)
            case LimitsChanged():
                state.limits, state.limits_version = event.limits, event.version
                state.limits_actor = event.actor
            case StrategyChanged():
                known = state.strategies.get(event.name)
                if event.enabled and known is not None and not known.enabled:
                    state.conduct.executions.pop(event.name, None)
                state.strategies[event.name] = Strategy(
                    name=event.name,
                    enabled=event.enabled,
                    max_risk_fraction=event.max_risk_fraction,
                    max_daily_trades=event.max_daily_trades,
                    notes=event.notes,
                    updated_at_ns=at_ns,
                )
            case EngineStarted():
                state.epoch = event.epoch
            case _:
                self._evolve_venue(event, at_ns)

    def _switch(self, event: TradingStateChanged, at_ns: int, trace_id: str) -> None:
        """Whoever resumes what a fall or a row of losses has stopped begins to count anew."""
        state = self.state
        if event.trading_state is TradingState.ACTIVE:
            if state.trading.actor == "MAX_DRAWDOWN":
                state.conduct.high = state.conduct.marks[-1].equity if state.conduct.marks else ZERO
            elif state.trading.actor == "CONSECUTIVE_LOSSES":
                state.conduct.losses = 0
        state.trading = TradingStateRecord(
            state=event.trading_state,
            reason=event.reason,
            actor=event.actor,
            since_ns=at_ns,
            trace_id=trace_id,
        )

    def _evolve_venue(self, event: Event, at_ns: int) -> None:
        state = self.state
        match event:
            case AccountOpened():
                state.account, state.venue = event.account, event.venue
            case SymbolRestricted():
                state.outside[event.key] = None
                if len(state.outside) > OUTSIDE_MAX:
                    del state.outside[next(iter(state.outside))]
                restriction = Restriction(reason=event.reason, since_ns=at_ns)
                state.restrictions.setdefault(event.symbol, restriction)
            case SymbolReleased():
                state.restrictions.pop(event.symbol, None)
            case VenueReset():
                state.venue_epoch, state.venue_since_ns = event.epoch, at_ns
                # What was held is gone: the differences to come are no result of any position.
                state.positions = {}
            case _:
                pass

    def _index(self, order: Order) -> None:
        self.exposure.update(order)
        self._index_wait(order)
        if order.venue_order_id:
            known = self.by_venue_id.get(order.venue_order_id, ())
            if order.request_id not in known:
                self.by_venue_id[order.venue_order_id] = (*known, order.request_id)

    def _index_wait(self, order: Order) -> None:
        place = order.spec.place
        if place is None or not place.waits:
            return
        waiting = self._waiting.get(place.list_id, ())
        known, waits = order.request_id in waiting, order.waits and not order.terminal
        if waits and not known:
            self._waiting[place.list_id] = (*waiting, order.request_id)
        elif known and not waits:
            left = tuple(other for other in waiting if other != order.request_id)
            self._waiting[place.list_id] = left
            if not left:
                del self._waiting[place.list_id]

    def _remember(self, spec: OrderSpec, at_ns: int) -> None:
        key = intent_key(spec)
        recent = self.state.recent
        recent.pop(key, None)
        recent[key] = at_ns
        if len(recent) > RECENT_INTENTS_MAX:
            del recent[next(iter(recent))]


def intent_key(spec: OrderSpec) -> str:
    """What makes two intents the same order asked for twice, however their amounts are spelled."""
    amounts = (spec.quantity, spec.quote_quantity, spec.limit_price, spec.stop_price)
    return "|".join(
        (
            spec.strategy,
            spec.symbol,
            spec.side,
            spec.order_type,
            *("" if amount is None else str(amount.normalize()) for amount in amounts),
            str(spec.trailing_delta_bips),
        )
    )


def fold(events: Iterable[tuple[Event, int, str]], book: Book) -> Book:
    """Folds (event, at_ns, trace_id) into `book`, which it returns."""
    for event, at_ns, trace_id in events:
        book.evolve(event, at_ns=at_ns, trace_id=trace_id)
    return book
