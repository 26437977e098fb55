"""Group F, its losses."""

import msgspec
from aitrader_server.domain.risk import loss
from aitrader_server.domain.risk.context import RiskContext
from aitrader_server.domain.words import OrderState, Side
from unit.domain.controls.table import (
    Denial,
    Table,
    next_day,
    of_strategy,
    of_symbol,
    rich,
    sale,
    valued,
)
from unit.domain.worlds import (
    BNB,
    QUOTE,
    D,
    context,
    events_to,
    evolve,
    fill,
    filled,
    limited,
    market,
    place,
    spec,
)

ALL = sale("10")
MORE = sale("10.1")
AVERAGE = "10000"
MINE = spec(strategy="s")


def result(pnl: str | None, of=None, bound: str | None = "0.06"):
    """A day that began with 200000 USDT and has made `pnl`."""
    book = limited(rich(), daily_loss_limit=None if bound is None else D(bound))
    return valued(of, book, day_pnl=None if pnl is None else D(pnl))


def rolled(pnl: str | None, of=None, base: str | None = "100000", bound: str | None = "0.05"):
    """24 hours that began with `base` USDT and have made `pnl`."""
    book = limited(rich(), rolling_24h_loss_limit=None if bound is None else D(bound))
    made = None if pnl is None else D(pnl)
    return valued(of, book, rolling_base=None if base is None else D(base), rolling_pnl=made)


def fallen(share: str | None, of=None, bound: str | None = "0.2"):
    """An account that is `share` below its highest, which was 250000 USDT."""
    book = limited(rich(), max_drawdown=None if bound is None else D(bound))
    return valued(of, book, high=D(250_000), drawdown=None if share is None else D(share))


def sold(*prices: str, book=None, strategy: str = "s", symbol: str = "BTCUSDT"):
    """Sells what was bought at 10000, 0.01 at a time, at each of `prices`."""
    book = rich() if book is None else book
    for price in prices:
        number = book.state.sequence
        terms = {"symbol": symbol, "strategy": strategy}
        bought, of = (
            spec(f"in-{number}", **terms),
            market(f"out-{number}", side=Side.SELL, **terms),
        )
        sales = {"symbol": symbol, "base": symbol.removesuffix("USDT"), "side": Side.SELL}
        place(book, bought)
        evolve(book, filled(fill("1", "0.01"), bought.request_id, **{**sales, "side": Side.BUY}))
        place(book, of)
        evolve(book, filled(fill("2", "0.01", price), of.request_id, **sales))
    return book


def lost(of, *prices: str, book=None, strategy="s", symbol="BTCUSDT", **scopes) -> RiskContext:
    """`of` after sales of `symbol` at `prices`, under the limits of `scopes`."""
    book = limited(sold(*prices, book=book, strategy=strategy, symbol=symbol), **scopes)
    if of.symbol == "BTCUSDT":
        return context(of, book)
    quote = msgspec.structs.replace(QUOTE, symbol=of.symbol)
    return context(of, book, instrument=BNB, quote=quote)


def streak(*prices: str, of=None, bound: int = 2, book=None):
    return context(of, limited(sold(*prices, book=book), max_consecutive_losses=bound))


def unfinished(book=None):
    """After a loss, a sale of 0.02 that has sold the half of it at another, and still works."""
    book = sold("9999", book=book)
    place(book, spec("in", quantity=D("0.02")))
    evolve(book, filled(fill("1", "0.02"), "in"))
    place(book, market("out", side=Side.SELL, quantity=D("0.02")))
    return evolve(book, filled(fill("2", "0.01", "9999"), "out", Side.SELL))


def finished():
    """The same, once its other half has made more than that."""
    return evolve(unfinished(), filled(fill("3", "0.01", "10002"), "out", Side.SELL))


def withdrawn():
    """The same, cancelled with its loss."""
    end = events_to(OrderState.CANCELED, "out")[-1]
    return evolve(unfinished(), end)


OF_SYMBOL = of_symbol(max_loss_per_day=D(10))
OF_ANOTHER = of_symbol("BNBUSDT", max_loss_per_day=D(10))
OF_STRATEGY = of_strategy(max_loss_per_day=D(10))
NOT_KNOWN = ("NaN", "sNaN", "-Infinity", "Infinity")

TABLES = (
    Table(
        loss.daily_loss_limit,
        "",
        allowed={
            "a profit": result("5000"),
            "nothing yet": result("0"),
            "just less than the limit": result("-11999.99999999"),
            "no limit": result("-200000", bound=None),
            "no limit and no prices": result(None, bound=None),
            "a sale of what is held": result("-12000", ALL),
            "a sale of what is held without prices": result(None, ALL),
            "a symbol just below its own limit": lost(spec(), "9000.01", **OF_SYMBOL),
            "a symbol that made as much": lost(spec(), "11000", **OF_SYMBOL),
            "another symbol's loss": lost(spec(symbol="BNBUSDT"), "9000", **OF_SYMBOL, strategy=""),
            "another symbol's limit": lost(spec(), "9000", **OF_ANOTHER),
            "a strategy just below its own limit": lost(MINE, "9000.01", **OF_STRATEGY),
            "another strategy's loss": lost(MINE, "9000", strategy="t", **OF_STRATEGY),
            "another strategy's limit": lost(spec(strategy="t"), "9000", **OF_STRATEGY),
            "a loss of the day before": context(
                spec(), limited(next_day(sold("9000")), **OF_SYMBOL)
            ),
            "a sale of what is held of a symbol that has lost": lost(
                sale("1"), "9000", **OF_SYMBOL
            ),
        },
        denied={
            "the limit": Denial(result("-12000"), "12000.00", "12000"),
            "beyond": Denial(result("-12000.01"), "12000.00", "12000.01"),
            "any loss where none is allowed": Denial(result("-0.01", bound="0"), "0", "0.01"),
            "a sale of more than is held": Denial(result("-12000", MORE), "12000.00", "12000"),
            "not known": Denial(result(None), "0.06"),
            "a symbol's own limit": Denial(lost(spec(), "9000", **OF_SYMBOL), "10", "10.00"),
            "a strategy's own limit": Denial(
                lost(MINE, "9500", "9500", **OF_STRATEGY), "10", "10.00"
            ),
            "a sale of more than is held of a symbol that has lost": Denial(
                lost(MORE, "9000", **OF_SYMBOL), "10", "10.00"
            ),
        }
        | {f"a result of {value}": Denial(result(value), "0.06") for value in NOT_KNOWN},
    ),
    Table(
        loss.rolling_24h_loss_limit,
        "",
        allowed={
            "a profit": rolled("5000"),
            "nothing yet": rolled("0"),
            "just less than the limit": rolled("-4999.99999999"),
            "no limit": rolled("-99999", bound=None),
            "no limit and no prices": rolled(None, bound=None),
            "a sale of what is held": rolled("-5000", ALL),
            "a sale of what is held without prices": rolled(None, ALL),
        },
        denied={
            "the limit": Denial(rolled("-5000"), "5000.00", "5000"),
            "any loss where none is allowed": Denial(rolled("-0.01", bound="0"), "0", "0.01"),
            "a sale of more than is held": Denial(rolled("-5000", MORE), "5000.00", "5000"),
            "not known": Denial(rolled(None), "0.05"),
            "a beginning that is not known": Denial(rolled("-1", base=None), "0.05"),
        }
        | {f"a result of {value}": Denial(rolled(value), "0.05") for value in NOT_KNOWN},
    ),
    Table(
        loss.max_drawdown,
        "",
        allowed={
            "at the highest": fallen("0"),
            "just less than the limit": fallen("0.1999999"),
            "no limit": fallen("1", bound=None),
            "no limit and no prices": fallen(None, bound=None),
            "at the highest where no fall is allowed": fallen("0", bound="0"),
            "a sale of what is held": fallen("0.2", ALL),
            "a sale of what is held without prices": fallen(None, ALL),
        },
        denied={
            "the limit": Denial(fallen("0.2"), "0.2", "0.200000"),
            "all of it": Denial(fallen("1"), "0.2", "1.000000"),
            "any fall where none is allowed": Denial(fallen("0.001", bound="0"), "0", "0.001000"),
            "a sale of more than is held": Denial(fallen("0.2", MORE), "0.2", "0.200000"),
            "not known": Denial(fallen(None), "0.2"),
        }
        | {f"a fall of {value}": Denial(fallen(value), "0.2") for value in NOT_KNOWN},
    ),
    Table(
        loss.consecutive_losses,
        "find out why, then resume",
        allowed={
            "one loss": streak("9999"),
            "a profit in between": streak("9999", "10001", "9999"),
            "a sale without profit in between": streak("9999", AVERAGE, "9999"),
            "purchases alone": streak(book=place(rich(), spec("in"), OrderState.FILLED)),
            "no limit": streak(*["9999"] * 9, bound=0),
            "a sale of what is held": streak("9999", "9999", of=sale("1")),
            "a loss of a sale that still works": streak(book=unfinished()),
            "a sale whose parts made a profit together": streak(book=finished()),
        },
        denied={
            "as many": Denial(streak("9999", "9999"), "2", "2"),
            "more": Denial(streak("9999", "9999", "9999"), "2", "3"),
            "as many after a profit": Denial(streak("10001", "9999", "9999"), "2", "2"),
            "over midnight": Denial(streak("9999", book=next_day(sold("9999"))), "2", "2"),
            "a sale that was cancelled with its loss": Denial(streak(book=withdrawn()), "2", "2"),
            "a sale of more than is held": Denial(streak("9999", "9999", of=MORE), "2", "2"),
        },
    ),
)
