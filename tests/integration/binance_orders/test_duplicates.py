"""A client id is unique among open orders only: what a refusal of it proves."""

import pytest
from aitrader_server.domain.venue import Acknowledged, Ambiguous, Refused, VenueStatus
from scripted_http_venue import accepted, hang_up, refuse, say

DUPLICATE = refuse(-2010, "Duplicate order sent.")


def found(desk, spec, *, age_ms=0, **more):
    """The order that the venue has open under the id, `age_ms` older than now."""
    now_ms = desk.clock.now_ns() // 1_000_000
    return say(accepted(spec, time=now_ms - age_ms, updateTime=now_ms, isWorking=True, **more))


async def test_the_attempt_s_own_order_is_adopted(venue, desk, order):
    spec = order()
    venue.on("POST order", DUPLICATE)
    venue.on(
        "GET order", found(desk, spec, age_ms=-50, executedQty="0.4", status="PARTIALLY_FILLED")
    )
    outcome = await desk.submit(spec)
    assert isinstance(outcome, Acknowledged)
    assert outcome.report.status is VenueStatus.PARTIALLY_FILLED
    assert len(venue.requests("POST order")) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"age_ms": 60_000},
        {"side": "SELL"},
        {"origQty": "2"},
        {"price": "99"},
        {"type": "LIMIT_MAKER"},
    ],
    ids=str,
)
async def test_another_order_of_the_same_id_is_not(venue, desk, order, other):
    venue.on("POST order", DUPLICATE)
    venue.on("GET order", found(desk, order(), **{"age_ms": -50, **other}))
    assert await desk.submit(order()) == Refused("-2010", "Duplicate order sent.")


@pytest.mark.parametrize("answer", [hang_up, refuse(-2013, "Order does not exist.")])
async def test_what_cannot_be_told_apart_stays_in_doubt(venue, desk, order, answer):
    venue.on("POST order", DUPLICATE)
    venue.on("GET order", answer)
    assert isinstance(await desk.submit(order()), Ambiguous)


async def test_no_other_refusal_of_its_code_is_looked_into(venue, desk, order):
    venue.on("POST order", refuse(-2010, "Account has insufficient balance."))
    assert isinstance(await desk.submit(order()), Refused)
    assert not venue.requests("GET order")
