"""Judges limits by sums of its own: what an order was let in for, against what had happened.

It reads the records in the order in which they became durable, and none of the engine's functions.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from aitrader_server.domain.events import (
    AccountOpened,
    BalanceAdjusted,
    DayOpened,
    Event,
    LimitsChanged,
    OrderFilled,
    OrderInitialized,
    OrderSubmitted,
    StrategyChanged,
    SymbolReleased,
    SymbolRestricted,
    TradingStateChanged,
)
from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.terms import Limits, OrderSpec
from aitrader_server.domain.words import Side, TradingState

DAY_NS = 86_400 * 1_000_000_000
# Clocks that step may disagree about the day for so long.
MIDNIGHT_NS = 2 * 1_000_000_000


class Sight(NamedTuple):
    """What could be seen from outside when an order was signed.

    `open_orders` is what the venue has or may get.
    """

    quotes: Mapping[str, Quote | None]
    open_orders: int
    banned: bool


class Foul(Exception):
    """An order was let in that a limit forbids."""


class Umpire:
    """Raises Foul for an order that must not have been let in."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._trading = TradingState.ACTIVE
        self._specs: dict[str, OrderSpec] = {}
        self._sights: dict[str, Sight] = {}
        self._daily_trades: dict[str, int] = {}
        self._restricted: set[str] = set()
        self._balances: dict[str, Decimal] = {}
        self._day = ""
        self._day_equity = Decimal(0)
        self._orders: dict[tuple[str, int], int] = {}

    def on_sight(self, spec: OrderSpec, sight: Sight) -> None:
        """An order is being signed."""
        self._sights[spec.request_id] = sight

    def on_record(self, event: Event, at_ns: int) -> None:
        """A record became durable."""
        match event:
            case OrderInitialized():
                self._specs[event.request_id] = event.spec
            case OrderSubmitted() if event.attempt.number == 1:
                spec = self._specs[event.request_id]
                sight = self._sights.pop(event.request_id)
                self._judge_moment(spec, sight)
                self._judge_size(spec, sight)
                self._judge_count(spec, event.attempt.signed_at_ns)
                self._judge_loss(spec, sight)
            case OrderFilled():
                self._book(event)
            case AccountOpened():
                self._balances = dict(event.balances)
            case BalanceAdjusted():
                self._add(event.asset, event.delta)
                self._day_equity += event.value
            case DayOpened():
                self._open_day(event, at_ns)
            case _:
                self._on_switch(event)

    def _on_switch(self, event: Event) -> None:
        """Somebody changed what is let through."""
        match event:
            case LimitsChanged():
                self.limits = event.limits
            case StrategyChanged():
                self._daily_trades[event.name] = event.max_daily_trades
            case TradingStateChanged():
                self._trading = event.trading_state
            case SymbolRestricted():
                self._restricted.add(event.symbol)
            case SymbolReleased():
                self._restricted.discard(event.symbol)
            case _:
                pass

    def _judge_moment(self, spec: OrderSpec, sight: Sight) -> None:
        _expect(self._trading is not TradingState.HALTED, f"{spec.request_id} was let in halted")
        only_sales = self._trading is TradingState.REDUCING or spec.symbol in self._restricted
        _expect(
            not only_sales or spec.side is Side.SELL,
            f"{spec.request_id} buys while only what reduces may pass",
        )
        _expect(not sight.banned, f"{spec.request_id} was let in while the venue hears nothing")

    def _judge_size(self, spec: OrderSpec, sight: Sight) -> None:
        limits, quote = self.limits, sight.quotes[spec.symbol]
        notional = spec.quote_quantity
        if notional is None:
            price = spec.limit_price or (quote.mid if quote is not None else None)
            assert spec.quantity is not None, spec
            _expect(price is not None, f"{spec.request_id} was let in without a price")
            assert price is not None
            notional = spec.quantity * price
        bound = limits.max_order_notional
        _expect(
            bound is None or notional <= bound,
            f"{spec.request_id} is worth {notional}, the limit is {bound}",
        )
        after = sight.open_orders + 1
        _expect(
            after <= limits.max_open_orders,
            f"{spec.request_id} makes {after} open orders, the limit is {limits.max_open_orders}",
        )

    def _judge_count(self, spec: OrderSpec, signed_at_ns: int) -> None:
        """Orders of a strategy by day, as their signatures tell it."""
        if not spec.strategy:
            return
        day, since_midnight_ns = divmod(signed_at_ns, DAY_NS)
        count = self._orders[spec.strategy, day] = self._orders.get((spec.strategy, day), 0) + 1
        bound = self._daily_trades.get(spec.strategy, 0)
        doubtful = min(since_midnight_ns, DAY_NS - since_midnight_ns) < MIDNIGHT_NS
        _expect(
            not bound or count <= bound or doubtful,
            f"{spec.request_id} is the strategy's order {count} of the day, {bound} are allowed",
        )

    def _judge_loss(self, spec: OrderSpec, sight: Sight) -> None:
        """A purchase after the day has lost more than it may."""
        bound = self.limits.daily_loss_limit
        if bound is None or spec.side is Side.SELL:
            return
        equity = self._equity(sight)
        _expect(equity is not None, f"{spec.request_id} was let in and nobody knew the loss")
        assert equity is not None
        lost, most = self._day_equity - equity, bound * self._day_equity
        _expect(
            lost < most, f"{spec.request_id} was let in after a loss of {lost}, {most} is the limit"
        )

    def _equity(self, sight: Sight) -> Decimal | None:
        total = self._balances.get("USDT", Decimal(0))
        for symbol, quote in sight.quotes.items():
            held = self._balances.get(symbol.removesuffix("USDT"), Decimal(0))
            if held and quote is None:
                return None
            total += held * quote.last if quote is not None else 0
        return total

    def _open_day(self, event: DayOpened, at_ns: int) -> None:
        _expect(event.day > self._day, f"the day {event.day} began after {self._day}")
        since_midnight_ns = at_ns % DAY_NS
        doubtful = min(since_midnight_ns, DAY_NS - since_midnight_ns) < MIDNIGHT_NS
        today = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).date().isoformat()
        _expect(event.day == today or doubtful, f"the day {event.day} began on {today}")
        self._day, self._day_equity = event.day, event.equity

    def _book(self, event: OrderFilled) -> None:
        fill, sign = event.fill, 1 if event.side is Side.BUY else -1
        self._add(event.base, sign * fill.quantity)
        self._add(event.quote, -sign * fill.quantity * fill.price)
        self._add(fill.fee_asset, -fill.fee)

    def _add(self, asset: str, amount: Decimal) -> None:
        self._balances[asset] = self._balances.get(asset, Decimal(0)) + amount


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise Foul(what)
