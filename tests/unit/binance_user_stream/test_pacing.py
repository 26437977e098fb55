"""How long a stream waits before it connects again."""

from random import Random

import pytest
from aitrader_gateway.binance.pacing import FIRST_WAIT_S_MAX, Pacing


@pytest.fixture
def pacing(request):
    return Pacing(
        Random(1), wait_s_min=1.0, wait_s_max=10.0, stable_s=60.0, connects_max=5, window_s=300.0
    )


async def test_waits_double_up_to_the_most_with_jitter(pacing):
    waits = [pacing.next_wait_s() for _ in range(8)]
    steps = [FIRST_WAIT_S_MAX, 1, 2, 4, 8, 10, 10, 10]
    assert all(step / 2 <= wait <= step for wait, step in zip(waits, steps, strict=True))
    assert len(set(waits)) == 8


async def test_the_same_seed_waits_the_same(pacing):
    again = Pacing(
        Random(1), wait_s_min=1.0, wait_s_max=10.0, stable_s=60.0, connects_max=5, window_s=300.0
    )
    assert [pacing.next_wait_s() for _ in range(5)] == [again.next_wait_s() for _ in range(5)]


async def test_only_a_connection_that_lasted_makes_waits_short_again(pacing):
    for _ in range(5):
        pacing.next_wait_s()
    pacing.lived(59.9)
    assert pacing.next_wait_s() >= 5
    pacing.lived(60.0)
    assert pacing.next_wait_s() <= 1


async def test_the_budget_of_connects_is_kept(pacing):
    for _ in range(4):
        pacing.spend()
    assert pacing.next_wait_s() <= 1
    pacing.spend()
    assert 299 <= pacing.next_wait_s() <= 300
