"""What REST acknowledges comes back on the stream: no kind of change makes it look deaf."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.terms import ListPlace, OrderSpec
from aitrader_server.domain.venue import (
    Acknowledged,
    AcknowledgedList,
    ApprovedList,
    ApprovedReplacement,
    Replaced,
    Replacement,
)
from aitrader_server.domain.words import Contingency, OrderType, Side, TimeInForce
from binance_at_sandbox import SYMBOL, SandboxVenue
from misbehaving_ws_api import Listener, wait_until

BUY, SELL = Side.BUY, Side.SELL


def spec(request_id, order_type, side=BUY, **more):
    """Amounts may be given as text."""
    asked = {name: Decimal(each) if type(each) is str else each for name, each in more.items()}
    return OrderSpec(
        request_id=request_id, symbol=SYMBOL, side=side, order_type=order_type, **asked
    )


@pytest.fixture
async def venue(tmp_path):
    venue = SandboxVenue(tmp_path, Listener())
    await venue.start()
    # Nothing is expected of the first second: its events may be from before.
    await asyncio.sleep(1.05)
    yield venue
    await venue.stop()


def stream_health(venue):
    return venue.broker._stream.health()


async def echoed(venue):
    """Everything acknowledged so far has its event."""
    await wait_until(lambda: stream_health(venue).awaited == 0)
    assert stream_health(venue).ack_lag_ms is not None


async def submit(venue, order):
    outcome = await venue.submit(order)
    assert isinstance(outcome, Acknowledged), outcome
    await echoed(venue)
    return outcome.report.venue_order_id


async def test_placing(venue):
    now_or_never = TimeInForce.IOC
    for order in (
        spec("limit", OrderType.LIMIT, quantity="1", limit_price="99.00"),
        spec("market", OrderType.MARKET, quantity="0.5"),
        spec("quote", OrderType.MARKET, quote_quantity="20"),
        spec("ioc", OrderType.LIMIT, quantity="1", limit_price="98", time_in_force=now_or_never),
        spec("stop", OrderType.STOP_LOSS, SELL, quantity="0.2", stop_price="95"),
    ):
        await submit(venue, order)
    told = {"limit", "market", "quote", "ioc", "stop"}
    await wait_until(lambda: set(venue.listener.orders) == told)
    assert venue.listener.streams == []


async def test_changing_and_cancelling(venue):
    number = await submit(venue, spec("a", OrderType.LIMIT, quantity="1", limit_price="99.00"))
    amended = await venue.broker.amend(SYMBOL, "a", number, Decimal("0.5"))
    assert isinstance(amended, Acknowledged)
    await echoed(venue)
    replacement = Replacement(
        request_id="a",
        venue_order_id=number,
        spec=spec("b", OrderType.LIMIT, quantity="1", limit_price="98.00"),
    )
    attempt = venue.broker.prepare_replacement(replacement, venue.clock.now_ns())
    replaced = await venue.broker.replace(ApprovedReplacement(replacement, attempt))
    assert isinstance(replaced, Replaced)
    await echoed(venue)
    assert isinstance(await venue.broker.cancel(SYMBOL, "b", ""), Acknowledged)
    await echoed(venue)
    await wait_until(lambda: venue.listener.orders == ["a", "a", "a", "b", "b"])
    assert venue.listener.streams == []


async def test_lists(venue):
    place = ListPlace(contingency=Contingency.OTO, members=("a", "b"), index=0)
    pending = ListPlace(contingency=Contingency.OTO, members=("a", "b"), index=1)
    specs = (
        spec("a", OrderType.LIMIT, quantity="0.1", limit_price="99", place=place),
        spec("b", OrderType.LIMIT, SELL, quantity="0.1", limit_price="111", place=pending),
    )
    attempt = venue.broker.prepare_list(specs, venue.clock.now_ns())
    placed = await venue.broker.submit_list(ApprovedList(specs, attempt))
    assert isinstance(placed, AcknowledgedList)
    await echoed(venue)
    assert isinstance(await venue.broker.cancel(SYMBOL, "a", ""), Acknowledged)
    await echoed(venue)
    assert venue.listener.streams == []
