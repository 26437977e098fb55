"""Exact decimal arithmetic for amounts, prices and quantities.

Importing this module makes floats an error wherever they meet a Decimal, in every thread started
afterwards, and widens the precision so that the product of two wire amounts (36 digits each) is
exact.
"""

import decimal
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_UP, Decimal
from typing import Final

PRECISION_DIGITS: Final = 76
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
# The finest amount that the wire knows.
FINEST: Final = Decimal("1e-18")


def _trap_floats() -> None:
    for context in (decimal.DefaultContext, decimal.getcontext()):
        context.prec = PRECISION_DIGITS
        context.traps[decimal.FloatOperation] = True


_trap_floats()


def text(value: Decimal) -> str:
    """Plain notation without an exponent, trailing zeros kept."""
    return format(value, "f")


def trimmed(value: Decimal) -> str:
    """Plain notation without the zeros that arithmetic leaves at the end."""
    return format(value.normalize(), "f")


def optional_text(value: Decimal | None) -> str:
    """Like `text`, with the empty string for an amount that is not there."""
    return "" if value is None else format(value, "f")


def from_float(value: float) -> Decimal:
    """The shortest decimal that reads back as `value`; for model inputs, never for booked money."""
    return Decimal(repr(value))


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Largest multiple of `step` not above `value`; a zero step leaves `value` as it is."""
    if not step:
        return value
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def round_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Nearest multiple of `step`, ties to even; a zero step leaves `value` as it is."""
    if not step:
        return value
    return (value / step).to_integral_value(ROUND_HALF_EVEN) * step


def ratio_up(value: Decimal, by: Decimal) -> Decimal:
    """`value / by`, what does not divide rounded away from zero at the wire's finest amount."""
    return (value / by).quantize(FINEST, ROUND_UP)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether `value` lies on the grid of `step`; everything lies on a zero step."""
    return not step or not value % step
