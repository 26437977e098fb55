"""What reaches the engine of all that the connections deliver."""

import asyncio
from collections import Counter

import pytest
from aitrader_gateway.binance.echoes import Echoes
from aitrader_gateway.binance.events import read_event
from aitrader_gateway.binance.intake import Intake
from aitrader_server.adapters.clock import SystemClock
from misbehaving_ws_api import Listener, new_order


@pytest.fixture
def counts():
    return Counter()


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def intake(counts, listener):
    echoes = Echoes(lambda _: None, timeout_s=5.0, orders_max=10)
    intake = Intake(echoes, counts, SystemClock(), kept_max=2)
    intake.listener = listener
    return intake


async def take(intake, *events):
    for event in events:
        intake.take(read_event(event))
    await asyncio.sleep(0)


async def test_a_repeat_is_dropped_and_counted(intake, counts, listener):
    event = new_order("a")
    await take(intake, event, event)
    assert listener.orders == ["a"]
    assert counts["repeats"] == 1


async def test_another_step_of_the_same_order_is_no_repeat(intake, listener):
    event = new_order("a")
    await take(intake, event, event | {"I": 999_999}, event | {"x": "TRADE", "X": "FILLED"})
    assert listener.orders == ["a"] * 3


async def test_after_a_loss_the_same_numbers_may_be_another_order(intake, listener):
    """A test system that was wiped begins to count anew."""
    event = new_order("old")
    await take(intake, event)
    intake.forget()
    await take(intake, event | {"c": "new"})
    assert listener.orders == ["old", "new"]


async def test_an_order_that_was_renamed_keeps_its_first_id(intake, listener):
    """Somebody amended it outside: the engine knows it by the id that it was placed under."""
    event = new_order("mine")
    await take(
        intake,
        event,
        event | {"x": "REPLACED", "c": "theirs", "C": "mine", "I": 900_001},
        event | {"x": "REPLACED", "c": "theirs-2", "C": "theirs", "I": 900_002},
        event | {"x": "TRADE", "X": "FILLED", "c": "theirs-2", "I": 900_003},
        event | {"x": "NEW", "c": "other", "i": 5, "I": 900_004},
    )
    assert listener.orders == ["mine"] * 4 + ["other"]


async def test_nothing_is_delivered_once_nobody_listens(intake, listener):
    intake.take(read_event(new_order("a")))
    intake.listener = None
    await asyncio.sleep(0)
    assert listener.said == []
