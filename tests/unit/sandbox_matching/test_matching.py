"""Who trades with whom, at which price, for which fee."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    ExecutionReport,
    Fees,
    LevelChange,
    Listing,
    ListRequest,
    MarketTrade,
    Refusal,
)
from aitrader_gateway.sandbox.matching.words import Contingency, ExpiryReason, OrderStatus
from matching_desk import INSTRUMENT, SYMBOL, Desk, listing, plain, request

INSTRUMENT_ETH = msgspec.structs.replace(INSTRUMENT, symbol="ETHUSDT", base="ETH")


@pytest.fixture
def desk() -> Desk:
    """Bob sells 1 at 100, 2 at 101 and 3 at 102, and buys 1 at 99 and 2 at 98."""
    desk = Desk()
    for number, (side, quantity, price) in enumerate(
        (
            ("SELL", "1", "100"),
            ("SELL", "2", "101"),
            ("SELL", "3", "102"),
            ("BUY", "1", "99"),
            ("BUY", "2", "98"),
        )
    ):
        desk.limit("bob", f"maker-{number}", side, quantity, price)
    desk.told("bob")
    return desk


def test_better_prices_come_first_then_older_orders(desk):
    desk.limit("bob", "later", "SELL", "1", "100")
    desk.limit("alice", "taker", "BUY", "2.5", "101")

    assert desk.trades("alice") == ["1@100", "1@100", "0.5@101"]
    assert desk.order("bob", "maker-0").status is OrderStatus.FILLED
    assert desk.order("bob", "later").status is OrderStatus.FILLED
    assert desk.book("SELL") == ["1.5@101", "3@102"]


def test_what_does_not_cross_rests_behind_its_level(desk):
    order = desk.limit("alice", "a", "BUY", "4", "99")

    assert (order.status, order.working_at_ns) == (OrderStatus.NEW, desk.now_ns)
    assert desk.book("BUY") == ["5@99", "2@98"]
    assert desk.held("alice", "USDT") == ("999604", "396")
    desk.market("bob", "m", "SELL", "2")
    assert desk.order("bob", "maker-3").status is OrderStatus.FILLED
    assert plain(desk.order("alice", "a").cumulative_quantity) == "1"
    assert desk.held("alice", "USDT") == ("999604", "297")


def test_a_taker_pays_the_price_of_the_maker_and_gets_the_rest_back(desk):
    desk.limit("alice", "a", "BUY", "1.5", "105")

    assert desk.held("alice", "USDT") == ("999849.5", "0")
    assert desk.held("alice", "BTC") == ("1001.5", "0")


@pytest.mark.parametrize(
    ("order", "status", "executed", "reason"),
    [
        ("GTC 5", "PARTIALLY_FILLED", "3", ""),
        ("IOC 5", "EXPIRED", "3", "UNFILLED_IOC_QUANTITY_EXPIRED"),
        ("FOK 5", "EXPIRED", "0", "UNFILLED_FOK_ORDER_EXPIRED"),
        ("FOK 3", "FILLED", "3", ""),
    ],
)
def test_time_in_force_decides_on_what_is_left(desk, order, status, executed, reason):
    tif, quantity = order.split()
    order = desk.limit("alice", "a", "BUY", quantity, "101", tif=tif)

    assert (order.status, plain(order.cumulative_quantity)) == (status, executed)
    assert order.expiry == reason
    assert order.ended is (status != "PARTIALLY_FILLED")


def test_an_order_that_expires_gives_everything_back(desk):
    desk.limit("alice", "ioc", "BUY", "5", "101", tif="IOC")
    desk.limit("alice", "fok", "SELL", "9", "98", tif="FOK")

    assert desk.held("alice", "USDT") == ("999698", "0")
    assert desk.held("alice", "BTC") == ("1003", "0")


def test_a_market_order_takes_what_is_there_and_expires(desk):
    answer = desk.market("alice", "m", "BUY", "7")

    assert [plain(trade.price) for trade in answer.trades] == ["100", "101", "102"]
    assert answer.order.status is OrderStatus.EXPIRED
    assert answer.order.expiry is ExpiryReason.INSUFFICIENT_LIQUIDITY
    assert plain(answer.order.cumulative_quote) == "608"
    assert desk.told("alice") == [
        "m NEW NEW",
        "m TRADE PARTIALLY_FILLED",
        "m TRADE PARTIALLY_FILLED",
        "m TRADE PARTIALLY_FILLED",
        "m EXPIRED EXPIRED",
        "position",
    ]


def test_a_market_order_on_an_empty_book_expires():
    order = Desk().market("alice", "m", "BUY", "1").order
    assert (order.status, order.expiry) == ("EXPIRED", "INSUFFICIENT_LIQUIDITY")


@pytest.mark.parametrize(
    ("side", "quote", "quantity", "status"),
    [
        ("BUY", "100", "1", "FILLED"),
        ("BUY", "150", "1.495", "FILLED"),
        ("BUY", "100.09", "1", "FILLED"),
        ("SELL", "99", "1", "FILLED"),
        ("SELL", "200", "2.03", "FILLED"),
        # What is left would buy a step at the next price, but this one is not used up.
        ("SELL", "49.5985", "0.5", "FILLED"),
        ("BUY", "1000", "9.843", "EXPIRED"),
    ],
)
def test_a_quote_amount_becomes_the_quantity_that_comes_closest(
    desk, side, quote, quantity, status
):
    order = desk.place("alice", "q", side, "MARKET", quote_quantity=quote).order

    assert (plain(order.quantity), order.status) == (quantity, status)
    assert order.cumulative_quote <= Decimal(quote)


def test_fees_come_from_what_is_received_cut_to_eight_decimals():
    desk = Desk(fees=Fees(maker=Decimal("0.00075"), taker=Decimal("0.001")))
    desk.limit("bob", "maker", "SELL", "0.123", "100.03")
    desk.market("alice", "taker", "BUY", "0.123")

    (taken,) = desk.exchange.trades("alice", SYMBOL)
    (made,) = desk.exchange.trades("bob", SYMBOL)
    assert (taken.fee, taken.fee_asset, taken.maker) == (Decimal("0.000123"), "BTC", False)
    # 0.123 * 100.03 * 0.00075 = 0.0092277675
    assert (made.fee, made.fee_asset, made.maker) == (Decimal("0.00922776"), "USDT", True)
    assert desk.held("alice", "BTC") == ("1000.122877", "0")
    assert desk.held("bob", "USDT") == ("1000012.29446224", "0")


def test_an_iceberg_shows_a_slice_that_is_refreshed_behind_the_queue():
    desk = Desk()
    desk.limit("bob", "ice", "SELL", "5", "100", iceberg_quantity="2")
    desk.limit("bob", "plain", "SELL", "1", "100")
    assert desk.book("SELL") == ["3@100"]

    desk.market("alice", "m", "BUY", "2.5")
    assert plain(desk.order("bob", "ice").cumulative_quantity) == "2"
    assert plain(desk.order("bob", "plain").cumulative_quantity) == "0.5"
    assert desk.book("SELL") == ["2.5@100"]

    desk.market("alice", "rest", "BUY", "3.5")
    assert desk.trades("alice") == ["2@100", "0.5@100", "0.5@100", "2@100", "1@100"]
    assert desk.order("bob", "ice").status is OrderStatus.FILLED
    assert desk.book("SELL") == []


def test_an_iceberg_takes_with_all_it_has(desk):
    order = desk.limit("alice", "ice", "BUY", "4", "101", iceberg_quantity="0.4")

    assert plain(order.cumulative_quantity) == "3"
    assert desk.book("BUY")[0] == "0.4@101"
    assert desk.held("alice", "USDT")[1] == "101"


def test_every_event_of_a_trade_comes_in_its_order(desk):
    desk.market("alice", "m", "BUY", "1.5")
    events = desk.exchange.take_events()

    assert [type(event) for event in events] == [
        ExecutionReport,
        *(ExecutionReport, ExecutionReport, MarketTrade, LevelChange) * 2,
        AccountPosition,
        AccountPosition,
    ]
    first, second = (event for event in events if isinstance(event, MarketTrade))
    assert (first.number, plain(first.price), first.buyer_is_maker) == (1, "100", False)
    assert (second.number, plain(second.quantity)) == (2, "0.5")
    assert first.seller_order == desk.order("bob", "maker-0").number
    levels = [event for event in events if isinstance(event, LevelChange)]
    assert [(plain(each.price), plain(each.quantity)) for each in levels] == [
        ("100", "0"),
        ("101", "1.5"),
    ]
    assert [each.update for each in levels] == [6, 7]
    assert desk.exchange.depth(SYMBOL, 1).update == 7


def test_events_are_given_out_once(desk):
    desk.market("alice", "m", "BUY", "1")
    assert desk.exchange.take_events()
    assert desk.exchange.take_events() == []


def test_prices_of_the_market_follow_its_trades():
    desk = Desk(listing())
    assert desk.exchange.last_price(SYMBOL) is None
    assert desk.exchange.average_price(SYMBOL, 0) is None
    desk.limit("bob", "a", "SELL", "1", "100")
    desk.limit("bob", "b", "SELL", "3", "104")
    desk.market("alice", "m", "BUY", "4")

    assert desk.exchange.last_price(SYMBOL) == 104
    assert desk.exchange.average_price(SYMBOL, desk.now_ns) == 103
    # The average forgets after five minutes, and the last price stands in for it.
    desk.tick(seconds=300)
    assert desk.exchange.average_price(SYMBOL, desk.now_ns) == 104


def test_a_deposit_is_told_and_a_withdrawal_takes_only_what_is_free(desk):
    desk.limit("alice", "a", "SELL", "999", "200")
    desk.told("alice")

    assert desk.exchange.deposit("alice", "BTC", Decimal(-2), desk.tick()).code == -2010
    assert desk.exchange.deposit("alice", "BTC", Decimal(-1), desk.tick()) is None
    assert desk.exchange.deposit("alice", "BNB", Decimal(7), desk.tick()) is None
    assert desk.told("alice") == ["BTC -1", "position", "BNB 7", "position"]
    assert desk.held("alice", "BTC") == ("0", "999")
    assert desk.held("alice", "BNB") == ("7", "0")


def test_one_purse_pays_in_every_symbol():
    ether = Listing(instrument=INSTRUMENT_ETH)
    exchange = Exchange({SYMBOL: listing(), "ETHUSDT": ether})
    exchange.open_account("alice", {"USDT": Decimal(100)})
    for number, symbol in enumerate((SYMBOL, "ETHUSDT")):
        asked = request(f"o{number}", "BUY", "LIMIT", quantity=1, price=40, symbol=symbol)
        exchange.place("alice", asked, number)
    same_name = request("o0", "BUY", "LIMIT", quantity=1, price=1, symbol="ETHUSDT")
    too_dear = request("o2", "BUY", "LIMIT", quantity=1, price=21, symbol="ETHUSDT")

    assert exchange.check("alice", same_name).message == "Duplicate order sent."
    assert exchange.check("alice", too_dear).code == -2010
    assert [order.symbol for order in exchange.open_orders("alice")] == [SYMBOL, "ETHUSDT"]
    assert len(exchange.open_orders("alice", "ETHUSDT")) == 1
    assert exchange.balances("alice")["USDT"] == (20, 80)

    legs = (
        request("x", "BUY", "STOP_LOSS", quantity=1, stop_price=11),
        request("y", "BUY", "LIMIT_MAKER", quantity=1, price=9),
    )
    asked = ListRequest(
        symbol=SYMBOL, contingency=Contingency.OCO, list_client_order_id="L", orders=legs
    )
    exchange.place_list("alice", asked, 9)
    answer = exchange.cancel_list(
        "alice",
        "ETHUSDT",
        list_id=1,
        list_client_order_id="",
        new_client_order_id="",
        at_ns=10,
    )
    assert answer == Refusal(-2011, "Unknown order sent.")
