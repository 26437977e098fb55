"""What the controls look at: one order, priced for its worst case, and the world around it."""

from decimal import Decimal

import msgspec

from aitrader_server.domain.events import Breach, Limits, OrderSpec
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.portfolio import Exposure, SymbolExposure
from aitrader_server.domain.state import Book, Strategy, intent_key
from aitrader_server.domain.words import PRICED_TYPES, Side, TradingState

Breaches = tuple[Breach, ...]
NONE: Breaches = ()


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions outside the order; None stands for not known, which denies.

    Times in milliseconds; `banned_until_ns` in UTC nanoseconds, 0 without a ban.
    """

    reconciling: bool
    stream_up: bool
    clock_offset_ms: int | None
    clock_offset_ms_max: int
    dead_man_expired: bool
    journal_writable: bool
    banned_until_ns: int
    environment_matches: bool


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Money in the quote asset; None when a price that it needs is missing."""

    quote_asset: str
    equity: Decimal | None
    day_pnl: Decimal | None


class RiskContext:
    """One order among everything that limits it.

    `price` is the worst that the order may pay or get (quote per base), `quantity` what it may move
    (base), `notional` their product; all None when there is no quote to price it against.
    """

    __slots__ = (
        "account",
        "base_available",
        "book",
        "exposure",
        "gates",
        "instrument",
        "limits",
        "notional",
        "now_ns",
        "price",
        "quantity",
        "quote",
        "quote_available",
        "reduces",
        "spec",
        "symbol_exposure",
    )

    def __init__(
        self,
        *,
        spec: OrderSpec,
        book: Book,
        instrument: Instrument,
        quote: Quote | None,
        gates: Gates,
        account: Account,
        now_ns: int,
    ) -> None:
        self.spec = spec
        self.book = book
        self.instrument = instrument
        self.quote = quote
        self.gates = gates
        self.account = account
        self.now_ns = now_ns
        self.limits: Limits = book.state.limits
        self.exposure: Exposure = book.exposure
        self.symbol_exposure: SymbolExposure = book.exposure.of(instrument.symbol)
        self.price = _worst_price(spec, quote, self.limits)
        self.quantity = _base_quantity(spec, self.price)
        self.notional = _notional(spec, self.price, self.quantity)
        held = book.state.ledger.held
        reserved = self.exposure.reserved.get
        self.base_available = held(instrument.base) - reserved(instrument.base, ZERO)
        self.quote_available = held(instrument.quote) - reserved(instrument.quote, ZERO)
        self.reduces = self._reduces()

    def _reduces(self) -> bool:
        """Whether the order only shrinks what is held: on spot, a sale of what is free to sell."""
        if self.spec.side is not Side.SELL or self.quantity is None:
            return False
        return self.quantity <= self.base_available

    @property
    def strategy(self) -> Strategy | None:
        """Switches of the order's strategy, if it has any."""
        return self.book.state.strategies.get(self.spec.strategy)

    @property
    def trading_state(self) -> TradingState:
        """What is let through now."""
        return self.book.state.trading.state

    @property
    def last_same_ns(self) -> int | None:
        """When the same order was last asked for."""
        return self.book.recent.get(intent_key(self.spec))


def _worst_price(spec: OrderSpec, quote: Quote | None, limits: Limits) -> Decimal | None:
    if spec.order_type in PRICED_TYPES:
        return spec.limit_price
    if spec.stop_price is not None and spec.side is Side.BUY:
        return spec.stop_price * (1 + limits.max_slippage)
    if quote is None:
        return None
    return quote.worst(spec.side, limits.max_slippage)


def _base_quantity(spec: OrderSpec, price: Decimal | None) -> Decimal | None:
    if spec.quantity is not None:
        return spec.quantity
    if not price or spec.quote_quantity is None:
        return None
    return spec.quote_quantity / price


def _notional(spec: OrderSpec, price: Decimal | None, quantity: Decimal | None) -> Decimal | None:
    if spec.quote_quantity is not None:
        return spec.quote_quantity
    if price is None or quantity is None:
        return None
    return price * quantity


def breach(code: str, message: str, *, limit: object = "", value: object = "") -> Breaches:
    """The one breach of a control, its numbers in plain notation."""
    return (Breach(code, message, _plain(limit), _plain(value)),)


def _plain(number: object) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def outside(value: Decimal, low: Decimal, high: Decimal) -> bool:
    """Whether `value` leaves the range, a zero bound standing for no bound."""
    return (low > ZERO and value < low) or (high > ZERO and value > high)
