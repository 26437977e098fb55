"""What the matching engine takes in, keeps and tells.

Prices are in quote per base, quantities in base unless named otherwise, times in UTC nanoseconds.
Every struct is a value: a change makes a new one.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

from aitrader_gateway.sandbox.matching.words import (
    ENDED_STATUSES,
    CancelRestriction,
    Contingency,
    ExecutionType,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
    ReplaceMode,
    SymbolStatus,
)

NO_LIST = -1
NO_TRADE = -1


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Fractions of the amount received."""

    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol with all that its venue says of it; counts of zero stand for no bound."""

    instrument: Instrument
    base_precision: int = 8
    quote_precision: int = 8
    average_price_mins: int = 5
    order_lists_max: int = 20
    iceberg_orders_max: int = 0
    amends_max: int = 10
    default_prevention: SelfTradePrevention = SelfTradePrevention.EXPIRE_MAKER
    preventions: frozenset[SelfTradePrevention] = frozenset(SelfTradePrevention)


class Refusal(msgspec.Struct, frozen=True):
    """Nothing changed; `code` and `message` are the venue's own, e.g. -2010."""

    code: int
    message: str


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One order as asked for; parameters have been read and are well formed, nothing more.

    `trailing_delta` is in basis points, 0 for none; `strategy_id` and `strategy_type` are the
    caller's own numbers. `prevention` None stands for the listing's default.
    """

    symbol: str
    side: Side
    order_type: OrderType
    client_order_id: str
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_delta: int = 0
    iceberg_quantity: Decimal | None = None
    time_in_force: TimeInForce | None = None
    prevention: SelfTradePrevention | None = None
    strategy_id: int | None = None
    strategy_type: int | None = None


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Orders bound to each other.

    OCO: `orders` are the two legs, the one above the market first. OTO: the working order, then
    one pending order, or for OTOCO two, the one above the market first.
    """

    symbol: str
    contingency: Contingency
    list_client_order_id: str
    orders: tuple[OrderRequest, ...]


class ReplaceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel one order, then place another."""

    order: OrderRequest
    mode: ReplaceMode
    cancel_order_id: int | None = None
    cancel_client_order_id: str = ""
    cancel_new_client_order_id: str = ""
    restriction: CancelRestriction = CancelRestriction.NONE


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order at the venue.

    `locked` is in the asset that the order pays with. `working_at_ns` is -1 until the order first
    worked; `live` is False for a stop that waits, and for a pending order of a list.
    `trail_extreme` is the best price since a trailing stop began to follow, `trailing_at_ns` when.
    """

    account: str
    number: int
    request: OrderRequest
    client_order_id: str
    quantity: Decimal
    status: OrderStatus
    live: bool
    locked: Decimal
    created_at_ns: int
    updated_at_ns: int
    prevention: SelfTradePrevention
    price: Decimal = ZERO
    stop_price: Decimal = ZERO
    cumulative_quantity: Decimal = ZERO
    cumulative_quote: Decimal = ZERO
    list_number: int = NO_LIST
    working_at_ns: int = -1
    trail_extreme: Decimal | None = None
    trailing_at_ns: int = -1
    expiry: ExpiryReason = ExpiryReason.NONE
    amends: int = 0
    prevented_match: int = NO_TRADE
    prevented_quantity: Decimal = ZERO

    @property
    def symbol(self) -> str:
        return self.request.symbol

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def leaves_quantity(self) -> Decimal:
        """Base asset that neither executed nor was prevented, whatever the status."""
        return self.quantity - self.cumulative_quantity - self.prevented_quantity

    @property
    def ended(self) -> bool:
        """Nothing can happen to the order any more."""
        return self.status in ENDED_STATUSES


class OrderList(msgspec.Struct, frozen=True, kw_only=True):
    """A list of orders; `orders` are their numbers in the order of the request."""

    account: str
    number: int
    request: ListRequest
    list_client_order_id: str
    status_type: ListStatusType
    order_status: ListOrderStatus
    orders: tuple[int, ...]
    created_at_ns: int
    updated_at_ns: int


class AccountTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One side of an execution; `number` counts per symbol."""

    account: str
    symbol: str
    number: int
    order_number: int
    list_number: int
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    at_ns: int

    @property
    def quote_quantity(self) -> Decimal:
        """In the quote asset."""
        return self.price * self.quantity


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """One reduction of a working order's quantity that kept its place in the queue."""

    execution: int
    order: Order
    original_client_order_id: str
    original_quantity: Decimal
    new_quantity: Decimal
    at_ns: int


class Prevented(msgspec.Struct, frozen=True, kw_only=True):
    """One match that self-trade prevention kept from happening."""

    symbol: str
    number: int
    taker_order: int
    maker_order: int
    prevention: SelfTradePrevention
    price: Decimal
    taker_prevented_quantity: Decimal
    maker_prevented_quantity: Decimal
    at_ns: int


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted order as it stands after matching, and what it executed at once."""

    order: Order
    trades: tuple[AccountTrade, ...] = ()
    prevented: tuple[Prevented, ...] = ()


class Canceled(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was cancelled; `client_order_id` is the cancel's own."""

    order: Order
    client_order_id: str


class PlacedList(msgspec.Struct, frozen=True, kw_only=True):
    """A list with its orders, as they stood when it was accepted."""

    list: OrderList
    orders: tuple[Placed, ...]


class CanceledList(msgspec.Struct, frozen=True, kw_only=True):
    """A list that ended by a cancel of it or of one of its orders."""

    list: OrderList
    orders: tuple[Canceled, ...]


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """What came of both halves of a cancel-replace; `placed` None: not attempted."""

    canceled: Canceled | CanceledList | Refusal
    placed: Placed | Refusal | None


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """The book at one moment: price and visible quantity of each level, best first."""

    update: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers to be given out next; trades and prevented matches count by symbol."""

    order: int = 1
    order_list: int = 1
    execution: int = 1
    trades: Mapping[str, int] = msgspec.field(default_factory=dict)
    prevented: Mapping[str, int] = msgspec.field(default_factory=dict)


# What the engine tells unasked, in the order in which it happened.


class ExecutionReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of one order; `order` is as it stands after it.

    `client_order_id` is the order's own, but for a cancel, where it is the cancel's; then
    `original_client_order_id` is the order's. `last_*` are of this execution only.
    """

    order: Order
    kind: ExecutionType
    execution: int
    client_order_id: str
    at_ns: int
    original_client_order_id: str = ""
    trade: AccountTrade | None = None
    prevented: Prevented | None = None
    reject_reason: str = "NONE"


class ListStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A list began, changed or ended; `orders` are number and client order id of each."""

    list: OrderList
    orders: tuple[tuple[int, str], ...]
    at_ns: int


class AccountPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Free and locked amounts of the assets that one call may have changed."""

    account: str
    balances: Mapping[str, tuple[Decimal, Decimal]]
    at_ns: int


class BalanceUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit, or with a negative amount a withdrawal."""

    account: str
    asset: str
    amount: Decimal
    at_ns: int


class MarketTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One execution as everybody sees it."""

    symbol: str
    number: int
    price: Decimal
    quantity: Decimal
    buyer_is_maker: bool
    buyer_order: int
    seller_order: int
    at_ns: int


class LevelChange(msgspec.Struct, frozen=True, kw_only=True):
    """One price level of one side now holds `quantity`; `update` counts per symbol from 1."""

    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    update: int
    at_ns: int


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol began or ceased to trade."""

    symbol: str
    status: SymbolStatus
    at_ns: int


AccountEvent = ExecutionReport | ListStatus | AccountPosition | BalanceUpdate
MarketEvent = MarketTrade | LevelChange | StatusChange
VenueEvent = AccountEvent | MarketEvent
