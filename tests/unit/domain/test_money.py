import decimal
import threading
from decimal import Decimal

import pytest
from aitrader_server.domain.money import (
    FINEST,
    PRECISION_DIGITS,
    floor_to_step,
    from_float,
    is_multiple,
    optional_text,
    ratio_up,
    round_to_step,
    text,
)
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import D

WIRE_MAX = D("9" * 18 + "." + "9" * 18)
wire = st.decimals(0, WIRE_MAX, places=18)
prices = st.decimals(FINEST, WIRE_MAX, places=18)
steps = st.sampled_from(["1E-18", "0.00001", "0.01", "0.05", "0.3", "1", "7", "1E+3"]).map(D)


@given(value=wire, step=steps)
def test_a_floor_lies_on_the_grid_just_below(value, step):
    floor = floor_to_step(value, step)
    assert is_multiple(floor, step)
    assert floor <= value < floor + step
    assert floor_to_step(floor, step) == floor


@given(value=wire, step=steps)
def test_a_rounding_lies_on_the_grid_at_most_half_a_step_away(value, step):
    near = round_to_step(value, step)
    assert is_multiple(near, step)
    assert 2 * abs(near - value) <= step


@given(count=st.integers(0, 10**17), step=steps)
def test_what_lies_on_the_grid_stays_where_it_is(count, step):
    value = count * step
    assert floor_to_step(value, step) == round_to_step(value, step) == value
    assert is_multiple(value, step)


@given(value=wire)
def test_without_a_step_nothing_moves(value):
    for none in (D(0), D("0.000")):
        assert floor_to_step(value, none) == round_to_step(value, none) == value
        assert is_multiple(value, none)


def test_what_is_off_the_grid_is_no_multiple_and_ties_go_to_even():
    assert not is_multiple(D("0.010001"), D("0.00001"))
    assert round_to_step(D("0.25"), D("0.1")) == D("0.2")
    assert round_to_step(D("0.35"), D("0.1")) == D("0.4")


@given(a=wire, b=wire)
def test_products_and_sums_of_wire_amounts_are_exact(a, b):
    with decimal.localcontext() as context:
        context.traps[decimal.Inexact] = True
        product = a * b
        assert product + a - a == product


@given(value=wire, by=prices)
def test_a_ratio_is_never_less_than_it_is(value, by):
    ratio = ratio_up(value, by)
    with decimal.localcontext() as context:
        context.prec = 200
        assert ratio * by >= value
        assert (ratio - FINEST) * by < value


@given(
    value=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
)
def test_text_is_plain_and_reads_back(value):
    assert "E" not in text(value)
    assert D(text(value)) == value
    assert optional_text(value) == text(value)


def test_text_keeps_zeros_and_none_is_empty():
    assert text(D("1.500")) == "1.500"
    assert text(D("1E+20")) == "1" + "0" * 20
    assert text(D("1E-8")) == "0.00000001"
    assert optional_text(None) == ""


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_becomes_the_decimal_that_reads_back(value):
    assert float(from_float(value)) == value


def test_floats_and_money_do_not_mix_in_any_thread():
    seen: list[object] = []

    def mix() -> None:
        seen.append(decimal.getcontext().prec)
        for calculate in (lambda: Decimal(0.1), lambda: Decimal(1) < 0.5):  # noqa: RUF032 - wanted
            try:
                calculate()
            except decimal.FloatOperation:
                seen.append("refused")

    mix()
    thread = threading.Thread(target=mix)
    thread.start()
    thread.join()
    assert seen == [PRECISION_DIGITS, "refused", "refused"] * 2
    with pytest.raises(TypeError):
        D(1) + 0.5


@pytest.mark.parametrize("to_grid", [floor_to_step, round_to_step])
def test_without_a_step_every_amount_lies_on_the_grid(to_grid):
    assert to_grid(D("1.234567"), D(0)) == D("1.234567")
