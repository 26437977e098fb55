"""The book kept from changes is the venue's, whatever was lost on the way, or it says it is not."""

from decimal import Decimal
from random import Random

import pytest
from aitrader_gateway.binance.local_book import LocalBook
from aitrader_gateway.binance.market_events import DepthChange, DepthSnapshot
from aitrader_gateway.sandbox.depth_feed import DepthFeed
from aitrader_gateway.sandbox.listings import LISTINGS, START_PRICES
from aitrader_gateway.sandbox.makers import Maker, MakerSettings
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import LevelChange

LEVELS = 5000


class VenueBook:
    """The truth: quantities by price around a price that wanders, and numbered changes of it."""

    def __init__(self, chance):
        self.chance = chance
        self.middle = 10_000
        self.update_id = 0
        self.bids, self.asks = {}, {}
        # What the best prices were after every change.
        self.past = {}

    def move(self):
        """Several changes at once, told as one event."""
        chance = self.chance
        first = self.update_id + 1
        touched = {"bids": {}, "asks": {}}
        for _ in range(chance.randint(1, 4)):
            self.update_id += 1
            self.middle += chance.choice((-1, 0, 0, 0, 1))
            for side in ("bids", "asks"):
                self._cross(side, touched[side])
            side = chance.choice(("bids", "asks"))
            away = chance.randint(1, 60)
            price = self.middle - away if side == "bids" else self.middle + away
            quantity = Decimal(chance.choice((0, 1, 2, 3)))
            self._put(side, price, quantity, touched[side])
            self.past[self.update_id] = self.best()
        return DepthChange(
            "BTCUSDT",
            first,
            self.update_id,
            *(tuple((cents(p), q) for p, q in touched[side].items()) for side in ("bids", "asks")),
        )

    def _cross(self, side, touched):
        """What the price has gone through is taken."""
        if side == "bids":
            while self.bids and (price := max(self.bids)) >= self.middle:
                self._put(side, price, Decimal(0), touched)
        else:
            while self.asks and (price := min(self.asks)) <= self.middle:
                self._put(side, price, Decimal(0), touched)

    def _put(self, side, price, quantity, touched):
        book = getattr(self, side)
        if quantity:
            book[price] = quantity
        else:
            book.pop(price, None)
        touched[price] = quantity

    def levels(self):
        bids = tuple((cents(p), self.bids[p]) for p in sorted(self.bids, reverse=True))
        asks = tuple((cents(p), self.asks[p]) for p in sorted(self.asks))
        return bids, asks

    def best(self):
        bid, ask = max(self.bids, default=None), min(self.asks, default=None)
        return (
            None if bid is None else (cents(bid), self.bids[bid]),
            None if ask is None else (cents(ask), self.asks[ask]),
        )

    def snapshot(self, levels):
        bids, asks = self.levels()
        return DepthSnapshot(self.update_id, bids[:levels], asks[:levels])


def cents(price):
    return Decimal(price) / 100


@pytest.mark.parametrize("levels", [LEVELS, 12])
@pytest.mark.parametrize("seed", range(2))
def test_ten_thousand_changes_with_gaps_leave_the_venues_book(seed, levels):
    chance = Random(seed)
    venue, book = VenueBook(chance), LocalBook()
    snapshots, resyncs = [venue.snapshot(levels)], 0
    for _ in range(10_000):
        change = venue.move()
        if chance.random() < 0.02:
            snapshots.append(venue.snapshot(levels))
        if chance.random() < 0.01:
            continue  # lost on the way
        if chance.random() < 0.01:
            book.change(change)  # comes twice
        if not book.change(change) and chance.random() < 0.2:
            # An answer may have been asked for before the changes that are held back.
            book.load(chance.choice(snapshots[-3:]), levels)
            resyncs += book.in_step
        if book.in_step:
            assert (book.bids.best, book.asks.best) == venue.past[book.update_id]
    book.change(venue.move())
    if not book.in_step:
        assert book.load(venue.snapshot(levels), levels)
    assert resyncs > 50
    assert book.update_id == venue.update_id
    bids, asks = venue.levels()
    if levels == LEVELS:
        assert (tuple(book.bids), tuple(book.asks)) == (bids, asks)
    else:
        assert (tuple(book.bids)[:1], tuple(book.asks)[:1]) == (bids[:1], asks[:1])


@pytest.mark.parametrize("seed", range(2))
def test_what_a_matching_engine_tells_of_its_book_adds_up_to_it(seed):
    chance = Random(seed)
    symbol, told, book = "BTCUSDT", DepthFeed(), LocalBook()
    exchange = Exchange(LISTINGS)
    maker = Maker(LISTINGS[symbol], START_PRICES[symbol], seed, MakerSettings(volatility_bips=3.0))
    maker.open(exchange, 0)
    gaps = 0
    for at_ns in range(3_000):
        maker.step(exchange, at_ns)
        for event in exchange.take_events():
            if isinstance(event, LevelChange):
                told.add(event)
        for diff in told.take() if chance.random() < 0.3 else ():
            if chance.random() < 0.02:
                gaps += 1
                continue
            asked = exchange.depth(symbol, LEVELS)
            if not book.change(
                DepthChange(symbol, diff.first, diff.last, tuple(diff.bids), tuple(diff.asks))
            ):
                book.load(DepthSnapshot(asked.update, tuple(asked.bids), tuple(asked.asks)), LEVELS)
            assert (tuple(book.bids), tuple(book.asks)) == (tuple(asked.bids), tuple(asked.asks))
            assert book.update_id == asked.update
    assert gaps > 5


def pairs(side):
    return tuple((Decimal(price), Decimal(quantity)) for price, quantity in side)


def change(first, last, bids=(), asks=()):
    return DepthChange("BTCUSDT", first, last, pairs(bids), pairs(asks))


def snapshot(update_id, bids, asks):
    return DepthSnapshot(update_id, pairs(bids), pairs(asks))


@pytest.fixture
def book():
    """In step at change 10: 99 x 1 against 101 x 2."""
    book = LocalBook()
    assert book.load(snapshot(10, [("99", "1")], [("101", "2")]), LEVELS)
    return book


def test_a_change_that_straddles_the_snapshot_is_taken(book):
    assert book.change(change(8, 12, bids=[("99.5", "3")]))
    assert book.update_id == 12
    assert book.bids.best == (Decimal("99.5"), 3)


def test_what_the_snapshot_already_holds_is_left_out(book):
    assert book.change(change(5, 10, bids=[("99", "7")]))
    assert book.bids.best == (99, 1)


def test_a_missing_change_ends_it_until_the_next_snapshot(book):
    assert not book.change(change(12, 12, bids=[("99", "5")]))
    assert not book.in_step
    assert not book.load(snapshot(10, [("99", "1")], [("101", "2")]), LEVELS)
    assert book.load(snapshot(11, [("99", "4")], [("101", "2")]), LEVELS)
    assert (book.update_id, book.bids.best) == (12, (99, 5))


def test_changes_before_the_first_snapshot_are_held_back_and_follow_it():
    book = LocalBook()
    assert not book.change(change(3, 4, asks=[("102", "1")]))
    assert not book.change(change(5, 6, asks=[("101", "1")]))
    assert not book.load(snapshot(1, [], []), LEVELS)
    assert book.load(snapshot(3, [], [("103", "1")]), LEVELS)
    assert [price for price, _ in book.asks] == [101, 102, 103]


def test_a_price_is_the_same_however_it_is_written(book):
    assert book.change(change(11, 11, bids=[("99.000", "0.0000")]))
    assert book.bids.best is None


def test_what_was_lost_is_not_continued(book):
    book.lose()
    assert not book.change(change(11, 11, bids=[("99", "5")]))


def test_a_market_beyond_what_a_short_snapshot_showed_asks_for_another():
    book = LocalBook()
    assert book.load(snapshot(1, [("99", "1"), ("98", "1")], [("101", "1"), ("102", "1")]), 2)
    assert book.change(change(2, 2, bids=[("97", "1"), ("99", "0")]))
    assert not book.change(change(3, 3, bids=[("98", "0")]))
