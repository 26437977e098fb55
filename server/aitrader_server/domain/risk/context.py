"""What the controls look at: one order, priced for its worst case, and the world around it."""

from decimal import Decimal

import msgspec

from aitrader_server.domain.book import Book, intent_key
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ONE, ZERO, ratio_up
from aitrader_server.domain.order import Order
from aitrader_server.domain.portfolio import Exposure, SymbolExposure, claim
from aitrader_server.domain.state import Strategy
from aitrader_server.domain.terms import Breach, Limits, OrderSpec, StrategyLimits
from aitrader_server.domain.usage import Usage, usage_of
from aitrader_server.domain.words import PRICED_TYPES, Side, TradingState

Breaches = tuple[Breach, ...]
NONE: Breaches = ()


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions outside the order; None stands for not known, which denies.

    Times in milliseconds; `banned_until_ns` in UTC nanoseconds, 0 without a ban. `budgets` are the
    venue's: name, used and most per window.
    """

    reconciling: bool
    stream_up: bool
    clock_offset_ms: int | None
    clock_offset_ms_max: int
    dead_man_expired: bool
    journal_writable: bool
    banned_until_ns: int
    environment_matches: bool
    budgets: tuple[tuple[str, int, int], ...] = ()
    dead_man_detail: str = ""
    limits_store_trouble: str = ""
    burnt_objective: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Money in the quote asset; None when a price that it needs is missing or too old.

    `rolling_base` is the equity as the last 24 hours began, `rolling_pnl` what came of it since;
    `high` is the highest equity, `drawdown` how far below it the account is, as a share of it.
    """

    quote_asset: str
    equity: Decimal | None
    day_pnl: Decimal | None
    rolling_base: Decimal | None = None
    rolling_pnl: Decimal | None = None
    high: Decimal = ZERO
    drawdown: Decimal | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One of those whose limits an order must meet: the account, its symbol, its strategy.

    `of` says whose in a message, empty for the account. `used` is of the UTC day; `open_orders`
    and `open_notional` (quote asset) are of the other orders that work.
    """

    of: str
    limits: Limits | StrategyLimits
    used: Usage
    open_orders: int
    open_notional: Decimal

    @property
    def whose(self) -> str:
        """The scope at the end of a sentence."""
        return f" for {self.of}" if self.of else ""


class RiskContext:
    """One order among everything that limits it.

    `price` is the worst that the order may pay or get (quote per base), `quantity` the most that it
    may move (base), `notional` what it is worth at that price; all None when there is no quote to
    price it against, or when an amount of the order is no number. A quote that nothing can be
    priced against counts as none. What an order that it `replaces` had reserved is free for it;
    `ahead` orders are placed together with it before it. `approved` by a second person or not.
    """

    __slots__ = (
        "_freed",
        "account",
        "ahead",
        "approved",
        "base_available",
        "book",
        "comparable",
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
        "scopes",
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
        replaces: Order | None = None,
        ahead: int = 0,
        approved: bool = False,
    ) -> None:
        self.spec = spec
        self.approved = approved
        self.book = book
        self.instrument = instrument
        self.quote = quote if quote is not None and quote.usable else None
        self.comparable = _comparable(spec)
        self.gates = gates
        self.account = account
        self.now_ns = now_ns
        self.limits: Limits = book.state.limits
        self.exposure: Exposure = book.exposure
        self.symbol_exposure: SymbolExposure = book.exposure.of(instrument.symbol)
        self.ahead = ahead
        freed = self._freed = None if replaces is None else claim(replaces)
        self.price = _worst_price(spec, self.quote, self.limits) if self.comparable else None
        self.quantity = self._base_quantity() if self.comparable else None
        self.notional = self._notional() if self.comparable else None
        held = book.state.ledger.held
        reserved = self.exposure.reserved.get
        self.base_available = held(instrument.base) - reserved(instrument.base, ZERO)
        self.quote_available = held(instrument.quote) - reserved(instrument.quote, ZERO)
        if freed is not None and freed.side is Side.BUY:
            self.quote_available += freed.spends
        elif freed is not None:
            self.base_available += freed.spends
        self.reduces = self._reduces()
        self.scopes = self._scopes()

    def _scopes(self) -> tuple[Scope, ...]:
        """The account, and what has limits or a count of its own."""
        spec, limits, day = self.spec, self.limits, self.book.state.day
        freed_notional = ZERO if self._freed is None else self._freed.notional
        found = [
            Scope(
                of="",
                limits=limits,
                used=day.usage,
                open_orders=self.open_orders,
                open_notional=self.exposure.notional - freed_notional,
            )
        ]
        replaced = self._freed is not None
        if spec.symbol in limits.by_symbol:
            sums = self.symbol_exposure
            found.append(
                Scope(
                    of=spec.symbol,
                    limits=limits.by_symbol[spec.symbol],
                    used=usage_of(day.by_symbol, spec.symbol),
                    open_orders=sums.orders + self.ahead - replaced,
                    open_notional=sums.notional - freed_notional,
                )
            )
        if spec.strategy in limits.by_strategy:
            mine = self.exposure.of_strategy(spec.strategy)
            found.append(
                Scope(
                    of=f"strategy {spec.strategy}",
                    limits=limits.by_strategy[spec.strategy],
                    used=usage_of(day.by_strategy, spec.strategy),
                    open_orders=self.open_of_strategy,
                    open_notional=mine.notional - freed_notional,
                )
            )
        return tuple(found)

    def _reduces(self) -> bool:
        """Whether the order only shrinks what is held: on spot, a sale of what is free to sell."""
        if self.spec.side is not Side.SELL or self.quantity is None:
            return False
        return self.quantity <= self.base_available

    def _base_quantity(self) -> Decimal | None:
        """An order by amount moves the more the cheaper it executes: its purchase, at the bid."""
        spec, price = self.spec, self.price
        if spec.quantity is not None:
            return spec.quantity
        if not price or spec.quote_quantity is None:
            return None
        if spec.side is Side.BUY and self.quote is not None:
            price = min(price, self.quote.bid)
        return ratio_up(spec.quote_quantity, price)

    def _notional(self) -> Decimal | None:
        if self.spec.quote_quantity is not None:
            return self.spec.quote_quantity
        if self.price is None or self.quantity is None:
            return None
        return self.price * self.quantity

    @property
    def market_value(self) -> Decimal | None:
        """What the order may be worth as it executes: a sale below the market does so at it."""
        value, quantity, quote = self.notional, self.quantity, self.quote
        if self.spec.side is Side.BUY or value is None or quantity is None or quote is None:
            return value
        return max(value, quantity * quote.bid)

    @property
    def alone(self) -> bool:
        """Whether it neither takes another's place nor is placed together with others."""
        return self.spec.place is None and self._freed is None

    @property
    def waits(self) -> bool:
        """Whether the order spends what only the first of its list will bring."""
        return self.spec.place is not None and self.spec.place.waits

    @property
    def buy_notional(self) -> Decimal:
        """What other orders may still buy of all symbols, quote asset."""
        return self.exposure.buy_notional - self._freed_purchase

    @property
    def symbol_buy_notional(self) -> Decimal:
        """What other orders may still buy of this symbol, quote asset."""
        return self.symbol_exposure.buy_notional - self._freed_purchase

    @property
    def open_orders(self) -> int:
        """Other orders that work, with those that are placed together with this one."""
        return len(self.exposure.working) + self.ahead - (self._freed is not None)

    @property
    def open_of_strategy(self) -> int:
        """Other orders of the same strategy that work."""
        mine = self.exposure.of_strategy(self.spec.strategy)
        return mine.orders + self.ahead - (self._freed is not None)

    @property
    def untouched_of_strategy(self) -> int:
        """Other purchases of the same strategy that work and have not executed yet."""
        freed, mine = self._freed, self.exposure.of_strategy(self.spec.strategy)
        own = freed is not None and freed.side is Side.BUY and not freed.executed
        return mine.untouched + self.ahead - own

    @property
    def _freed_purchase(self) -> Decimal:
        freed = self._freed
        return freed.notional if freed is not None and freed.side is Side.BUY else ZERO

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


def amounts(spec: OrderSpec) -> tuple[tuple[str, Decimal], ...]:
    """The amounts that an order gives, by name."""
    given = (
        ("quantity", spec.quantity),
        ("quote_quantity", spec.quote_quantity),
        ("limit_price", spec.limit_price),
        ("stop_price", spec.stop_price),
        ("iceberg_quantity", spec.iceberg_quantity),
    )
    return tuple((name, amount) for name, amount in given if amount is not None)


def _comparable(spec: OrderSpec) -> bool:
    """Whether every amount is a number: NaN compares with nothing."""
    return all(amount.is_finite() for _, amount in amounts(spec))


def _worst_price(spec: OrderSpec, quote: Quote | None, limits: Limits) -> Decimal | None:
    if spec.order_type in PRICED_TYPES:
        return spec.limit_price
    buys = spec.side is Side.BUY
    # A trailing stop follows the market and triggers up to its distance above where it began.
    trailed = 1 + Decimal(spec.trailing_delta_bips).scaleb(-4) if buys else ONE
    if spec.stop_price is not None and buys:
        return spec.stop_price * trailed * (1 + limits.max_slippage)
    if quote is None:
        return None
    return quote.worst(spec.side, limits.max_slippage) * trailed


def breach(code: str, message: str, *, limit: object = "", value: object = "") -> Breaches:
    """The one breach of a control, its numbers in plain notation."""
    return (Breach(code, message, _plain(limit), _plain(value)),)


def _plain(number: object) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def bound_broken(value: Decimal, low: Decimal, high: Decimal) -> tuple[str, Decimal] | None:
    """(at least or at most, the bound) that `value` breaks; a zero bound stands for no bound."""
    if low > ZERO and value < low:
        return "at least", low
    if high > ZERO and value > high:
        return "at most", high
    return None
