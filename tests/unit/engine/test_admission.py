"""Orders that are placed together pass together, or are denied together."""

from aitrader_server.domain.order_list import LIST_DENIED
from aitrader_server.domain.terms import ListPlace
from aitrader_server.domain.words import Contingency, OrderType, Side
from aitrader_server.engine.admission import assess_each
from unit.domain.worlds import D, context, funded, spec

MEMBERS = ("r-1", "r-2", "r-3")
TARGET = {"order_type": OrderType.LIMIT_MAKER, "limit_price": D(10500)}
STOP = {
    "order_type": OrderType.STOP_LOSS_LIMIT,
    "stop_price": D(9900),
    "limit_price": D(9800),
}


def judged(*changes, book=None):
    """The breaches of an OTOCO whose orders have `changes`."""
    terms = ({}, {"side": Side.SELL, **TARGET}, {"side": Side.SELL, **STOP})
    book = funded(USDT="100") if book is None else book
    return assess_each(
        tuple(
            context(
                spec(
                    MEMBERS[index],
                    **{**given, **change},
                    place=ListPlace(contingency=Contingency.OTOCO, members=MEMBERS, index=index),
                ),
                book,
            )
            for index, (given, change) in enumerate(zip(terms, changes, strict=True))
        )
    )


def codes(each):
    return [[breach.code for breach in breaches] for breaches in each]


def test_all_pass_and_what_waits_needs_no_balance_yet():
    assert judged({}, {}, {}) == ((), (), ())


def test_one_that_is_denied_denies_the_others_by_its_name():
    each = judged({}, {"limit_price": D("10500.001")}, {})
    assert codes(each) == [[LIST_DENIED], ["PRICE_FILTER"], [LIST_DENIED]]
    assert each[0] == each[2]
    assert "r-2" in each[0][0].message
    assert "r-1" not in each[0][0].message


def test_each_that_is_denied_keeps_its_own_breaches():
    each = judged({"quantity": D("0.02")}, {}, {"quantity": D("0.000001")})
    assert codes(each) == [
        ["INSUFFICIENT_BALANCE"],
        [LIST_DENIED],
        ["LOT_SIZE", "NOTIONAL"],
    ]
    assert "r-1, r-3" in each[1][0].message


def test_an_order_alone_is_judged_alone():
    assert assess_each((context(),)) == ((),)
    assert codes(assess_each((context(book=funded(USDT="1")),))) == [["INSUFFICIENT_BALANCE"]]


def test_only_what_waits_may_sell_what_is_yet_to_be_bought():
    book = funded(USDT="100")
    assert codes(judged({}, {}, {}, book=book)) == [[], [], []]
    alone = context(spec("r-2", side=Side.SELL, **TARGET), book)
    assert codes(assess_each((alone,))) == [["INSUFFICIENT_BALANCE"]]
