"""Group A."""

from aitrader_server.domain.events import SymbolReleased, SymbolRestricted
from aitrader_server.domain.risk import gates
from aitrader_server.domain.words import OrderState, TradingState
from unit.domain.controls.table import (
    Denial,
    Table,
    gated,
    rich,
    sale,
    switched,
    switches,
    under,
)
from unit.domain.worlds import NOW_NS, context, evolve, place, spec


def reserved():
    """A book that reduces, with 4 of its 10 BTC for sale already."""
    return place(switched(TradingState.REDUCING), sale("4", "open"))


def restricted(symbol: str):
    """A book in which somebody else has traded `symbol`."""
    seen = SymbolRestricted(symbol=symbol, key="order:1", reason="order 7 was not sent from here")
    return evolve(rich(), seen)


def doubted(count: int):
    book = rich()
    for number in range(count):
        place(book, spec(f"open-{number}"), OrderState.UNKNOWN)
    return book


def maybe_sold(quantity: str):
    """A purchase and a sale of unknown outcome."""
    return place(doubted(1), sale(quantity, "sold"), OrderState.UNKNOWN)


def closed_to_growth(control, advice, **gate) -> Table:
    """A gate that orders which reduce pass."""
    return Table(
        control,
        advice,
        allowed={
            "open": gated(),
            "a sale of what is held": gated(sale("10"), **gate),
        },
        denied={
            "a purchase": Denial(gated(**gate)),
            "a sale beyond what is held": Denial(gated(sale("10.00001"), **gate)),
        },
    )


def closed(control, advice, **gate) -> Table:
    """A gate that nothing passes."""
    return Table(
        control,
        advice,
        allowed={"open": gated()},
        denied={"a purchase": Denial(gated(**gate)), "a sale": Denial(gated(sale(), **gate))},
    )


def budget(control, name, other) -> Table:
    """A share of a budget that orders leave to cancels."""
    return Table(
        control,
        "wait for the next window",
        allowed={
            "none known": gated(),
            "nothing used": gated(budgets=((name, 0, 100),)),
            "one below the share": gated(budgets=((name, 79, 100),)),
            "another budget": gated(budgets=((other, 100, 100),)),
        },
        denied={
            "the share": Denial(gated(budgets=((name, 80, 100),)), "80", "80"),
            "all": Denial(gated(budgets=((name, 100, 100),)), "80", "100"),
            "the second of two": Denial(
                gated(budgets=((name, 0, 100), (f"{name}0", 8, 10))), "8", "8"
            ),
            "a sale": Denial(gated(sale(), budgets=((name, 80, 100),)), "80", "80"),
        },
    )


TABLES = (
    Table(
        gates.trading_halted,
        "resume it first",
        allowed={
            "active": context(book=switched(TradingState.ACTIVE)),
            "reducing": context(book=switched(TradingState.REDUCING)),
        },
        denied={
            "a purchase": Denial(context(book=switched(TradingState.HALTED))),
            "a sale": Denial(context(sale(), switched(TradingState.HALTED))),
        },
    ),
    Table(
        gates.trading_state_reducing,
        "resume",
        allowed={
            "active": context(book=switched(TradingState.ACTIVE)),
            "halted, which is another control's": context(book=switched(TradingState.HALTED)),
            "a sale of all": context(sale("10"), switched(TradingState.REDUCING)),
            "a sale of all that is free": context(sale("6"), reserved()),
            "another symbol that is restricted": context(book=restricted("BNBUSDT")),
            "a sale of a restricted symbol": context(sale("10"), restricted("BTCUSDT")),
            "a restriction that was acknowledged": context(
                book=evolve(
                    restricted("BTCUSDT"),
                    SymbolReleased(symbol="BTCUSDT", reason="it was me", actor="ann"),
                )
            ),
        },
        denied={
            "a purchase": Denial(context(book=switched(TradingState.REDUCING))),
            "a sale of more": Denial(context(sale("10.00001"), switched(TradingState.REDUCING))),
            "a sale of more than is free": Denial(context(sale("6.00001"), reserved())),
            "a restricted symbol": Denial(context(book=restricted("BTCUSDT"))),
            "a sale of more of a restricted symbol": Denial(
                context(sale("10.00001"), restricted("BTCUSDT"))
            ),
        },
    ),
    closed_to_growth(gates.reconciling, "try again soon", reconciling=True),
    closed_to_growth(gates.stream_down, "try again once it is back", stream_up=False),
    Table(
        gates.clock_skew,
        "check NTP",
        allowed={
            "on time": gated(),
            "as far ahead as may be": gated(clock_offset_ms=500),
            "as far behind as may be": gated(clock_offset_ms=-500),
        },
        denied={
            "ahead": Denial(gated(clock_offset_ms=501), "500", "501"),
            "behind": Denial(gated(clock_offset_ms=-501), "500", "-501"),
            "not known": Denial(gated(clock_offset_ms=None), "500"),
            "a sale": Denial(gated(sale(), clock_offset_ms=None), "500"),
        },
    ),
    closed(gates.dead_man_expired, "send a heartbeat, then resume", dead_man_expired=True),
    Table(
        gates.limits_store_unwritable,
        "check disk and state",
        allowed={
            "both are written": gated(),
            "a sale of what is held": gated(sale("10"), limits_store_trouble="no answer"),
        },
        denied={
            "no journal": Denial(gated(journal_writable=False)),
            "no journal for a sale": Denial(gated(sale(), journal_writable=False)),
            "no limits store": Denial(gated(limits_store_trouble="no answer")),
            "no limits store for a sale beyond what is held": Denial(
                gated(sale("10.00001"), limits_store_trouble="no answer")
            ),
        },
    ),
    Table(
        gates.unresolved_orders_exceeded,
        "resolve them",
        allowed={
            "none": under(max_unknown_orders=1),
            "one below": under(book=doubted(1), max_unknown_orders=2),
            "no limit": under(book=doubted(3), max_unknown_orders=0),
            "a sale of what is held": under(sale("10"), doubted(2), max_unknown_orders=2),
        },
        denied={
            "as many": Denial(under(book=doubted(2), max_unknown_orders=2), "2", "2"),
            "a sale of what one of them may have sold": Denial(
                under(sale("10"), maybe_sold("1"), max_unknown_orders=2),
                "2",
                "2",
            ),
            "more": Denial(under(book=doubted(3), max_unknown_orders=2), "2", "3"),
        },
    ),
    Table(
        gates.venue_banned,
        "wait",
        allowed={"never": gated(), "over this very moment": gated(banned_until_ns=NOW_NS)},
        denied={
            "another moment": Denial(gated(banned_until_ns=NOW_NS + 1)),
            "a sale": Denial(gated(sale(), banned_until_ns=NOW_NS + 10**12)),
        },
    ),
    budget(gates.venue_weight_budget, "REQUEST_WEIGHT_1m", "ORDERS_10s"),
    budget(gates.venue_order_count_budget, "ORDERS_10s", "REQUEST_WEIGHT_1m"),
    closed(gates.environment_mismatch, "use a key of this venue", environment_matches=False),
    Table(
        gates.strategy_disabled,
        "switch it on",
        allowed={
            "none": context(book=switches(rich(), enabled=False)),
            "one without switches": context(spec(strategy="t"), switches(rich(), enabled=False)),
            "switched on": context(spec(strategy="s"), switches(rich())),
        },
        denied={
            "switched off": Denial(context(spec(strategy="s"), switches(rich(), enabled=False))),
            "a sale": Denial(context(sale(strategy="s"), switches(rich(), enabled=False))),
        },
    ),
)
