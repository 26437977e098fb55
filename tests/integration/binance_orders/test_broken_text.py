"""Replies whose bytes are no text, or nothing but brackets: lost replies, and no bug of ours."""

import pytest
from aiohttp import web
from aitrader_server.domain.venue import Ambiguous, Refused

BODIES = {
    "no letters": b'{"code":-1,"msg":"\xff\xfe"}',
    "brackets": b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
}


def broken(body, status):
    async def answer(_):
        return web.Response(body=body, status=status, content_type="application/json")

    return answer


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", [200, 400, 502])
async def test_an_order_is_in_doubt(venue, desk, order, body, status):
    venue.on("POST order", broken(body, status))
    assert isinstance(await desk.submit(order()), Ambiguous)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_throttle_is_one_whatever_it_says(venue, desk, order, body):
    venue.on("POST order", broken(body, 429))
    assert isinstance(await desk.submit(order()), Refused)
    assert desk.calls.budgets.banned_until_ns > desk.clock.now_ns()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_open_orders_are_not_known(venue, desk, body):
    venue.on("GET openOrders", broken(body, 200))
    assert await desk.reads.open_orders() is None
