"""The best prices of our own orders, however many came and went."""

from aitrader_server.domain.resting import STALE_MAX, Resting
from aitrader_server.domain.words import Side
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import D

BUY, SELL = Side.BUY, Side.SELL
names = st.sampled_from("abcdef")
steps = st.lists(
    st.tuples(st.sampled_from(Side), names, st.none() | st.integers(1, 9).map(D)), max_size=40
)


def plain_best(prices, side):
    own = [price for (of, _), price in prices.items() if of is side]
    if not own:
        return None
    return max(own) if side is BUY else min(own)


@given(steps)
def test_the_best_is_that_of_all_that_rest(taken):
    """An order may come, move to another price, and go; None stands for going."""
    resting, prices = Resting(), {}
    for side, name, price in taken:
        resting.remove(side, name)
        prices.pop((side, name), None)
        if price is not None:
            resting.add(side, name, price)
            prices[side, name] = price
        for other in Side:
            best = resting.best(other)
            assert (None if best is None else best[0]) == plain_best(prices, other)
            assert best is None or prices[other, best[1]] == best[0]


def test_purchases_execute_from_above_and_sales_from_below():
    resting = Resting()
    for side in Side:
        for price in (101, 103, 102):
            resting.add(side, f"{side} {price}", D(price))
    assert resting.best(BUY) == (D(103), "BUY 103")
    assert resting.best(SELL) == (D(101), "SELL 101")


def test_what_is_not_there_goes_unnoticed():
    resting = Resting()
    resting.add(BUY, "a", D(1))
    resting.remove(SELL, "a")
    resting.remove(BUY, "b")
    assert resting.best(BUY) == (D(1), "a")


def test_a_long_life_behind_one_price_costs_no_memory():
    """The best order stays, so that nothing that left behind it comes to the top."""
    resting = Resting()
    resting.add(BUY, "best", D(100))
    for number in range(5 * STALE_MAX):
        resting.add(BUY, f"r-{number}", D(50))
        resting.remove(BUY, f"r-{number}")
        assert len(resting._heaps[BUY]) <= STALE_MAX + 3
    assert resting.best(BUY) == (D(100), "best")
    resting.remove(BUY, "best")
    assert resting.best(BUY) is None
