"""Market makers: seeded accounts that quote around a random walk, so that books are alive.

Pure: time comes in as an argument, and chance from the seed. A maker trades through the same
commands as everybody else; what the venue refuses it, as on a halted symbol, it lets be.
"""

from decimal import Decimal
from math import ceil, floor
from random import Random
from typing import Final

import msgspec
from aitrader_server.domain.money import from_float
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    Fees,
    Listing,
    Order,
    OrderRequest,
    Placed,
)
from aitrader_gateway.sandbox.matching.words import CancelRestriction

# More than any run can spend.
_FUNDS: Final = Decimal(10**12)
_NO_FEES: Final = Fees(maker=Decimal(0), taker=Decimal(0))
# Nobody asks about orders of a maker that ended.
_REMEMBERED_MAX: Final = 1
_BIP: Final = 1e-4
_LEAST_TICKS: Final = 100.0
# A quote this many times farther out than the last level was left behind by the price.
_STRAY: Final = 2


class MakerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one market behaves.

    `levels` quotes a side, `gap_bips` of the price apart (at least a tick), the first half a gap
    from the fair price. A step moves that by a normal share: `drift_bips` the mean,
    `volatility_bips` the deviation. `size` is a quote's mean quantity as a share of the biggest
    market order; with `cross_chance` a step takes liquidity in the place of quoting.
    """

    levels: int = 10
    gap_bips: float = 1.0
    drift_bips: float = 0.0
    volatility_bips: float = 0.3
    size: Decimal = Decimal("0.002")
    cross_chance: float = 0.2


class Maker:
    """Makes the market of one symbol with two accounts of its own: one quotes, one crosses."""

    def __init__(
        self, listing: Listing, start_price: Decimal, seed: int, settings: MakerSettings
    ) -> None:
        self._instrument = listing.instrument
        self._settings = settings
        self.symbol = listing.instrument.symbol
        # A market must repeat from its seed; nothing here is secret.
        self._random = Random(f"{seed}:{self.symbol}")  # noqa: S311
        self._ticks = float(start_price / self._instrument.tick_size)
        self._quoter, self._taker = f"maker:{self.symbol}", f"taker:{self.symbol}"
        self._asked = 0

    @property
    def fair_price(self) -> Decimal:
        """The middle of what it quotes around, on a tick."""
        return round(self._ticks) * self._instrument.tick_size

    def open(self, exchange: Exchange, at_ns: int) -> None:
        """Opens the accounts, says the first price, and fills the book."""
        funds = {self._instrument.base: _FUNDS, self._instrument.quote: _FUNDS}
        for account in (self._quoter, self._taker):
            exchange.open_account(account, funds, _NO_FEES, ended_max=_REMEMBERED_MAX)
        exchange.set_last(self.symbol, self.fair_price, at_ns)
        self._fill(exchange, at_ns)

    def step(self, exchange: Exchange, at_ns: int) -> None:
        """Moves the fair price, then crosses once or changes one quote: three orders at most."""
        settings = self._settings
        move = self._random.gauss(settings.drift_bips, settings.volatility_bips) * _BIP
        self._ticks = max(self._ticks * (1 + move), _LEAST_TICKS)
        side = self._side()
        if self._random.random() < settings.cross_chance:
            self._cross(exchange, side, at_ns)
            return
        quotes = self._quotes(exchange, side)
        stray = self._stray(quotes, side)
        if stray is None and len(quotes) >= settings.levels:
            stray = quotes[-1]
        if stray is not None:
            self._cancel(exchange, stray, at_ns)
        self._quote(exchange, side, self._random.randrange(settings.levels), at_ns)

    def move(self, exchange: Exchange, price: Decimal, at_ns: int) -> None:
        """Goes to a fair price given from elsewhere, and quotes around it at once."""
        self._ticks = max(float(price / self._instrument.tick_size), _LEAST_TICKS)
        for side in Side:
            quotes = self._quotes(exchange, side)
            while (stray := self._stray(quotes, side)) is not None:
                self._cancel(exchange, stray, at_ns)
                quotes.remove(stray)
        self._fill(exchange, at_ns)

    def print_trade(
        self, exchange: Exchange, side: Side, price: Decimal, quantity: Decimal, at_ns: int
    ) -> None:
        """Lets `quantity` be taken at `price` by `side`; whoever waits at it or better is served.

        What is not on the symbol's grid is moved to it, and an amount too small is left out.
        """
        price = self._instrument.round_price(price)
        quantity = self._instrument.floor_quantity(quantity)
        self.move(exchange, price, at_ns)
        given = self._limit(exchange, self._quoter, _other(side), price, quantity, at_ns)
        self._limit(exchange, self._taker, side, price, quantity, at_ns, TimeInForce.IOC)
        if given is not None and not given.ended:
            self._cancel(exchange, given, at_ns)

    def _side(self) -> Side:
        return Side.BUY if self._random.random() < 0.5 else Side.SELL  # noqa: PLR2004 - even chance

    def _fill(self, exchange: Exchange, at_ns: int) -> None:
        for side in Side:
            held = len(self._quotes(exchange, side))
            for level in range(self._settings.levels - held):
                self._quote(exchange, side, level, at_ns)

    def _quotes(self, exchange: Exchange, side: Side) -> list[Order]:
        """Its open orders of one side, best first."""
        mine = exchange.open_orders(self._quoter, self.symbol)
        return sorted(
            (order for order in mine if order.side is side),
            key=lambda order: order.price,
            reverse=side is Side.BUY,
        )

    def _stray(self, quotes: list[Order], side: Side) -> Order | None:
        """A quote that the fair price has passed, or left behind."""
        if not quotes:
            return None
        tick = self._instrument.tick_size
        reach = _STRAY * self._settings.levels * self._gap_ticks
        sign = 1 if side is Side.SELL else -1
        if sign * (float(quotes[0].price / tick) - self._ticks) < 0:
            return quotes[0]
        if sign * (float(quotes[-1].price / tick) - self._ticks) > reach:
            return quotes[-1]
        return None

    @property
    def _gap_ticks(self) -> float:
        return max(self._ticks * self._settings.gap_bips * _BIP, 1.0)

    def _size(self) -> Decimal:
        mean = self._instrument.market_max_quantity * self._settings.size
        quantity = mean * self._random.randint(20, 200) / 100
        return max(self._instrument.floor_quantity(quantity), self._instrument.min_quantity)

    def _quote(self, exchange: Exchange, side: Side, level: int, at_ns: int) -> None:
        distance = (level + 0.5) * self._gap_ticks
        if side is Side.SELL:
            ticks = ceil(self._ticks + distance)
        else:
            ticks = max(floor(self._ticks - distance), 1)
        price = ticks * self._instrument.tick_size
        self._limit(exchange, self._quoter, side, price, self._size(), at_ns)

    def _cross(self, exchange: Exchange, side: Side, at_ns: int) -> None:
        share = from_float(round(self._random.uniform(0.05, 0.5), 4))
        quantity = self._instrument.floor_quantity(self._size() * share)
        best = exchange.best(self.symbol, _other(side))
        if best is not None:
            price = best[0]
            self._limit(exchange, self._taker, side, price, quantity, at_ns, TimeInForce.IOC)

    def _limit(  # noqa: PLR0917 - an order is what it is
        self,
        exchange: Exchange,
        account: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        at_ns: int,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> Order | None:
        self._asked += 1
        request = OrderRequest(
            symbol=self.symbol,
            side=side,
            order_type=OrderType.LIMIT,
            client_order_id=f"m{self._asked}",
            quantity=quantity,
            price=price,
            time_in_force=time_in_force,
            prevention=SelfTradePrevention.NONE,
        )
        placed = exchange.place(account, request, at_ns)
        return placed.order if isinstance(placed, Placed) else None

    def _cancel(self, exchange: Exchange, order: Order, at_ns: int) -> None:
        exchange.cancel(
            order.account,
            order.symbol,
            order_id=order.number,
            client_order_id="",
            new_client_order_id=f"c{order.number}",
            restriction=CancelRestriction.NONE,
            at_ns=at_ns,
        )


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY
