"""Group G, and how often a strategy executes: how fast, against whom, with whose consent."""

from aitrader_server.domain.events import OrderRejected
from aitrader_server.domain.risk import pace
from aitrader_server.domain.terms import ListPlace
from aitrader_server.domain.words import (
    Contingency,
    OrderState,
    OrderType,
    SelfTradePrevention,
    Side,
)
from unit.domain.controls.table import Denial, Table, done, next_day, rich, sale, switches
from unit.domain.worlds import (
    NOW_NS,
    D,
    context,
    evolve,
    fill,
    filled,
    limited,
    market,
    opened,
    place,
    spec,
    submitted,
)

S = spec(strategy="s")
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS


def executed(orders: int, bound: int = 2, book=None, of=None, ahead: int = 0):
    book = done(orders, strategy="s") if book is None else book
    return context(of or S, limited(book, max_executions=bound), ahead=ahead)


def in_parts():
    """A strategy's order of which two parts have executed, and the rest works."""
    book = done(1, OrderState.ACCEPTED, strategy="s")
    (order,) = book.working()
    for trade in ("1", "2"):
        evolve(book, filled(fill(trade, "0.001"), order.request_id))
    return book


def enabled_again(book, *, off: bool = True):
    """`book` once somebody has switched the strategy off, or not, and on."""
    if off:
        switches(book, enabled=False)
    return switches(book)


def rate(*ago_ns: int, bound: int = 2, of=None, ahead: int = 0, state=None):
    """`of` after orders that were sent so long ago."""
    book = limited(rich(), max_orders_per_minute=bound)
    for number, ago in enumerate(ago_ns):
        before = opened(spec(f"sent-{number}"))
        sent = () if state is OrderState.INITIALIZED else (submitted(f"sent-{number}"),)
        evolve(book, before, *sent, at_ns=NOW_NS - ago)
    return context(of, book, ahead=ahead)


def signed_again():
    """One order that was sent twice, and refused."""
    book = limited(rich(), max_orders_per_minute=2)
    refusal = OrderRejected(request_id="old", code="-1021", reason="late", source="reply")
    return context(
        None, evolve(book, opened(spec("old")), submitted("old"), submitted("old", 2), refusal)
    )


def meeting(of, *others, state: OrderState = OrderState.ACCEPTED, **limits):
    """`of` while `others` work."""
    book = limited(rich(), **limits)
    for other in others:
        place(book, other, state)
    return context(of, book)


def ours(side: Side, price: str, request_id: str = "open", **terms):
    return spec(request_id, side=side, limit_price=D(price), **terms)


def buying(price: str, **terms):
    return ours(Side.BUY, price, "r-1", **terms)


def selling(price: str, **terms):
    return ours(Side.SELL, price, "r-1", **terms)


def asked(of=None, bound: str | None = "100", **world):
    """`of` where a second person is asked from `bound` USDT on."""
    book = limited(rich(), approval_notional=None if bound is None else D(bound))
    return context(of, book, **world)


def waiting(quantity: str = "0.01"):
    """An order of 100 USDT that waits for a second person, judged as it is approved."""
    book = limited(rich(), approval_notional=D(100))
    place(book, spec(quantity=D(quantity)), OrderState.PENDING_APPROVAL)
    return context(book.order("r-1").spec, book, replaces=book.order("r-1"), approved=True)


LISTED = ListPlace(contingency=Contingency.OTO, members=("a", "r-1"), index=1)
OURS_ABOVE = ours(Side.SELL, "10000")
OURS_BELOW = ours(Side.BUY, "10000")
STOP = {"order_type": OrderType.STOP_LOSS_LIMIT, "stop_price": D(9500)}

TABLES = (
    Table(
        pace.repeated_execution,
        "switch it off and on again",
        allowed={
            "the last": executed(1),
            "no limit": executed(9, bound=0),
            "no strategy": executed(9, of=spec()),
            "another strategy": executed(9, of=spec(strategy="t")),
            "orders that never executed": executed(
                0, book=done(9, OrderState.CANCELED, strategy="s")
            ),
            "one order in parts": executed(0, book=in_parts()),
            "sales that executed": executed(
                0, book=done(2, book=done(1, strategy="s"), strategy="s", side=Side.SELL)
            ),
            "beside sales that work": executed(
                0,
                book=done(
                    2, OrderState.ACCEPTED, done(1, strategy="s"), strategy="s", side=Side.SELL
                ),
            ),
            "a sale of what is held": executed(9, of=sale("1", strategy="s")),
            "enabled again": executed(0, book=enabled_again(done(2, strategy="s"))),
        },
        denied={
            "one more": Denial(executed(2), "2", "3"),
            "beside an open order": Denial(
                executed(0, book=done(1, OrderState.ACCEPTED, done(1, strategy="s"), strategy="s")),
                "2",
                "3",
            ),
            "in a list": Denial(executed(1, ahead=1), "2", "3"),
            "over midnight": Denial(executed(0, book=next_day(done(2, strategy="s"))), "2", "3"),
            "enabled while it was on": Denial(
                executed(0, book=enabled_again(done(2, strategy="s"), off=False)), "2", "3"
            ),
            "a sale of more than is held": Denial(
                executed(2, of=sale("11", strategy="s")), "2", "3"
            ),
        },
    ),
    Table(
        pace.order_rate_limit,
        "wait",
        allowed={
            "the last": rate(0),
            "the last of a list": rate(ahead=1),
            "a sale of what is held": rate(0, 0, of=sale("10")),
            "a whole minute ago": rate(MINUTE_NS, MINUTE_NS),
            "no limit": rate(*[0] * 9, bound=0),
            "orders that were never sent": rate(0, 0, 0, state=OrderState.INITIALIZED),
        },
        denied={
            "one more": Denial(rate(0, 0), "2", "3"),
            "just inside the minute": Denial(rate(MINUTE_NS - 1, MINUTE_NS - 1), "2", "3"),
            "in a list": Denial(rate(0, ahead=1), "2", "3"),
            "a sale of more than is held": Denial(rate(0, 0, of=sale("11")), "2", "3"),
            "one order that was sent twice": Denial(signed_again(), "2", "3"),
            "by a clock that was set back since": Denial(
                rate(-30 * MINUTE_NS, -30 * MINUTE_NS), "2", "3"
            ),
        },
    ),
    Table(
        pace.self_trade,
        "cancel that one",
        allowed={
            "nothing of ours": meeting(buying("10000")),
            "ours a tick above": meeting(buying("9999.99"), OURS_ABOVE),
            "ours a tick below": meeting(selling("10000.01"), OURS_BELOW),
            "ours on the same side": meeting(buying("10000"), OURS_BELOW),
            "ours in another symbol": meeting(
                buying("10000"), ours(Side.SELL, "10000", symbol="BNBUSDT")
            ),
            "ours that has ended": meeting(buying("10000"), OURS_ABOVE, state=OrderState.CANCELED),
            "ours that nobody approved": meeting(
                buying("10000"), OURS_ABOVE, state=OrderState.PENDING_APPROVAL
            ),
            "ours that has not triggered": meeting(
                buying("10000"), ours(Side.SELL, "10000", **STOP)
            ),
            "a stop": meeting(buying("10000", **STOP), OURS_ABOVE),
            "one that waits": meeting(buying("10000", place=LISTED), OURS_ABOVE),
            "left to the venue": meeting(
                buying("10000", self_trade_prevention=SelfTradePrevention.EXPIRE_TAKER), OURS_ABOVE
            ),
            "allowed": meeting(buying("10000"), OURS_ABOVE, deny_self_trade=False),
            "a market order below ours": meeting(market(), ours(Side.SELL, "10001.01")),
            "a market order without a quote, which is another control's": context(
                market(), place(rich(), OURS_ABOVE), quote=None
            ),
        },
        denied={
            "at our price": Denial(meeting(buying("10000"), OURS_ABOVE), "10000", "10000"),
            "above it": Denial(meeting(buying("10000.01"), OURS_ABOVE), "10000", "10000.01"),
            "a sale": Denial(meeting(selling("9999"), OURS_BELOW), "10000", "9999"),
            "a market order": Denial(meeting(market(), ours(Side.SELL, "10001")), "10001", "10001"),
            "a market sale": Denial(meeting(sale("0.01"), ours(Side.BUY, "9999")), "9999", "9999"),
            "the best of ours": Denial(
                meeting(buying("10000"), ours(Side.SELL, "9999", "low"), OURS_ABOVE),
                "9999",
                "10000",
            ),
            "ours on its way": Denial(
                meeting(buying("10000"), OURS_ABOVE, state=OrderState.SUBMITTED), "10000", "10000"
            ),
            "ours of unknown outcome": Denial(
                meeting(buying("10000"), OURS_ABOVE, state=OrderState.UNKNOWN), "10000", "10000"
            ),
            "ours while it is cancelled": Denial(
                meeting(buying("10000"), OURS_ABOVE, state=OrderState.PENDING_CANCEL),
                "10000",
                "10000",
            ),
            "ours that has triggered": Denial(
                meeting(
                    buying("10000"),
                    ours(Side.SELL, "10000", **STOP),
                    state=OrderState.TRIGGERED,
                ),
                "10000",
                "10000",
            ),
        },
    ),
    Table(
        pace.approval_required,
        "a second person must approve it",
        allowed={
            "less": asked(spec(limit_price=D("9999.99"))),
            "no limit": asked(spec(quantity=D(9)), None),
            "a sale of what is held": asked(sale("10")),
            "approved": waiting(),
        },
        denied={
            "as much": Denial(asked(), "100", "100.00"),
            "an amount": Denial(asked(market(quantity=None, quote_quantity=D(100))), "100", "100"),
            "a market order at its worst": Denial(
                asked(market(quantity=D("0.00991"))), "100", "100.10100910000"
            ),
            "a sale of more than is held": Denial(asked(sale("10.1")), "100", "100989.9"),
            "a list": Denial(asked(spec(place=LISTED)), "100", "100.00"),
            "in another's place": Denial(
                asked(replaces=place(rich(), spec("old")).order("old")), "100", "100.00"
            ),
            "what cannot be priced": Denial(asked(market(), quote=None), "100"),
        },
    ),
)
