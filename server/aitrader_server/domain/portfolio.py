"""Positions at average cost, and what open orders may still do to them."""

from decimal import ROUND_DOWN, Decimal

import msgspec

from aitrader_server.domain.events import OrderFilled
from aitrader_server.domain.money import ZERO, ratio_up
from aitrader_server.domain.order import Order
from aitrader_server.domain.resting import Resting
from aitrader_server.domain.words import STOP_TYPES, OrderState, Side

# Averaging divides: shares of a cost are kept to twelve decimals so that numbers stay short.
COST_STEP = Decimal("1e-12")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Base quantity bought and not yet sold, its cost and the profit booked, in the quote asset.

    Cost is averaged; a fee in base shrinks the quantity, a fee in quote adds to the cost.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO

    def after(self, event: OrderFilled) -> "Position":
        """The position after one execution."""
        fill = event.fill
        value = fill.quantity * fill.price
        quote_fee = fill.fee if fill.fee_asset == event.quote else ZERO
        base_fee = fill.fee if fill.fee_asset == event.base else ZERO
        if event.side is Side.BUY:
            return Position(
                quantity=self.quantity + fill.quantity - base_fee,
                cost=self.cost + value + quote_fee,
                realized=self.realized,
            )
        # What is sold beyond the position was never bought here: it brings no profit.
        sold = min(fill.quantity + base_fee, self.quantity)
        cost = self._cost_of(sold)
        proceeds = min(fill.quantity, sold) * fill.price
        return Position(
            quantity=self.quantity - sold,
            cost=self.cost - cost,
            realized=self.realized + proceeds - cost - quote_fee,
        )

    def _cost_of(self, sold: Decimal) -> Decimal:
        """Share of the cost that `sold` carries; the last sale carries all that is left."""
        if sold == self.quantity:
            return self.cost
        return (self.cost * sold / self.quantity).quantize(COST_STEP, ROUND_DOWN)


class Claim(msgspec.Struct, frozen=True):
    """The worst that one order may still do: what it may spend, and what it may buy or sell.

    `spends` is an amount of `asset`; `quantity` is in base, `notional` in the quote asset. Of the
    claims that share `alternatives` only one can come true. `price` is at which the order rests in
    the venue's book, None while it does not. `executed` once a part of it has.
    """

    symbol: str
    strategy: str
    side: Side
    asset: str
    spends: Decimal
    quantity: Decimal
    notional: Decimal
    is_stop: bool
    unknown: bool
    working: bool
    alternatives: str
    price: Decimal | None
    executed: bool


def claim(order: Order) -> Claim | None:
    """What `order` may still do; None once nothing can come of it.

    A terminal order with executions that are reported and not yet booked still claims those.
    """
    spec = order.spec
    if order.terminal and not order.gap:
        return None
    buys = spec.side is Side.BUY
    if order.waits:
        # It spends what the first order of its list brings: nothing before that has filled. But a
        # purchase may cost more than that brought, and all of it is held then.
        quantity = order.leaves_quantity if buys else ZERO
        notional = quantity * order.reserve_price
    elif order.terminal or order.quantity is not None:
        quantity = order.gap if order.terminal else order.leaves_quantity
        notional = quantity * order.reserve_price
    else:
        notional = max((spec.quote_quantity or ZERO) - order.cumulative_quote, ZERO)
        quantity = ratio_up(notional, order.reserve_price) if order.reserve_price else ZERO
    return Claim(
        symbol=spec.symbol,
        strategy=spec.strategy,
        side=spec.side,
        asset=order.quote if buys else order.base,
        spends=ZERO if order.waits else notional if buys else quantity,
        quantity=quantity,
        notional=notional,
        is_stop=spec.order_type in STOP_TYPES,
        unknown=order.state is OrderState.UNKNOWN,
        working=not order.terminal,
        alternatives="" if spec.place is None else spec.place.alternatives,
        price=_resting_price(order),
        executed=bool(order.fills),
    )


def _resting_price(order: Order) -> Decimal | None:
    """A stop rests nowhere until it triggers, what waits not before it is released."""
    sleeps = order.spec.order_type in STOP_TYPES and order.state is not OrderState.TRIGGERED
    nowhere = order.terminal or order.waits or order.state is OrderState.PENDING_APPROVAL
    return None if sleeps or nowhere else order.spec.limit_price


class StrategyExposure:
    """Sums of the claims of one strategy; of `untouched` purchases no execution is booked yet."""

    __slots__ = ("notional", "orders", "untouched")

    def __init__(self) -> None:
        self.notional = ZERO
        self.orders = 0
        self.untouched = 0


class SymbolExposure:
    """Sums of the claims on one symbol."""

    __slots__ = (
        "buy_notional",
        "buy_quantity",
        "notional",
        "orders",
        "resting",
        "sell_quantity",
        "stop_orders",
    )

    def __init__(self) -> None:
        self.buy_quantity = ZERO
        self.buy_notional = ZERO
        self.sell_quantity = ZERO
        self.notional = ZERO
        self.orders = 0
        self.stop_orders = 0
        self.resting = Resting()


def _size(claimed: Claim) -> tuple[Decimal, Decimal, Decimal]:
    return claimed.spends, claimed.quantity, claimed.notional


class Exposure:
    """Running sums over all claims, so that a control costs the same with one order or 100 000.

    Of claims that exclude each other the largest counts.
    """

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}
        self._alternatives: dict[str, dict[str, Claim]] = {}
        self.symbols: dict[str, SymbolExposure] = {}
        self.strategies: dict[str, StrategyExposure] = {}
        self.working: dict[str, None] = {}
        # Orders with executions that the venue reported and we have not booked.
        self.missing: dict[str, None] = {}
        # Orders that wait for a second person.
        self.pending: dict[str, None] = {}
        self.reserved: dict[str, Decimal] = {}
        self.unknown = 0
        self.buy_notional = ZERO
        self.notional = ZERO

    def update(self, order: Order) -> None:
        """Replaces the claim of `order`."""
        request_id = order.request_id
        if order.gap:
            self.missing[request_id] = None
        else:
            self.missing.pop(request_id, None)
        if order.state is OrderState.PENDING_APPROVAL:
            self.pending[request_id] = None
        else:
            self.pending.pop(request_id, None)
        old, new = self._claims.get(request_id), claim(order)
        if new == old:
            return
        if old is not None:
            del self._claims[request_id]
            self._count(old, -1)
            self._withdraw(request_id, old)
            self.of(old.symbol).resting.remove(old.side, request_id)
        if new is None:
            self.working.pop(request_id, None)
            self._forget(order.spec.strategy)
            return
        self._claims[request_id] = new
        self._count(new, 1)
        self._stake(request_id, new)
        if new.price is not None:
            self.of(new.symbol).resting.add(new.side, request_id, new.price)
        if new.working:
            self.working[request_id] = None
        else:
            self.working.pop(request_id, None)

    def _stake(self, request_id: str, claimed: Claim) -> None:
        if not claimed.alternatives:
            self._add(claimed, 1)
            return
        group = self._alternatives.setdefault(claimed.alternatives, {})
        if group:
            self._add(max(group.values(), key=_size), -1)
        group[request_id] = claimed
        self._add(max(group.values(), key=_size), 1)

    def _withdraw(self, request_id: str, claimed: Claim) -> None:
        if not claimed.alternatives:
            self._add(claimed, -1)
            return
        group = self._alternatives[claimed.alternatives]
        self._add(max(group.values(), key=_size), -1)
        del group[request_id]
        if group:
            self._add(max(group.values(), key=_size), 1)
        else:
            del self._alternatives[claimed.alternatives]

    def of(self, symbol: str) -> SymbolExposure:
        """Sums of one symbol."""
        found = self.symbols.get(symbol)
        if found is None:
            found = self.symbols[symbol] = SymbolExposure()
        return found

    def of_strategy(self, strategy: str) -> StrategyExposure:
        """Sums of one strategy, for reading."""
        return self.strategies.get(strategy) or StrategyExposure()

    def _mine(self, strategy: str) -> StrategyExposure:
        return self.strategies.setdefault(strategy, StrategyExposure())

    def _forget(self, strategy: str) -> None:
        """Drops sums of nothing: callers may name ever new strategies."""
        mine = self._mine(strategy)
        if not mine.orders and not mine.notional and not mine.untouched:
            del self.strategies[strategy]

    def _add(self, claimed: Claim, sign: int) -> None:
        sums = self.of(claimed.symbol)
        reserved = self.reserved.get(claimed.asset, ZERO)
        self.reserved[claimed.asset] = reserved + sign * claimed.spends
        self.notional += sign * claimed.notional
        sums.notional += sign * claimed.notional
        self._mine(claimed.strategy).notional += sign * claimed.notional
        if claimed.side is Side.BUY:
            sums.buy_quantity += sign * claimed.quantity
            sums.buy_notional += sign * claimed.notional
            self.buy_notional += sign * claimed.notional
        else:
            sums.sell_quantity += sign * claimed.quantity

    def _count(self, claimed: Claim, sign: int) -> None:
        mine = self._mine(claimed.strategy)
        # One that has ended may have executed: its executions are only not booked yet.
        mine.untouched += sign * (claimed.side is Side.BUY and not claimed.executed)
        if claimed.working:
            sums = self.of(claimed.symbol)
            sums.orders += sign
            sums.stop_orders += sign * claimed.is_stop
            mine.orders += sign
        self.unknown += sign * claimed.unknown
