import itertools
import sqlite3
from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.listings import LISTINGS
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import Fees, ListRequest, OrderRequest, Placed
from aitrader_gateway.sandbox.matching.words import CancelRestriction, Contingency, OrderStatus
from aitrader_gateway.sandbox.store import Opening, Store
from aitrader_gateway.sandbox.venue import Venue
from aitrader_server.domain.words import OrderType, Side, TimeInForce
from aitrader_server.errors import ConfigError

SYMBOL = "BTCUSDT"
NUMBERS = itertools.count(1)
OPENING = Opening(balances={"USDT": Decimal(10**6), "BTC": Decimal(10)})
FUNDS = {"USDT": Decimal(10**9), "BTC": Decimal(1000)}


class Clock:
    def __init__(self):
        self.at_ns = 0

    def now_ns(self):
        self.at_ns += 1
        return self.at_ns


class Life:
    """One life of a venue with a user, and a stranger who is not kept."""

    def __init__(self, path, listings=LISTINGS, ended_max=50_000):
        self.store = Store(path, ended_max)
        self.store.open()
        self.exchange = Exchange(listings)
        self.store.fill(self.exchange, {"user": OPENING})
        self.exchange.open_account("stranger", FUNDS)
        self.venue = Venue(self.exchange, Clock(), (self.store,))

    def place(self, account, side, price, quantity="1", **more):
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            order_type=OrderType.LIMIT,
            client_order_id=f"{account}-{next(NUMBERS)}",
            quantity=Decimal(quantity),
            price=Decimal(price),
            time_in_force=TimeInForce.GTC,
            **more,
        )
        placed = self.venue.run(lambda exchange, at_ns: exchange.place(account, request, at_ns))
        assert isinstance(placed, Placed)
        return placed.order.number

    def cancel(self, number):
        return self.venue.run(
            lambda exchange, at_ns: exchange.cancel(
                "user",
                SYMBOL,
                order_id=number,
                client_order_id="",
                new_client_order_id="c",
                restriction=CancelRestriction.NONE,
                at_ns=at_ns,
            )
        )

    def truth(self):
        return {
            "balances": dict(self.exchange.balances("user")),
            "orders": list(self.exchange.orders("user", SYMBOL)),
            "open": list(self.exchange.open_orders("user")),
            "trades": list(self.exchange.trades("user", SYMBOL)),
            "lists": list(self.exchange.order_lists("user")),
        }

    def die(self):
        """The process ends without a word; what was committed is on disk."""
        self.store.close()


def busy(path):
    life = Life(path)
    life.place("stranger", Side.SELL, 100, "3")
    life.place("user", Side.BUY, 100, "1")
    life.place("user", Side.BUY, 90, "2")
    life.place("stranger", Side.SELL, 90, "0.5")
    life.cancel(life.place("user", Side.SELL, 200))
    oco = ListRequest(
        symbol=SYMBOL,
        contingency=Contingency.OCO,
        list_client_order_id="pair",
        orders=(
            OrderRequest(
                symbol=SYMBOL,
                side=Side.SELL,
                order_type=OrderType.LIMIT_MAKER,
                client_order_id="above",
                quantity=Decimal(1),
                price=Decimal(150),
            ),
            OrderRequest(
                symbol=SYMBOL,
                side=Side.SELL,
                order_type=OrderType.STOP_LOSS,
                client_order_id="below",
                quantity=Decimal(1),
                stop_price=Decimal(50),
            ),
        ),
    )
    life.venue.run(lambda exchange, at_ns: exchange.place_list("user", oco, at_ns))
    return life


def test_another_life_has_all_orders_lists_trades_and_money(tmp_path):
    first = busy(tmp_path / "s.sqlite")
    truth = first.truth()
    assert len(truth["orders"]) == 5
    assert len(truth["trades"]) == 2
    assert len(truth["lists"]) == 1
    first.die()
    assert Life(tmp_path / "s.sqlite").truth() == truth


def test_what_was_open_works_on(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    waiting = first.place("user", Side.BUY, 90)
    first.die()
    second = Life(tmp_path / "s.sqlite")
    second.place("stranger", Side.SELL, 90)
    assert second.exchange.order("user", SYMBOL, order_id=waiting).status is OrderStatus.FILLED
    second.die()
    third = Life(tmp_path / "s.sqlite")
    assert third.exchange.order("user", SYMBOL, order_id=waiting).status is OrderStatus.FILLED
    assert third.exchange.balances("user")["BTC"][0] > 10


def test_no_number_is_given_out_twice(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    first.place("user", Side.BUY, 90)
    for _ in range(50):
        last = first.place("stranger", Side.BUY, 80)
    used = first.exchange.numbers
    first.die()
    second = Life(tmp_path / "s.sqlite")
    assert second.exchange.numbers.order >= used.order
    assert second.exchange.numbers.execution >= used.execution
    assert second.place("user", Side.BUY, 90) > last


def test_strangers_begin_anew(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    first.place("stranger", Side.BUY, 80)
    first.die()
    second = Life(tmp_path / "s.sqlite")
    assert second.exchange.open_orders("stranger") == ()
    assert second.exchange.balances("stranger")["USDT"] == (FUNDS["USDT"], 0)


def test_a_market_goes_on_from_where_it_was(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    assert first.store.last_prices() == {}
    first.place("stranger", Side.SELL, 70)
    first.place("user", Side.BUY, 70)
    assert first.store.last_prices() == {SYMBOL: 70}
    first.place("stranger", Side.BUY, 60)
    first.exchange.open_account("another", FUNDS)
    first.place("another", Side.SELL, 60)
    first.die()
    second = Life(tmp_path / "s.sqlite")
    assert second.store.last_prices() == {SYMBOL: 60}
    second.store.clear()
    assert second.store.last_prices() == {}
    second.die()


def test_money_given_at_the_start_is_given_once(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    first.venue.run(lambda exchange, at_ns: exchange.deposit("user", "USDT", Decimal(5), at_ns))
    first.die()
    assert Life(tmp_path / "s.sqlite").exchange.balances("user")["USDT"][0] == 10**6 + 5


def test_a_cleared_store_begins_anew(tmp_path):
    life = busy(tmp_path / "s.sqlite")
    life.store.clear()
    exchange = Exchange(LISTINGS)
    life.store.fill(exchange, {"user": OPENING})
    assert exchange.balances("user") == {"USDT": (10**6, 0), "BTC": (10, 0)}
    assert exchange.numbers.order == 1
    life.die()
    assert Life(tmp_path / "s.sqlite").truth()["orders"] == []


def test_of_what_ended_the_newest_is_kept(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    working = first.place("user", Side.BUY, 10)
    ended = [first.place("user", Side.BUY, 11) for _ in range(5)]
    for number in ended:
        first.cancel(number)
    first.die()
    second = Life(tmp_path / "s.sqlite", ended_max=2)
    assert [o.number for o in second.truth()["orders"]] == [working, *ended[-2:]]
    second.die()
    with sqlite3.connect(tmp_path / "s.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    connection.close()


def test_fees_are_those_of_the_present_settings(tmp_path):
    Life(tmp_path / "s.sqlite").die()
    store = Store(tmp_path / "s.sqlite")
    store.open()
    exchange = Exchange(LISTINGS)
    dear = Fees(maker=Decimal("0.01"), taker=Decimal("0.02"))
    store.fill(exchange, {"user": Opening(balances={}, fees=dear)})
    assert exchange.fees("user") == dear
    assert exchange.balances("user")["USDT"] == (10**6, 0)
    store.close()


def test_a_second_process_is_refused(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    with pytest.raises(ConfigError, match="another process"):
        Store(tmp_path / "s.sqlite").open()
    first.die()
    Life(tmp_path / "s.sqlite").die()


def test_another_file_is_refused(tmp_path):
    (tmp_path / "s.sqlite").write_text("no database, but long enough to be one" * 100)
    with pytest.raises(ConfigError, match="no sandbox's file"):
        Store(tmp_path / "s.sqlite").open()


def test_an_open_order_needs_its_symbol(tmp_path):
    first = Life(tmp_path / "s.sqlite")
    number = first.place("user", Side.BUY, 90)
    first.die()
    others = {name: listing for name, listing in LISTINGS.items() if name != SYMBOL}
    store = Store(tmp_path / "s.sqlite")
    store.open()
    with pytest.raises(ConfigError, match=f"order {number} works on BTCUSDT"):
        store.fill(Exchange(others), {"user": OPENING})
    store.close()
    store.close()


def test_a_folder_that_takes_no_file_is_told_of_in_a_sentence(tmp_path):
    (tmp_path / "sandbox.sqlite").mkdir()
    with pytest.raises(ConfigError, match="unable to open database file"):
        Store(tmp_path / "sandbox.sqlite", 10).open()
