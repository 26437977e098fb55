import msgspec
import pytest
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import is_multiple
from aitrader_server.domain.words import Side
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.controls.table import instrument
from unit.domain.worlds import BTC, QUOTE, D


def quote(bid: str, ask: str, last: str = "100"):
    return msgspec.structs.replace(QUOTE, bid=D(bid), ask=D(ask), last=D(last))


@given(quantity=st.decimals(0, 10**9, places=12))
def test_a_quantity_is_cut_to_the_coarser_of_both_steps(quantity):
    coarse = instrument(market_step_size=D("0.1"))
    assert is_multiple(coarse.floor_quantity(quantity), D("0.1"))
    assert quantity - D("0.1") < coarse.floor_quantity(quantity) <= quantity
    assert is_multiple(BTC.floor_quantity(quantity), D("0.00001"))


def test_a_price_moves_to_its_nearest_tick():
    assert BTC.round_price(D("100.006")) == D("100.01")
    assert Instrument(symbol="X", base="A", quote="B").round_price(D("1.2345")) == D("1.2345")


def test_each_side_has_its_own_band():
    banded = instrument(
        bid_multiplier_down=D("0.2"),
        bid_multiplier_up=D(5),
        ask_multiplier_down=D("0.5"),
        ask_multiplier_up=D(2),
    )
    assert banded.price_band(Side.BUY, D(100)) == (D(20), D(500))
    assert banded.price_band(Side.SELL, D(100)) == (D(50), D(200))
    assert BTC.price_band(Side.BUY, D(100)) == (0, 0)


def test_a_quote_knows_its_middle_its_spread_and_both_touches():
    two = quote("99", "101")
    assert (two.mid, two.spread) == (D(100), D("0.02"))
    assert (two.touch(Side.BUY), two.touch(Side.SELL)) == (D(101), D(99))
    assert two.worst(Side.BUY, D("0.01")) == D("102.01")
    assert two.worst(Side.SELL, D("0.01")) == D("98.01")


@pytest.mark.parametrize(
    ("bid", "ask", "last", "usable"),
    [
        ("99", "101", "100", True),
        ("100", "100", "1", True),
        ("100.01", "100", "100", False),
        ("0", "100", "100", False),
        ("99", "NaN", "100", False),
        ("sNaN", "100", "100", False),
        ("99", "Infinity", "100", False),
        ("99", "100", "0", False),
        ("-1", "100", "100", False),
    ],
)
def test_orders_are_priced_against_numbers_in_their_order_only(bid, ask, last, usable):
    assert quote(bid, ask, last).usable is usable
