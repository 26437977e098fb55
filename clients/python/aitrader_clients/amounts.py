"""Decimals to the contract's decimal text and back."""

from decimal import Decimal

DIGITS_MAX = 18  # on each side of the point, as the contract's pattern says


def wire(amount: Decimal | int | None) -> str:
    """Return the contract's text of an amount; None becomes the empty text, "not given".

    Raises:
        ValueError: for what the contract cannot say: negative, not finite, too many digits.
        TypeError: for a float.
    """
    if amount is None:
        return ""
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int):
        raise TypeError(f"an amount is a Decimal or an int, not {type(amount).__name__}")
    exact = Decimal(amount)
    if not exact.is_finite() or exact.is_signed():
        raise ValueError(f"an amount is finite and not negative, not {amount}")
    text = format(exact, "f")
    whole, _, fraction = text.partition(".")
    if len(whole) > DIGITS_MAX or len(fraction) > DIGITS_MAX:
        raise ValueError(f"an amount has at most {DIGITS_MAX} digits on each side of the point")
    return text


def amount(text: str) -> Decimal | None:
    """Return the amount that the contract's text says; the empty text is None."""
    return Decimal(text) if text else None
