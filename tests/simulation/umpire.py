"""Judges limits by sums of its own: what an order was let in for, against what had happened.

It reads the records in the order in which they became durable, and none of the engine's functions.
"""

from collections import deque
from datetime import UTC, datetime
from decimal import Decimal

from aitrader_server.domain.events import (
    AccountOpened,
    BalanceAdjusted,
    DayOpened,
    EquityMarked,
    Event,
    LimitsChanged,
    OrderApprovalRequested,
    OrderApproved,
    OrderEvent,
    OrderFilled,
    OrderInitialized,
    OrderSubmitted,
    StrategyChanged,
    SymbolReleased,
    SymbolRestricted,
    TradingStateChanged,
)
from aitrader_server.domain.terms import Limits, OrderSpec
from aitrader_server.domain.words import Side, TradingState

from simulation.sight import ORDERS_MAX, Sight
from simulation.sums import DaySums, Sums

DAY_NS = 86_400 * 1_000_000_000
# Clocks that step may disagree about the day, or about a minute, for so long.
MIDNIGHT_NS = 2 * 1_000_000_000
MINUTE_S = 58.0


class Foul(Exception):
    """An order was let in that a limit forbids."""


class Umpire:
    """Raises Foul for an order that must not have been let in."""

    def __init__(self) -> None:
        self._limits = Limits()
        self._trading = TradingState.ACTIVE
        self._moved_by = ""
        self._actors: dict[str, str] = {}
        self._specs: dict[str, OrderSpec] = {}
        self._sights: dict[str, Sight] = {}
        self._approved: set[str] = set()
        self._approve_by_ns: dict[str, int] = {}
        self._strategies: dict[str, StrategyChanged] = {}
        self._restricted: set[str] = set()
        self._sent_s: deque[float] = deque()
        self._executions: dict[str, set[str]] = {}
        self._sums = Sums()
        self._day = ""

    def on_sight(self, spec: OrderSpec, sight: Sight) -> None:
        """An order is being signed."""
        self._sights[spec.request_id] = sight

    def on_record(self, event: Event, at_ns: int) -> None:
        """A record became durable."""
        if isinstance(event, OrderEvent):
            self._on_order(event, at_ns)
        else:
            self._on_account(event, at_ns)

    def ended(self, request_id: str) -> None:
        """Nothing more comes of an order."""
        self._sums.end(request_id)

    def _on_order(self, event: OrderEvent, at_ns: int) -> None:
        match event:
            case OrderInitialized():
                self._specs[event.request_id] = event.spec
                self._actors[event.request_id] = event.actor
            case OrderApproved():
                what = f"{event.request_id} was approved by who asked for it"
                _expect(event.actor != self._actors[event.request_id], what)
                late = at_ns > self._approve_by_ns[event.request_id] + MIDNIGHT_NS
                _expect(not late, f"{event.request_id} was approved when it was too late")
                self._approved.add(event.request_id)
            case OrderApprovalRequested():
                self._approve_by_ns[event.request_id] = event.expires_at_ns
            case OrderSubmitted():
                self._on_submitted(event)
            case OrderFilled():
                spec = self._specs[event.request_id]
                self._sums.fill(event, _scopes(spec))
                if spec.strategy and event.side is Side.BUY:
                    self._executions.setdefault(spec.strategy, set()).add(event.request_id)
            case _:
                pass

    def _on_submitted(self, event: OrderSubmitted) -> None:
        spec, attempt = self._specs[event.request_id], event.attempt
        sight = self._sights.pop(event.request_id)
        self._sent_s.append(sight.at_s)
        if attempt.number > 1:
            return
        self._judge_moment(spec, sight)
        self._judge_size(spec, sight)
        self._judge_day(spec, sight, attempt.signed_at_ns)
        if spec.side is Side.BUY:
            # A sale reduces: neither losses nor its pace hold it back.
            self._judge_pace(spec, sight)
            self._judge_loss(spec, sight)

    def _on_account(self, event: Event, at_ns: int) -> None:
        sums = self._sums
        match event:
            case AccountOpened():
                sums.balances = dict(event.balances)
            case BalanceAdjusted():
                sums.add(event.asset, event.delta)
            case DayOpened():
                self._open_day(event, at_ns)
            case EquityMarked():
                sums.mark(event.equity)
            case LimitsChanged():
                self._limits = event.limits
            case _:
                self._on_switch(event)

    def _on_switch(self, event: Event) -> None:
        """Somebody changed what is let through."""
        match event:
            case StrategyChanged():
                known = self._strategies.get(event.name)
                if event.enabled and known is not None and not known.enabled:
                    self._executions.pop(event.name, None)
                self._strategies[event.name] = event
            case TradingStateChanged():
                if event.trading_state is TradingState.ACTIVE:
                    self._count_anew(self._moved_by)
                self._trading, self._moved_by = event.trading_state, event.actor
            case SymbolRestricted():
                self._restricted.add(event.symbol)
            case SymbolReleased():
                self._restricted.discard(event.symbol)
            case _:
                pass

    def _count_anew(self, moved_by: str) -> None:
        """A person looked at what had stopped trading."""
        if moved_by == "MAX_DRAWDOWN":
            self._sums.highest = self._sums.marked
        elif moved_by == "CONSECUTIVE_LOSSES":
            self._sums.losses = 0

    def _judge_moment(self, spec: OrderSpec, sight: Sight) -> None:
        request_id = spec.request_id
        _expect(self._trading is not TradingState.HALTED, f"{request_id} was let in halted")
        only_sales = self._trading is TradingState.REDUCING or spec.symbol in self._restricted
        what = f"{request_id} buys while only what reduces may pass"
        _expect(not only_sales or spec.side is Side.SELL, what)
        _expect(not sight.banned, f"{request_id} was let in while the venue hears nothing")
        what = f"{request_id} was let in with {sight.orders} of {ORDERS_MAX} used"
        _expect(sight.orders < ORDERS_MAX * 8 // 10, what)
        strategy = self._strategies.get(spec.strategy)
        what = f"{request_id} was let in for a strategy that is off"
        _expect(strategy is None or strategy.enabled, what)
        what = f"{request_id} was let in though it meets our own {sight.crosses}"
        _expect(not sight.crosses or not self._limits.deny_self_trade, what)

    def _judge_size(self, spec: OrderSpec, sight: Sight) -> None:
        limits, request_id, value = self._limits, spec.request_id, _value(spec, sight)
        own = limits.by_symbol.get(spec.symbol), limits.by_strategy.get(spec.strategy)
        for bounds in (limits, *own):
            bound = None if bounds is None else bounds.max_order_notional
            what = f"{request_id} is worth {value}, the limit is {bound}"
            _expect(bound is None or value <= bound, what)
        after, most = sight.open_orders + 1, limits.max_open_orders
        _expect(after <= most, f"{request_id} makes {after} open orders, the limit is {most}")
        least = limits.approval_notional
        what = f"{request_id}, worth {value}, left without a second person"
        approved = spec.side is Side.SELL or request_id in self._approved
        _expect(least is None or value < least or approved, what)

    def _judge_day(self, spec: OrderSpec, sight: Sight, signed_at_ns: int) -> None:
        day, limits = self._sums.day, self._limits
        for scope in _scopes(spec):
            day.orders[scope] += 1
        since_midnight_ns = signed_at_ns % DAY_NS
        doubtful = min(since_midnight_ns, DAY_NS - since_midnight_ns) < MIDNIGHT_NS
        if doubtful or spec.side is Side.SELL:
            return
        strategy = self._strategies.get(spec.strategy)
        self._judge_orders(spec, spec.strategy, strategy.max_daily_trades if strategy else 0)
        by_scope = {
            "": limits,
            spec.symbol: limits.by_symbol.get(spec.symbol),
            spec.strategy or None: limits.by_strategy.get(spec.strategy),
        }
        value = _value(spec, sight)
        for scope, bounds in by_scope.items():
            if bounds is None or scope is None:
                continue
            self._judge_orders(spec, scope, bounds.max_orders_per_day)
            most, after = bounds.max_turnover_per_day, day.turnover[scope] + value
            what = f"{spec.request_id} makes a turnover of {after} {scope}, the limit is {most}"
            _expect(most is None or after <= most, what)

    def _judge_orders(self, spec: OrderSpec, scope: str, most: int) -> None:
        count = self._sums.day.orders[scope]
        what = f"{spec.request_id} is order {count} of the day {scope}, {most} are allowed"
        _expect(not most or count <= most, what)

    def _judge_pace(self, spec: OrderSpec, sight: Sight) -> None:
        most, sent_s = self._limits.max_orders_per_minute, self._sent_s
        while sent_s[0] < sight.at_s - MINUTE_S:
            sent_s.popleft()
        what = f"{spec.request_id} is order {len(sent_s)} of a minute, {most} are allowed"
        _expect(not most or len(sent_s) <= most, what)
        most, executed = self._limits.max_executions, self._executions.get(spec.strategy, ())
        what = f"{spec.request_id} comes after {len(executed)} executions, {most} are allowed"
        _expect(not most or len(executed) < most, what)

    def _judge_loss(self, spec: OrderSpec, sight: Sight) -> None:
        """A purchase after more was lost than may be."""
        limits, sums, request_id = self._limits, self._sums, spec.request_id
        equity = sums.equity(sight.quotes)
        for name, share, base in (
            ("today", limits.daily_loss_limit, sums.day.equity),
            ("in 24 hours", limits.rolling_24h_loss_limit, sums.first_equity),
            ("from the highest", limits.max_drawdown, sums.highest),
        ):
            if share is None:
                continue
            _expect(equity is not None, f"{request_id} was let in and nobody knew the loss")
            assert equity is not None
            lost, most = base - equity, share * base
            what = f"{request_id} was let in after a loss {name} of {lost}, {most} stops"
            _expect(lost <= 0 or lost < most, what)
        most_losses = limits.max_consecutive_losses
        what = f"{request_id} was let in after {sums.losses} losses in a row"
        _expect(not most_losses or sums.losses < most_losses, what)

    def _open_day(self, event: DayOpened, at_ns: int) -> None:
        _expect(event.day > self._day, f"the day {event.day} began after {self._day}")
        since_midnight_ns = at_ns % DAY_NS
        doubtful = min(since_midnight_ns, DAY_NS - since_midnight_ns) < MIDNIGHT_NS
        today = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).date().isoformat()
        _expect(event.day == today or doubtful, f"the day {event.day} began on {today}")
        self._day, self._sums.day = event.day, DaySums(event.equity)
        self._sums.mark(event.equity)


def _scopes(spec: OrderSpec) -> tuple[str, ...]:
    return ("", spec.symbol, *((spec.strategy,) if spec.strategy else ()))


def _value(spec: OrderSpec, sight: Sight) -> Decimal:
    """The least that the order is worth, in the quote asset."""
    if spec.quote_quantity is not None:
        return spec.quote_quantity
    quote = sight.quotes[spec.symbol]
    assert spec.quantity is not None, spec
    if spec.limit_price is not None:
        return spec.quantity * spec.limit_price
    _expect(quote is not None, f"{spec.request_id} was let in without a price")
    assert quote is not None
    return spec.quantity * quote.bid


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise Foul(what)
