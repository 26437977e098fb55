"""Section `risk`: what may be traded, and when trading stops by itself."""

from typing import Annotated

from pydantic import Field

from aitrader_server.config.section import Amount, Fraction, Location, Section, Symbol
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import TradingState

Notional = Annotated[Amount, Field(ge=0)]

_DEFAULTS = Limits()


class Risk(Section):
    """Limits that every order must meet; null, or a count of 0, means that there is none."""

    per_trade_cap: Fraction = Field(
        default=_DEFAULTS.per_trade_cap, description="share of equity one trade may risk, 0 to 1"
    )
    daily_loss_limit: Fraction | None = Field(
        default=_DEFAULTS.daily_loss_limit,
        description="loss of a day, share of its first equity, that stops orders, 0 to 1",
    )
    max_order_notional: Notional | None = Field(
        default=_DEFAULTS.max_order_notional, description="value of one order, quote asset"
    )
    max_order_quantity: Notional | None = Field(
        default=_DEFAULTS.max_order_quantity, description="size of one order, base asset"
    )
    price_collar: Fraction | None = Field(
        default=_DEFAULTS.price_collar,
        description="distance of a price from the market as a share of it, 0 to 1",
    )
    max_slippage: Fraction = Field(
        default=_DEFAULTS.max_slippage,
        lt=1,
        description="allowance in the worst price of a market order, 0 to less than 1",
    )
    max_spread: Fraction | None = Field(
        default=_DEFAULTS.max_spread, description="ask minus bid as a share of the middle, 0 to 1"
    )
    max_quote_age_ms: int = Field(
        default=_DEFAULTS.max_quote_age_ms,
        ge=0,
        le=3_600_000,
        description="age of a price that may still be used, ms, to 3600000",
    )
    max_position_notional: Notional | None = Field(
        default=_DEFAULTS.max_position_notional,
        description="value of one asset held with its open orders, quote asset",
    )
    max_gross_exposure: Notional | None = Field(
        default=_DEFAULTS.max_gross_exposure,
        description="value of all assets held with all open orders, quote asset",
    )
    max_concentration: Fraction | None = Field(
        default=_DEFAULTS.max_concentration,
        description="value of one asset as a share of equity, 0 to 1",
    )
    max_open_orders: int = Field(
        default=_DEFAULTS.max_open_orders,
        ge=0,
        le=10_000,
        description="orders that may work at once, to 10000",
    )
    repeated_order_window_ms: int = Field(
        default=_DEFAULTS.repeated_order_window_ms,
        ge=0,
        le=86_400_000,
        description="time in which an equal order is denied, ms, to 86400000",
    )
    max_unknown_orders: int = Field(
        default=_DEFAULTS.max_unknown_orders,
        ge=0,
        le=1_000,
        description="orders of unknown outcome before entries are denied, to 1000",
    )
    symbols: tuple[Symbol, ...] = Field(
        default=_DEFAULTS.symbols, description="the only symbols that may be traded; [] for all"
    )
    deadman: Location | None = Field(
        default=None,
        description="heartbeat file; orders are denied while it is too old; null: none",
    )
    deadman_limit_s: int = Field(
        default=60, ge=1, le=86_400, description="age of the heartbeat that denies, s, 1 to 86400"
    )
    initial_trading_state: TradingState = Field(
        default=TradingState.ACTIVE,
        description="ACTIVE, REDUCING or HALTED; a stricter stored one wins",
    )

    def limits(self) -> Limits:
        """The part that the risk assessment reads and that may change while the engine runs."""
        return Limits(**{name: getattr(self, name) for name in Limits.__struct_fields__})
