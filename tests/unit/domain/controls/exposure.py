"""Group E."""

from aitrader_server.domain.events import OrderAccepted, OrderCanceled, OrderGapFound
from aitrader_server.domain.risk import exposure
from aitrader_server.domain.words import OrderState, Side
from unit.domain.controls.table import Denial, Table, of_strategy, of_symbol, rich, sale, under
from unit.domain.worlds import (
    WEALTH,
    D,
    context,
    evolve,
    funded,
    limited,
    market,
    opened,
    place,
    spec,
    submitted,
)

AT_VENUE = {"request_id": "open", "venue_order_id": "v-1"}


def working(quantity: str = "1", state: OrderState = OrderState.ACCEPTED, **given):
    """A rich book with one order for `quantity` at 10000."""
    return place(rich(), spec("open", quantity=D(quantity), **given), state)


def missing():
    """A canceled purchase of 1 BTC of which 0.4 was reported and not yet booked."""
    of = spec("open", quantity=D(1))
    return evolve(
        rich(),
        opened(of),
        submitted("open"),
        OrderAccepted(**AT_VENUE),
        OrderGapFound(**AT_VENUE, reported_quantity=D("0.4")),
        OrderCanceled(**AT_VENUE),
    )


def buying(quantity: str, book=None):
    return context(spec(quantity=D(quantity)), book)


def selling(quantity: str, book=None, **given):
    return context(sale(quantity, **given), book)


def amount(quote_quantity: str, book=None):
    return context(market(quantity=None, quote_quantity=D(quote_quantity)), book)


def position(quantity: str, bound: str, book=None):
    return under(spec(quantity=D(quantity)), book, max_position_notional=D(bound))


def owned(quantity: str, bound: str, symbol: str = "BTCUSDT", **limits):
    """Under a limit of the symbol's own."""
    own = of_symbol(symbol, max_position_notional=D(bound))
    return under(spec(quantity=D(quantity)), **own, **limits)


def gross(quantity: str, bound: str, book=None, equity: str | None = "200000"):
    limits = limited(rich() if book is None else book, max_gross_exposure=D(bound))
    return _valued(quantity, limits, equity)


def share(quantity: str, bound: str, book=None, equity: str | None = "200000"):
    limits = limited(rich() if book is None else book, max_concentration=D(bound))
    return _valued(quantity, limits, equity)


def _valued(quantity: str, book, equity: str | None):
    account = type(WEALTH)(
        quote_asset="USDT", equity=None if equity is None else D(equity), day_pnl=D(0)
    )
    return context(spec(quantity=D(quantity)), book, account=account)


def unquoted(**limits):
    return context(market(), limited(rich(), **limits), quote=None)


def crowded(count: int, state: OrderState = OrderState.ACCEPTED, **terms):
    book = rich()
    for number in range(count):
        place(book, spec(f"open-{number}", **terms), state)
    return book


def after(count: int, of=None, *, ahead: int = 0, replaces: str = "", bound=None, **terms):
    """`of` beside `count` open orders of `terms`, where two in all may be."""
    book = limited(crowded(count, **terms), **(bound or {"max_open_orders": 2}))
    return context(of, book, ahead=ahead, replaces=book.order(replaces))


MINE = spec(strategy="s")
OF_SYMBOL = of_symbol(max_open_orders=2)
OF_STRATEGY = of_strategy(max_open_orders=2)

TABLES = (
    Table(
        exposure.insufficient_balance,
        "lower the quantity or cancel an order",
        allowed={
            "all that is there": buying("10"),
            "all that is there to sell": selling("10"),
            "all that an open purchase leaves": buying("9", working()),
            "all that an open sale leaves": selling("9", working(side=Side.SELL)),
            "all that a purchase of unknown outcome leaves": buying(
                "9", working(state=OrderState.UNKNOWN)
            ),
            "all that executions not booked leave": buying("9.6", missing()),
            "all that an ended order leaves": buying("10", working(state=OrderState.CANCELED)),
            "an amount": amount("100000"),
            "no quote, which is another control's": context(market(), funded(), quote=None),
        },
        denied={
            "a step more": Denial(buying("10.00001"), "100000", "100000.10000"),
            "a step more to sell": Denial(selling("10.00001"), "10", "10.00001"),
            "beside an open purchase": Denial(buying("9.00001", working()), "90000", "90000.10000"),
            "beside an open sale": Denial(
                selling("9.00001", working(side=Side.SELL)), "9", "9.00001"
            ),
            "beside a purchase being sent": Denial(
                buying("9.00001", working(state=OrderState.SUBMITTED)), "90000", "90000.10000"
            ),
            "beside a purchase of unknown outcome": Denial(
                buying("9.00001", working(state=OrderState.UNKNOWN)), "90000", "90000.10000"
            ),
            "beside executions not booked": Denial(
                buying("9.60001", missing()), "96000.0", "96000.10000"
            ),
            "too large an amount": Denial(amount("100000.01"), "100000", "100000.01"),
            "a market order at its worst": Denial(
                context(market(quantity=D("9.91"))), "100000", "100101.00910000"
            ),
            "beside a purchase that waits for approval": Denial(
                buying("9.00001", working(state=OrderState.PENDING_APPROVAL)),
                "90000",
                "90000.10000",
            ),
            "with nothing": Denial(buying("0.01", funded()), "0", "100.00"),
        },
    ),
    Table(
        exposure.max_position_notional,
        "",
        allowed={
            "up to it": position("1", "110000"),
            "up to it with an open purchase": position("1", "120000", working()),
            "a symbol's": owned("1", "110000"),
            "another symbol's": owned("1", "1", "BNBUSDT"),
            "no limit": buying("1"),
            "a sale": under(sale("1"), max_position_notional=D(1)),
        },
        denied={
            "a step more": Denial(position("1.00001", "110000"), "110000", "110000.10000"),
            "a step more than a symbol's": Denial(
                owned("1.00001", "110000"), "110000", "110000.10000"
            ),
            "the account's, which is lower than a symbol's": Denial(
                owned("1", "120000", max_position_notional=D(109_999)), "109999", "110000"
            ),
            "with an open purchase": Denial(position("1", "110000", working()), "110000", "120000"),
            "with a purchase of unknown outcome": Denial(
                position("1", "110000", working(state=OrderState.UNKNOWN)), "110000", "120000"
            ),
            "with executions not booked": Denial(
                position("1", "110000", missing()), "110000", "114000.0"
            ),
            "no price": Denial(unquoted(max_position_notional=D(10**9)), "1000000000"),
        },
    ),
    Table(
        exposure.max_gross_exposure,
        "",
        allowed={
            "up to it": gross("1", "110000"),
            "up to it with an open purchase": gross("1", "120000", working()),
            "no limit": buying("1"),
            "a sale": under(sale("1"), max_gross_exposure=D(1)),
        },
        denied={
            "a step more": Denial(gross("1.00001", "110000"), "110000", "110000.10000"),
            "with an open purchase": Denial(gross("1", "110000", working()), "110000", "120000"),
            "no equity": Denial(gross("1", "110000", equity=None), "110000"),
            "no price": Denial(unquoted(max_gross_exposure=D(10**9)), "1000000000"),
        },
    ),
    Table(
        exposure.max_concentration,
        "",
        allowed={
            "up to it": share("1", "0.55"),
            "up to it with an open purchase": share("1", "0.6", working()),
            "no limit": buying("1"),
            "a sale": under(sale("1"), max_concentration=D("0.01")),
        },
        denied={
            "a step more": Denial(share("1.2", "0.55"), "0.55", "0.560000"),
            "with an open purchase": Denial(share("1", "0.55", working()), "0.55", "0.600000"),
            "no equity known": Denial(share("1", "0.55", equity=None), "0.55"),
            "no equity left": Denial(share("1", "0.55", equity="0"), "0.55"),
            "less than no equity": Denial(share("1", "0.55", equity="-1"), "0.55"),
            "no price": Denial(unquoted(max_concentration=D(1)), "1"),
        },
    ),
    Table(
        exposure.max_open_orders,
        "cancel one first",
        allowed={
            "the last": after(1),
            "the last of a list": after(0, ahead=1),
            "in another's place": after(2, replaces="open-0"),
            "a symbol's last": after(1, bound=OF_SYMBOL),
            "in the place of a symbol's": after(2, replaces="open-0", bound=OF_SYMBOL),
            "in the place of a strategy's": after(
                2, MINE, replaces="open-0", bound=OF_STRATEGY, strategy="s"
            ),
            "beside another symbol's": after(9, bound=OF_SYMBOL, symbol="BNBUSDT"),
            "a strategy's last": after(1, MINE, bound=OF_STRATEGY, strategy="s"),
            "beside another strategy's": after(9, MINE, bound=OF_STRATEGY),
            "no limit": under(book=crowded(5), max_open_orders=0),
            "beside ended orders": under(book=crowded(5, OrderState.FILLED), max_open_orders=1),
        },
        denied={
            "one more": Denial(after(2), "2", "3"),
            "in a list": Denial(after(1, ahead=1), "2", "3"),
            "in another's place when there are too many": Denial(
                after(3, replaces="open-0"), "2", "3"
            ),
            "a sale": Denial(after(2, sale()), "2", "3"),
            "a symbol's": Denial(after(2, bound=OF_SYMBOL), "2", "3"),
            "a symbol's in a list": Denial(after(1, ahead=1, bound=OF_SYMBOL), "2", "3"),
            "a strategy's in a list": Denial(
                after(1, MINE, ahead=1, bound=OF_STRATEGY, strategy="s"), "2", "3"
            ),
            "a strategy's": Denial(after(2, MINE, bound=OF_STRATEGY, strategy="s"), "2", "3"),
            "beside ones that wait for approval": Denial(
                under(book=crowded(2, OrderState.PENDING_APPROVAL), max_open_orders=2), "2", "3"
            ),
            "beside unknown ones": Denial(
                under(book=crowded(2, OrderState.UNKNOWN), max_open_orders=2), "2", "3"
            ),
            "beside ones under cancellation": Denial(
                under(book=crowded(2, OrderState.PENDING_CANCEL), max_open_orders=2), "2", "3"
            ),
        },
    ),
    Table(
        exposure.reduce_only_would_increase,
        "sell at most",
        allowed={
            "not asked for": buying("1"),
            "a sale of all": selling("10", reduce_only=True),
            "a sale of what is free": selling("9", working(side=Side.SELL), reduce_only=True),
        },
        denied={
            "a purchase": Denial(context(spec(reduce_only=True)), "10", "0.01"),
            "a sale of more": Denial(selling("10.00001", reduce_only=True), "10", "10.00001"),
            "a sale of what is reserved": Denial(
                selling("9.00001", working(side=Side.SELL), reduce_only=True), "9", "9.00001"
            ),
            "an amount that nothing prices": Denial(
                context(
                    market(quantity=None, quote_quantity=D(1), side=Side.SELL, reduce_only=True),
                    quote=None,
                ),
                "10",
            ),
        },
    ),
)
