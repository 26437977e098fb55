"""Ranges of updates from one telling to the next."""

from decimal import Decimal

from aitrader_gateway.sandbox.depth_feed import DepthFeed
from aitrader_gateway.sandbox.matching.model import LevelChange
from aitrader_server.domain.words import Side


def change(update: int, price: int, quantity: int, *, side=Side.BUY, symbol="BTCUSDT"):
    return LevelChange(
        symbol=symbol,
        side=side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        update=update,
        at_ns=0,
    )


def test_a_diff_holds_the_newest_quantity_of_each_level():
    feed = DepthFeed()
    for item in (
        change(5, 100, 1),
        change(6, 101, 1),
        change(7, 100, 0),
        change(8, 110, 2, side=Side.SELL),
    ):
        feed.add(item)
    (diff,) = feed.take()
    assert (diff.first, diff.last) == (5, 8)
    assert diff.bids == [(101, 1), (100, 0)]
    assert diff.asks == [(110, 2)]


def test_one_diff_goes_on_where_the_other_ended():
    feed = DepthFeed()
    feed.add(change(5, 100, 1))
    feed.take()
    assert feed.take() == []
    feed.add(change(6, 100, 2))
    feed.add(change(7, 100, 3))
    (diff,) = feed.take()
    assert (diff.first, diff.last) == (6, 7)


def test_symbols_are_told_apart():
    feed = DepthFeed()
    feed.add(change(1, 100, 1))
    feed.add(change(9, 100, 1, symbol="ETHUSDT"))
    assert [(diff.symbol, diff.first) for diff in feed.take()] == [("BTCUSDT", 1), ("ETHUSDT", 9)]
