"""Groups F and G: what a day may use, and a strategy risk."""

from aitrader_server.domain.risk import pace
from aitrader_server.domain.words import OrderState, Side
from unit.domain.controls.table import (
    Denial,
    Table,
    done,
    next_day,
    of_strategy,
    of_symbol,
    rich,
    sale,
    switches,
    valued,
)
from unit.domain.worlds import D, context, limited, market, place, spec

S = spec(strategy="s")


def daily(of, book, *, ahead: int = 0, replaces: str = "", **limits):
    book = limited(book, **limits)
    return context(of, book, ahead=ahead, replaces=book.order(replaces))


def traded(orders: int, bound: int = 2, strategy: str = "s", state=OrderState.FILLED):
    return done(orders, state, switches(rich(), trades=bound), strategy=strategy)


def risking(of, share: float = 0.0005, **account):
    """`of` with a share of 200000 USDT: 100 by default, and 1 % of them for slippage."""
    return valued(of, switches(rich(), share=share), **account)


def ours_to_sell(price: str):
    return spec("open", side=Side.SELL, limit_price=D(price))


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
            "a sale of what is held": daily(sale("10"), done(2), max_orders_per_day=2),
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
            "a sale of more than is held": Denial(
                daily(sale("11"), done(2), max_orders_per_day=2), "2", "3"
            ),
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
            "in the place of a symbol's": daily(
                spec(),
                place(done(2), spec("old")),
                replaces="old",
                **of_symbol(max_turnover_per_day=D(300)),
            ),
            "in the place of a strategy's": daily(
                S,
                place(done(2, strategy="s"), spec("old", strategy="s")),
                replaces="old",
                **of_strategy(max_turnover_per_day=D(300)),
            ),
            "no limit": daily(spec(), done(9)),
            "cancelled ones": daily(
                spec(), done(9, OrderState.CANCELED), max_turnover_per_day=D(100)
            ),
            "a new day": daily(spec(), next_day(done(2)), max_turnover_per_day=D(100)),
            "a sale of what is held": daily(sale("10"), done(2), max_turnover_per_day=D(300)),
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
                    place(done(2), ours_to_sell("11000")),
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
            "a sale of more than is held": Denial(
                daily(sale("10.1"), done(2), max_turnover_per_day=D(299)), "299", "101189.90"
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
            "a sale of what is held": context(sale("1", strategy="s"), traded(2)),
            "denied ones": context(S, traded(9, state=OrderState.DENIED)),
            "a new day": context(S, next_day(traded(2))),
        },
        denied={
            "one more": Denial(context(S, traded(2)), "2", "3"),
            "far beyond": Denial(context(S, traded(5)), "2", "6"),
            "a sale of more than is held": Denial(
                context(sale("11", strategy="s"), traded(2)), "2", "3"
            ),
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
)
