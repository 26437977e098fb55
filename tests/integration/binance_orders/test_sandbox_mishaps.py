"""Whatever goes wrong between gateway and exchange, what is said of an order is true."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.faults import Fault, Injection, Rule
from aitrader_server.domain.venue import (
    Absent,
    Acknowledged,
    Ambiguous,
    ApprovedReplacement,
    Mistimed,
    Refused,
    Replaced,
    Replacement,
    VenueStatus,
)
from aitrader_server.domain.words import OrderType
from binance_at_sandbox import SYMBOL, SandboxVenue

PLACE, CANCEL = "POST /api/v3/order", "DELETE /api/v3/order"
REPLACE, AMEND = "POST /api/v3/order/cancelReplace", "PUT /api/v3/order/amend/keepPriority"
LATE = Injection(delay_ms=50)
# Fault: what it did to the request, and what may be said of it.
REFUSED, DONE, IN_DOUBT = Refused, Acknowledged, Ambiguous
MISHAPS = {
    "dropped before": (Rule(fault=Fault.DROP_BEFORE), IN_DOUBT),
    "dropped after": (Rule(fault=Fault.DROP_AFTER), IN_DOUBT),
    "late": (Rule(fault=Fault.REPLY_DELAY, injection=LATE), DONE),
    "late error": (Rule(fault=Fault.LATE_ERROR, injection=LATE), IN_DOUBT),
    "status unknown before": (Rule(fault=Fault.CODE_BEFORE), IN_DOUBT),
    "status unknown after": (Rule(fault=Fault.CODE_AFTER), IN_DOUBT),
    "page before": (Rule(fault=Fault.HTML_BEFORE), IN_DOUBT),
    "page after": (Rule(fault=Fault.HTML_AFTER), IN_DOUBT),
    "page for success": (Rule(fault=Fault.HTML_OK), IN_DOUBT),
    "nothing for success": (Rule(fault=Fault.EMPTY_OK), IN_DOUBT),
    "half for success": (Rule(fault=Fault.BAD_JSON_OK), IN_DOUBT),
    "redirected": (Rule(fault=Fault.REDIRECT), IN_DOUBT),
    "throttled": (Rule(fault=Fault.THROTTLE), REFUSED),
    "overloaded": (
        Rule(fault=Fault.CODE_AFTER, injection=Injection(code=-1008, status=503)),
        IN_DOUBT,
    ),
}


@dataclass
class Listener:
    reports: list = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def on_report(self, report):
        self.reports.append(report)
        self.heard.set()

    def on_stream(self, *, up, detail):
        pass

    def on_external(self, detail):
        pass

    def of(self, request_id):
        return [report for report in self.reports if report.request_id == request_id]


@pytest.fixture
async def venue(tmp_path):
    venue = SandboxVenue(tmp_path, Listener())
    await venue.start()
    yield venue
    await venue.stop()


def truth(venue, request_id):
    """The order as the exchange itself has it."""
    return venue.sandbox.world.venue.exchange.order("main", SYMBOL, client_order_id=request_id)


def spoil(venue, rule, subject):
    """The next such request goes wrong, and no other."""
    faults = venue.sandbox.world.faults
    faults.add(Rule(fault=rule.fault, subjects=subject, hits_max=1, injection=rule.injection))


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_an_order_is_never_called_what_it_is_not(venue, order, mishap):
    rule, proved = MISHAPS[mishap]
    spoil(venue, rule, PLACE)
    outcome = await venue.submit(order("m", limit_price=Decimal(90)))
    assert isinstance(outcome, proved), outcome
    exchange = venue.sandbox.world.venue.exchange
    assert len(exchange.orders("main", SYMBOL)) <= 1
    placed = truth(venue, "m")
    if proved is REFUSED:
        assert placed is None
        return
    asked = await venue.broker.query(SYMBOL, "m", "")
    since_ns = venue.clock.now_ns() - 60_000_000_000
    history = await venue.broker.query_history(SYMBOL, "m", since_ns)
    if placed is None:
        assert asked == history == Absent()
    else:
        assert asked.report.venue_order_id == history.report.venue_order_id == str(placed.number)
        assert asked.report.status is VenueStatus.ACCEPTED


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_a_cancel_is_never_called_what_it_is_not(venue, order, mishap):
    rule, proved = MISHAPS[mishap]
    await venue.submit(order("m", limit_price=Decimal(90)))
    spoil(venue, rule, CANCEL)
    outcome = await venue.broker.cancel(SYMBOL, "m", "")
    assert isinstance(outcome, proved), outcome
    ended = truth(venue, "m").ended
    if proved is REFUSED:
        assert not ended
        return
    asked = (await venue.broker.query(SYMBOL, "m", "")).report
    assert (asked.status is VenueStatus.CANCELED) == ended
    if proved is IN_DOUBT:
        assert outcome.fence_at_ns > venue.clock.now_ns()


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_a_replacement_is_never_called_what_it_is_not(venue, order, mishap):
    rule, proved = MISHAPS[mishap]
    old = (await venue.submit(order("old", limit_price=Decimal(90)))).report
    spoil(venue, rule, REPLACE)
    replacement = Replacement(
        request_id="old",
        venue_order_id=old.venue_order_id,
        spec=order("new", limit_price=Decimal(91)),
    )
    attempt = venue.broker.prepare_replacement(replacement, venue.clock.now_ns())
    outcome = await venue.broker.replace(ApprovedReplacement(replacement, attempt))
    assert isinstance(outcome, Replaced if proved is DONE else proved), outcome
    moved = truth(venue, "new") is not None
    assert truth(venue, "old").ended == moved
    if proved is REFUSED:
        assert not moved


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_an_amendment_is_never_called_what_it_is_not(venue, order, mishap):
    rule, proved = MISHAPS[mishap]
    placed = (await venue.submit(order("m", limit_price=Decimal(90)))).report
    spoil(venue, rule, AMEND)
    outcome = await venue.broker.amend(SYMBOL, "m", placed.venue_order_id, Decimal("0.5"))
    assert isinstance(outcome, proved), outcome
    if proved is REFUSED:
        assert truth(venue, "m").quantity == 1
    else:
        asked = (await venue.broker.query(SYMBOL, "m", "")).report
        assert asked.quantity == truth(venue, "m").quantity


async def test_a_clock_that_jumps_at_the_venue_is_followed_by_the_next_attempt(venue, order):
    skewed = Rule(fault=Fault.CLOCK_SKEW, injection=Injection(skew_ms=60_000))
    for subject in (PLACE, "GET /api/v3/time"):
        venue.sandbox.world.faults.add(
            Rule(fault=skewed.fault, subjects=subject, injection=skewed.injection)
        )
    assert isinstance(await venue.submit(order("m", limit_price=Decimal(90))), Mistimed)
    assert isinstance(await venue.submit(order("m", limit_price=Decimal(90))), Acknowledged)
    assert len(venue.sandbox.world.venue.exchange.orders("main", SYMBOL)) == 1
    assert "a clock was set" in venue.broker.health().detail


async def test_a_ban_is_told_and_kept_to(venue, order):
    spoil(venue, Rule(fault=Fault.BAN, injection=Injection(retry_after_s=600)), PLACE)
    assert isinstance(await venue.submit(order("m", limit_price=Decimal(90))), Refused)
    health = venue.broker.health()
    assert health.banned_until_ns > venue.clock.now_ns() + 590_000_000_000
    assert "bans this address" in health.detail
    requests = venue.sandbox.world.faults.injected[Fault.BAN]
    assert (await venue.broker.cancel(SYMBOL, "m", "")).code == "NOT_SENT"
    assert venue.sandbox.world.faults.injected[Fault.BAN] == requests


async def test_a_query_that_lags_denies_an_order_that_is_there(venue, order):
    """Which is why a denial proves nothing before the fence."""
    venue.sandbox.world.faults.add(
        Rule(
            fault=Fault.QUERY_LAG,
            subjects="GET /api/v3/order",
            hits_max=1,
            injection=Injection(delay_ms=2_000),
        )
    )
    await venue.submit(order("m", limit_price=Decimal(90)))
    assert await venue.broker.query(SYMBOL, "m", "") == Absent()
    assert isinstance(await venue.broker.query(SYMBOL, "m", ""), Acknowledged)


async def test_a_market_that_stands_still_is_not_traded_on(venue, order):
    venue.sandbox.world.venue.run(
        lambda exchange, at_ns: exchange.set_status(SYMBOL, "HALT", at_ns)
    )
    outcome = await venue.submit(order("m", OrderType.MARKET))
    assert isinstance(outcome, Refused)
    assert outcome.code in {"-1013", "-2010"}
