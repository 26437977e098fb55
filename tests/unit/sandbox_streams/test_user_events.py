"""User events, field by field as the venue documents them."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    AccountTrade,
    BalanceUpdate,
    ExecutionReport,
    ListRequest,
    ListStatus,
    Order,
    OrderList,
    OrderRequest,
    Prevented,
)
from aitrader_gateway.sandbox.matching.words import (
    Contingency,
    ExecutionType,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
)
from aitrader_gateway.sandbox.wire.events import (
    account_of,
    server_shutdown,
    stream_terminated,
    user_event,
)
from aitrader_gateway.sandbox.wire.scalars import TimeUnit
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

MS = TimeUnit.MILLISECOND
AT = 1_700_000_000_123_456_789
AT_MS = 1_700_000_000_123


def request(**fields) -> OrderRequest:
    return OrderRequest(
        **{
            "symbol": "BTCUSDT",
            "side": Side.BUY,
            "order_type": OrderType.LIMIT,
            "client_order_id": "a-1",
            "quantity": Decimal(1),
            "price": Decimal("0.1"),
            "time_in_force": TimeInForce.GTC,
            **fields,
        }
    )


def order(asked: OrderRequest | None = None, **fields) -> Order:
    asked = asked or request()
    return Order(
        **{
            "account": "user",
            "number": 4293153,
            "request": asked,
            "client_order_id": asked.client_order_id,
            "quantity": Decimal(1),
            "status": OrderStatus.NEW,
            "live": True,
            "locked": Decimal("0.1"),
            "created_at_ns": AT,
            "updated_at_ns": AT,
            "working_at_ns": AT,
            "prevention": SelfTradePrevention.NONE,
            "price": asked.price or Decimal(0),
            "stop_price": asked.stop_price or Decimal(0),
            **fields,
        }
    )


def report(of: Order, kind=ExecutionType.NEW, **fields) -> dict:
    event = ExecutionReport(
        **{
            "order": of,
            "kind": kind,
            "execution": 8641984,
            "client_order_id": of.client_order_id,
            "at_ns": AT,
            **fields,
        }
    )
    return user_event(event, MS)


NEW = {
    "e": "executionReport",
    "E": AT_MS,
    "s": "BTCUSDT",
    "c": "a-1",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "1.00000000",
    "p": "0.10000000",
    "P": "0.00000000",
    "F": "0.00000000",
    "g": -1,
    "C": "",
    "x": "NEW",
    "X": "NEW",
    "r": "NONE",
    "i": 4293153,
    "l": "0.00000000",
    "z": "0.00000000",
    "L": "0.00000000",
    "n": "0",
    "N": None,
    "T": AT_MS,
    "t": -1,
    "I": 8641984,
    "w": True,
    "m": False,
    "M": False,
    "O": AT_MS,
    "Z": "0.00000000",
    "Y": "0.00000000",
    "Q": "0.00000000",
    "W": AT_MS,
    "V": "NONE",
}


def test_a_new_order_has_every_field_and_no_conditional_one():
    assert report(order()) == NEW
    assert list(report(order()))[:10] == list(NEW)[:10]


def test_an_execution_tells_what_it_did_and_what_it_cost():
    filled = order(
        status=OrderStatus.FILLED,
        live=False,
        cumulative_quantity=Decimal(1),
        cumulative_quote=Decimal("0.1"),
    )
    trade = AccountTrade(
        account="user",
        symbol="BTCUSDT",
        number=56,
        order_number=4293153,
        list_number=-1,
        side=Side.BUY,
        price=Decimal("0.1"),
        quantity=Decimal("0.4"),
        fee=Decimal("0.0004"),
        fee_asset="BTC",
        maker=True,
        at_ns=AT,
    )
    changed = {
        "x": "TRADE",
        "X": "FILLED",
        "l": "0.40000000",
        "z": "1.00000000",
        "L": "0.10000000",
        "n": "0.00040000",
        "N": "BTC",
        "t": 56,
        "w": False,
        "m": True,
        "M": True,
        "Z": "0.10000000",
        "Y": "0.04000000",
    }
    assert report(filled, ExecutionType.TRADE, trade=trade) == NEW | changed


def test_a_cancel_has_its_own_id_and_the_orders():
    canceled = order(status=OrderStatus.CANCELED, live=False)
    event = report(
        canceled,
        ExecutionType.CANCELED,
        client_order_id="cancel-1",
        original_client_order_id="a-1",
    )
    assert event == NEW | {
        "c": "cancel-1",
        "C": "a-1",
        "x": "CANCELED",
        "X": "CANCELED",
        "w": False,
    }


@pytest.mark.parametrize(
    ("order_type", "time_in_force", "kind", "on_book"),
    [
        # A market order is told as new on the book, and as gone from it with its first fill.
        (OrderType.MARKET, None, ExecutionType.NEW, True),
        (OrderType.MARKET, None, ExecutionType.TRADE, False),
        (OrderType.LIMIT, TimeInForce.IOC, ExecutionType.TRADE, False),
        (OrderType.LIMIT, TimeInForce.GTC, ExecutionType.TRADE, True),
        (OrderType.LIMIT_MAKER, None, ExecutionType.TRADE, True),
    ],
)
def test_what_rests_is_on_the_book(order_type, time_in_force, kind, on_book):
    asked = request(order_type=order_type, time_in_force=time_in_force)
    event = report(order(asked, status=OrderStatus.PARTIALLY_FILLED), kind)
    assert event["w"] is on_book
    assert event["f"] == (time_in_force or "GTC")


def test_a_stop_that_waits_works_nowhere_yet():
    asked = request(order_type=OrderType.STOP_LOSS_LIMIT, stop_price=Decimal("0.2"))
    event = report(order(asked, live=False, working_at_ns=-1))
    assert event["w"] is False
    assert event["P"] == "0.20000000"
    assert "W" not in event


def test_a_trailing_stop_says_when_it_began_to_follow():
    asked = request(order_type=OrderType.STOP_LOSS_LIMIT, trailing_delta=100)
    waiting = order(asked, live=False, working_at_ns=-1)
    assert report(waiting)["d"] == 100
    assert "D" not in report(waiting)
    assert report(msgspec.structs.replace(waiting, trailing_at_ns=AT))["D"] == AT_MS


def test_what_the_caller_added_comes_back():
    asked = request(
        iceberg_quantity=Decimal("0.3"),
        quote_quantity=Decimal(50),
        strategy_id=7,
        strategy_type=1_000_000,
    )
    event = report(order(asked, list_number=3))
    assert (event["F"], event["Q"]) == ("0.30000000", "50.00000000")
    assert (event["j"], event["J"], event["g"]) == (7, 1_000_000, 3)


def test_an_order_that_the_venue_ended_says_why():
    ended = order(
        status=OrderStatus.EXPIRED, live=False, expiry=ExpiryReason.INSUFFICIENT_LIQUIDITY
    )
    assert report(ended, ExecutionType.EXPIRED)["eR"] == "INSUFFICIENT_LIQUIDITY"


@pytest.mark.parametrize(("number", "quantity", "counter"), [(1, "0.3", 2), (2, "0.5", 1)])
def test_a_prevented_match_is_told_from_each_side(number, quantity, counter):
    prevented = Prevented(
        symbol="BTCUSDT",
        number=9,
        taker_order=1,
        maker_order=2,
        prevention=SelfTradePrevention.EXPIRE_BOTH,
        price=Decimal(2),
        taker_prevented_quantity=Decimal("0.3"),
        maker_prevented_quantity=Decimal("0.5"),
        at_ns=AT,
    )
    side = order(
        number=number,
        status=OrderStatus.EXPIRED_IN_MATCH,
        live=False,
        prevented_quantity=Decimal("0.7"),
        prevention=SelfTradePrevention.EXPIRE_BOTH,
    )
    event = report(side, ExecutionType.TRADE_PREVENTION, prevented=prevented)
    assert (event["x"], event["X"], event["V"]) == (
        "TRADE_PREVENTION",
        "EXPIRED_IN_MATCH",
        "EXPIRE_BOTH",
    )
    assert (event["l"], event["L"], event["Y"]) == ("0.00000000",) * 3
    assert (event["v"], event["u"], event["U"], event["Cs"]) == (9, 9, counter, "BTCUSDT")
    assert event["A"] == "0.70000000"
    assert event["B"] == event["pl"] == f"{quantity}0000000"
    assert event["pL"] == "2.00000000"
    assert Decimal(event["pY"]) == 2 * Decimal(quantity)


def test_a_list_names_its_orders():
    status = ListStatus(
        list=OrderList(
            account="user",
            number=2,
            request=ListRequest(
                symbol="BTCUSDT",
                contingency=Contingency.OCO,
                list_client_order_id="L",
                orders=(request(), request()),
            ),
            list_client_order_id="L",
            status_type=ListStatusType.EXEC_STARTED,
            order_status=ListOrderStatus.EXECUTING,
            orders=(17, 18),
            created_at_ns=AT,
            updated_at_ns=AT,
        ),
        orders=((17, "x"), (18, "y")),
        at_ns=AT,
    )
    assert account_of(status) == "user"
    assert user_event(status, MS) == {
        "e": "listStatus",
        "E": AT_MS,
        "s": "BTCUSDT",
        "g": 2,
        "c": "OCO",
        "l": "EXEC_STARTED",
        "L": "EXECUTING",
        "r": "NONE",
        "C": "L",
        "T": AT_MS,
        "O": [{"s": "BTCUSDT", "i": 17, "c": "x"}, {"s": "BTCUSDT", "i": 18, "c": "y"}],
    }


def test_balances_are_told_as_positions_and_as_changes():
    position = AccountPosition(
        account="user", balances={"BTC": (Decimal(1), Decimal("0.5"))}, at_ns=AT
    )
    assert user_event(position, MS) == {
        "e": "outboundAccountPosition",
        "E": AT_MS,
        "u": AT_MS,
        "B": [{"a": "BTC", "f": "1.00000000", "l": "0.50000000"}],
    }
    withdrawal = BalanceUpdate(account="user", asset="BTC", amount=Decimal("-0.5"), at_ns=AT)
    assert user_event(withdrawal, MS) == {
        "e": "balanceUpdate",
        "E": AT_MS,
        "a": "BTC",
        "d": "-0.50000000",
        "T": AT_MS,
    }
    assert account_of(position) == account_of(withdrawal) == "user"


def test_ends_are_told_with_their_time():
    us = TimeUnit.MICROSECOND
    assert stream_terminated(AT, us) == {"e": "eventStreamTerminated", "E": AT // 1000}
    assert server_shutdown(AT, MS) == {"e": "serverShutdown", "E": AT_MS}
