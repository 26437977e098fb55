"""Decimals on their way to the wire."""

from decimal import Decimal

import pytest
from aitrader_clients.amounts import amount, wire


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Decimal("0.00120"), "0.00120"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-8"), "0.00000001"),
        (5, "5"),
        (None, ""),
    ],
)
def test_an_amount_becomes_plain_digits(given, text):
    assert wire(given) == text


@pytest.mark.parametrize(
    "given",
    [Decimal("NaN"), Decimal("Infinity"), Decimal(-1), Decimal("1E-19"), Decimal("1E+18")],
)
def test_what_the_contract_cannot_say_is_refused(given):
    with pytest.raises(ValueError, match="an amount"):
        wire(given)


@pytest.mark.parametrize("given", [0.1, "0.1", True])
def test_only_exact_numbers_are_amounts(given):
    with pytest.raises(TypeError, match="Decimal"):
        wire(given)


def test_the_text_of_the_contract_becomes_an_amount():
    assert amount("0.10") == Decimal("0.10")
    assert amount("") is None
