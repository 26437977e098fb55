"""What the venue does not take, in its codes and words; the earlier check wins."""

from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.matching.words import CancelRestriction, SymbolStatus
from aitrader_server.domain.words import OrderType, SelfTradePrevention, TimeInForce
from matching_desk import INSTRUMENT, SYMBOL, Desk, listing, request

STRICT = listing(
    min_price="10",
    max_price="1000",
    min_quantity="0.01",
    max_quantity="500",
    step_size="0.01",
    market_max_quantity="50",
    min_notional="5",
    max_notional="90000",
    bid_multiplier_down="0.5",
    bid_multiplier_up="2",
    ask_multiplier_down="0.8",
    ask_multiplier_up="5",
    iceberg_parts_max=10,
    min_trailing_above_bips=10,
    max_trailing_above_bips=2000,
    min_trailing_below_bips=20,
    max_trailing_below_bips=1000,
)


@pytest.fixture
def desk() -> Desk:
    """The last price is 100; Bob bids 95 and asks 105, 100 BTC each."""
    desk = Desk(STRICT)
    desk.last("100")
    desk.limit("bob", "bid", "BUY", "100", "95")
    desk.limit("bob", "ask", "SELL", "100", "105")
    return desk


def refuse(desk: Desk, side: str, kind: str, **terms: object) -> tuple[int, str]:
    """The answer, which must be a refusal that `check` foresees and that tells nobody."""
    desk.exchange.take_events()
    asked = request("a", side, kind, **terms)
    foreseen = desk.exchange.check("alice", asked)
    answer = desk.exchange.place("alice", asked, desk.tick())
    assert isinstance(answer, Refusal), answer
    assert answer == foreseen
    assert desk.exchange.take_events() == []
    return answer.code, answer.message


MISSING = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
NEITHER = "Param '{}' or '{}' must be sent, but both were empty/null!"
SURPLUS = "Parameter '{}' sent when not required."
PRECISE = "Parameter '{}' has too much precision."


@pytest.mark.parametrize(
    ("kind", "terms", "code", "message"),
    [
        ("LIMIT", {"price": 90}, -1102, MISSING.format("quantity")),
        ("LIMIT", {"quantity": 1}, -1102, MISSING.format("price")),
        ("LIMIT", {"quantity": 1, "price": 9, "tif": None}, -1102, MISSING.format("timeInForce")),
        ("LIMIT_MAKER", {"quantity": 1}, -1102, MISSING.format("price")),
        ("MARKET", {}, -1102, NEITHER.format("quantity", "quoteOrderQty")),
        ("STOP_LOSS", {"quantity": 1}, -1102, NEITHER.format("stopPrice", "trailingDelta")),
        ("STOP_LOSS_LIMIT", {"quantity": 1, "stop_price": 9}, -1102, MISSING.format("price")),
        ("TAKE_PROFIT", {"stop_price": 90}, -1102, MISSING.format("quantity")),
        ("MARKET", {"quantity": 1, "quote_quantity": 9}, -1106, SURPLUS.format("quoteOrderQty")),
        ("MARKET", {"quantity": 1, "price": 90}, -1106, SURPLUS.format("price")),
        ("MARKET", {"quantity": 1, "tif": "GTC"}, -1106, SURPLUS.format("timeInForce")),
        ("LIMIT", {"quantity": 1, "price": 9, "stop_price": 9}, -1106, SURPLUS.format("stopPrice")),
        (
            "LIMIT",
            {"quantity": 1, "price": 90, "trailing_delta": 50},
            -1106,
            SURPLUS.format("trailingDelta"),
        ),
        (
            "LIMIT_MAKER",
            {"quantity": 1, "price": 90, "tif": "GTC"},
            -1106,
            SURPLUS.format("timeInForce"),
        ),
        (
            "LIMIT",
            {"quantity": 4, "price": 90, "tif": "IOC", "iceberg_quantity": 1},
            -1106,
            SURPLUS.format("icebergQty"),
        ),
        ("MARKET", {"quantity": 4, "iceberg_quantity": 1}, -1106, SURPLUS.format("icebergQty")),
        ("LIMIT", {"quantity": "1.000000001", "price": 90}, -1111, PRECISE.format("quantity")),
        ("LIMIT", {"quantity": 1, "price": "90.000000001"}, -1111, PRECISE.format("price")),
        ("MARKET", {"quote_quantity": "9.000000001"}, -1111, PRECISE.format("quoteOrderQty")),
        (
            "STOP_LOSS",
            {"quantity": 1, "stop_price": "110.000000001"},
            -1111,
            PRECISE.format("stopPrice"),
        ),
        ("LIMIT", {"quantity": 0, "price": 90}, -1013, "Invalid quantity."),
        ("LIMIT", {"quantity": 1, "price": 0}, -1013, "Invalid price."),
        (
            "LIMIT",
            {"quantity": 10**11, "price": 90},
            -1013,
            "QTY is over the symbol's maximum QTY.",
        ),
        (
            "LIMIT",
            {"quantity": 1, "price": 90, "iceberg_quantity": 2},
            -2010,
            "IcebergQty exceeds QTY.",
        ),
        (
            "LIMIT",
            {"quantity": 1, "price": 90, "strategy_type": 999_999},
            -1134,
            "`strategyType` was less than 1000000.",
        ),
    ],
)
def test_parameters_must_fit_the_type_of_the_order(desk, kind, terms, code, message):
    assert refuse(desk, "BUY", kind, **terms) == (code, message)


@pytest.mark.parametrize(
    ("side", "kind", "terms", "name"),
    [
        ("BUY", "LIMIT", {"quantity": 1, "price": "9.99"}, "PRICE_FILTER"),
        ("SELL", "LIMIT", {"quantity": 1, "price": "1000.01"}, "PRICE_FILTER"),
        ("BUY", "LIMIT", {"quantity": 1, "price": "90.001"}, "PRICE_FILTER"),
        ("BUY", "STOP_LOSS", {"quantity": 1, "stop_price": "110.001"}, "PRICE_FILTER"),
        ("BUY", "LIMIT", {"quantity": 1, "price": "49.99"}, "PERCENT_PRICE_BY_SIDE"),
        ("BUY", "LIMIT", {"quantity": 1, "price": "200.01"}, "PERCENT_PRICE_BY_SIDE"),
        ("SELL", "LIMIT", {"quantity": 1, "price": "79.99"}, "PERCENT_PRICE_BY_SIDE"),
        ("SELL", "LIMIT", {"quantity": 1, "price": "500.01"}, "PERCENT_PRICE_BY_SIDE"),
        ("BUY", "LIMIT", {"quantity": "0.005", "price": 90}, "LOT_SIZE"),
        ("BUY", "LIMIT", {"quantity": "500.01", "price": 90}, "LOT_SIZE"),
        ("BUY", "LIMIT", {"quantity": "1.005", "price": 90}, "LOT_SIZE"),
        ("BUY", "LIMIT", {"quantity": 1, "price": 90, "iceberg_quantity": "0.005"}, "LOT_SIZE"),
        ("BUY", "MARKET", {"quantity": "50.01"}, "MARKET_LOT_SIZE"),
        ("BUY", "LIMIT", {"quantity": "0.05", "price": 90}, "NOTIONAL"),
        ("SELL", "LIMIT", {"quantity": 500, "price": 200}, "NOTIONAL"),
        ("BUY", "MARKET", {"quantity": "0.04"}, "NOTIONAL"),
        ("BUY", "MARKET", {"quote_quantity": "4.99"}, "NOTIONAL"),
        ("BUY", "LIMIT", {"quantity": 11, "price": 90, "iceberg_quantity": 1}, "ICEBERG_PARTS"),
        ("BUY", "STOP_LOSS", {"quantity": 1, "trailing_delta": 9}, "TRAILING_DELTA"),
        ("SELL", "TAKE_PROFIT", {"quantity": 1, "trailing_delta": 2001}, "TRAILING_DELTA"),
        ("SELL", "STOP_LOSS", {"quantity": 1, "trailing_delta": 19}, "TRAILING_DELTA"),
        ("BUY", "TAKE_PROFIT", {"quantity": 1, "trailing_delta": 1001}, "TRAILING_DELTA"),
    ],
)
def test_filters_judge_price_size_and_value(desk, side, kind, terms, name):
    assert refuse(desk, side, kind, **terms) == (-1013, f"Filter failure: {name}")


@pytest.mark.parametrize(
    ("side", "kind", "terms"),
    [
        ("BUY", "LIMIT", {"quantity": "0.1", "price": 50}),
        ("BUY", "LIMIT", {"quantity": "1.00000000", "price": "90.00000000"}),
        ("SELL", "LIMIT", {"quantity": 180, "price": 500}),
        ("BUY", "LIMIT", {"quantity": 10, "price": 90, "iceberg_quantity": 1}),
        ("BUY", "MARKET", {"quantity": 50}),
        # No bound on the value of market orders from above.
        ("SELL", "MARKET", {"quote_quantity": 4000}),
        ("BUY", "STOP_LOSS", {"quantity": 1, "trailing_delta": 10}),
        ("SELL", "STOP_LOSS", {"quantity": 1, "trailing_delta": 1000}),
    ],
)
def test_what_lies_on_a_bound_is_taken(desk, side, kind, terms):
    assert desk.exchange.check("alice", request("a", side, kind, **terms)) is None
    assert not isinstance(desk.place("alice", "a", side, kind, **terms), Refusal)


WOULD_TRIGGER = "Order would trigger immediately."


@pytest.mark.parametrize(
    ("side", "kind", "terms", "message"),
    [
        ("BUY", "STOP_LOSS", {"quantity": 1, "stop_price": 100}, WOULD_TRIGGER),
        ("SELL", "STOP_LOSS", {"quantity": 1, "stop_price": 100}, WOULD_TRIGGER),
        ("BUY", "TAKE_PROFIT", {"quantity": 1, "stop_price": 101}, WOULD_TRIGGER),
        ("SELL", "TAKE_PROFIT", {"quantity": 1, "stop_price": 99}, WOULD_TRIGGER),
        (
            "BUY",
            "LIMIT_MAKER",
            {"quantity": 1, "price": 105},
            "Order would immediately match and take.",
        ),
        (
            "SELL",
            "LIMIT_MAKER",
            {"quantity": 1, "price": 95},
            "Order would immediately match and take.",
        ),
    ],
)
def test_the_engine_refuses_what_would_happen_at_once(desk, side, kind, terms, message):
    assert refuse(desk, side, kind, **terms) == (-2010, message)


@pytest.mark.parametrize(
    ("side", "kind", "terms"),
    [
        ("BUY", "LIMIT", {"quantity": "10.01", "price": 100}),
        ("SELL", "LIMIT", {"quantity": "10.01", "price": 110}),
        ("BUY", "MARKET", {"quantity": 10}),
        ("BUY", "MARKET", {"quote_quantity": "1000.01"}),
        ("SELL", "MARKET", {"quantity": "10.01"}),
        ("SELL", "MARKET", {"quote_quantity": 960}),
        ("BUY", "STOP_LOSS", {"quantity": 10, "stop_price": 101}),
        ("BUY", "STOP_LOSS", {"quantity": 10, "trailing_delta": 10}),
        ("SELL", "TAKE_PROFIT", {"quantity": 11, "stop_price": 101}),
    ],
)
def test_an_order_must_be_paid_for(desk, side, kind, terms):
    desk.open("poor", "10", "1000")
    answer = desk.place("poor", "a", side, kind, **terms)

    assert answer == Refusal(-2010, "Account has insufficient balance for requested action.")
    assert desk.held("poor", "BTC") == ("10", "0")
    assert desk.held("poor", "USDT") == ("1000", "0")


def test_a_client_id_is_unique_among_open_orders(desk):
    desk.limit("alice", "a", "BUY", "1", "90")
    assert refuse(desk, "BUY", "LIMIT", quantity=1, price=91) == (-2010, "Duplicate order sent.")

    desk.limit("bob", "a", "BUY", "1", "90")
    desk.cancel("alice", "a")
    again = desk.limit("alice", "a", "BUY", "1", "91")
    assert desk.order("alice", "a") == again


@pytest.mark.parametrize(
    ("side", "kind", "terms", "name"),
    [
        ("BUY", "LIMIT", {"quantity": 1, "price": 90}, "MAX_NUM_ORDERS"),
        ("BUY", "STOP_LOSS", {"quantity": 1, "stop_price": 110}, "MAX_NUM_ALGO_ORDERS"),
        ("BUY", "LIMIT", {"quantity": 6, "price": 90}, "MAX_POSITION"),
        ("BUY", "MARKET", {"quantity": 6}, "MAX_POSITION"),
    ],
)
def test_filters_on_what_is_open_belong_to_the_engine(side, kind, terms, name):
    orders_max = 2 if name == "MAX_NUM_ORDERS" else 0
    rules = {"max_stop_orders": 1, "max_position": "1010", "max_open_orders": orders_max}
    desk = Desk(listing(**rules))
    desk.last("100")
    desk.limit("alice", "first", "BUY", "5", "80")
    desk.place("alice", "stop", "SELL", "STOP_LOSS", quantity=1, stop_price=50)

    assert refuse(desk, side, kind, **terms) == (-2010, f"Filter failure: {name}")
    assert desk.place("alice", "b", "SELL", "MARKET", quantity=1).order.ended


def test_an_order_for_a_quote_amount_needs_a_book():
    desk = Desk(listing(min_quantity="1"))
    message = "Order book liquidity is less than symbol minimum quantity."
    assert refuse(desk, "BUY", "MARKET", quote_quantity=100) == (-2010, message)

    desk.limit("bob", "ask", "SELL", "1.5", "100")
    desk.market("alice", "half", "BUY", "1")
    message = "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."
    assert refuse(desk, "BUY", "MARKET", quote_quantity=200) == (-2010, message)


def test_a_symbol_takes_only_its_own_types_times_and_modes():
    rules = {
        "order_types": frozenset({OrderType.LIMIT, OrderType.MARKET}),
        "times_in_force": frozenset({TimeInForce.GTC}),
    }
    desk = Desk(listing(**rules))
    unsupported = "Stop loss limit orders are not supported for this symbol."
    stop = {"quantity": 1, "price": 9, "stop_price": 9}
    assert refuse(desk, "BUY", "STOP_LOSS_LIMIT", **stop) == (-1013, unsupported)
    timing = {"quantity": 1, "price": 9, "tif": "FOK"}
    assert refuse(desk, "BUY", "LIMIT", **timing) == (-1115, "Invalid timeInForce.")
    assert refuse(desk, "BUY", "MARKET", quantity=1, symbol="ETHBTC") == (-1121, "Invalid symbol.")


def test_a_symbol_may_not_know_every_self_trade_prevention():
    modes = frozenset({SelfTradePrevention.NONE})
    desk = Desk(listing().__class__(instrument=INSTRUMENT, preventions=modes))
    message = "This symbol does not allow the specified self-trade prevention mode."
    terms = {"quantity": 1, "price": 9, "prevention": "DECREMENT"}
    assert refuse(desk, "BUY", "LIMIT", **terms) == (-1013, message)


@pytest.mark.parametrize(
    ("status", "cancels"),
    [
        (SymbolStatus.HALT, False),
        (SymbolStatus.BREAK, False),
        (SymbolStatus.END_OF_DAY, False),
        (SymbolStatus.CANCEL_ONLY, True),
    ],
)
def test_a_closed_market_takes_nothing_but_perhaps_cancels(desk, status, cancels):
    desk.limit("alice", "open", "BUY", "1", "90")
    desk.exchange.set_status(SYMBOL, status, desk.tick())

    assert refuse(desk, "BUY", "LIMIT", quantity=1, price=90) == (-1013, "Market is closed.")
    answer = desk.cancel("alice", "open")
    assert answer == Refusal(-2011, "Market is closed.") or cancels
    assert desk.order("alice", "open").ended is cancels
    assert desk.exchange.cancel_all("bob", SYMBOL, desk.tick()) == answer or cancels

    desk.exchange.set_status(SYMBOL, SymbolStatus.TRADING, desk.tick())
    assert desk.limit("alice", "again", "BUY", "1", "90").status == "NEW"


def test_parameters_come_before_filters_and_filters_before_the_engine(desk):
    desk.open("poor", "0", "0")
    order = {"quantity": "0.001", "price": "9.999"}
    answers = [
        desk.place("poor", "a", "BUY", "LIMIT", **order, stop_price=1),
        desk.place("poor", "a", "BUY", "LIMIT", **order),
        desk.place("poor", "a", "BUY", "LIMIT", quantity="0.001", price="90"),
        desk.place("poor", "a", "BUY", "LIMIT", quantity="0.01", price="90"),
        desk.place("poor", "a", "BUY", "LIMIT", quantity="1", price="90"),
    ]
    assert [answer.message for answer in answers] == [
        "Parameter 'stopPrice' sent when not required.",
        "Filter failure: PRICE_FILTER",
        "Filter failure: LOT_SIZE",
        "Filter failure: NOTIONAL",
        "Account has insufficient balance for requested action.",
    ]


def test_nothing_is_found_that_was_never_there(desk):
    assert desk.exchange.order("alice", SYMBOL, order_id=99) is None
    assert desk.exchange.order("alice", "ETHBTC", client_order_id="bid") is None
    for symbol, message in ((SYMBOL, "Unknown order sent."), ("ETHBTC", "Invalid symbol.")):
        answer = desk.exchange.cancel(
            "alice",
            symbol,
            order_id=1,
            client_order_id="",
            new_client_order_id="c",
            restriction=CancelRestriction.NONE,
            at_ns=desk.tick(),
        )
        assert answer.message == message
    assert desk.held("bob", "USDT")[1] == str(Decimal(9500))
