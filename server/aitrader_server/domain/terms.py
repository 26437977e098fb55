"""What events are made of: terms of an order, attempts, executions, limits and their breaches.

Times are UTC nanoseconds; amounts are in their own assets.
"""

from decimal import Decimal

import msgspec

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import (
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)


class Breach(msgspec.Struct, frozen=True):
    """One limit that an order would break; `message` names the unit of `limit` and `value`."""

    code: str
    message: str
    limit: str = ""
    value: str = ""


class ListPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands among those that were placed together.

    `members` are their request_ids; of an OTO or OTOCO the first works at once and the others wait
    until it has filled.
    """

    contingency: Contingency
    members: tuple[str, ...]
    index: int

    @property
    def list_id(self) -> str:
        """Names the list: the request_id of its first order."""
        return self.members[0]

    @property
    def waits(self) -> bool:
        """Whether the order works only once the first has filled."""
        return self.index > 0 and self.contingency is not Contingency.OCO

    @property
    def alternatives(self) -> str:
        """Names the orders of which only one can execute; empty when the order is not of them."""
        if self.contingency is Contingency.OTO:
            return ""
        alternative = self.index > 0 or self.contingency is Contingency.OCO
        return self.list_id if alternative else ""


class OrderSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller asked for; two specs are equal exactly when they ask for the same.

    `place` is None for an order on its own.
    """

    request_id: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_delta_bips: int = 0
    iceberg_quantity: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade_prevention: SelfTradePrevention | None = None
    reduce_only: bool = False
    strategy: str = ""
    place: ListPlace | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One signed try to send an order.

    The venue can admit it until `fence_at_ns`: the signature's time, its receive window, and the
    venue's own delays. `payload` holds the exact bytes that may leave, `key_id` tells under which
    of the venue's keys; empty where there are none.
    """

    number: int
    signed_at_ns: int
    recv_window_ms: int
    fence_at_ns: int
    payload: str = ""
    key_id: str = ""


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution; `trade_id` is unique per symbol at the venue, amounts in their own assets."""

    trade_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO
    fee_asset: str = ""
    maker: bool = False
    executed_at_ns: int = 0


class SentimentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a score of news did in a decision.

    `origin` is `news` for the text that came with the wish, `symbol` for what was said before;
    `unused_because` says why it had no effect, and then label and model may be empty.
    """

    origin: str
    label: str = ""
    score: float = 0.0
    model: str = ""
    engine: str = ""
    sha256: str = ""
    calibration: str = ""
    fallback_reason: str = ""
    unused_because: str = ""


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Every number that led to a decision; ratios are floats, amounts exact.

    `signal` is buy, sell or hold; `sentiment` is None without news.
    """

    signal: str
    confidence: float
    reasons: tuple[str, ...]
    signal_model: str
    regime: str
    regime_confidence: float
    regime_model: str
    sentiment: SentimentRecord | None = None
    risk_fraction: float = 0.0
    quantity: Decimal = ZERO
    trading_blocked: bool = False
    breaches: tuple[Breach, ...] = ()
    features: dict[str, float] = {}
    computed: tuple[str, ...] = ()
    sizing: tuple[str, ...] = ()


class StrategyLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one strategy, beside those of the account; None or a zero count: none.

    Notionals, turnover and realised loss in the account's quote asset, days in UTC.
    """

    max_order_notional: Decimal | None = None
    max_order_quantity: Decimal | None = None
    max_open_orders: int = 0
    max_orders_per_day: int = 0
    max_turnover_per_day: Decimal | None = None
    max_loss_per_day: Decimal | None = None


class SymbolLimits(StrategyLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one symbol, beside those of the account."""

    max_position_notional: Decimal | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be traded; None, or zero for a count or a window, means no such limit.

    A zero amount lets nothing through, and a quote of zero age only the newest.

    Fractions are of equity or price as named; notionals in the account's quote asset; ages in ms.
    `by_symbol` and `by_strategy` are met beside the rest, never instead of it.
    """

    per_trade_cap: Decimal = Decimal("0.02")
    daily_loss_limit: Decimal | None = Decimal("0.06")
    max_order_notional: Decimal | None = None
    max_order_quantity: Decimal | None = None
    price_collar: Decimal | None = Decimal("0.10")
    max_slippage: Decimal = Decimal("0.01")
    max_spread: Decimal | None = Decimal("0.01")
    max_quote_age_ms: int = 5000
    max_position_notional: Decimal | None = None
    max_gross_exposure: Decimal | None = None
    max_concentration: Decimal | None = None
    max_open_orders: int = 200
    repeated_order_window_ms: int = 0
    max_unknown_orders: int = 5
    symbols: tuple[str, ...] = ()
    rolling_24h_loss_limit: Decimal | None = None
    max_drawdown: Decimal | None = None
    max_consecutive_losses: int = 0
    max_orders_per_minute: int = 0
    max_orders_per_day: int = 0
    max_turnover_per_day: Decimal | None = None
    max_rejects_per_minute: int = 20
    max_executions: int = 0
    max_mark_age_ms: int = 60_000
    deny_self_trade: bool = True
    approval_notional: Decimal | None = None
    approval_ttl_s: int = 300
    by_symbol: dict[str, SymbolLimits] = {}
    by_strategy: dict[str, StrategyLimits] = {}
