"""What is wished for: orders of every kind around the market, and the limits that they meet."""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from aitrader_server.domain.terms import (
    Limits,
    ListPlace,
    OrderSpec,
    StrategyLimits,
    SymbolLimits,
)
from aitrader_server.domain.words import (
    PRICED_TYPES,
    STOP_TYPES,
    Contingency,
    OrderType,
    Side,
    TimeInForce,
)

from simulation.world import SYMBOLS, TRADED, SimQuotes

CAPPED = "capped"
KINDS = {
    OrderType.MARKET: 3,
    OrderType.LIMIT: 5,
    OrderType.LIMIT_MAKER: 2,
    OrderType.STOP_LOSS: 1,
    OrderType.STOP_LOSS_LIMIT: 1,
    OrderType.TAKE_PROFIT: 1,
    OrderType.TAKE_PROFIT_LIMIT: 1,
}
BASIS_POINT = Decimal("0.0001")


class Wishes:
    """Draws orders; `name(prefix)` gives each an id of its own."""

    def __init__(self, chance: Random, quotes: SimQuotes, name: Callable[[str], str]) -> None:
        self._chance = chance
        self._quotes = quotes
        self._id = name

    def small(self) -> OrderSpec:
        """A small order a step of the market away from it."""
        chance = self._chance
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        quote, instrument = self._quotes.quote(symbol), TRADED[symbol]
        assert quote is not None
        away = Decimal(chance.randint(2, 20)) / 10_000 * (-1 if side is Side.BUY else 1)
        return OrderSpec(
            request_id=self._id("rest"),
            symbol=symbol,
            side=side,
            order_type=OrderType.LIMIT,
            quantity=instrument.floor_quantity(Decimal(200) / quote.last),
            limit_price=instrument.round_price(quote.last * (1 + away)),
        )

    def order(self) -> OrderSpec | None:
        """Any single order; some are refused by our limits, some by the venue."""
        chance = self._chance
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        quote, instrument = self._quotes.quote(symbol), TRADED[symbol]
        if quote is None:
            return None
        value = Decimal(chance.choice((50, 500, 500, 3_000, 3_000, 12_000, 40_000)))
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        in_quote = kind is OrderType.MARKET and chance.random() < 0.4
        trigger, trail = self._trigger(kind, side) if kind in STOP_TYPES else (None, 0)
        distance = chance.randint(-40, 40) * BASIS_POINT
        return OrderSpec(
            request_id=self._id("order"),
            symbol=symbol,
            side=side,
            order_type=kind,
            quantity=None if in_quote else instrument.floor_quantity(value / quote.last),
            quote_quantity=value if in_quote else None,
            limit_price=instrument.round_price(quote.last * (1 + distance))
            if kind in PRICED_TYPES
            else None,
            stop_price=None if trigger is None else instrument.round_price(quote.last * trigger),
            trailing_delta_bips=trail,
            time_in_force=chance.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC))
            if kind is OrderType.LIMIT
            else TimeInForce.GTC,
            strategy=chance.choice(("", CAPPED)),
        )

    def _trigger(self, kind: OrderType, side: Side) -> tuple[Decimal | None, int]:
        """Where a stop begins to work as a multiple of the market, how far it trails in bips."""
        chance = self._chance
        away = chance.randint(2, 30) * BASIS_POINT
        stops = kind in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        trigger = 1 + away if stops == (side is Side.BUY) else 1 - away
        if chance.random() < 0.3:
            return chance.choice((trigger, None)), chance.randint(10, 40)
        return trigger, 0

    def orders(self) -> tuple[OrderSpec, ...] | None:
        """An OCO, an OTO or an OTOCO around the market."""
        chance = self._chance
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        quote, instrument = self._quotes.quote(symbol), TRADED[symbol]
        if quote is None:
            return None
        last, quantity = quote.last, instrument.floor_quantity(Decimal(500) / quote.last)
        contingency = chance.choice(tuple(Contingency))
        leaving = side if contingency is Contingency.OCO else _opposite(side)
        away = Decimal(chance.randint(1, 30)) / 10_000
        better = away if leaving is Side.SELL else -away
        target = OrderSpec(
            request_id="",
            symbol=symbol,
            side=leaving,
            order_type=OrderType.LIMIT_MAKER,
            quantity=quantity,
            limit_price=instrument.round_price(last * (1 + better)),
        )
        stop = msgspec.structs.replace(
            target,
            order_type=OrderType.STOP_LOSS_LIMIT,
            limit_price=instrument.round_price(last * (1 - better * 2)),
            stop_price=instrument.round_price(last * (1 - better)),
        )
        entry = msgspec.structs.replace(
            target,
            side=side,
            order_type=OrderType.LIMIT,
            limit_price=instrument.round_price(last * (1 + better / 4)),
        )
        specs = {
            Contingency.OCO: (target, stop),
            Contingency.OTO: (entry, target),
            Contingency.OTOCO: (entry, target, stop),
        }[contingency]
        members = tuple(self._id("list") for _ in specs)
        return tuple(
            msgspec.structs.replace(
                spec,
                request_id=members[index],
                place=ListPlace(contingency=contingency, members=members, index=index),
            )
            for index, spec in enumerate(specs)
        )


def _opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def draw_limits(chance: Random) -> Limits:
    """Tight enough that they are met all the time; each is left out of most runs."""

    def some(*values: object, often: float = 0.15) -> Any:
        return chance.choice(values) if chance.random() < often else None

    def few(*values: int, often: float = 0.15) -> int:
        return some(*values, often=often) or 0

    return Limits(
        max_order_notional=Decimal(chance.choice((10_000, 20_000))),
        max_open_orders=chance.choice((3, 8, 20)),
        max_unknown_orders=chance.choice((3, 8)),
        repeated_order_window_ms=chance.choice((0, 0, 500)),
        daily_loss_limit=some(Decimal("0.001"), Decimal("0.005")),
        rolling_24h_loss_limit=some(Decimal("0.001"), Decimal("0.005")),
        max_drawdown=some(Decimal("0.002"), Decimal("0.005")),
        max_consecutive_losses=few(2, 4),
        max_orders_per_minute=few(10, 25),
        max_orders_per_day=few(30, 60),
        max_turnover_per_day=some(Decimal(100_000), Decimal(300_000)),
        max_executions=few(3, 8),
        approval_notional=some(Decimal(2_000), often=0.3),
        approval_ttl_s=chance.choice((3, 300)),
        by_symbol={"BTCUSDT": _own(chance)} if chance.random() < 0.2 else {},
        by_strategy={CAPPED: _of_strategy(chance)} if chance.random() < 0.2 else {},
    )


def _own(chance: Random) -> SymbolLimits:
    return SymbolLimits(
        max_order_notional=Decimal(chance.choice((2_000, 8_000))),
        max_open_orders=chance.choice((0, 3)),
        max_orders_per_day=chance.choice((0, 15)),
        max_turnover_per_day=chance.choice((None, Decimal(60_000))),
        max_loss_per_day=chance.choice((None, Decimal(20))),
    )


def _of_strategy(chance: Random) -> StrategyLimits:
    return StrategyLimits(
        max_order_notional=Decimal(chance.choice((2_000, 8_000))),
        max_orders_per_day=chance.choice((0, 15)),
        max_turnover_per_day=chance.choice((None, Decimal(60_000))),
    )
