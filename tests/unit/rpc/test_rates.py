"""How often a caller may call: the bucket's arithmetic, and the table of addresses."""

import pytest
from aitrader_server.errors import Overloaded
from aitrader_server.rpc import rates
from aitrader_server.rpc.rates import Bucket, CallRates
from hypothesis import given
from hypothesis import strategies as st

PER_S = st.floats(0.5, 1_000)
BURST = st.integers(1, 50)
GAPS_S = st.lists(st.floats(0, 3), max_size=200)


class Counted:
    def __init__(self):
        self.counts = []

    def count(self, name, labels):
        self.counts.append((name, dict(labels)))


@given(PER_S, BURST, GAPS_S)
def test_no_stretch_of_time_has_more_calls_than_burst_and_rate_give(per_s, burst, gaps_s):
    bucket, now_s = Bucket(per_s, burst, 0.0), 0.0
    taken = []
    for gap_s in gaps_s:
        now_s += gap_s
        if bucket.take(now_s) == 0.0:
            taken.append(now_s)
    for first, begun_s in enumerate(taken):
        for last, ended_s in enumerate(taken[first:], first):
            assert last - first + 1 <= burst + (ended_s - begun_s) * per_s + 1e-6


@given(PER_S, BURST, GAPS_S)
def test_whoever_waits_as_long_as_told_is_let_through(per_s, burst, gaps_s):
    bucket, now_s = Bucket(per_s, burst, 0.0), 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        wait_s = bucket.take(now_s)
        if wait_s:
            now_s += wait_s + 1e-9
            assert bucket.take(now_s) == 0.0


@given(PER_S, BURST)
def test_a_clock_that_stands_or_goes_back_gives_nothing(per_s, burst):
    bucket = Bucket(per_s, burst, 10.0)
    assert [bucket.take(10.0 - step) for step in range(burst)] == [0.0] * burst
    assert bucket.take(5.0) > 0.0
    assert bucket.take(10.0) > 0.0


async def test_one_caller_does_not_pay_for_another():
    metrics = Counted()
    limits = CallRates(per_s=1e-3, burst=2, metrics=metrics)
    limits.admit("ann")
    limits.admit("ann")
    with pytest.raises(Overloaded) as refusal:
        limits.admit("ann")
    limits.admit("bob")
    assert refusal.value.reason == "RATE_LIMITED"
    assert 0 < refusal.value.retry_after_s <= 1_000
    assert metrics.counts == [("aitrader_rpc_limited_total", {"caller": "ann"})]


async def test_addresses_of_one_ipv6_network_are_one():
    limits = CallRates(per_s=1e-3, burst=1, metrics=Counted())
    limits.admit_stranger("2001:db8::1")
    with pytest.raises(Overloaded):
        limits.admit_stranger("2001:db8::ffff:2")
    limits.admit_stranger("2001:db8:0:1::1")
    limits.admit_stranger("10.0.0.1")
    limits.admit_stranger("10.0.0.2")
    limits.admit_stranger("unix")


async def test_ever_new_addresses_push_out_the_oldest():
    limits = CallRates(per_s=1e-3, burst=1, metrics=Counted())
    addresses = [f"10.0.{number >> 8}.{number & 255}" for number in range(rates.ADDRESSES_MAX)]
    for address in (*addresses, "10.1.0.0"):
        limits.admit_stranger(address)
    # The table is full: one was forgotten for the last, and its next try is its first.
    with pytest.raises(Overloaded):
        limits.admit_stranger(addresses[-1])
    limits.admit_stranger(addresses[0])
