"""What the market streams carry, decoded strictly: a frame is one of these, or malformed."""

from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

import msgspec
from aitrader_server.domain.money import ZERO

Level: TypeAlias = tuple[Decimal, Decimal]
# Best bid and best ask; a price of 0 means an empty side.
Touch: TypeAlias = tuple[Level, Level]

TICKER: Final = "bookTicker"
TRADE: Final = "aggTrade"
DEPTH: Final = "depth@100ms"
KLINE: Final = "kline_1m"
_INFINITE: Final = Decimal("Infinity")


class Malformed(ValueError):
    """A frame that says nothing that could be understood."""


class BestPrices(msgspec.Struct, frozen=True):
    """The touch after book change `update_id`; a price of 0 means an empty side."""

    update_id: int = msgspec.field(name="u")
    symbol: str = msgspec.field(name="s")
    bid: Decimal = msgspec.field(name="b")
    bid_quantity: Decimal = msgspec.field(name="B")
    ask: Decimal = msgspec.field(name="a")
    ask_quantity: Decimal = msgspec.field(name="A")

    def __post_init__(self) -> None:
        require_amounts(self.bid, self.bid_quantity, self.ask, self.ask_quantity)


class LastTrade(msgspec.Struct, frozen=True):
    """Trades of one taker at one price; `number` counts up per symbol."""

    symbol: str = msgspec.field(name="s")
    number: int = msgspec.field(name="a")
    price: Decimal = msgspec.field(name="p")
    traded_ms: int = msgspec.field(name="T")

    def __post_init__(self) -> None:
        require_amounts(self.price)


class DepthChange(msgspec.Struct, frozen=True):
    """Book changes `first` to `last`: absolute quantities by price, 0 takes a price away."""

    symbol: str = msgspec.field(name="s")
    first: int = msgspec.field(name="U")
    last: int = msgspec.field(name="u")
    bids: tuple[Level, ...] = msgspec.field(name="b")
    asks: tuple[Level, ...] = msgspec.field(name="a")

    def __post_init__(self) -> None:
        _require_levels(self.bids, self.asks)
        if self.first > self.last:
            raise ValueError("a change ends before it begins")


class DepthSnapshot(msgspec.Struct, frozen=True):
    """The book as of change `update_id`, best prices first."""

    update_id: int = msgspec.field(name="lastUpdateId")
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def __post_init__(self) -> None:
        _require_levels(self.bids, self.asks)


class Candle(msgspec.Struct, frozen=True):
    """One minute so far, or for good when `closed`."""

    open_ms: int = msgspec.field(name="t")
    open: Decimal = msgspec.field(name="o")
    high: Decimal = msgspec.field(name="h")
    low: Decimal = msgspec.field(name="l")
    close: Decimal = msgspec.field(name="c")
    volume: Decimal = msgspec.field(name="v")
    closed: bool = msgspec.field(name="x")

    def __post_init__(self) -> None:
        require_amounts(self.open, self.high, self.low, self.close, self.volume)


class CandleUpdate(msgspec.Struct, frozen=True):
    """A candle as it was at `at_ms`."""

    symbol: str = msgspec.field(name="s")
    at_ms: int = msgspec.field(name="E")
    candle: Candle = msgspec.field(name="k")


class Subscriptions(msgspec.Struct, frozen=True):
    """The answer to request `number`: the streams that the connection carries."""

    number: int
    streams: frozenset[str]


class Shutdown(msgspec.Struct, frozen=True):
    """The venue will close this connection soon."""


MarketEvent: TypeAlias = BestPrices | LastTrade | DepthChange | CandleUpdate
Frame: TypeAlias = MarketEvent | Subscriptions | Shutdown


class _Envelope(msgspec.Struct):
    """Every shape that a frame on a combined connection can have."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    event: str = msgspec.field(name="e", default="")
    number: int | None = msgspec.field(name="id", default=None)
    result: tuple[str, ...] | None = None


_envelope: Final = msgspec.json.Decoder(_Envelope)
_decoders: Final[dict[str, msgspec.json.Decoder[MarketEvent]]] = {
    TICKER: msgspec.json.Decoder(BestPrices),
    TRADE: msgspec.json.Decoder(LastTrade),
    DEPTH: msgspec.json.Decoder(DepthChange),
    KLINE: msgspec.json.Decoder(CandleUpdate),
}


def streams_of(symbol: str) -> tuple[str, ...]:
    """Names of the streams of one symbol."""
    return tuple(f"{symbol.lower()}@{kind}" for kind in _decoders)


def decode(frame: str | bytes) -> Frame:
    """What `frame` says. Raises Malformed."""
    try:
        envelope = _envelope.decode(frame)
        _, _, kind = envelope.stream.partition("@")
        if kind in _decoders:
            return _decoders[kind].decode(envelope.data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed(str(error)) from error
    if envelope.number is not None and envelope.result is not None:
        return Subscriptions(envelope.number, frozenset(envelope.result))
    if "serverShutdown" in (envelope.event, envelope.stream.removeprefix("!")):
        return Shutdown()
    raise Malformed(f"neither an event nor an answer: {str(frame)[:100]}")


def _require_levels(*sides: tuple[Level, ...]) -> None:
    for side in sides:
        for level in side:
            require_amounts(*level)


def require_amounts(*amounts: Decimal) -> None:
    """Raises ValueError for what is below zero, infinite or no number."""
    try:
        if all(ZERO <= amount < _INFINITE for amount in amounts):
            return
    except InvalidOperation:  # NaN compares to nothing
        pass
    raise ValueError("an amount is below zero or no number")
