"""What orders claim together, added up plainly: an exposure must say the same at any time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from aitrader_server.domain.order import Order
from aitrader_server.domain.portfolio import Claim, Exposure, claim
from aitrader_server.domain.terms import ListPlace
from aitrader_server.domain.words import STOP_TYPES, Contingency, OrderState, Side
from unit.domain.worlds import D, instrument_of

SUMS_OF_A_SYMBOL = (
    "buy_notional",
    "buy_quantity",
    "notional",
    "orders",
    "sell_quantity",
    "stop_orders",
)


def summary(exposure: Exposure) -> dict[str, object]:
    """All sums that are not zero."""
    sums: dict[str, object] = {
        "working": sorted(exposure.working),
        "missing": sorted(exposure.missing),
        "pending": sorted(exposure.pending),
        "unknown": exposure.unknown,
        "buy notional": exposure.buy_notional,
        "notional": exposure.notional,
    }
    sums |= exposure.reserved
    for strategy, mine in exposure.strategies.items():
        for name in ("notional", "orders", "untouched"):
            sums[f"strategy {strategy} {name}"] = getattr(mine, name)
    for symbol, of in exposure.symbols.items():
        for name in SUMS_OF_A_SYMBOL:
            sums[f"{symbol} {name}"] = getattr(of, name)
        for side in Side:
            best = of.resting.best(side)
            sums[f"{symbol} best {side}"] = None if best is None else best[0]
    return {name: value for name, value in sums.items() if value}


def summed(orders: Iterable[Order]) -> dict[str, object]:
    """The same from the orders."""
    known = list(orders)
    claims = [(order, made) for order in known if (made := claim(order)) is not None]
    working = [order for order in known if not order.terminal]
    waiting = [order for order in working if order.state is OrderState.PENDING_APPROVAL]
    sums: dict[str, object] = {
        "working": _names(working),
        "missing": _names(order for order in known if order.gap),
        "pending": _names(waiting),
    }
    for name, amount in (*_counted(claims), *_staked(claims)):
        before = sums.get(name, D(0))
        assert isinstance(before, Decimal)
        sums[name] = before + amount
    sums |= _best(claims)
    return {name: value for name, value in sums.items() if value}


def _names(orders: Iterable[Order]) -> list[str]:
    return sorted(order.request_id for order in orders)


def _counted(claims: Sequence[tuple[Order, Claim]]) -> Iterator[tuple[str, Decimal]]:
    for order, made in claims:
        yield "unknown", D(order.state is OrderState.UNKNOWN)
        untouched = made.side is Side.BUY and not order.fills
        yield f"strategy {made.strategy} untouched", D(untouched)
        if order.terminal:
            continue
        yield f"{made.symbol} orders", D(1)
        yield f"{made.symbol} stop_orders", D(order.spec.order_type in STOP_TYPES)
        yield f"strategy {made.strategy} orders", D(1)


def _staked(claims: Sequence[tuple[Order, Claim]]) -> Iterator[tuple[str, Decimal]]:
    """Amounts; of claims of which only one can come true, those of the largest."""
    alone: list[Claim] = []
    alternatives: dict[str, list[Claim]] = defaultdict(list)
    for order, made in claims:
        place = order.spec.place
        group = alternatives[place.members[0]] if place and _exclusive(place) else alone
        group.append(made)
    largest = (
        max(group, key=lambda one: (one.spends, one.quantity, one.notional))
        for group in alternatives.values()
    )
    for made in (*alone, *largest):
        yield from _amounts(made)


def _amounts(made: Claim) -> Iterator[tuple[str, Decimal]]:
    symbol = made.symbol
    for name in ("notional", f"{symbol} notional", f"strategy {made.strategy} notional"):
        yield name, made.notional
    if made.side is Side.BUY:
        yield "USDT", made.spends
        yield "buy notional", made.notional
        yield f"{symbol} buy_notional", made.notional
        yield f"{symbol} buy_quantity", made.quantity
    else:
        yield instrument_of(symbol).base, made.spends
        yield f"{symbol} sell_quantity", made.quantity


def _best(claims: Sequence[tuple[Order, Claim]]) -> dict[str, object]:
    prices: dict[tuple[str, Side], list[Decimal]] = defaultdict(list)
    for _, made in claims:
        if made.price is not None:
            prices[made.symbol, made.side].append(made.price)
    return {
        f"{symbol} best {side}": max(found) if side is Side.BUY else min(found)
        for (symbol, side), found in prices.items()
    }


def _exclusive(place: ListPlace) -> bool:
    """Whether the order is one of those of which one cancels the other."""
    both = place.contingency is Contingency.OCO
    return both or (place.contingency is Contingency.OTOCO and place.index > 0)
