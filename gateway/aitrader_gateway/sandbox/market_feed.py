"""What the market streams tell: some of it as it happens, the rest at its pace."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.candles import Candle
from aitrader_gateway.sandbox.depth_feed import DepthDiff, DepthFeed
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import LevelChange, MarketTrade, VenueEvent
from aitrader_gateway.sandbox.subscriptions import Kind, Stream, stream_named, window_min
from aitrader_gateway.sandbox.tape import MINUTE_NS, Tape, Window
from aitrader_gateway.sandbox.topics import Message, Topics
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.wire import market as wire
from aitrader_gateway.sandbox.wire.scalars import TimeUnit

_SECOND_BEATS: Final = 10
# Candles longer than a second are told every other second, and when they close.
_CANDLE_BEATS: Final = 20
# More can only have closed while the process stood still.
_CLOSED_MAX: Final = 100


Shaping = Callable[[TimeUnit], object]


def touch_of(exchange: Exchange, symbol: str) -> wire.Touch:
    """Best bid and ask; zeros stand for an empty side."""
    nothing = (ZERO, ZERO)
    return (
        exchange.best(symbol, Side.BUY) or nothing,
        exchange.best(symbol, Side.SELL) or nothing,
    )


class MarketFeed:
    """Turns market events into messages on the topics of the streams."""

    def __init__(self, venue: Venue, tape: Tape, topics: Topics) -> None:
        self._venue = venue
        self._tape = tape
        self._topics = topics
        self._diffs: Mapping[int, DepthFeed] = {1: DepthFeed(), _SECOND_BEATS: DepthFeed()}
        self._aggregates_told: dict[str, int] = {}
        self._touches_told: dict[str, wire.Touch] = {}
        self._candles_told: dict[str, int] = {}
        self._traded: dict[str, None] = {}
        self._shapes: Mapping[Kind, Callable[[Stream, int], Shaping]] = {
            Kind.PARTIAL: self._partial,
            Kind.MINI_TICKER: self._mini_ticker,
            Kind.TICKER: self._ticker,
            Kind.WINDOW_TICKER: self._window_ticker,
            Kind.AVERAGE_PRICE: self._average_price,
        }

    def take(self, events: Sequence[VenueEvent]) -> None:
        """Tells what is told at once; the tape has taken the events before."""
        traded: dict[str, None] = {}
        changed: dict[str, None] = {}
        for event in events:
            if isinstance(event, MarketTrade):
                traded[event.symbol] = None
                self._tell(event.symbol, Kind.TRADE, partial(wire.trade_event, event))
            elif isinstance(event, LevelChange):
                changed[event.symbol] = None
                for diffs in self._diffs.values():
                    diffs.add(event)
        self._traded.update(traded)
        for symbol in traded:
            self._tell_aggregates(symbol)
        for symbol in changed:
            self._tell_touch(symbol)

    def beat(self, number: int, at_ns: int) -> None:
        """Tells what is due at this beat; beats are BEAT_MS apart, counted from 1."""
        for beats, feed in self._diffs.items():
            if number % beats == 0:
                for diff in feed.take():
                    self._tell_diff(diff, beats, at_ns)
        for name in self._topics.names:
            stream = stream_named(name)
            if stream is not None and stream.beats and number % stream.beats == 0:
                self._tell_due(stream, number, at_ns)
        if number % _SECOND_BEATS == 0:
            self._traded.clear()
            self._forget_candles()

    def _tell_due(self, stream: Stream, number: int, at_ns: int) -> None:
        if stream.kind in {Kind.ALL_MINI_TICKERS, Kind.ALL_WINDOW_TICKERS}:
            self._tell_all_that_traded(stream, at_ns)
        elif stream.symbol not in self._venue.exchange.listings:
            return
        elif stream.kind is Kind.KLINE:
            self._tell_candles(stream, number, at_ns)
        elif stream.kind in self._shapes:
            self._topics.tell(stream.name, Message(self._shapes[stream.kind](stream, at_ns)))

    def _tell(self, symbol: str, kind: Kind, shape: Shaping) -> None:
        topic = f"{symbol.lower()}@{kind}"
        if self._topics.wanted(topic):
            self._topics.tell(topic, Message(shape))

    def _tell_aggregates(self, symbol: str) -> None:
        told, fresh = self._aggregates_told.get(symbol, 0), []
        for row in reversed(self._tape.aggregates(symbol)):
            if row.number <= told:
                break
            fresh.append(row)
        for row in reversed(fresh):
            self._tell(symbol, Kind.AGGREGATE, partial(wire.aggregate_event, row))
            self._aggregates_told[symbol] = row.number

    def _tell_touch(self, symbol: str) -> None:
        touch = touch_of(self._venue.exchange, symbol)
        if touch == self._touches_told.get(symbol):
            return
        self._touches_told[symbol] = touch
        update = self._venue.exchange.depth(symbol, 1).update
        self._tell(symbol, Kind.TOUCH, lambda _: wire.book_ticker_event(symbol, update, touch))

    def _tell_diff(self, diff: DepthDiff, beats: int, at_ns: int) -> None:
        message = Message(
            lambda unit: wire.depth_event(
                diff.symbol, (diff.first, diff.last), diff.bids, diff.asks, unit.of(at_ns)
            )
        )
        for pace in ("@100ms",) if beats == 1 else ("", "@1000ms"):
            self._topics.tell(f"{diff.symbol.lower()}@depth{pace}", message)

    def _tell_candles(self, stream: Stream, number: int, at_ns: int) -> None:
        """What closed since the last time, and the current one when it is due."""
        told_ns = self._candles_told.get(stream.name)
        candles = self._tape.candles(
            stream.symbol,
            stream.interval,
            start_ns=told_ns,
            end_ns=at_ns,
            count=1 if told_ns is None else _CLOSED_MAX,
            offset_ns=stream.offset_ns,
        )
        due = stream.interval == "1s" or number % _CANDLE_BEATS == 0
        for candle in candles:
            self._candles_told[stream.name] = candle.open_ns
            if due or candle.end_ns <= at_ns:
                self._topics.tell(stream.name, self._candle(stream, candle, at_ns))

    @staticmethod
    def _candle(stream: Stream, candle: Candle, at_ns: int) -> Message:
        return Message(partial(wire.kline_event, stream.symbol, stream.interval, candle, at_ns))

    def _forget_candles(self) -> None:
        for name in [name for name in self._candles_told if not self._topics.wanted(name)]:
            del self._candles_told[name]

    def _tell_all_that_traded(self, stream: Stream, at_ns: int) -> None:
        shape = self._window_ticker if stream.window else self._mini_ticker
        each = [
            shape(msgspec.structs.replace(stream, symbol=symbol), at_ns) for symbol in self._traded
        ]
        if each:
            self._topics.tell(stream.name, Message(lambda unit: [told(unit) for told in each]))

    def _partial(self, stream: Stream, _: int) -> Shaping:
        book = self._venue.exchange.depth(stream.symbol, stream.levels)
        return lambda _: wire.depth(book)

    def _window(self, stream: Stream, at_ns: int) -> Window:
        minutes = window_min(stream.window) if stream.window else 1440
        return self._tape.window(stream.symbol, at_ns, minutes * MINUTE_NS)

    def _mini_ticker(self, stream: Stream, at_ns: int) -> Shaping:
        return partial(wire.mini_ticker_event, self._window(stream, at_ns))

    def _ticker(self, stream: Stream, at_ns: int) -> Shaping:
        window, touch = self._window(stream, at_ns), touch_of(self._venue.exchange, stream.symbol)
        return partial(wire.ticker_event, window, touch)

    def _window_ticker(self, stream: Stream, at_ns: int) -> Shaping:
        return partial(wire.window_ticker_event, self._window(stream, at_ns), stream.window)

    def _average_price(self, stream: Stream, at_ns: int) -> Shaping:
        exchange = self._venue.exchange
        price = exchange.average_price(stream.symbol, at_ns)
        trades = self._tape.trades(stream.symbol)
        return partial(
            wire.average_price_event,
            stream.symbol,
            exchange.listings[stream.symbol].average_price_mins,
            ZERO if price is None else price,
            last_ns=trades[-1].at_ns if trades else at_ns,
            at_ns=at_ns,
        )
