"""The paper venue's engine: a pure state machine that behaves as Binance Spot does.

It knows neither clocks, event loops, randomness nor disks: time comes in as an argument, and the
same calls give the same answers. Fills come from quotes, so that our own orders never meet each
other; fees are charged in the asset received. Refusals carry Binance's codes and texts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Self

import msgspec
from aitrader_server.domain.events import Fill, OrderSpec
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.venue import (
    AccountSnapshot,
    Refused,
    VenueReport,
    VenueStatus,
)
from aitrader_server.domain.words import STOP_TYPES, Side, TimeInForce

from aitrader_gateway.paper.admission import Admitted, Desk, admit
from aitrader_gateway.paper.balances import Balances
from aitrader_gateway.paper.book import Book
from aitrader_gateway.paper.orders import PaperOrder, paid_asset
from aitrader_gateway.paper.register import OrderRegister

Reports = tuple[VenueReport, ...]

UNKNOWN_SYMBOL: Final = Refused("-1121", "Invalid symbol.")
UNKNOWN_ORDER: Final = Refused("-2011", "Unknown order sent.")
# Fees are cut to the eight decimals that Binance keeps of every asset.
_FEE_STEP: Final = Decimal("0.00000001")


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Fractions of the amount received."""

    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")


class PaperExchange:
    """One account at a simulated venue; reports come back in the order in which they happened.

    Of the orders that ended, the newest `ended_max` are remembered.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        balances: Mapping[str, Decimal],
        *,
        fees: Fees,
        depth_levels: int,
        ended_max: int,
    ) -> None:
        self.instruments = dict(instruments)
        self._fees = fees
        self._books = {symbol: Book(item, depth_levels) for symbol, item in instruments.items()}
        self._balances = Balances(balances, {})
        self._register = OrderRegister(ended_max)
        self._next_order = 1
        self._next_trade = 1

    def copy(self) -> Self:
        """An independent venue in the same state."""
        twin = copy(self)
        vars(twin).update(
            _books={symbol: book.copy() for symbol, book in self._books.items()},
            _balances=self._balances.copy(),
            _register=self._register.copy(),
        )
        return twin

    def restore(
        self,
        orders: Iterable[PaperOrder],
        fills: Mapping[int, Sequence[Fill]],
        account: AccountSnapshot,
        numbers: tuple[int, int],
    ) -> None:
        """Takes over what an earlier life of the venue left; `orders` come oldest first."""
        self._balances = Balances(account.free, account.locked)
        for order in orders:
            self._register.add(order, fills.get(order.number, ()))
            if not order.terminal:
                self._books[order.spec.symbol].add(order)
        self._next_order, self._next_trade = numbers

    def number_from(self, least: int) -> None:
        """Orders and trades to come are numbered from `least`, or from where they are if higher."""
        self._next_order = max(self._next_order, least)
        self._next_trade = max(self._next_trade, least)

    @property
    def numbers(self) -> tuple[int, int]:
        """The next order's number and the next trade's; neither is ever given out twice."""
        return self._next_order, self._next_trade

    @property
    def register(self) -> OrderRegister:
        """The venue's truth about orders and executions; read only."""
        return self._register

    def account(self, at_ns: int) -> AccountSnapshot:
        """All balances."""
        return self._balances.snapshot(at_ns)

    def check(self, spec: OrderSpec) -> Refused | None:
        """Why `spec` would be refused now; None when it would be accepted."""
        admitted = self._admit(spec)
        return admitted if isinstance(admitted, Refused) else None

    def submit(self, spec: OrderSpec, at_ns: int) -> Reports | Refused:
        """Accepts the order and executes what can be; Refused leaves the venue as it was."""
        admitted = self._admit(spec)
        if isinstance(admitted, Refused):
            return admitted
        order = PaperOrder(
            number=self._next_order,
            spec=spec,
            quantity=admitted.quantity,
            status=VenueStatus.ACCEPTED,
            locked=admitted.locked,
            live=spec.order_type not in STOP_TYPES,
            created_at_ns=at_ns,
            updated_at_ns=at_ns,
        )
        self._next_order += 1
        self._balances.lock(self._paid_asset(order), order.locked)
        self._register.add(order)
        if order.live:
            return (order.report(), *self._execute(order, at_ns))
        self._books[spec.symbol].add(order)
        return (order.report(),)

    def cancel(
        self, symbol: str, request_id: str, venue_order_id: str, at_ns: int
    ) -> Reports | Refused:
        """Ends an open order and gives back what it locked."""
        order = self._register.find(symbol, request_id, venue_order_id)
        if order is None or order.terminal:
            return UNKNOWN_ORDER
        self._books[symbol].remove(order)
        return (self._end(order, VenueStatus.CANCELED, "", at_ns),)

    def on_quote(self, quote: Quote) -> Reports:
        """Moves the market: resting orders that it reaches fill, then stops go live."""
        book = self._books.get(quote.symbol)
        if book is None:
            return ()
        book.refresh(quote)
        reports: list[VenueReport] = []
        for side in Side:
            for number in book.crossed(side):
                reports.extend(self._fill_resting(self._register.orders[number], quote.at_ns))
        for number in book.triggered():
            reports.extend(self._trigger(self._register.orders[number], quote.at_ns))
        return tuple(reports)

    def _admit(self, spec: OrderSpec) -> Admitted | Refused:
        instrument = self.instruments.get(spec.symbol)
        if instrument is None:
            return UNKNOWN_SYMBOL
        book = self._books[spec.symbol]
        return admit(spec, Desk(instrument, book, self._balances, self._register))

    def _paid_asset(self, order: PaperOrder) -> str:
        return paid_asset(order.spec, self.instruments[order.spec.symbol])

    def _execute(self, order: PaperOrder, at_ns: int) -> Iterator[VenueReport]:
        """Takes what the book offers now; the rest rests or expires, as the order says."""
        spec = order.spec
        book = self._books[spec.symbol]
        plan = book.plan(spec.side, order.leaves_quantity, spec.limit_price)
        takes_all = sum((taken for _, taken in plan), ZERO) == order.leaves_quantity
        market = spec.limit_price is None
        if not market and spec.time_in_force is TimeInForce.FOK and not takes_all:
            yield self._end(order, VenueStatus.EXPIRED, "UNFILLED_FOK_ORDER_EXPIRED", at_ns)
            return
        for price, taken in plan:
            book.take(spec.side, taken)
            order, report = self._fill(order, price, taken, maker=False, at_ns=at_ns)
            yield report
        if takes_all:
            return
        if market:
            yield self._end(order, VenueStatus.EXPIRED, "INSUFFICIENT_LIQUIDITY", at_ns)
        elif spec.time_in_force is TimeInForce.IOC:
            yield self._end(order, VenueStatus.EXPIRED, "UNFILLED_IOC_QUANTITY_EXPIRED", at_ns)
        else:
            book.add(order)

    def _fill_resting(self, order: PaperOrder, at_ns: int) -> Iterator[VenueReport]:
        """Fills a resting order at its own price, up to the depth that crossed it."""
        spec = order.spec
        assert spec.limit_price is not None
        book = self._books[spec.symbol]
        plan = book.plan(spec.side, order.leaves_quantity, spec.limit_price)
        taken = sum((part for _, part in plan), ZERO)
        if not taken:
            return
        book.take(spec.side, taken)
        filled, report = self._fill(order, spec.limit_price, taken, maker=True, at_ns=at_ns)
        if filled.terminal:
            book.remove(order)
        yield report

    def _trigger(self, order: PaperOrder, at_ns: int) -> Iterator[VenueReport]:
        """Makes a stop live; a market one may need more money than its stop price locked."""
        spec = order.spec
        book = self._books[spec.symbol]
        book.remove(order)
        order = self._change(order, at_ns, live=True, status=VenueStatus.TRIGGERED)
        yield order.report()
        if spec.limit_price is None:
            buys = spec.side is Side.BUY
            missing = (book.cost(order.quantity) if buys else order.quantity) - order.locked
            if missing > self._balances.available(self._paid_asset(order)):
                yield self._end(order, VenueStatus.EXPIRED, "REJECTED", at_ns)
                return
            self._balances.lock(self._paid_asset(order), missing)
            order = self._change(order, at_ns, locked=order.locked + missing)
        yield from self._execute(order, at_ns)

    def _fill(
        self, order: PaperOrder, price: Decimal, taken: Decimal, *, maker: bool, at_ns: int
    ) -> tuple[PaperOrder, VenueReport]:
        """Books one execution: pays, receives less the fee, and gives back what is over."""
        spec, instrument = order.spec, self.instruments[order.spec.symbol]
        buys = spec.side is Side.BUY
        notional = price * taken
        paid, received = (notional, taken) if buys else (taken, notional)
        received_asset = instrument.base if buys else instrument.quote
        rate = self._fees.maker if maker else self._fees.taker
        fee = (received * rate).quantize(_FEE_STEP, ROUND_FLOOR)
        leaves = order.leaves_quantity - taken
        locked = order.locked - paid
        if buys and spec.limit_price is not None:
            locked = spec.limit_price * leaves
        self._balances.spend(self._paid_asset(order), paid)
        self._balances.lock(self._paid_asset(order), locked + paid - order.locked)
        self._balances.receive(received_asset, received - fee)
        fill = Fill(
            trade_id=str(self._next_trade),
            quantity=taken,
            price=price,
            fee=fee,
            fee_asset=received_asset,
            maker=maker,
            executed_at_ns=at_ns,
        )
        self._next_trade += 1
        self._register.book_fill(order.number, fill)
        order = self._change(
            order,
            at_ns,
            status=VenueStatus.PARTIALLY_FILLED if leaves else VenueStatus.FILLED,
            cumulative_quantity=order.cumulative_quantity + taken,
            cumulative_quote=order.cumulative_quote + notional,
            locked=locked,
        )
        return order, order.report((fill,))

    def _end(self, order: PaperOrder, status: VenueStatus, reason: str, at_ns: int) -> VenueReport:
        self._balances.lock(self._paid_asset(order), -order.locked)
        return self._change(order, at_ns, status=status, reason=reason, locked=ZERO).report()

    def _change(self, order: PaperOrder, at_ns: int, **changes: object) -> PaperOrder:
        changed = msgspec.structs.replace(order, updated_at_ns=at_ns, **changes)
        self._register.replace(changed)
        return changed
