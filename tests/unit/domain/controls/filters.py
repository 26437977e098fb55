"""Group C."""

from aitrader_server.domain.risk import filters
from aitrader_server.domain.words import OrderState, OrderType, Side
from unit.domain.controls.table import Denial, Table, filtered, instrument, quoted, rich, sale
from unit.domain.worlds import D, context, market, place, spec

STOP = {"order_type": OrderType.STOP_LOSS_LIMIT, "stop_price": D(9000), "limit_price": D(9000)}
NO_BOUNDS = {"min_price": D(0), "max_price": D(0), "tick_size": D(0)}
BANDS = {
    "bid_multiplier_down": D("0.2"),
    "bid_multiplier_up": D("5"),
    "ask_multiplier_down": D("0.5"),
    "ask_multiplier_up": D("2"),
}
TRAILING = {
    "min_trailing_above_bips": 10,
    "max_trailing_above_bips": 2000,
    "min_trailing_below_bips": 20,
    "max_trailing_below_bips": 1000,
}


def priced(price: str, side: Side = Side.BUY, **rules):
    return filtered(spec(limit_price=D(price), side=side), **rules)


def sized(quantity: str, **rules):
    return filtered(spec(quantity=D(quantity)), **rules)


def bought(quantity: str, **rules):
    return filtered(market(quantity=D(quantity)), **rules)


def worth(quote_quantity: str, **rules):
    return filtered(market(quantity=None, quote_quantity=D(quote_quantity)), **rules)


def opened(count: int, **given):
    book = rich()
    for number in range(count):
        place(book, spec(f"open-{number}", **given))
    return book


def trailing(kind: OrderType, side: Side, bips: int, **rules):
    of = market(order_type=kind, side=side, trailing_delta_bips=bips)
    return filtered(of, **{**TRAILING, **rules})


def iceberg(quantity: str, visible: str, parts_max: int = 10):
    of = spec(quantity=D(quantity), iceberg_quantity=D(visible))
    return context(of, instrument=instrument(iceberg_parts_max=parts_max))


TABLES = (
    Table(
        filters.price_filter,
        "_price must be",
        allowed={
            "the lowest": priced("0.01"),
            "the highest": priced("1000000"),
            "on a tick": priced("10000.01"),
            "no price": filtered(market()),
            "no bounds": priced("0.00000001", **NO_BOUNDS),
            "a stop on a tick": filtered(spec(stop_price=D("0.01"))),
        },
        denied={
            "too low": Denial(priced("0.009"), "0.01", "0.009"),
            "too high": Denial(priced("1000000.01"), "1000000", "1000000.01"),
            "too low with no upper bound": Denial(priced("0.009", max_price=D(0)), "0.01", "0.009"),
            "between ticks": Denial(priced("10000.001"), "0.01", "10000.001"),
            "a stop between ticks": Denial(
                filtered(spec(stop_price=D("9000.005"))), "0.01", "9000.005"
            ),
            "a stop too high": Denial(filtered(spec(stop_price=D("1E+7"))), "1000000", "10000000"),
        },
    ),
    Table(
        filters.percent_price_by_side,
        "limit_price must be",
        allowed={
            "the lowest bid": priced("2000", **BANDS),
            "the highest bid": priced("50000", **BANDS),
            "the lowest offer": priced("5000", Side.SELL, **BANDS),
            "the highest offer": priced("20000", Side.SELL, **BANDS),
            "no bands": priced("0.01"),
            "no price": filtered(market(), **BANDS),
            "no quote, which is another control's": context(
                spec(limit_price=D(1)), quote=None, instrument=instrument(**BANDS)
            ),
        },
        denied={
            "a bid too low": Denial(priced("1999.99", **BANDS), "2000.0", "1999.99"),
            "a bid too high": Denial(priced("50000.01", **BANDS), "50000", "50000.01"),
            "an offer too low": Denial(priced("4999.99", Side.SELL, **BANDS), "5000.0", "4999.99"),
            "an offer too high": Denial(
                priced("20000.01", Side.SELL, **BANDS), "20000", "20000.01"
            ),
            "too low with no upper band": Denial(
                priced("1999.99", **{**BANDS, "bid_multiplier_up": D(0)}), "2000.0", "1999.99"
            ),
        },
    ),
    Table(
        filters.lot_size,
        "must be",
        allowed={
            "the least": sized("0.00001"),
            "the most": sized("9000"),
            "no bounds": sized("1E-18", min_quantity=D(0), max_quantity=D(0), step_size=D(0)),
            "an amount": worth("100"),
            "an iceberg on a step": iceberg("1", "0.1"),
        },
        denied={
            "too little": Denial(sized("0.000009"), "0.00001", "0.000009"),
            "too much": Denial(sized("9000.00001"), "9000", "9000.00001"),
            "between steps": Denial(sized("0.010001"), "0.00001", "0.010001"),
            "too little with no upper bound": Denial(
                sized("0.000009", max_quantity=D(0)), "0.00001", "0.000009"
            ),
            "an iceberg between steps": Denial(iceberg("1", "0.100001"), "0.00001", "0.100001"),
            "36 digits": Denial(
                sized("123456789012345678.123456789012345678"),
                "9000",
                "123456789012345678.123456789012345678",
            ),
        },
    ),
    Table(
        filters.market_lot_size,
        "must be",
        allowed={
            "the most": bought("100", market_max_quantity=D(100)),
            "the least": bought("0.1", market_min_quantity=D("0.1")),
            "a limit order": sized("101", market_max_quantity=D(100)),
            "an amount": worth("10000000", market_max_quantity=D(100)),
            "no bounds": bought("8999"),
        },
        denied={
            "too much": Denial(bought("100.00001", market_max_quantity=D(100)), "100", "100.00001"),
            "too little": Denial(bought("0.09", market_min_quantity=D("0.1")), "0.1", "0.09"),
            "between steps": Denial(bought("0.15", market_step_size=D("0.1")), "0.1", "0.15"),
        },
    ),
    Table(
        filters.notional,
        "it must be",
        allowed={
            "the least": sized("0.0005"),
            "the most": sized("900"),
            "a market order at the last price": bought("0.0005"),
            "a market order beyond the most": bought("901"),
            "a small market order where it does not count": bought(
                "0.0001", min_notional_applies_to_market=False
            ),
            "the least amount": worth("5"),
            "no quote, which is another control's": context(
                market(quantity=D("0.0001")), quote=None
            ),
        },
        denied={
            "too little": Denial(sized("0.00049"), "5", "4.90000"),
            "too much": Denial(sized("900.00001"), "9000000", "9000000.10000"),
            "a market order of too little": Denial(bought("0.00049"), "5", "4.90000"),
            "a market order of too much": Denial(
                bought("901", max_notional_applies_to_market=True), "9000000", "9010000"
            ),
            "too small an amount": Denial(worth("4.99"), "5", "4.99"),
        },
    ),
    Table(
        filters.max_position,
        "lower the quantity",
        allowed={
            "up to it": filtered(spec(quantity=D(2)), max_position=D(12)),
            "up to it with an open purchase": filtered(
                spec(quantity=D(1)), place(rich(), spec("open", quantity=D(1))), max_position=D(12)
            ),
            "no bound": filtered(spec(quantity=D(1000))),
            "a sale": filtered(sale(), max_position=D(1)),
            "no quote, which is another control's": context(
                market(quantity=None, quote_quantity=D(10)),
                quote=None,
                instrument=instrument(max_position=D(1)),
            ),
        },
        denied={
            "beyond": Denial(
                filtered(spec(quantity=D("2.00001")), max_position=D(12)), "12", "12.00001"
            ),
            "beyond with an open purchase": Denial(
                filtered(
                    spec(quantity=D("1.1")),
                    place(rich(), spec("open", quantity=D(1)), OrderState.UNKNOWN),
                    max_position=D(12),
                ),
                "12",
                "12.1",
            ),
            "an amount that buys most at the bid": Denial(
                filtered(market(quantity=None, quote_quantity=D("19999")), max_position=D(12)),
                "12",
                "12.000100010001000101",
            ),
        },
    ),
    Table(
        filters.max_num_orders,
        "cancel one first",
        allowed={
            "the last": filtered(book=opened(1), max_open_orders=2),
            "no bound": filtered(book=opened(3)),
            "a market order": filtered(market(), opened(2), max_open_orders=2),
        },
        denied={"one more": Denial(filtered(book=opened(2), max_open_orders=2), "2", "3")},
    ),
    Table(
        filters.max_num_algo_orders,
        "cancel one first",
        allowed={
            "the last": filtered(spec(**STOP), opened(1, **STOP), max_stop_orders=2),
            "no bound": filtered(spec(**STOP), opened(3, **STOP)),
            "beside limit orders": filtered(spec(**STOP), opened(5), max_stop_orders=1),
            "a limit order": filtered(book=opened(2, **STOP), max_stop_orders=2),
        },
        denied={
            "one more": Denial(
                filtered(spec(**STOP), opened(2, **STOP), max_stop_orders=2), "2", "3"
            )
        },
    ),
    Table(
        filters.trailing_delta,
        "must lie from",
        allowed={
            "none": filtered(spec(**STOP), **TRAILING),
            "nearest above": trailing(OrderType.STOP_LOSS, Side.BUY, 10),
            "farthest above": trailing(OrderType.TAKE_PROFIT, Side.SELL, 2000),
            "nearest below": trailing(OrderType.STOP_LOSS, Side.SELL, 20),
            "farthest below": trailing(OrderType.TAKE_PROFIT, Side.BUY, 1000),
        },
        denied={
            "too near above": Denial(trailing(OrderType.STOP_LOSS, Side.BUY, 9), "10", "9"),
            "too far above": Denial(
                trailing(OrderType.TAKE_PROFIT, Side.SELL, 2001), "2000", "2001"
            ),
            "too near below": Denial(trailing(OrderType.STOP_LOSS, Side.SELL, 19), "20", "19"),
            "too far below": Denial(
                trailing(OrderType.TAKE_PROFIT, Side.BUY, 1001), "1000", "1001"
            ),
            "not offered": Denial(
                trailing(
                    OrderType.STOP_LOSS,
                    Side.BUY,
                    100,
                    min_trailing_above_bips=0,
                    max_trailing_above_bips=0,
                ),
                "0",
                "100",
            ),
        },
    ),
    Table(
        filters.iceberg_parts,
        "raise iceberg_quantity",
        allowed={
            "as many as may be": iceberg("1", "0.1"),
            "none": filtered(spec(), iceberg_parts_max=0),
            "an amount": quoted(market(quantity=None, quote_quantity=D(9), iceberg_quantity=D(1))),
        },
        denied={
            "a part more": Denial(iceberg("1.00001", "0.1"), "10", "11"),
            "not offered": Denial(iceberg("1", "1", 0), "0", "1"),
        },
    ),
)
