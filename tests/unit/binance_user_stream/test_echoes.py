"""Acknowledged changes and their events."""

import asyncio

import pytest
from aitrader_gateway.binance.echoes import Echoes

A, B, C = ("BTCUSDT", "1"), ("BTCUSDT", "2"), ("ETHUSDT", "1")


@pytest.fixture
def deaf():
    return []


@pytest.fixture
def echoes(deaf):
    return Echoes(deaf.append, timeout_s=0.05, orders_max=2)


async def test_each_change_of_an_order_has_an_echo_of_its_own(echoes, deaf):
    echoes.expect(A, 10)
    echoes.expect(A, 20)
    echoes.hear(A, 10)
    await asyncio.sleep(0.08)
    assert deaf == ["no event of BTCUSDT order 1 within 0.05 s"]


async def test_one_newer_event_answers_all_before_it(echoes, deaf):
    echoes.expect(A, 10)
    echoes.expect(A, 20)
    echoes.hear(A, 20)
    await asyncio.sleep(0.08)
    assert deaf == []


async def test_a_later_older_event_does_not_undo_a_newer_one(echoes, deaf):
    echoes.hear(A, 20)
    echoes.hear(A, 10)
    echoes.expect(A, 20)
    await asyncio.sleep(0.08)
    assert deaf == []


async def test_orders_are_told_apart(echoes, deaf):
    echoes.expect(A, 10)
    echoes.hear(C, 10)
    await asyncio.sleep(0.08)
    assert len(deaf) == 1


async def test_beyond_the_bound_the_oldest_is_awaited_no_more(echoes, deaf):
    for order in (A, B, C):
        echoes.expect(order, 10)
    echoes.hear(B, 10)
    echoes.hear(C, 10)
    await asyncio.sleep(0.08)
    assert deaf == []


async def test_beyond_the_bound_the_oldest_event_is_forgotten(echoes, deaf):
    for order in (A, B, A, C):
        echoes.hear(order, 10)
    echoes.expect(A, 10)
    echoes.expect(C, 10)
    await asyncio.sleep(0.08)
    assert deaf == []
    echoes.expect(B, 10)
    await asyncio.sleep(0.08)
    assert len(deaf) == 1
