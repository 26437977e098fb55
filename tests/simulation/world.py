"""What surrounds the engine and is not the venue: clock, identity, prices, models."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from random import Random

import msgspec
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_server.domain.decision.features import Features, PartialFeatures
from aitrader_server.domain.decision.views import (
    ModelDescription,
    News,
    Probabilities,
    RegimeView,
    SentimentView,
    SignalView,
)
from aitrader_server.domain.instrument import Bar, Instrument, Quote
from aitrader_server.domain.venue import Mistimed, Refused
from aitrader_server.engine.decider import Models
from aitrader_server.engine.news_desk import DeskSettings, NewsDesk, Tier
from aitrader_server.engine.ports import Clock

NS_PER_S = 1_000_000_000
# One minute to midnight, UTC, of 2027-01-31: every longer run turns a day and a month.
START_NS = 1_801_439_940 * NS_PER_S
# The engine's clock is wrong by less than this, as the claims assume.
SKEW_S_MAX = 0.9
SYMBOLS = ("BTCUSDT", "ETHUSDT")
TRADED: Mapping[str, Instrument] = {symbol: INSTRUMENTS[symbol] for symbol in SYMBOLS}
BALANCES = {"USDT": Decimal(200_000), "BTC": Decimal(3), "ETH": Decimal(50)}


class SimClock:
    """Wall time that follows the loop's, wrong by `offset_s`, which may step."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now_ns(self) -> int:
        elapsed_s = asyncio.get_running_loop().time() + self.offset_s
        return START_NS + int(elapsed_s * NS_PER_S)


class SimIds:
    """Counts; one for all lives, as random ids never repeat either."""

    def __init__(self) -> None:
        self._count = 0

    def request_id(self) -> str:
        self._count += 1
        return f"own-{self._count}"

    def trace_id(self) -> str:
        self._count += 1
        return f"{self._count:032x}"


class SimQuotes:
    """A random walk of two symbols; what was missed while the engine was dead is gone."""

    intervals = ("1m",)

    def __init__(self, chance: Random, clock: SimClock) -> None:
        self._chance = chance
        self._clock = clock
        self._last = {"BTCUSDT": Decimal(50_000), "ETHUSDT": Decimal(3_000)}
        self._quotes: dict[str, Quote] = {}
        self._listeners: list[Callable[[Quote], None]] = []

    def quote(self, symbol: str) -> Quote | None:
        return self._quotes.get(symbol)

    def bars(self, symbol: str, count: int) -> Sequence[Bar]:
        return ()

    async def history(
        self, symbol: str, interval: str, end_ns: int, count: int
    ) -> Sequence[Bar] | None:
        return ()

    def watch(self, listener: Callable[[Quote], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def jump(self, symbol: str, factor: Decimal) -> None:
        """All at once to a multiple of the last price."""
        self._last[symbol] = TRADED[symbol].round_price(self._last[symbol] * factor)
        self.move(symbol)

    def move(self, symbol: str) -> None:
        """One step of at most 0.2 %, a spread of a few ticks and little depth."""
        chance, instrument = self._chance, TRADED[symbol]
        drift = Decimal(chance.randint(-20, 20)) / 10_000
        last = instrument.round_price(self._last[symbol] * (1 + drift))
        self._last[symbol] = last
        half = instrument.tick_size * chance.randint(1, 50)
        depth = instrument.floor_quantity(Decimal(chance.randint(300, 15_000)) / last)
        quote = Quote(
            symbol=symbol,
            bid=last - half,
            ask=last + half,
            bid_quantity=depth,
            ask_quantity=depth,
            last=last,
            at_ns=self._clock.now_ns(),
        )
        self._quotes[symbol] = quote
        for listener in tuple(self._listeners):
            listener(quote)


class Silence:
    """Metrics that nobody reads."""

    def count(self, name: str, labels: Mapping[str, str], trace_id: str = "") -> None:
        pass

    def observe(
        self, name: str, value: float, labels: Mapping[str, str], trace_id: str = ""
    ) -> None:
        pass


class SimSignal:
    name = "simulated-signal"

    def signal(self, features: Features) -> SignalView:
        side = "buy" if features.rsi < 40 else "sell" if features.rsi > 60 else "hold"
        return SignalView(signal=side, confidence=0.8, reasons=())


class SimRegime:
    name = "simulated-regime"

    def regime(self, features: Features) -> RegimeView:
        return RegimeView(regime="trend", confidence=0.8)


class SimSentiment:
    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def describe(self) -> ModelDescription:
        return ModelDescription(engine="simulated", model="simulated-sentiment")

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        await asyncio.sleep(float(news.text))
        return SentimentView(
            label="neutral",
            score=0.0,
            probabilities=Probabilities(positive=0.2, neutral=0.6, negative=0.2),
            model="simulated-sentiment",
            engine="simulated",
        )


def models(clock: Clock, on_trouble: Callable[[str, BaseException], None]) -> Models:
    desk = NewsDesk(
        [Tier(model=SimSentiment(), timeout_s=1.0)],
        DeskSettings(cache_texts_max=0),
        clock=clock,
        metrics=Silence(),
        on_trouble=on_trouble,
        report=lambda line: None,
    )
    return Models(SimSignal(), SimRegime(), desk)


def features(chance: Random, price: float) -> PartialFeatures:
    """Complete features whose RSI decides."""
    return PartialFeatures(
        price=price,
        trend_ma_fast=price,
        trend_ma_slow=price,
        rsi=chance.uniform(0.0, 100.0),
        macd=1.0,
        macd_signal=0.5,
        atr=price * 0.01,
    )


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """Chances from 0 to 1, per request or per report unless said otherwise."""

    request_lost: float = 0.0
    reply_lost: float = 0.0
    request_slow: float = 0.0
    matching_slow: float = 0.0
    error_executed: float = 0.0
    error_alone: float = 0.0
    refused: float = 0.0
    absent_at_first: float = 0.0
    endpoint_blind: float = 0.0
    unreadable: float = 0.0
    report_twice: float = 0.0
    report_late: float = 0.0
    stream_lost_per_s: float = 0.0
    stream_deaf_per_s: float = 0.0
    clock_step_per_s: float = 0.0
    pause_per_s: float = 0.0
    throttled: float = 0.0
    banned: float = 0.0
    # What the venue says of a request whose date it does not like: whether to try again.
    too_late: Refused = Refused("-1021", "Timestamp for this request is outside of the recvWindow.")


# Faults that hurt together more than apart.
STORMS = (
    Faults(endpoint_blind=0.5, error_executed=0.4, stream_deaf_per_s=0.3, stream_lost_per_s=0.1),
    Faults(report_late=0.5, stream_deaf_per_s=0.3),
    Faults(stream_lost_per_s=0.3, unreadable=0.2),
    Faults(clock_step_per_s=0.5, reply_lost=0.4, matching_slow=0.5, absent_at_first=0.5),
)


def draw_faults(chance: Random) -> Faults:
    """Some runs are calm, some wild; each fault is left out of about half of them."""
    if chance.random() < 0.3:
        return chance.choice(STORMS)
    scale = chance.choice((0.3, 1.0, 1.0, 2.0))
    highest = {
        "request_lost": 0.1,
        "reply_lost": 0.1,
        "request_slow": 0.15,
        "matching_slow": 0.1,
        "error_executed": 0.1,
        "error_alone": 0.1,
        "refused": 0.05,
        "absent_at_first": 0.3,
        "endpoint_blind": 0.4,
        "unreadable": 0.15,
        "report_twice": 0.15,
        "report_late": 0.15,
        "stream_lost_per_s": 0.08,
        "stream_deaf_per_s": 0.05,
        "clock_step_per_s": 0.1,
        "pause_per_s": 0.03,
        "throttled": 0.03,
        "banned": 0.005,
    }
    drawn = {
        name: min(chance.uniform(0.1, 1.0) * top * scale, 0.5) if chance.random() < 0.6 else 0.0
        for name, top in highest.items()
    }
    too_late = Faults().too_late
    if chance.random() < 0.5:
        too_late = Mistimed(too_late.code, too_late.reason)
    return Faults(too_late=too_late, **drawn)
