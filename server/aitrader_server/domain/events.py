"""Everything that can happen, as the journal records it.

An event is a fact: it is never refused, edited or deleted, and state is nothing but their fold.
Times are UTC nanoseconds. The tag of an event is its class name; a renamed class is a new kind.
"""

from decimal import Decimal
from typing import get_args

import msgspec

from aitrader_server.domain.conduct import Conduct
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.terms import Attempt, Breach, DecisionRecord, Fill, Limits, OrderSpec
from aitrader_server.domain.usage import Day
from aitrader_server.domain.words import (
    Side,
    TradingState,
)


class Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag=True
):
    """Any event."""


class OrderEvent(Event, frozen=True, kw_only=True, tag=True):
    """Any event in the life of one order.

    `answers` marks the event after which the caller was given the first answer. `source` is what
    showed a fact of the venue's: reply, stream, query, history or open_orders.
    """

    request_id: str
    answers: bool = False
    source: str = ""


class OrderInitialized(OrderEvent, frozen=True, kw_only=True, tag=True):
    """An intent was taken on; `reserve_price` prices its worst case in quote per base.

    `digest` identifies the caller's request: another request under the same id is refused. `equity`
    and `day_pnl` are those of the account at that moment, quote asset.
    """

    spec: OrderSpec
    base: str
    quote: str
    reserve_price: Decimal
    limits_version: int
    digest: str = ""
    actor: str = ""
    decision: DecisionRecord | None = None
    equity: Decimal = ZERO
    day_pnl: Decimal = ZERO


class OrderDenied(OrderEvent, frozen=True, kw_only=True, tag=True):
    breaches: tuple[Breach, ...]


class OrderApprovalRequested(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The order passed every control but waits for a second person, until `expires_at_ns`."""

    reason: str
    expires_at_ns: int


class OrderApproved(OrderEvent, frozen=True, kw_only=True, tag=True):
    """A second person let the order go; the controls judge it once more.

    `reserve_price` prices its worst case as it then is, None where nothing does.
    """

    actor: str
    reserve_price: Decimal | None = None
    reason: str = ""


class OrderSubmitted(OrderEvent, frozen=True, kw_only=True, tag=True):
    """Journalled before the first byte of the attempt leaves.

    `after` says why the venue did not take the attempt before it.
    """

    attempt: Attempt
    after: str = ""


class OrderUnknown(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The reply was lost; the order may or may not exist at the venue."""

    cause: str


class OrderAccepted(OrderEvent, frozen=True, kw_only=True, tag=True):
    """`quantity` is the base quantity as the venue understood it."""

    venue_order_id: str
    quantity: Decimal | None = None


class OrderTriggered(OrderEvent, frozen=True, kw_only=True, tag=True):
    venue_order_id: str


class OrderFilled(OrderEvent, frozen=True, kw_only=True, tag=True):
    """`symbol`, `side`, `base` and `quote` are repeated so that the ledger needs no order."""

    venue_order_id: str
    symbol: str
    side: Side
    base: str
    quote: str
    fill: Fill


class OrderGapFound(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue reported more executed than we have booked: its trades must be asked for."""

    venue_order_id: str
    reported_quantity: Decimal


class OrderCompleted(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue filled the order at another quantity than we knew of; `quantity` in base asset."""

    venue_order_id: str
    quantity: Decimal


class OrderCancelRequested(OrderEvent, frozen=True, kw_only=True, tag=True):
    actor: str = ""


class OrderCancelRefused(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue still works the order."""

    reason: str


class OrderReplaceRequested(OrderEvent, frozen=True, kw_only=True, tag=True):
    """An amendment to `quantity` was sent, or a cancel together with the order `by`."""

    by: str = ""
    quantity: Decimal | None = None
    actor: str = ""


class OrderReplaceRefused(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue still works the order as it was."""

    reason: str


class OrderAmended(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue now works the order with this lower quantity, base asset."""

    quantity: Decimal


class OrderCanceled(OrderEvent, frozen=True, kw_only=True, tag=True):
    venue_order_id: str
    reason: str = ""


class OrderExpired(OrderEvent, frozen=True, kw_only=True, tag=True):
    venue_order_id: str
    reason: str = ""


class OrderRejected(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue proved that it did not accept the order; `code` is its code or NEVER_LANDED."""

    code: str
    reason: str


class OrderLost(OrderEvent, frozen=True, kw_only=True, tag=True):
    """An operator settled an absence."""

    evidence: str
    actor: str


class OrderAnswered(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The first answer was given when everything it says had been journalled before."""


class OrderRecalled(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue spoke again of an order that had left memory; `kept` is what the journal has."""

    kept: str


class ReportIgnored(OrderEvent, frozen=True, kw_only=True, tag=True):
    """The venue said what the order's state does not admit; the venue is asked again."""

    state: str
    reported: str


class AccountOpened(Event, frozen=True, kw_only=True, tag=True):
    """The first balances that the venue told us, by asset; the ledger starts from them.

    `venue` is the adapter's name and its environment, e.g. `paper/paper`.
    """

    account: str
    venue: str
    balances: dict[str, Decimal]


class BalanceAdjusted(Event, frozen=True, kw_only=True, tag=True):
    """The venue holds more or less than we booked; `value` is the difference in the quote asset."""

    asset: str
    delta: Decimal
    value: Decimal
    reason: str


class SymbolRestricted(Event, frozen=True, kw_only=True, tag=True):
    """Something else than this engine traded here: only reducing orders pass for `symbol`.

    `key` names what was seen, so that the same thing restricts once only.
    """

    symbol: str
    key: str
    reason: str


class SymbolReleased(Event, frozen=True, kw_only=True, tag=True):
    """Somebody acknowledged what restricted `symbol`."""

    symbol: str
    reason: str
    actor: str


class VenueReset(Event, frozen=True, kw_only=True, tag=True):
    """The venue's account began anew: a test system was wiped. `epoch` counts its lives from 1.

    What worked there is gone, and its ids may come again for other orders and trades.
    """

    epoch: int
    evidence: str


class DayOpened(Event, frozen=True, kw_only=True, tag=True):
    """A UTC day began, or the first one with an account; `equity` in the quote asset."""

    day: str
    equity: Decimal


class EquityMarked(Event, frozen=True, kw_only=True, tag=True):
    """The account was worth `equity`, quote asset, by a clock that the venue confirms."""

    equity: Decimal


class UsageRestored(Event, frozen=True, kw_only=True, tag=True):
    """The limits store remembered what this journal does not: the stricter of both counts."""

    day: Day
    conduct: Conduct


class TradingStateChanged(Event, frozen=True, kw_only=True, tag=True):
    trading_state: TradingState
    reason: str
    actor: str


class LimitsChanged(Event, frozen=True, kw_only=True, tag=True):
    limits: Limits
    version: int
    actor: str
    reason: str


class StrategyChanged(Event, frozen=True, kw_only=True, tag=True):
    """New switches of a strategy; `max_risk_fraction` 0 to 1, `max_daily_trades` 0: no limit."""

    name: str
    enabled: bool
    max_risk_fraction: float
    max_daily_trades: int
    notes: str
    actor: str


class EngineStarted(Event, frozen=True, kw_only=True, tag=True):
    """A new life of the engine began."""

    epoch: int
    version: str


class EngineStopped(Event, frozen=True, kw_only=True, tag=True):
    """The engine ended in good order."""

    reason: str


AnyEvent = (
    OrderInitialized
    | OrderDenied
    | OrderApprovalRequested
    | OrderApproved
    | OrderSubmitted
    | OrderUnknown
    | OrderAccepted
    | OrderTriggered
    | OrderFilled
    | OrderGapFound
    | OrderCompleted
    | OrderCancelRequested
    | OrderCancelRefused
    | OrderReplaceRequested
    | OrderReplaceRefused
    | OrderAmended
    | OrderCanceled
    | OrderExpired
    | OrderRejected
    | OrderLost
    | OrderAnswered
    | OrderRecalled
    | ReportIgnored
    | AccountOpened
    | BalanceAdjusted
    | SymbolRestricted
    | SymbolReleased
    | VenueReset
    | DayOpened
    | EquityMarked
    | UsageRestored
    | TradingStateChanged
    | LimitsChanged
    | StrategyChanged
    | EngineStarted
    | EngineStopped
)

# The classes' names are what the journal and the event stream call them.
EVENT_KINDS = frozenset(kind.__name__ for kind in get_args(AnyEvent))
