"""Small worlds to ask the domain in: an instrument, a quote, an account, an order in any state."""

from decimal import Decimal

import msgspec
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    AccountOpened,
    DayOpened,
    Event,
    LimitsChanged,
    OrderAccepted,
    OrderApprovalRequested,
    OrderCanceled,
    OrderCancelRequested,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderInitialized,
    OrderLost,
    OrderRejected,
    OrderReplaceRequested,
    OrderSubmitted,
    OrderTriggered,
    OrderUnknown,
)
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.order import Order, apply, initialize
from aitrader_server.domain.risk.context import Account, Gates, RiskContext
from aitrader_server.domain.terms import Attempt, Breach, Fill, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState, OrderType, Side

D = Decimal
PRICE = D(10000)
NOW_NS = 1_800_000_000_000_000_000
NS_PER_MS = 1_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"

BTC = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick_size=D("0.01"),
    min_price=D("0.01"),
    max_price=D(1_000_000),
    step_size=D("0.00001"),
    min_quantity=D("0.00001"),
    max_quantity=D(9000),
    min_notional=D(5),
    max_notional=D(9_000_000),
    iceberg_parts_max=10,
    order_types=frozenset(OrderType),
)
BNB = msgspec.structs.replace(BTC, symbol="BNBUSDT", base="BNB")
QUOTE = Quote(
    symbol="BTCUSDT",
    bid=D(9999),
    ask=D(10001),
    bid_quantity=D(1),
    ask_quantity=D(1),
    last=D(10000),
    at_ns=NOW_NS,
)
OPEN_GATES = Gates(
    reconciling=False,
    stream_up=True,
    clock_offset_ms=0,
    clock_offset_ms_max=500,
    dead_man_expired=False,
    journal_writable=True,
    banned_until_ns=0,
    environment_matches=True,
)
WEALTH = Account(quote_asset="USDT", equity=D(200_000), day_pnl=D(0))


def spec(request_id: str = "r-1", **given) -> OrderSpec:
    """A limit order to buy 0.01 BTC at 10000 USDT, unless told otherwise."""
    fields = {
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": D("0.01"),
        "limit_price": D(10000),
    }
    return OrderSpec(request_id=request_id, **{**fields, **given})


def market(request_id: str = "r-1", **given) -> OrderSpec:
    """A market order to buy 0.01 BTC, unless told otherwise."""
    fields = {"order_type": OrderType.MARKET, "limit_price": None}
    return spec(request_id, **{**fields, **given})


def instrument_of(symbol: str) -> Instrument:
    """BTCUSDT or BNBUSDT."""
    return {"BTCUSDT": BTC, "BNBUSDT": BNB}[symbol]


def opened(of: OrderSpec, reserve_price: Decimal = PRICE, **given) -> OrderInitialized:
    """The intent of an order."""
    return OrderInitialized(
        request_id=of.request_id,
        spec=of,
        base=instrument_of(of.symbol).base,
        quote="USDT",
        reserve_price=reserve_price,
        limits_version=1,
        **given,
    )


def attempt(number: int = 1) -> Attempt:
    return Attempt(number=number, signed_at_ns=NOW_NS, recv_window_ms=2000, fence_at_ns=NOW_NS + 1)


def submitted(request_id: str = "r-1", number: int = 1) -> OrderSubmitted:
    return OrderSubmitted(request_id=request_id, attempt=attempt(number))


def fill(trade_id: str, quantity: str, price: str = "10000", fee: str = "0", asset: str = "USDT"):
    return Fill(
        trade_id=trade_id, quantity=D(quantity), price=D(price), fee=D(fee), fee_asset=asset
    )


def filled(of: Fill, request_id: str = "r-1", side: Side = Side.BUY, **given) -> OrderFilled:
    fields = {"symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "venue_order_id": "v-1"}
    return OrderFilled(request_id=request_id, side=side, fill=of, **{**fields, **given})


def report(
    status: VenueStatus,
    cumulative: str = "0",
    fills: tuple[Fill, ...] = (),
    quantity: str | None = "0.01",
    **given,
) -> VenueReport:
    fields = {"request_id": "r-1", "symbol": "BTCUSDT", "venue_order_id": "v-1"}
    return VenueReport(
        status=status,
        quantity=None if quantity is None else D(quantity),
        cumulative_quantity=D(cumulative),
        fills=fills,
        **{**fields, **given},
    )


def events_to(
    state: OrderState, request_id: str = "r-1", symbol: str = "BTCUSDT", side: Side = Side.BUY
) -> tuple[OrderEvent, ...]:
    """What leads an order of 0.01 from its intent to `state`."""
    traded = {"symbol": symbol, "base": instrument_of(symbol).base, "side": side}
    sent = (submitted(request_id),)
    accepted = (*sent, OrderAccepted(request_id=request_id, venue_order_id="v-1"))
    part = filled(fill("t-1", "0.004"), request_id, **traded)
    paths: dict[OrderState, tuple[OrderEvent, ...]] = {
        OrderState.INITIALIZED: (),
        OrderState.DENIED: (OrderDenied(request_id=request_id, breaches=(Breach("A", "no"),)),),
        OrderState.PENDING_APPROVAL: (
            OrderApprovalRequested(
                request_id=request_id, reason="large", expires_at_ns=NOW_NS + 1, answers=True
            ),
        ),
        OrderState.SUBMITTED: sent,
        OrderState.UNKNOWN: (*sent, OrderUnknown(request_id=request_id, cause="timeout")),
        OrderState.ACCEPTED: accepted,
        OrderState.TRIGGERED: (
            *accepted,
            OrderTriggered(request_id=request_id, venue_order_id="v-1"),
        ),
        OrderState.PARTIALLY_FILLED: (*accepted, part),
        OrderState.PENDING_CANCEL: (*accepted, OrderCancelRequested(request_id=request_id)),
        OrderState.PENDING_REPLACE: (
            *accepted,
            OrderReplaceRequested(request_id=request_id, quantity=D("0.006")),
        ),
        OrderState.FILLED: (*accepted, filled(fill("t-1", "0.01"), request_id, **traded)),
        OrderState.CANCELED: (
            *accepted,
            OrderCanceled(request_id=request_id, venue_order_id="v-1"),
        ),
        OrderState.EXPIRED: (*accepted, OrderExpired(request_id=request_id, venue_order_id="v-1")),
        OrderState.REJECTED: (
            *sent,
            OrderRejected(request_id=request_id, code="NEVER_LANDED", reason="absent"),
        ),
        OrderState.LOST: (
            *sent,
            OrderUnknown(request_id=request_id, cause="timeout"),
            OrderLost(request_id=request_id, evidence="the venue's blotter", actor="ann"),
        ),
    }
    return paths[state]


def order_in(state: OrderState, of: OrderSpec | None = None) -> Order:
    """An order that came to `state` by the table."""
    chosen = of or spec()
    order = initialize(opened(chosen), at_ns=NOW_NS, trace_id=TRACE)
    for event in events_to(state, chosen.request_id):
        order = apply(order, event, NOW_NS)
        assert isinstance(order, Order)
    assert order.state is state
    return order


def evolve(book: Book, *events: Event, at_ns: int = NOW_NS) -> Book:
    for event in events:
        book.evolve(event, at_ns=at_ns, trace_id=TRACE)
    return book


def funded(book: Book | None = None, /, **balances: str) -> Book:
    """A book of an open account and day; balances by asset as text."""
    held = {asset: D(amount) for asset, amount in balances.items()}
    return evolve(
        Book() if book is None else book,
        AccountOpened(account="main", venue="v", balances=held),
        DayOpened(day="2027-01-15", equity=D(200_000)),
    )


def place(book: Book, of: OrderSpec, state: OrderState = OrderState.ACCEPTED) -> Book:
    """Takes an order on and leads it to `state`."""
    price = of.limit_price or QUOTE.last
    return evolve(book, opened(of, price), *events_to(state, of.request_id, of.symbol, of.side))


def limited(book: Book, **limits) -> Book:
    """Sets limits over those in force."""
    changed = msgspec.structs.replace(book.state.limits, **limits)
    version = book.state.limits_version + 1
    return evolve(
        book, LimitsChanged(limits=changed, version=version, actor="ann", reason="a test")
    )


def context(of: OrderSpec | None = None, book: Book | None = None, **given) -> RiskContext:
    """An order that every control lets through, unless told otherwise."""
    world = {
        "instrument": BTC,
        "quote": QUOTE,
        "gates": OPEN_GATES,
        "account": WEALTH,
        "now_ns": NOW_NS,
    }
    return RiskContext(
        spec=of or spec(),
        book=funded(USDT="100000", BTC="10") if book is None else book,
        **{**world, **given},
    )
