"""Orders that wait for the last price, standing or trailing."""

import pytest
from aitrader_gateway.sandbox.matching.words import OrderStatus, SymbolStatus
from matching_desk import SYMBOL, Desk, plain


@pytest.fixture
def desk() -> Desk:
    """The last price is 100; Bob bids 10 at 80 and asks 10 at 120."""
    desk = Desk()
    desk.last("100")
    desk.limit("bob", "bid", "BUY", "10", "80")
    desk.limit("bob", "ask", "SELL", "10", "120")
    desk.exchange.take_events()
    return desk


def triggered(desk: Desk, name: str = "s") -> bool:
    return desk.order("alice", name).live


@pytest.mark.parametrize(
    ("kind", "stop", "short", "reached"),
    [
        ("BUY STOP_LOSS", "105", "104.99", "105"),
        ("SELL STOP_LOSS", "95", "95.01", "95"),
        ("BUY TAKE_PROFIT", "95", "95.01", "94"),
        ("SELL TAKE_PROFIT", "105", "104.99", "106"),
    ],
)
def test_a_stop_goes_live_when_the_last_price_reaches_it(desk, kind, stop, short, reached):
    side, kind = kind.split()
    order = desk.place("alice", "s", side, kind, quantity=1, stop_price=stop).order
    assert (order.status, order.live, order.working_at_ns) == ("NEW", False, -1)

    desk.last(short)
    assert not triggered(desk)
    desk.last(reached)
    order = desk.order("alice", "s")
    assert (order.status, order.working_at_ns) == ("FILLED", desk.now_ns)
    assert desk.told("alice") == [
        "s NEW NEW",
        "position",
        "s NEW NEW",
        "s TRADE FILLED",
        "position",
    ]


def test_a_stop_limit_rests_at_its_price_once_live(desk):
    terms = {"quantity": 1, "stop_price": 95, "price": 94}
    desk.place("alice", "s", "SELL", "STOP_LOSS_LIMIT", **terms)
    assert desk.book("SELL") == ["10@120"]

    desk.last("95")
    assert triggered(desk)
    assert desk.book("SELL") == ["1@94", "10@120"]
    assert desk.held("alice", "BTC") == ("999", "1")


def test_a_trade_here_triggers_stops_and_they_each_other(desk):
    """A sale at 80 triggers one stop, whose sale at 79 triggers the next."""
    desk.limit("bob", "lower", "BUY", "1", "79")
    desk.limit("bob", "lowest", "BUY", "1", "78")
    desk.place("alice", "first", "SELL", "STOP_LOSS", quantity=1, stop_price=80)
    desk.place("alice", "second", "SELL", "STOP_LOSS", quantity=1, stop_price=79)
    desk.market("bob", "m", "SELL", "10")

    assert desk.trades("alice") == ["1@79", "1@78"]
    assert desk.exchange.last_price(SYMBOL) == 78


def test_every_price_on_the_way_of_an_order_counts(desk):
    """A sweep from 80 to 79 ends at 79, but the stop at 80 was reached from below."""
    desk.last("70")
    desk.limit("bob", "lower", "BUY", "1", "79")
    desk.place("alice", "s", "SELL", "TAKE_PROFIT", quantity=1, stop_price=80)
    desk.limit("bob", "again", "BUY", "1", "60")
    desk.market("bob", "m", "SELL", "11")

    assert desk.trades("alice") == ["1@60"]


def test_stops_go_live_in_the_order_in_which_the_price_reaches_them(desk):
    desk.place("alice", "far", "SELL", "STOP_LOSS", quantity=1, stop_price=90)
    desk.place("alice", "near", "SELL", "STOP_LOSS", quantity=1, stop_price=95)
    desk.place("alice", "near-later", "SELL", "STOP_LOSS", quantity=1, stop_price=95)
    desk.told("alice")
    desk.last("85")

    live = [line.split()[0] for line in desk.told("alice") if line.endswith("NEW NEW")]
    assert live == ["near", "near-later", "far"]


def test_a_buy_that_has_become_too_dear_expires(desk):
    desk.open("poor", "0", "110")
    desk.place("poor", "s", "BUY", "STOP_LOSS", quantity=1, stop_price=105)
    assert desk.held("poor", "USDT") == ("5", "105")
    desk.last("105")

    order = desk.order("poor", "s")
    assert (order.status, order.expiry) == ("EXPIRED", "REJECTED")
    assert desk.held("poor", "USDT") == ("110", "0")


def test_a_cancelled_stop_gives_back_what_it_locked(desk):
    desk.place("alice", "s", "BUY", "STOP_LOSS", quantity=2, stop_price=105)
    assert desk.held("alice", "USDT") == ("999790", "210")
    desk.cancel("alice", "s")
    desk.last("110")

    assert desk.order("alice", "s").status is OrderStatus.CANCELED
    assert desk.held("alice", "USDT") == ("1000000", "0")


def test_a_closed_market_triggers_when_it_opens(desk):
    desk.place("alice", "s", "SELL", "STOP_LOSS", quantity=1, stop_price=95)
    desk.exchange.set_status(SYMBOL, SymbolStatus.HALT, desk.tick())
    desk.last("90")
    assert not triggered(desk)
    desk.exchange.set_status(SYMBOL, SymbolStatus.TRADING, desk.tick())
    assert desk.order("alice", "s").status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("kind", "terms", "path", "triggers_at"),
    [
        # Without a stop price from the next trade on.
        ("SELL STOP_LOSS", {"trailing_delta": 700}, "100 105 98 113.75 105.79", "105.78"),
        ("BUY STOP_LOSS", {"trailing_delta": 500}, "100 104.99 90 94.49", "94.5"),
        # From the stop price on; the first price beyond it is where following begins.
        (
            "SELL STOP_LOSS",
            {"trailing_delta": 1000, "stop_price": 97},
            "104 97 92 102 91.81",
            "91.8",
        ),
        (
            "BUY STOP_LOSS",
            {"trailing_delta": 500, "stop_price": 110},
            "92 110 115 105 110.24",
            "110.25",
        ),
        (
            "BUY TAKE_PROFIT",
            {"trailing_delta": 850, "stop_price": 95},
            "105 94 92 98 99.81",
            "99.82",
        ),
        (
            "SELL TAKE_PROFIT",
            {"trailing_delta": 750, "stop_price": 105},
            "97 106 112 116 107.31",
            "107.3",
        ),
    ],
)
def test_a_trailing_stop_follows_the_best_price(desk, kind, terms, path, triggers_at):
    side, kind = kind.split()
    desk.place("alice", "s", side, kind, quantity=1, **terms)
    for price in path.split():
        desk.last(price)
        assert not triggered(desk), price
    desk.last(triggers_at)
    assert desk.order("alice", "s").status is OrderStatus.FILLED


def test_a_trailing_stop_says_since_when_it_follows(desk):
    terms = {"quantity": 1, "trailing_delta": 100, "stop_price": 95, "price": 90}
    desk.place("alice", "s", "SELL", "STOP_LOSS_LIMIT", **terms)
    desk.last("96")
    assert desk.order("alice", "s").trailing_at_ns == -1
    desk.last("95")
    since = desk.now_ns
    desk.last("95.5")
    order = desk.order("alice", "s")
    assert (order.trailing_at_ns, plain(order.trail_extreme)) == (since, "95.5")
    desk.cancel("alice", "s")
    desk.last("50")
    assert desk.trades("alice") == []
