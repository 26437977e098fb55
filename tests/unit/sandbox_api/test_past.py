"""Queries that lag behind the engine."""

import pytest
from aitrader_gateway.sandbox.faults import Fault
from venue_desk import MAKER_KEY

LAG_MS = 500


@pytest.fixture(autouse=True)
def _lagging(desk, clock):
    """Queries see what was true half a second ago."""
    clock.advance(s=1)
    desk.inject(Fault.QUERY_LAG, delay_ms=LAG_MS)


def test_a_new_order_is_not_there_yet(desk, clock):
    desk.limit("BUY", "100", newClientOrderId="a")
    clock.advance(ms=LAG_MS - 1)
    asked = {"symbol": "BTCUSDT", "origClientOrderId": "a"}
    assert desk.ask("order.status", **asked).body == {
        "code": -2013,
        "msg": "Order does not exist.",
    }
    assert desk.ask("openOrders.status").body == []
    assert desk.ask("allOrders", symbol="BTCUSDT").body == []
    clock.advance(ms=1)
    assert desk.ask("order.status", **asked).body["status"] == "NEW"
    assert len(desk.ask("openOrders.status", symbol="BTCUSDT").body) == 1
    assert len(desk.ask("allOrders", symbol="BTCUSDT").body) == 1


def test_what_ended_is_still_open_for_a_while(desk, clock):
    desk.limit("SELL", "100", newClientOrderId="a")
    clock.advance(s=5)
    desk.limit("BUY", "100", "0.4", key=MAKER_KEY)
    clock.advance(ms=200)
    desk.ask("order.cancel", symbol="BTCUSDT", origClientOrderId="a")
    asked = {"symbol": "BTCUSDT", "origClientOrderId": "a"}
    seen = []
    for ms in (0, 300, 200):
        clock.advance(ms=ms)
        row = desk.ask("order.status", **asked).body
        seen.append((row["status"], row["executedQty"], len(desk.ask("openOrders.status").body)))
    assert seen == [
        ("NEW", "0.00000000", 1),
        ("PARTIALLY_FILLED", "0.40000000", 1),
        ("CANCELED", "0.40000000", 0),
    ]


def test_trades_and_balances_come_late(desk, clock):
    desk.limit("SELL", "100", key=MAKER_KEY)
    clock.advance(s=5)
    before = desk.ask("account.status").body["balances"]
    desk.limit("BUY", "100")
    assert desk.ask("myTrades", symbol="BTCUSDT").body == []
    assert desk.ask("account.status").body["balances"] == before
    clock.advance(ms=LAG_MS)
    assert len(desk.ask("myTrades", symbol="BTCUSDT").body) == 1
    after = {row["asset"]: row["free"] for row in desk.ask("account.status").body["balances"]}
    assert (after["BTC"], after["USDT"]) == ("100.99900000", "999900.00000000")


def test_lists_come_late(desk, clock):
    desk.limit("SELL", "100", "0.1", key=MAKER_KEY)
    desk.limit("BUY", "100", "0.1")
    desk.ask(
        "orderList.place.oco",
        symbol="BTCUSDT",
        side="SELL",
        quantity="1",
        aboveType="LIMIT_MAKER",
        abovePrice="110",
        belowType="STOP_LOSS",
        belowStopPrice="90",
    )
    assert desk.ask("openOrderLists.status").body == []
    clock.advance(ms=LAG_MS)
    [row] = desk.ask("openOrderLists.status").body
    desk.ask("orderList.cancel", symbol="BTCUSDT", orderListId=str(row["orderListId"]))
    assert desk.ask("openOrderLists.status").body == [row]
    clock.advance(ms=LAG_MS)
    assert desk.ask("openOrderLists.status").body == []


def test_a_long_lived_order_is_seen_as_it_was_however_old_it_is(desk, clock):
    desk.limit("BUY", "100", newClientOrderId="a")
    clock.advance(s=3_600)
    desk.ask("order.cancel", symbol="BTCUSDT", origClientOrderId="a")
    assert len(desk.ask("openOrders.status").body) == 1


def test_orders_are_answered_without_delay(desk):
    desk.limit("BUY", "100", newClientOrderId="a")
    assert desk.ask("order.cancel", symbol="BTCUSDT", origClientOrderId="a").ok
