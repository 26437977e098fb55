"""What callers ask of the engine, and what they are told."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from aitrader_server.domain.decision.features import PartialFeatures
from aitrader_server.domain.decision.views import News
from aitrader_server.domain.order import Order
from aitrader_server.domain.terms import Breach, DecisionRecord
from aitrader_server.domain.words import OrderType, TimeInForce


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and the trace that the question belongs to.

    The question arrived at `arrived_s` by the stopwatch of the ports, None where nobody called.
    """

    name: str
    trace_id: str
    arrived_s: float | None = None


class Placed(msgspec.Struct, frozen=True):
    """The first answer to an order; `replayed` when the same request had been taken on before.

    `decision` is the one that asked for it, None for an explicit order. `legs` were placed together
    with it.
    """

    order: Order
    replayed: bool
    decision: DecisionRecord | None = None
    legs: tuple[Order, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about an open order; None keeps what it has.

    `new_request_id` is the id of the order that takes its place, should it come to that.
    """

    request_id: str
    new_request_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """The order that works now and the one that it replaced, None when it was amended."""

    order: Order
    replaced: Order | None
    replayed: bool = False


class TradeIntent(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to trade that the models turn into an order, or into none.

    `digest` identifies the caller's whole request.
    """

    request_id: str
    symbol: str
    digest: str
    features: PartialFeatures = PartialFeatures()
    news: News | None = None
    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    strategy: str = ""
    dry_run: bool = False


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and what came of it; `error` says why nothing was executed."""

    decision: DecisionRecord
    order: Order | None
    error: str
    replayed: bool


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a cancel; `error` is empty when the venue confirmed it."""

    order: Order
    cancelled: bool
    error: str


class Checked(msgspec.Struct, frozen=True):
    """What the controls say about an order that nobody sent."""

    breaches: tuple[Breach, ...]
    limits_version: int


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """The account at the venue, and by how much it differed from what we had booked."""

    free: Mapping[str, Decimal]
    locked: Mapping[str, Decimal]
    positions: Mapping[str, Decimal]
    external: Mapping[str, Decimal]
    at_ns: int


class Pnl(msgspec.Struct, frozen=True, kw_only=True):
    """Profit and loss of the UTC day, quote asset; `drawdown` is a fraction of the day's high.

    None where a price that it needs is missing.
    """

    at_ns: int
    start_equity: Decimal
    equity: Decimal | None
    realized: Decimal
    unrealized: Decimal | None
    fees: Decimal | None
    drawdown: float
    filled_orders: int


class StrategyChange(msgspec.Struct, frozen=True, kw_only=True):
    """New switches of one strategy; None keeps the old."""

    enabled: bool | None = None
    max_risk_fraction: float | None = None
    max_daily_trades: int | None = None
    notes: str | None = None
