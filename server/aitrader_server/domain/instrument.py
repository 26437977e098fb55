"""Instruments and the filters that their venue puts on orders."""

from decimal import Decimal

import msgspec

from aitrader_server.domain.money import ONE, ZERO, floor_to_step, round_to_step
from aitrader_server.domain.words import OrderType, Side, TimeInForce

ALL_TIMES_IN_FORCE = frozenset(TimeInForce)


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable pair; a zero bound means that the venue sets none.

    Quantities are in the base asset, prices in quote per base, notionals in the quote asset.
    Filter semantics: Binance Spot API, "Filters".
    """

    symbol: str
    base: str
    quote: str
    trading: bool = True
    tick_size: Decimal = ZERO
    min_price: Decimal = ZERO
    max_price: Decimal = ZERO
    step_size: Decimal = ZERO
    min_quantity: Decimal = ZERO
    max_quantity: Decimal = ZERO
    market_step_size: Decimal = ZERO
    market_min_quantity: Decimal = ZERO
    market_max_quantity: Decimal = ZERO
    min_notional: Decimal = ZERO
    max_notional: Decimal = ZERO
    min_notional_applies_to_market: bool = True
    max_notional_applies_to_market: bool = False
    bid_multiplier_down: Decimal = ZERO
    bid_multiplier_up: Decimal = ZERO
    ask_multiplier_down: Decimal = ZERO
    ask_multiplier_up: Decimal = ZERO
    max_position: Decimal = ZERO
    max_open_orders: int = 0
    max_stop_orders: int = 0
    iceberg_parts_max: int = 0
    min_trailing_above_bips: int = 0
    max_trailing_above_bips: int = 0
    min_trailing_below_bips: int = 0
    max_trailing_below_bips: int = 0
    order_types: frozenset[OrderType] = frozenset({OrderType.MARKET, OrderType.LIMIT})
    times_in_force: frozenset[TimeInForce] = ALL_TIMES_IN_FORCE

    @property
    def quantity_step(self) -> Decimal:
        """What the quantity of a market order must be a multiple of."""
        return max(self.step_size, self.market_step_size)

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """`quantity` cut down to the step that a market order must lie on."""
        return floor_to_step(quantity, self.quantity_step)

    def round_price(self, price: Decimal) -> Decimal:
        """`price` moved to the nearest tick."""
        return round_to_step(price, self.tick_size)

    def price_band(self, side: Side, reference: Decimal) -> tuple[Decimal, Decimal]:
        """Lowest and highest admitted price around `reference`; zero stands for no bound."""
        if side is Side.BUY:
            return reference * self.bid_multiplier_down, reference * self.bid_multiplier_up
        return reference * self.ask_multiplier_down, reference * self.ask_multiplier_up


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Best prices of one symbol; `at_ns` is when we received them, UTC nanoseconds."""

    symbol: str
    bid: Decimal
    ask: Decimal
    bid_quantity: Decimal
    ask_quantity: Decimal
    last: Decimal
    at_ns: int

    @property
    def usable(self) -> bool:
        """Whether orders may be priced against it: numbers above zero, and not crossed."""
        prices = (self.bid, self.ask, self.last)
        return all(price.is_finite() and price > ZERO for price in prices) and self.bid <= self.ask

    @property
    def mid(self) -> Decimal:
        """Middle of the spread."""
        return (self.bid + self.ask) / 2

    @property
    def spread(self) -> Decimal:
        """Width of the spread as a fraction of the mid price."""
        return (self.ask - self.bid) / self.mid

    def touch(self, side: Side) -> Decimal:
        """Price at which a marketable order of `side` starts to execute."""
        return self.ask if side is Side.BUY else self.bid

    def worst(self, side: Side, slippage: Decimal) -> Decimal:
        """Price after `slippage` (a fraction) against an order of `side`."""
        return self.ask * (ONE + slippage) if side is Side.BUY else self.bid * (ONE - slippage)


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Prices of one interval; `open_ns` is when it opened, UTC nanoseconds."""

    open_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
