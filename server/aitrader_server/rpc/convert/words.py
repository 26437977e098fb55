"""Between the domain's words and the contract's enums, amounts and times."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from aitrader.v1 import common_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from aitrader_server.domain.words import (
    Contingency,
    OrderState,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradingState,
)

Word = TypeVar("Word", bound=StrEnum)

NS_PER_S = 1_000_000_000


class Vocabulary(Generic[Word]):
    """One closed vocabulary in both spellings: `BUY` here is `SIDE_BUY` on the wire."""

    def __init__(self, words: type[Word], wire: Any, prefix: str) -> None:
        self._number = {word: wire.Value(f"{prefix}_{word.value}") for word in words}
        self._word = {number: word for word, number in self._number.items()}

    def to_wire(self, word: Word | None) -> Any:
        """The enum's number; 0, which is UNSPECIFIED, for no word."""
        return 0 if word is None else self._number[word]

    def from_wire(self, number: int) -> Word | None:
        """The word; None for UNSPECIFIED. The contract's rules refuse any other number before."""
        return self._word.get(number)


SIDES = Vocabulary(Side, common_pb2.Side, "SIDE")
ORDER_TYPES = Vocabulary(OrderType, common_pb2.OrderType, "ORDER_TYPE")
TIMES_IN_FORCE = Vocabulary(TimeInForce, common_pb2.TimeInForce, "TIME_IN_FORCE")
PREVENTIONS = Vocabulary(
    SelfTradePrevention, common_pb2.SelfTradePrevention, "SELF_TRADE_PREVENTION"
)
CONTINGENCIES = Vocabulary(Contingency, common_pb2.Contingency, "CONTINGENCY")
ORDER_STATES = Vocabulary(OrderState, common_pb2.OrderState, "ORDER_STATE")
TRADING_STATES = Vocabulary(TradingState, common_pb2.TradingState, "TRADING_STATE")


def timestamp(at_ns: int) -> Timestamp | None:
    """UTC nanoseconds as the contract's time; None for 0, which means never."""
    if not at_ns:
        return None
    return Timestamp(seconds=at_ns // NS_PER_S, nanos=at_ns % NS_PER_S)


def nanoseconds(at: Timestamp) -> int:
    """The contract's time as UTC nanoseconds; 0 for none."""
    return at.seconds * NS_PER_S + at.nanos


def amount(given: str) -> Decimal | None:
    """Decimal text; None for the empty string."""
    return Decimal(given) if given else None
