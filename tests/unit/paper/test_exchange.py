"""Where the paper venue could be wrong in ways that no caller of the Broker port would see."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_gateway.paper.exchange import Fees
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_server.domain.venue import Absent, Refused, VenueStatus
from aitrader_server.domain.words import OrderType, Side, TimeInForce


@pytest.fixture
def market(new_exchange, quote):
    """A venue that quotes 99.99 to 100."""
    exchange = new_exchange()
    exchange.on_quote(quote("99.99", "100"))
    return exchange


def statuses(reports):
    return [report.status for report in reports]


def test_depth_taken_is_gone_until_the_next_quote(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("100", "100.01"))
    exchange.submit(spec("a", Side.BUY, quantity="1.5"), 1)
    second = exchange.submit(spec("b", Side.BUY, quantity="1"), 2)
    assert [(f.price, f.quantity) for r in second for f in r.fills] == [
        (Decimal("100.02"), Decimal("0.5")),
        (Decimal("100.03"), Decimal("0.5")),
    ]
    exchange.on_quote(quote("100", "100.01"))
    third = exchange.submit(spec("c", Side.BUY, quantity="1"), 3)
    assert third[-1].fills[0].price == Decimal("100.01")


def test_a_sale_walks_down_the_bids(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("100", "100.01"))
    reports = exchange.submit(spec("a", Side.SELL, quantity="2"), 1)
    assert [f.price for r in reports for f in r.fills] == [Decimal(100), Decimal("99.99")]


def test_better_prices_and_older_orders_fill_first(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("100", "100.01"))
    for request_id, price in (("low", "98"), ("old", "99"), ("new", "99")):
        exchange.submit(spec(request_id, Side.BUY, OrderType.LIMIT, limit_price=price), 1)
    reports = exchange.on_quote(quote("97.99", "98.00", quantity="0.5"))
    # The oldest order at 99 takes the touch, which is all that the one at 98 could have had.
    assert [(r.request_id, r.cumulative_quantity) for r in reports] == [
        ("old", Decimal(1)),
        ("new", Decimal(1)),
    ]


def test_a_taker_pays_less_than_it_locked_and_gets_the_rest_back(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("100", "100.01"))
    order = spec("a", Side.BUY, OrderType.LIMIT, limit_price="101", quantity="7")
    exchange.submit(order, 1)
    account = exchange.account(1)
    paid = sum(Decimal("100.01") + Decimal("0.01") * level for level in range(5))
    assert account.locked["USDT"] == 2 * 101
    assert account.free["USDT"] == 100_000 - paid - 202


def test_maker_and_taker_fees_differ_and_are_cut_to_eight_decimals(new_exchange, quote, spec):
    fees = Fees(maker=Decimal("0.0002"), taker=Decimal("0.00075"))
    exchange = new_exchange(fees=fees)
    exchange.on_quote(quote("100", "100.01"))
    taken = exchange.submit(spec("t", Side.SELL, quantity="0.33333"), 1)[-1].fills[0]
    assert (taken.fee, taken.fee_asset) == (Decimal("0.02499975"), "USDT")
    small = exchange.submit(spec("u", Side.BUY, quantity="0.05123"), 1)[-1].fills[0]
    assert (small.fee, small.fee_asset) == (Decimal("0.00003842"), "BTC")
    exchange.submit(spec("m", Side.BUY, OrderType.LIMIT, limit_price="99"), 1)
    made = exchange.on_quote(quote("98.99", "99"))[-1].fills[0]
    assert (made.fee, made.maker) == (Decimal("0.0002"), True)


@pytest.mark.parametrize(
    ("order", "stop"),
    [
        ((Side.BUY, OrderType.STOP_LOSS), "105"),
        ((Side.SELL, OrderType.STOP_LOSS), "95"),
        ((Side.SELL, OrderType.TAKE_PROFIT), "105"),
        ((Side.BUY, OrderType.TAKE_PROFIT), "95"),
    ],
)
def test_each_stop_triggers_on_its_own_side_only(new_exchange, quote, spec, order, stop):
    rise = stop == "105"
    exchange = new_exchange()
    exchange.on_quote(quote("99.99", "100"))
    assert statuses(exchange.submit(spec("s", *order, stop_price=stop), 1)) == [
        VenueStatus.ACCEPTED
    ]
    up, down = quote("105.99", "106"), quote("93.99", "94")
    assert exchange.on_quote(down if rise else up) == ()
    assert statuses(exchange.on_quote(up if rise else down)) == [
        VenueStatus.TRIGGERED,
        VenueStatus.FILLED,
    ]
    # A stop that bought at another price than it had locked for leaves nothing behind.
    assert exchange.register.orders[1].locked == 0
    assert sum(exchange.account(1).locked.values()) == 0


def test_a_stop_that_the_account_can_no_longer_pay_expires(new_exchange, quote, spec):
    exchange = new_exchange({"USDT": Decimal(105)})
    exchange.on_quote(quote("99.99", "100"))
    exchange.submit(spec("s", Side.BUY, OrderType.STOP_LOSS, stop_price="105"), 1)
    reports = exchange.on_quote(quote("119.99", "120"))
    assert statuses(reports) == [VenueStatus.TRIGGERED, VenueStatus.EXPIRED]
    assert reports[-1].reason == "REJECTED"
    assert exchange.account(1).free["USDT"] == 105


def test_a_triggered_order_keeps_its_time_in_force(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("99.99", "100"))
    order = spec(
        "s",
        Side.SELL,
        OrderType.STOP_LOSS_LIMIT,
        stop_price="95",
        limit_price="94.99",
        quantity="2",
        tif=TimeInForce.FOK,
    )
    exchange.submit(order, 1)
    reports = exchange.on_quote(quote("94.99", "95"))
    assert statuses(reports) == [VenueStatus.TRIGGERED, VenueStatus.EXPIRED]
    assert reports[-1].reason == "UNFILLED_FOK_ORDER_EXPIRED"


def test_without_a_price_a_market_order_expires_and_a_limit_rests(new_exchange, spec):
    exchange = new_exchange()
    expired = exchange.submit(spec("m", Side.BUY), 1)
    assert statuses(expired) == [VenueStatus.ACCEPTED, VenueStatus.EXPIRED]
    by_quote = spec("q", Side.BUY, quote_quantity="100")
    assert exchange.submit(by_quote, 1) == Refused("-2010", "There is no price for this symbol.")
    resting = exchange.submit(spec("l", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
    assert statuses(resting) == [VenueStatus.ACCEPTED]


@pytest.mark.parametrize(
    ("kind", "more", "cause"),
    [
        (OrderType.LIMIT, {}, ("-1102", "'price'")),
        (OrderType.STOP_LOSS, {}, ("-1102", "'stopPrice'")),
        (OrderType.LIMIT, {"quantity": None, "limit_price": "90"}, ("-1102", "'quantity'")),
        (OrderType.MARKET, {"quantity": None}, ("-1102", "'quoteOrderQty'")),
        (OrderType.MARKET, {"limit_price": "90"}, ("-1106", "'price'")),
        (OrderType.LIMIT, {"limit_price": "90", "stop_price": "80"}, ("-1106", "'stopPrice'")),
        (OrderType.MARKET, {"quote_quantity": "9", "quantity": "1"}, ("-1106", "'quoteOrderQty'")),
        (OrderType.MARKET, {"iceberg_quantity": "1"}, ("-1106", "'icebergQty'")),
        (OrderType.LIMIT_MAKER, {"limit_price": "90", "tif": TimeInForce.IOC}, ("-1106", "Force")),
        (OrderType.LIMIT, {"limit_price": "-1"}, ("-1013", "price")),
        (OrderType.STOP_LOSS, {"stop_price": "0"}, ("-1013", "stopPrice")),
        (OrderType.MARKET, {"trailing_delta_bips": 50}, ("-1013", "TRAILING_DELTA")),
        (OrderType.MARKET, {"quantity": "141"}, ("-1013", "MARKET_LOT_SIZE")),
        (OrderType.MARKET, {"quantity": "0.04"}, ("-1013", "NOTIONAL")),
        (OrderType.MARKET, {"quote_quantity": "4.99"}, ("-1013", "NOTIONAL")),
        (OrderType.LIMIT, {"limit_price": "501"}, ("-1013", "PERCENT_PRICE_BY_SIDE")),
        (OrderType.STOP_LOSS, {"stop_price": "150.001"}, ("-1013", "PRICE_FILTER")),
        (OrderType.LIMIT, {"limit_price": "90", "iceberg_quantity": "0.009"}, ("-1013", "ICEBERG")),
    ],
)
def test_what_does_not_fit_is_refused_with_its_cause(market, spec, kind, more, cause):
    code, text = cause
    refused = market.submit(spec("x", Side.BUY, kind, **more), 1)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert text in refused.reason
    assert not market.register.orders


def test_an_iceberg_of_exactly_the_parts_allowed_rests(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("99.99", "100"))
    order = spec("i", Side.BUY, OrderType.LIMIT, limit_price="90", iceberg_quantity="0.01")
    assert statuses(exchange.submit(order, 1)) == [VenueStatus.ACCEPTED]


def limited(**changes):
    return {"BTCUSDT": msgspec.structs.replace(INSTRUMENTS["BTCUSDT"], **changes)}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"max_open_orders": 2}, Refused("-2010", "Filter failure: MAX_NUM_ORDERS")),
        ({"max_position": Decimal("12.5")}, Refused("-2010", "Filter failure: MAX_POSITION")),
        ({"trading": False}, Refused("-1013", "Market is closed.")),
        ({"order_types": frozenset({OrderType.MARKET})}, Refused("-1116", "Invalid orderType.")),
        ({"times_in_force": frozenset()}, Refused("-1115", "Invalid timeInForce.")),
    ],
)
def test_the_instrument_sets_the_bounds(new_exchange, quote, spec, changes, refused):
    exchange = new_exchange(instruments=limited(**changes))
    exchange.on_quote(quote("99.99", "100"))
    answers = [
        exchange.submit(spec(f"o{n}", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
        for n in range(3)
    ]
    assert answers[-1] == refused


def test_the_number_of_waiting_stops_is_bounded(new_exchange, quote, spec):
    exchange = new_exchange(instruments=limited(max_stop_orders=1))
    exchange.on_quote(quote("99.99", "100"))
    first = exchange.submit(spec("s1", Side.SELL, OrderType.STOP_LOSS, stop_price="90"), 1)
    second = exchange.submit(spec("s2", Side.SELL, OrderType.STOP_LOSS, stop_price="90"), 1)
    assert statuses(first) == [VenueStatus.ACCEPTED]
    assert second == Refused("-2010", "Filter failure: MAX_NUM_ALGO_ORDERS")
    resting = exchange.submit(spec("l", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
    assert statuses(resting) == [VenueStatus.ACCEPTED]


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 37, "ü"])
def test_a_client_id_keeps_to_the_venues_alphabet(new_exchange, spec, request_id):
    refused = new_exchange().submit(spec(request_id, Side.BUY), 1)
    assert isinstance(refused, Refused)
    assert refused.code == "-1100"


def test_an_unknown_symbol_is_refused_and_its_quote_ignored(new_exchange, quote, spec):
    exchange = new_exchange()
    other = msgspec.structs.replace(spec("x", Side.BUY), symbol="NOPEUSDT")
    assert exchange.submit(other, 1) == Refused("-1121", "Invalid symbol.")
    assert exchange.on_quote(msgspec.structs.replace(quote("1", "2"), symbol="NOPEUSDT")) == ()


def test_an_id_of_another_symbol_or_order_finds_nothing(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("99.99", "100"))
    exchange.submit(spec("l", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
    unknown = Refused("-2011", "Unknown order sent.")
    assert exchange.cancel("ETHUSDT", "l", "", 2) == unknown
    assert exchange.cancel("BTCUSDT", "other", "1", 2) == unknown
    assert exchange.cancel("BTCUSDT", "l", "not a number", 2) == unknown
    assert statuses(exchange.cancel("BTCUSDT", "l", "1", 2)) == [VenueStatus.CANCELED]


def test_a_copy_goes_its_own_way(new_exchange, quote, spec):
    exchange = new_exchange()
    exchange.on_quote(quote("99.99", "100"))
    exchange.submit(spec("l", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
    twin = exchange.copy()
    twin.submit(spec("m", Side.BUY), 2)
    twin.on_quote(quote("89.99", "90"))

    assert list(exchange.register.orders) == [1]
    assert exchange.register.orders[1].status is VenueStatus.ACCEPTED
    assert exchange.account(1).total("BTC") == 10
    # The same calls give the same answers, numbers and all.
    replayed = exchange.submit(spec("m", Side.BUY), 2)
    assert [f.trade_id for r in replayed for f in r.fills] == ["1"]
    assert exchange.on_quote(quote("89.99", "90"))
    assert exchange.register.orders == twin.register.orders
    assert exchange.account(1) == twin.account(1)


def test_the_newest_ended_orders_are_remembered_and_every_open_one(new_exchange, quote, spec):
    exchange = new_exchange(ended_max=2)
    exchange.on_quote(quote("99.99", "100", quantity="9"))
    exchange.submit(spec("open", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
    for request_id in ("m-1", "m-1", "m-2", "m-1"):
        exchange.submit(spec(request_id, Side.BUY, quantity="0.1"), 1)
    assert list(exchange.register.orders) == [1, 4, 5]
    assert exchange.register.query("BTCUSDT", "m-1", "").venue_order_id == "5"
    assert exchange.register.query("BTCUSDT", "", "2") == Absent()
    assert exchange.register.fills(2) == ()
    exchange.submit(spec("m-3", Side.BUY, quantity="0.1"), 1)
    exchange.submit(spec("m-4", Side.BUY, quantity="0.1"), 1)
    assert exchange.register.query("BTCUSDT", "m-1", "") == Absent()
    assert exchange.register.history("BTCUSDT", "m-1", 0) == Absent()


def test_a_filled_or_cancelled_order_makes_room_for_another(new_exchange, quote, spec):
    exchange = new_exchange(instruments=limited(max_open_orders=1))
    exchange.on_quote(quote("99.99", "100"))
    full = Refused("-2010", "Filter failure: MAX_NUM_ORDERS")
    for number, price in enumerate(("91", "90", "89")):
        resting = spec(f"r-{number}", Side.BUY, OrderType.LIMIT, limit_price=price)
        assert statuses(exchange.submit(resting, 1)) == [VenueStatus.ACCEPTED]
        again = spec("again", Side.BUY, OrderType.LIMIT, limit_price="88")
        assert exchange.submit(again, 1) == full
        if number == 1:
            exchange.cancel("BTCUSDT", "r-1", "", 2)
        else:
            exchange.on_quote(quote(Decimal(price) - 1, price))
