"""Groups F and G: how much, how fast, and with whose consent."""

from aitrader_server.domain.events import DayOpened, OrderRejected, StrategyChanged
from aitrader_server.domain.risk import pace
from aitrader_server.domain.terms import ListPlace, StrategyLimits, SymbolLimits
from aitrader_server.domain.words import (
    Contingency,
    OrderState,
    OrderType,
    SelfTradePrevention,
    Side,
)
from unit.domain.controls.table import Denial, Table, rich, sale, valued
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


def done(orders: int, state: OrderState = OrderState.FILLED, book=None, **terms):
    """A book that has had `orders` purchases of 100 USDT."""
    book = rich() if book is None else book
    for _ in range(orders):
        place(book, spec(f"done-{book.state.sequence}", **terms), state)
    return book


def next_day(book):
    return evolve(book, DayOpened(day="2027-01-16", equity=D(200_000)))


def of_symbol(symbol: str = "BTCUSDT", **limits):
    return {"by_symbol": {symbol: SymbolLimits(**limits)}}


def of_strategy(strategy: str = "s", **limits):
    return {"by_strategy": {strategy: StrategyLimits(**limits)}}


def daily(of, book, *, ahead: int = 0, replaces: str = "", **limits):
    book = limited(book, **limits)
    return context(of, book, ahead=ahead, replaces=book.order(replaces))


def switches(book, *, enabled: bool = True, share: float = 1.0, trades: int = 0):
    """What an operator says of the strategy `s`."""
    change = StrategyChanged(
        name="s",
        enabled=enabled,
        max_risk_fraction=share,
        max_daily_trades=trades,
        notes="",
        actor="ann",
    )
    return evolve(book, change)


def traded(orders: int, bound: int = 2, strategy: str = "s", state=OrderState.FILLED):
    return done(orders, state, switches(rich(), trades=bound), strategy=strategy)


def risking(of, share: float = 0.0005, **account):
    """`of` with a share of 200000 USDT: 100 by default, and 1 % of them for slippage."""
    return valued(of, switches(rich(), share=share), **account)


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
        pace.max_orders_per_day,
        "wait for the next UTC day",
        allowed={
            "the last": daily(spec(), done(1), max_orders_per_day=2),
            "the last of a list": daily(spec(), done(0), ahead=1, max_orders_per_day=2),
            "no limit": daily(spec(), done(9), max_orders_per_day=0),
            "denied ones": daily(spec(), done(9, OrderState.DENIED), max_orders_per_day=2),
            "ones that nobody approved": daily(
                spec(), done(9, OrderState.PENDING_APPROVAL), max_orders_per_day=2
            ),
            "a new day": daily(spec(), next_day(done(2)), max_orders_per_day=2),
            "a symbol's last": daily(spec(), done(1), **of_symbol(max_orders_per_day=2)),
            "orders of another symbol": daily(
                spec(), done(9, symbol="BNBUSDT"), **of_symbol(max_orders_per_day=2)
            ),
            "another symbol's limit": daily(
                spec(), done(9), **of_symbol("BNBUSDT", max_orders_per_day=2)
            ),
            "a strategy's last": daily(
                S, done(1, strategy="s"), **of_strategy(max_orders_per_day=2)
            ),
            "orders of no strategy": daily(S, done(9), **of_strategy(max_orders_per_day=2)),
            "another strategy's limit": daily(
                S, done(9, strategy="s"), **of_strategy("t", max_orders_per_day=2)
            ),
        },
        denied={
            "one more": Denial(daily(spec(), done(2), max_orders_per_day=2), "2", "3"),
            "refused by the venue": Denial(
                daily(spec(), done(2, OrderState.REJECTED), max_orders_per_day=2), "2", "3"
            ),
            "in a list": Denial(daily(spec(), done(1), ahead=1, max_orders_per_day=2), "2", "3"),
            "a sale": Denial(daily(sale(), done(2), max_orders_per_day=2), "2", "3"),
            "in another's place": Denial(
                daily(spec(), place(done(1), spec("old")), replaces="old", max_orders_per_day=2),
                "2",
                "3",
            ),
            "a symbol's": Denial(
                daily(spec(), done(2), **of_symbol(max_orders_per_day=2)), "2", "3"
            ),
            "a strategy's": Denial(
                daily(S, done(2, strategy="s"), **of_strategy(max_orders_per_day=2)), "2", "3"
            ),
            "the account's, which a symbol's own does not lift": Denial(
                daily(spec(), done(2), max_orders_per_day=2, **of_symbol(max_orders_per_day=9)),
                "2",
                "3",
            ),
        },
    ),
    Table(
        pace.max_turnover_per_day,
        "",
        allowed={
            "up to it": daily(spec(), done(2), max_turnover_per_day=D(300)),
            "up to it beside an open order": daily(
                spec(), place(done(1), spec("open")), max_turnover_per_day=D(300)
            ),
            "in the place of an open order": daily(
                spec(), place(done(2), spec("old")), replaces="old", max_turnover_per_day=D(300)
            ),
            "no limit": daily(spec(), done(9)),
            "cancelled ones": daily(
                spec(), done(9, OrderState.CANCELED), max_turnover_per_day=D(100)
            ),
            "a new day": daily(spec(), next_day(done(2)), max_turnover_per_day=D(100)),
            "a symbol's": daily(spec(), done(2), **of_symbol(max_turnover_per_day=D(300))),
            "of another symbol": daily(
                spec(), done(9, symbol="BNBUSDT"), **of_symbol(max_turnover_per_day=D(100))
            ),
            "a strategy's": daily(
                S, done(2, strategy="s"), **of_strategy(max_turnover_per_day=D(300))
            ),
            "of another strategy": daily(S, done(9), **of_strategy(max_turnover_per_day=D(100))),
        },
        denied={
            "a step more": Denial(
                daily(spec(quantity=D("0.01001")), done(2), max_turnover_per_day=D(300)),
                "300",
                "300.10000",
            ),
            "beside an open order": Denial(
                daily(spec(), place(done(2), spec("open")), max_turnover_per_day=D(300)),
                "300",
                "400.00",
            ),
            "beside an open sale": Denial(
                daily(
                    spec(),
                    place(done(2), ours(Side.SELL, "11000")),
                    max_turnover_per_day=D(300),
                ),
                "300",
                "410.00",
            ),
            "beside an order of unknown outcome": Denial(
                daily(
                    spec(),
                    place(done(2), spec("open"), OrderState.UNKNOWN),
                    max_turnover_per_day=D(300),
                ),
                "300",
                "400.00",
            ),
            "a sale at the market": Denial(
                daily(sale("0.01"), done(2), max_turnover_per_day=D(299)), "299", "299.99"
            ),
            "no price": Denial(
                context(market(), limited(rich(), max_turnover_per_day=D(10**9)), quote=None),
                "1000000000",
            ),
            "a symbol's": Denial(
                daily(spec(), done(2), **of_symbol(max_turnover_per_day=D(299))), "299", "300.00"
            ),
            "a strategy's": Denial(
                daily(S, done(2, strategy="s"), **of_strategy(max_turnover_per_day=D(299))),
                "299",
                "300.00",
            ),
        },
    ),
    Table(
        pace.strategy_max_daily_trades,
        "wait for the next UTC day",
        allowed={
            "the last": context(S, traded(1)),
            "the last of a list": context(S, traded(0), ahead=1),
            "no limit": context(S, traded(9, bound=0)),
            "no switches": context(spec(strategy="t"), traded(9, strategy="t")),
            "another's orders": context(S, traded(9, strategy="t")),
            "denied ones": context(S, traded(9, state=OrderState.DENIED)),
            "a new day": context(S, next_day(traded(2))),
        },
        denied={
            "one more": Denial(context(S, traded(2)), "2", "3"),
            "far beyond": Denial(context(S, traded(5)), "2", "6"),
            "in a list": Denial(context(S, traded(1), ahead=1), "2", "3"),
        },
    ),
    Table(
        pace.strategy_max_risk_fraction,
        "",
        allowed={
            "up to it": risking(S),
            "up to what slippage may add": risking(spec(quantity=D("0.0101"), strategy="s")),
            "a market order": risking(market(strategy="s")),
            "an amount": risking(market(quantity=None, quote_quantity=D(101), strategy="s")),
            "all of it": risking(spec(quantity=D(20), strategy="s"), 1.0),
            "no strategy": risking(spec(quantity=D(20))),
            "another strategy": risking(spec(quantity=D(20), strategy="t")),
            "a sale": risking(sale("10", strategy="s")),
            "all of it without prices": risking(S, 1.0, equity=None),
        },
        denied={
            "a step more": Denial(
                risking(spec(quantity=D("0.01011"), strategy="s")), "100.0000", "101.10000"
            ),
            "a market order at what is asked": Denial(
                risking(market(quantity=D("0.0101"), strategy="s")), "100.0000", "101.0101"
            ),
            "an amount": Denial(
                risking(market(quantity=None, quote_quantity=D("101.01"), strategy="s")),
                "100.0000",
                "101.01",
            ),
            "anything where nothing may be risked": Denial(risking(S, 0.0), "0.0", "100.00"),
            "an account that is not valued": Denial(risking(S, equity=None), "0.0005"),
            "no price": Denial(
                context(market(strategy="s"), switches(rich(), share=0.5), quote=None), "0.5"
            ),
        },
    ),
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
            "a sale": Denial(executed(2, of=sale(strategy="s")), "2", "3"),
        },
    ),
    Table(
        pace.order_rate_limit,
        "wait",
        allowed={
            "the last": rate(0),
            "the last of a list": rate(ahead=1),
            "a whole minute ago": rate(MINUTE_NS, MINUTE_NS),
            "no limit": rate(*[0] * 9, bound=0),
            "orders that were never sent": rate(0, 0, 0, state=OrderState.INITIALIZED),
        },
        denied={
            "one more": Denial(rate(0, 0), "2", "3"),
            "just inside the minute": Denial(rate(MINUTE_NS - 1, MINUTE_NS - 1), "2", "3"),
            "in a list": Denial(rate(0, ahead=1), "2", "3"),
            "a sale": Denial(rate(0, 0, of=sale()), "2", "3"),
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
