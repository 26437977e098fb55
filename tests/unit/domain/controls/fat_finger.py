"""Group D."""

from aitrader_server.domain.risk import fat_finger
from aitrader_server.domain.words import OrderState, OrderType, Side
from unit.domain.controls.table import (
    Denial,
    Table,
    of_strategy,
    of_symbol,
    quoted,
    rich,
    sale,
    under,
)
from unit.domain.worlds import (
    NOW_NS,
    NS_PER_MS,
    D,
    context,
    evolve,
    limited,
    market,
    opened,
    place,
    spec,
    submitted,
)

S = spec(strategy="s")
STOP = {"order_type": OrderType.STOP_LOSS, "side": Side.SELL}
AGE_MAX_NS = 5000 * NS_PER_MS


def amount(quote_quantity: str, side: Side = Side.BUY):
    return market(quantity=None, quote_quantity=D(quote_quantity), side=side)


def collared(price: str, collar: str | None = "0.1"):
    bound = None if collar is None else D(collar)
    return under(spec(limit_price=D(price)), price_collar=bound)


def apart(last: str, of=None, slippage: str = "0.01"):
    """A market whose last trade lies away from its best prices."""
    return quoted(of or market(), limited(rich(), max_slippage=D(slippage)), last=D(last))


def aged(ns: int, bound_ms: int = 5000):
    book = limited(rich(), max_quote_age_ms=bound_ms)
    return quoted(book=book, at_ns=NOW_NS - ns)


def spread(bid: str, ask: str, of=None, bound: str | None = "0.01"):
    book = limited(rich(), max_spread=None if bound is None else D(bound))
    return quoted(of or market(), book, bid=D(bid), ask=D(ask))


def asked(ago_ns: int, of=None, window_ms: int = 1000, again=None):
    """An order that was sent `ago_ns` before, as `of`."""
    book = limited(rich(), repeated_order_window_ms=window_ms)
    evolve(book, opened(of or spec("first")), submitted("first"), at_ns=NOW_NS - ago_ns)
    return context(again or spec(), book)


TABLES = (
    Table(
        fat_finger.max_order_notional,
        "lower the quantity or raise risk.max_order_notional",
        allowed={
            "up to it": under(max_order_notional=D(100)),
            "no limit": under(spec(quantity=D(10**6)), max_order_notional=None),
            "an amount up to it": under(amount("100"), max_order_notional=D(100)),
            "a symbol's": under(**of_symbol(max_order_notional=D(100))),
            "another symbol's": under(**of_symbol("BNBUSDT", max_order_notional=D(1))),
            "a strategy's": under(S, **of_strategy(max_order_notional=D(100))),
            "another strategy's": under(S, **of_strategy("t", max_order_notional=D(1))),
            "a sale at the bid": under(sale("0.01"), max_order_notional=D("99.99")),
            "no quote, which is another control's": context(
                market(), limited(rich(), max_order_notional=D(1)), quote=None
            ),
        },
        denied={
            "beyond": Denial(under(max_order_notional=D("99.99")), "99.99", "100.00"),
            "beyond a symbol's": Denial(
                under(**of_symbol(max_order_notional=D("99.99"))), "99.99", "100.00"
            ),
            "beyond a strategy's": Denial(
                under(S, **of_strategy(max_order_notional=D("99.99"))), "99.99", "100.00"
            ),
            "the account's, which a symbol's own does not lift": Denial(
                under(max_order_notional=D(1), **of_symbol(max_order_notional=D(100))),
                "1",
                "100.00",
            ),
            "a market order at its worst": Denial(
                under(market(), max_order_notional=D(101)), "101", "101.01010000"
            ),
            "an amount": Denial(
                under(amount("100.01"), max_order_notional=D(100)), "100", "100.01"
            ),
            "a sale far below the market": Denial(
                under(spec(side=Side.SELL, limit_price=D("0.01")), max_order_notional=D("99.98")),
                "99.98",
                "99.99",
            ),
            "a stop that trails up": Denial(
                under(
                    market(order_type=OrderType.STOP_LOSS, trailing_delta_bips=1000),
                    max_order_notional=D(111),
                ),
                "111",
                "111.11111000",
            ),
            "a stop at its worst": Denial(
                under(
                    market(order_type=OrderType.STOP_LOSS, stop_price=D(11000)),
                    max_order_notional=D(111),
                ),
                "111",
                "111.10000000",
            ),
            "36 digits": Denial(
                under(
                    spec(quantity=D("9" * 18), limit_price=D("9" * 18)),
                    max_order_notional=D(10) ** 35,
                ),
                "1" + "0" * 35,
                "9" * 17 + "8" + "0" * 17 + "1",
            ),
        },
    ),
    Table(
        fat_finger.max_order_quantity,
        "lower the quantity or raise risk.max_order_quantity",
        allowed={
            "up to it": under(max_order_quantity=D("0.01")),
            "no limit": under(spec(quantity=D(10**6)), max_order_quantity=None),
            "a sale": under(sale("2"), max_order_quantity=D(2)),
            "no quote, which is another control's": context(
                amount("100"), limited(rich(), max_order_quantity=D("0.001")), quote=None
            ),
        },
        denied={
            "beyond": Denial(under(max_order_quantity=D("0.00999")), "0.00999", "0.01"),
            "beyond a symbol's": Denial(
                under(**of_symbol(max_order_quantity=D("0.00999"))), "0.00999", "0.01"
            ),
            "beyond a strategy's": Denial(
                under(S, **of_strategy(max_order_quantity=D("0.00999"))), "0.00999", "0.01"
            ),
            "a sale": Denial(under(sale("2.1"), max_order_quantity=D(2)), "2", "2.1"),
            "an amount at the bid": Denial(
                under(amount("19998"), max_order_quantity=D("1.99999")),
                "1.99999",
                "2.000000000000000000",
            ),
            "an amount sold at its worst": Denial(
                under(amount("19798.02", Side.SELL), max_order_quantity=D("1.99999")),
                "1.99999",
                "2.000000000000000000",
            ),
        },
    ),
    Table(
        fat_finger.price_collar,
        "move it closer",
        allowed={
            "as low as may be": collared("9000"),
            "as high as may be": collared("11000"),
            "no collar": collared("1", None),
            "no price": under(market(), price_collar=D("0.1")),
            "no quote, which is another control's": context(
                spec(limit_price=D(1)), limited(rich(), price_collar=D("0.1")), quote=None
            ),
        },
        denied={
            "too low": Denial(collared("8999.99"), "0.1", "0.100001"),
            "too high": Denial(collared("11000.01"), "0.1", "0.100001"),
            "a sale": Denial(
                under(spec(side=Side.SELL, limit_price=D(1)), price_collar=D("0.1")),
                "0.1",
                "0.999900",
            ),
        },
    ),
    Table(
        fat_finger.market_order_slippage,
        "use a limit order",
        allowed={
            "as far above as may be": apart("10000", slippage="0.0001"),
            "as far below as may be": apart("10000", sale(), slippage="0.0001"),
            "a limit order": apart("5000", spec()),
            "no quote, which is another control's": context(market(), quote=None),
        },
        denied={
            "a purchase": Denial(apart("10000", slippage="0.00009"), "0.00009", "0.000100"),
            "a sale": Denial(apart("10000", sale(), slippage="0.00009"), "0.00009", "0.000100"),
            "far away": Denial(apart("5000"), "0.01", "1.000200"),
        },
    ),
    Table(
        fat_finger.stale_market_data,
        "",
        allowed={
            "fresh": aged(0),
            "as old as may be": aged(AGE_MAX_NS + NS_PER_MS - 1),
            "as far ahead as may be": aged(-AGE_MAX_NS),
            "no age at all": aged(0, 0),
        },
        denied={
            "too old": Denial(aged(AGE_MAX_NS + NS_PER_MS), "5000", "5001"),
            "from the future": Denial(aged(-AGE_MAX_NS - NS_PER_MS), "5000", "5001"),
            "some age where none is allowed": Denial(aged(NS_PER_MS, 0), "0", "1"),
            "none": Denial(context(quote=None), "5000"),
            "none for a sale": Denial(context(spec(side=Side.SELL), quote=None), "5000"),
        }
        | {
            f"{name} of {value}": Denial(quoted(**{name: D(value)}), "5000")
            for name in ("bid", "ask", "last")
            for value in ("NaN", "sNaN", "Infinity", "0", "-1")
        }
        | {"crossed": Denial(quoted(bid=D("10001.01")), "5000")},
    ),
    Table(
        fat_finger.spread_too_wide,
        "use a limit order",
        allowed={
            "as wide as may be": spread("9950", "10050"),
            "none": spread("10000", "10000"),
            "no limit": spread("1", "10000", bound=None),
            "a limit order": spread("1", "10000", spec()),
            "no quote, which is another control's": context(market(), quote=None),
        },
        denied={
            "a purchase": Denial(spread("9949.99", "10050.01"), "0.01", "0.010002"),
            "a sale": Denial(spread("9949.99", "10050.01", sale()), "0.01", "0.010002"),
            "a stop": Denial(
                spread("9000", "11000", market(**STOP, stop_price=D(8000))), "0.01", "0.200000"
            ),
        },
    ),
    Table(
        fat_finger.repeated_order,
        "wait",
        allowed={
            "never before": under(repeated_order_window_ms=1000),
            "a whole window ago": asked(1000 * NS_PER_MS),
            "no window": asked(0, window_ms=0),
            "never sent": context(
                spec(),
                place(
                    limited(rich(), repeated_order_window_ms=1000), spec("first"), OrderState.DENIED
                ),
            ),
            "a reduce_only sale": asked(0, sale(request_id="first"), again=sale(reduce_only=True)),
            "another quantity": asked(0, spec("first", quantity=D("0.02"))),
            "another strategy": asked(0, spec("first", strategy="other")),
            "another stop price": asked(
                0,
                market("first", **STOP, stop_price=D(9000)),
                again=market(**STOP, stop_price=D(8000)),
            ),
        },
        denied={
            "at once": Denial(asked(0), "1000", "0"),
            "a sale": Denial(asked(0, sale(request_id="first"), again=sale()), "1000", "0"),
            "just inside the window": Denial(asked(1000 * NS_PER_MS - 1), "1000", "999"),
            "in other digits": Denial(asked(0, spec("first", quantity=D("0.010"))), "1000", "0"),
        },
    ),
)
