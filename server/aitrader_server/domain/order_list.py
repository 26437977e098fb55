"""Orders that are placed together: which of them belong together."""

from collections.abc import Sequence
from decimal import Decimal

from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import Contingency, OrderType

# Denies what was placed together with an order that was denied.
LIST_DENIED = "LIST_DENIED"
LIMIT_KIND = frozenset({OrderType.LIMIT, OrderType.LIMIT_MAKER})
_STOPS = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})
_TARGETS = frozenset({OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})


def list_problem(specs: Sequence[OrderSpec]) -> tuple[str, str] | None:
    """(field, what to do) when orders cannot be placed together; their count is right already.

    Orders that wait must undo what the first does, so that no limit is met only once it has filled.
    Source of the pairs: Binance Spot API, order lists.
    """
    first, *others = specs
    place = first.place
    if place is None:
        return None
    exclusive = place.contingency is Contingency.OCO
    pair = (first, others[0]) if exclusive else tuple(others) if len(others) > 1 else None
    rules = (
        (len(set(place.members)) < len(specs), "legs", "need a request_id of their own each"),
        (_sizes(specs) is None, "quantity", "take quantity, not quote_quantity"),
        (
            not exclusive and first.order_type not in LIMIT_KIND,
            "order_type",
            "of an OTO begin with LIMIT or LIMIT_MAKER",
        ),
        (
            not exclusive and any(spec.side is first.side for spec in others),
            "legs",
            "that wait are on the other side than the first",
        ),
        (
            not exclusive and _grows(specs),
            "legs",
            "that wait are at most as large as the first",
        ),
        (
            pair is not None and not _equal(*pair),
            "legs",
            "of which one cancels the other have one side and one quantity",
        ),
        (
            pair is not None and not _complementary(*pair),
            "legs",
            "of which one cancels the other pair LIMIT_MAKER or TAKE_PROFIT with STOP_LOSS",
        ),
    )
    return next(((field, what) for broken, field, what in rules if broken), None)


def _sizes(specs: Sequence[OrderSpec]) -> tuple[Decimal, ...] | None:
    sizes = tuple(spec.quantity for spec in specs if spec.quantity is not None)
    return sizes if len(sizes) == len(specs) else None


def _grows(specs: Sequence[OrderSpec]) -> bool:
    sizes = _sizes(specs)
    return sizes is not None and all(map(Decimal.is_finite, sizes)) and max(sizes) > sizes[0]


def _equal(one: OrderSpec, other: OrderSpec) -> bool:
    differ = _grows((one, other)) or _grows((other, one))
    return one.side is other.side and not differ


def _complementary(one: OrderSpec, other: OrderSpec) -> bool:
    kinds = (one.order_type, other.order_type)
    return any(a in _TARGETS and b in _STOPS for a, b in (kinds, kinds[::-1]))
