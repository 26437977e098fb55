"""How amounts and times are spelled on the wire."""

from decimal import Decimal
from enum import StrEnum

_PLACES = ".8f"


def amount(value: Decimal) -> str:
    """Eight decimals, as the venue prints every amount, price and quantity."""
    return format(value, _PLACES)


class TimeUnit(StrEnum):
    """The unit of the times in an answer, as its caller chose it."""

    MILLISECOND = "MILLISECOND"
    MICROSECOND = "MICROSECOND"

    def of(self, at_ns: int) -> int:
        """UTC nanoseconds in this unit, cut off; a negative one stands for never: -1."""
        if at_ns < 0:
            return -1
        return at_ns // (1_000 if self is TimeUnit.MICROSECOND else 1_000_000)


# What a header or a URL may say: nothing, or a unit in capitals or small letters.
TIME_UNITS = {
    "": TimeUnit.MILLISECOND,
    "MILLISECOND": TimeUnit.MILLISECOND,
    "millisecond": TimeUnit.MILLISECOND,
    "MICROSECOND": TimeUnit.MICROSECOND,
    "microsecond": TimeUnit.MICROSECOND,
}
