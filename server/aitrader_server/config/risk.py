"""Section `risk`: what may be traded, and when trading stops by itself."""

from typing import Annotated, Literal

from pydantic import Field

from aitrader_server.config.section import Amount, Fraction, Location, Section, Symbol
from aitrader_server.domain.risk.tripwires import Automatic as Moves
from aitrader_server.domain.terms import Limits, StrategyLimits, SymbolLimits
from aitrader_server.domain.words import TradingState

Notional = Annotated[Amount, Field(ge=0)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
StrategyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]

_DEFAULTS = Limits()


class Strategy(Section):
    """Tighter limits of one strategy."""

    max_order_notional: Notional | None = Field(
        default=None, description="value of one order, quote asset"
    )
    max_order_quantity: Notional | None = Field(
        default=None, description="size of one order, base asset"
    )
    max_open_orders: Count = Field(default=0, description="orders that may work at once")
    max_orders_per_day: Count = Field(default=0, description="orders of a UTC day")
    max_turnover_per_day: Notional | None = Field(
        default=None, description="value executed in a UTC day, quote asset"
    )
    max_loss_per_day: Notional | None = Field(
        default=None, description="loss realised in a UTC day, quote asset"
    )


class OneSymbol(Strategy):
    """Tighter limits of one symbol."""

    max_position_notional: Notional | None = Field(
        default=None, description="value held with its open orders, quote asset"
    )


Stricter = Literal["REDUCING", "HALTED"]


class Automatic(Section):
    """Where trading moves by itself; ACTIVE, of the last four: only their gates deny."""

    dead_man: Stricter = Field(default="HALTED", description="when no heartbeat came in time")
    losses: Stricter = Field(default="HALTED", description="when a limit of losses is met")
    rejects: TradingState = Field(
        default=TradingState.REDUCING, description="when the venue refuses too many orders"
    )
    unknown_orders: TradingState = Field(
        default=TradingState.REDUCING, description="when too many outcomes are unknown"
    )
    ban: TradingState = Field(
        default=TradingState.REDUCING, description="when the venue bans this address"
    )
    error_budget: Literal["ACTIVE", "REDUCING"] = Field(
        default="ACTIVE", description="when an objective's error budget is burnt"
    )

    def moves(self) -> Moves:
        """The part that the engine reads."""
        return Moves(**{name: TradingState(state) for name, state in self.model_dump().items()})


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
    rolling_24h_loss_limit: Fraction | None = Field(
        default=_DEFAULTS.rolling_24h_loss_limit,
        description="loss of any 24 hours, share of equity at their begin, 0 to 1",
    )
    max_drawdown: Fraction | None = Field(
        default=_DEFAULTS.max_drawdown, description="fall from the highest equity, share of it"
    )
    max_consecutive_losses: Count = Field(
        default=_DEFAULTS.max_consecutive_losses, description="losing sales in a row"
    )
    max_orders_per_minute: int = Field(
        default=_DEFAULTS.max_orders_per_minute,
        ge=0,
        le=10_000,
        description="orders sent in any 60 s, to 10000",
    )
    max_orders_per_day: Count = Field(
        default=_DEFAULTS.max_orders_per_day, description="orders of a UTC day"
    )
    max_turnover_per_day: Notional | None = Field(
        default=_DEFAULTS.max_turnover_per_day,
        description="value executed in a UTC day, quote asset",
    )
    max_rejects_per_minute: int = Field(
        default=_DEFAULTS.max_rejects_per_minute,
        ge=0,
        le=10_000,
        description="orders that the venue refuses in any 60 s before trading moves",
    )
    max_executions: Count = Field(
        default=_DEFAULTS.max_executions,
        description="executed purchases of a strategy before a person must enable it again",
    )
    max_mark_age_ms: int = Field(
        default=_DEFAULTS.max_mark_age_ms,
        ge=0,
        le=3_600_000,
        description="age of a price that equity may be marked with, ms, to 3600000",
    )
    deny_self_trade: bool = Field(
        default=_DEFAULTS.deny_self_trade,
        description="true: an order that would meet one of ours is denied",
    )
    approval_notional: Notional | None = Field(
        default=_DEFAULTS.approval_notional,
        description="value from which a second person must approve an order, quote asset",
    )
    approval_ttl_s: int = Field(
        default=_DEFAULTS.approval_ttl_s,
        ge=1,
        le=86_400,
        description="time in which to approve it, s, 1 to 86400",
    )
    by_symbol: dict[Symbol, OneSymbol] = Field(
        default={}, max_length=200, description="{symbol: {max_order_notional, ...}}, tighter"
    )
    by_strategy: dict[StrategyName, Strategy] = Field(
        default={}, max_length=1_000, description="{strategy: {max_order_notional, ...}}, tighter"
    )
    automatic: Automatic = Automatic()
    deadman: Location | None = Field(
        default=None,
        description="heartbeat file; trading halts when it is too old; null: none",
    )
    deadman_limit_s: int = Field(
        default=60, ge=1, le=86_400, description="age of the heartbeat that halts, s, 1 to 86400"
    )
    initial_trading_state: TradingState = Field(
        default=TradingState.ACTIVE,
        description="ACTIVE, REDUCING or HALTED; a stricter stored one wins",
    )

    def limits(self) -> Limits:
        """The part that the risk assessment reads and that may change while the engine runs."""
        given = {name: getattr(self, name) for name in Limits.__struct_fields__}
        scoped = {
            "by_symbol": {
                name: SymbolLimits(**section.model_dump())
                for name, section in self.by_symbol.items()
            },
            "by_strategy": {
                name: StrategyLimits(**section.model_dump())
                for name, section in self.by_strategy.items()
            },
        }
        return Limits(**(given | scoped))
