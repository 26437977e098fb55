"""Group F."""

from aitrader_server.domain.events import DayOpened, StrategyChanged
from aitrader_server.domain.risk import loss
from aitrader_server.domain.words import OrderState
from unit.domain.controls.table import Denial, Table, rich, sale, valued
from unit.domain.worlds import D, context, evolve, limited, place, spec


def result(pnl: str | None, of=None, bound: str | None = "0.06"):
    """A day that began with 200000 USDT and has made `pnl`."""
    book = limited(rich(), daily_loss_limit=None if bound is None else D(bound))
    return valued(of, book, day_pnl=None if pnl is None else D(pnl))


def traded(orders: int, bound: int = 2, strategy: str = "s"):
    book = rich()
    evolve(
        book,
        StrategyChanged(
            name="s",
            enabled=True,
            max_risk_fraction=1.0,
            max_daily_trades=bound,
            notes="",
            actor="ann",
        ),
    )
    for number in range(orders):
        place(book, spec(f"done-{number}", strategy=strategy), OrderState.FILLED)
    return book


def next_day(book):
    return evolve(book, DayOpened(day="2027-01-16", equity=D(200_000)))


def refused(orders: int):
    book = traded(0)
    for number in range(orders):
        place(book, spec(f"denied-{number}", strategy="s"), OrderState.DENIED)
    return book


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
            "a sale of what is held": result("-12000", sale("10")),
            "a sale of what is held without prices": result(None, sale("10")),
        },
        denied={
            "the limit": Denial(result("-12000"), "12000.00", "12000"),
            "beyond": Denial(result("-12000.01"), "12000.00", "12000.01"),
            "any loss where none is allowed": Denial(result("-0.01", bound="0"), "0", "0.01"),
            "a sale of more than is held": Denial(
                result("-12000", sale("10.1")), "12000.00", "12000"
            ),
            "not known": Denial(result(None)),
        },
    ),
    Table(
        loss.strategy_max_daily_trades,
        "wait for the next UTC day",
        allowed={
            "the last": context(spec(strategy="s"), traded(1)),
            "the last of a list": context(spec(strategy="s"), traded(0), ahead=1),
            "no limit": context(spec(strategy="s"), traded(9, bound=0)),
            "no switches": context(spec(strategy="t"), traded(9, strategy="t")),
            "another's orders": context(spec(strategy="s"), traded(9, strategy="t")),
            "denied ones": context(spec(strategy="s"), refused(9)),
            "a new day": context(spec(strategy="s"), next_day(traded(2))),
        },
        denied={
            "one more": Denial(context(spec(strategy="s"), traded(2)), "2", "3"),
            "far beyond": Denial(context(spec(strategy="s"), traded(5)), "2", "6"),
            "in a list": Denial(context(spec(strategy="s"), traded(1), ahead=1), "2", "3"),
        },
    ),
)
