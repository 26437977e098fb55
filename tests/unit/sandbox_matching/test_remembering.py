"""What is remembered, what is forgotten, and how the venue lives on elsewhere."""

from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import LevelChange, Numbers
from matching_desk import SYMBOL, Desk, listing, plain, request


def busy_desk() -> Desk:
    """Alice has orders of every kind open, and some that ended."""
    desk = Desk()
    desk.last("100")
    desk.limit("bob", "ask", "SELL", "3", "105")
    desk.limit("bob", "bid", "BUY", "3", "95")
    desk.market("alice", "done", "BUY", "1")
    desk.limit("alice", "gone", "BUY", "1", "90")
    desk.cancel("alice", "gone")
    desk.limit("alice", "rests", "BUY", "2", "96")
    desk.market("bob", "part", "SELL", "0.5")
    desk.limit("alice", "ice", "SELL", "4", "104", iceberg_quantity="1")
    desk.place("alice", "stop", "SELL", "STOP_LOSS", quantity=1, stop_price=80)
    desk.place("alice", "trail", "SELL", "STOP_LOSS", quantity=1, trailing_delta=500)
    terms = {"quantity": 1, "trailing_delta": 600, "stop_price": 95}
    desk.place("alice", "trail-from", "SELL", "STOP_LOSS", **terms)
    desk.last("95")
    legs = (
        request("above", "SELL", "LIMIT_MAKER", quantity=1, price=130),
        request("below", "SELL", "STOP_LOSS", quantity=1, stop_price=85),
    )
    desk.bind("alice", "oco", "OCO", *legs)
    waits = request("waits", "SELL", "LIMIT", quantity=1, price=140)
    desk.bind("alice", "oto", "OTO", request("first", "BUY", "LIMIT", quantity=1, price=91), waits)
    return desk


def reborn(desk: Desk) -> Desk:
    """A venue with Alice as `desk` knows her, and nobody else."""
    old = desk.exchange
    again = Desk.__new__(Desk)
    again.now_ns = desk.now_ns
    again.exchange = Exchange({SYMBOL: listing()}, ended_max=1000)
    again.exchange.number_from(old.numbers)
    again.exchange.restore_account(
        "alice",
        old.balances("alice"),
        orders=old.orders("alice", SYMBOL),
        trades=old.trades("alice", SYMBOL),
        lists=old.order_lists("alice"),
        fees=old.fees("alice"),
    )
    return again


def test_an_account_comes_back_as_it_was_left():
    old = busy_desk()
    new = reborn(old)

    for read in ("orders", "trades"):
        before, after = (getattr(desk.exchange, read)("alice", SYMBOL) for desk in (old, new))
        assert before == after
    assert old.exchange.balances("alice") == new.exchange.balances("alice")
    assert old.exchange.open_orders("alice") == new.exchange.open_orders("alice")
    assert old.exchange.order_lists("alice") == new.exchange.order_lists("alice")
    assert new.book("BUY") == ["1.5@96", "1@91"]
    assert new.book("SELL") == ["1@104", "1@130"]


def test_the_book_that_comes_back_is_told():
    new = reborn(busy_desk())
    events = new.exchange.take_events()

    assert {type(event) for event in events} == {LevelChange}
    told = {(event.side, event.price): event.quantity for event in events}
    assert {(side.value, plain(price)): plain(shown) for (side, price), shown in told.items()} == {
        ("BUY", "96"): "1.5",
        ("SELL", "104"): "1",
        ("SELL", "130"): "1",
        ("BUY", "91"): "1",
    }


def test_what_was_open_goes_on():
    desk = reborn(busy_desk())
    desk.open("bob", "100", "100000")
    desk.limit("bob", "deep", "BUY", "9", "70")
    desk.last("100")
    assert desk.order("alice", "waits").status == "PENDING_NEW"
    desk.last("94.1")
    assert desk.order("alice", "trail-from").status == "NEW"
    desk.last("93")
    assert desk.order("alice", "trail").status == "FILLED"
    assert desk.order("alice", "trail-from").status == "FILLED"
    desk.last("85")
    assert desk.order("alice", "below").status == "FILLED"
    assert desk.order("alice", "above").status == "EXPIRED"
    desk.market("bob", "sell", "SELL", "2.5")
    assert desk.order("alice", "rests").status == "FILLED"
    assert desk.order("alice", "first").status == "FILLED"
    assert desk.order("alice", "waits").status == "NEW"
    desk.last("80")
    assert desk.order("alice", "stop").status == "FILLED"
    desk.market("bob", "buy", "BUY", "4")
    assert desk.order("alice", "ice").status == "FILLED"


def test_numbers_are_never_given_out_twice():
    old = busy_desk()
    new = reborn(old)
    new.open("bob", "100", "100000")

    order = new.limit("bob", "b", "SELL", "0.5", "96")
    assert order.number == old.exchange.numbers.order
    assert new.exchange.trades("bob", SYMBOL)[0].number == old.exchange.numbers.trades[SYMBOL]
    ahead = new.exchange.numbers
    new.exchange.number_from(Numbers())
    assert new.exchange.numbers == ahead


def test_an_account_is_opened_once():
    with pytest.raises(AssertionError):
        Desk().open("alice", "1", "1")


def test_orders_that_ended_are_forgotten_with_all_theirs():
    desk = Desk(ended_max=2)
    desk.limit("bob", "ask", "SELL", "9", "100")
    desk.limit("alice", "open", "BUY", "1", "90")
    for number in range(4):
        desk.market("alice", f"m{number}", "BUY", str(number + 1))

    names = [order.client_order_id for order in desk.exchange.orders("alice", SYMBOL)]
    assert names == ["open", "m2", "m3"]
    assert desk.trades("alice") == ["3@100", "3@100"]
    assert desk.exchange.order("alice", SYMBOL, order_id=3) is None
    assert desk.exchange.order("alice", SYMBOL, client_order_id="m0") is None
    # Each account has a memory of its own, and may have a shorter one.
    assert desk.trades("bob") == ["1@100", "2@100", "3@100", "3@100"]


def test_an_account_may_remember_less_than_others():
    desk = Desk()
    desk.exchange.open_account("maker", {"BTC": Decimal(9)}, ended_max=1)
    for account in ("maker", "alice"):
        for name in ("a", "b"):
            desk.limit(account, name, "SELL", "1", "100")
            desk.cancel(account, name)
    counts = {name: len(desk.exchange.orders(name, SYMBOL)) for name in ("maker", "alice")}
    assert counts == {"maker": 1, "alice": 2}


def test_a_list_outlives_its_forgotten_orders():
    desk = Desk(ended_max=1)
    first = request("first", "BUY", "LIMIT", quantity=1, price=100)
    waits = request("waits", "SELL", "LIMIT", quantity=1, price=140)
    desk.bind("alice", "L", "OTO", first, waits)
    desk.market("bob", "m", "SELL", "1")
    desk.limit("alice", "other", "BUY", "1", "90")
    desk.cancel("alice", "other")
    assert desk.exchange.order("alice", SYMBOL, client_order_id="first") is None

    desk.told("alice")
    desk.market("bob", "up", "BUY", "1")
    assert desk.told("alice") == ["waits TRADE FILLED", "L ALL_DONE", "position"]
    desk.bind("alice", "M", "OTO", first, waits)
    desk.cancel("alice", "waits")
    assert desk.exchange.order_list("alice", list_client_order_id="L") is None
    assert [each.number for each in desk.exchange.order_lists("alice")] == [2]


def test_the_newest_of_a_client_id_is_found():
    desk = Desk()
    for price in ("90", "91", "92"):
        desk.limit("alice", "same", "BUY", "1", price)
        desk.cancel("alice", "same")
    assert plain(desk.order("alice", "same").price) == "92"
    assert desk.exchange.order("alice", SYMBOL, order_id=1, client_order_id="same").price == 90
    assert desk.exchange.order("alice", SYMBOL, order_id=1, client_order_id="other") is None


def test_an_open_order_is_found_before_one_that_ended():
    """An amendment gave it the name of a younger order; its age does not matter."""
    desk = Desk()
    desk.limit("alice", "older", "BUY", "2", "90")
    desk.limit("alice", "name", "BUY", "2", "91")
    desk.cancel("alice", "name")
    desk.exchange.amend(
        "alice",
        SYMBOL,
        order_id=1,
        client_order_id="",
        new_client_order_id="name",
        new_quantity=Decimal(1),
        at_ns=desk.tick(),
    )
    assert desk.order("alice", "name").number == 1
    again = reborn(desk)
    assert again.order("alice", "name").number == 1
    again.cancel("alice", "name")
    assert again.exchange.open_orders("alice") == ()


def test_a_copy_lives_a_life_of_its_own():
    desk = busy_desk()
    twin = Desk.__new__(Desk)
    twin.exchange, twin.now_ns = desk.exchange.copy(), desk.now_ns
    twin.last("85")
    twin.exchange.cancel_all("alice", SYMBOL, twin.tick())

    assert len(desk.exchange.open_orders("alice")) == 9
    assert desk.book("SELL") == ["1@104", "2@105", "1@130"]
    assert twin.exchange.open_orders("alice") == ()
