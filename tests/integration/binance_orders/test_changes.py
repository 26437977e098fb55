"""Working orders cancelled, made smaller and replaced."""

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from aitrader_server.domain.venue import (
    Acknowledged,
    Ambiguous,
    ApprovedReplacement,
    Refused,
    Replaced,
    Replacement,
    VenueStatus,
)
from scripted_http_venue import accepted, hang_up, refuse, say, text

REPLACE = "POST order/cancelReplace"
AMEND = "PUT order/amend/keepPriority"
NO_MONEY = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
NOT_OPEN = {"code": -2011, "msg": "Unknown order sent."}
IN_DOUBT = {"code": -1007, "msg": "Timeout waiting for response from backend server."}


def canceled(order, number=28, **more):
    """The venue's reply to a cancel, which has an id of its own."""
    named = {"origClientOrderId": order.request_id, "clientOrderId": "the-cancel"}
    return {**accepted(order), **named, "orderId": number, "status": "CANCELED", **more}


def body(heard):
    return dict(parse_qsl(heard.body))


class TestCancelling:
    async def test_the_order_as_it_ended_is_told(self, venue, desk, order):
        venue.on("DELETE order", say(canceled(order(), executedQty="0.4")))
        report = (await desk.entry.cancel("BTCUSDT", "a-1", "28")).report
        assert (report.request_id, report.venue_order_id) == ("a-1", "28")
        assert report.status is VenueStatus.CANCELED
        assert report.cumulative_quantity == Decimal("0.4")
        asked = body(venue.requests("DELETE order")[0])
        assert (asked["orderId"], asked["origClientOrderId"]) == ("28", "a-1")
        assert asked["recvWindow"] == "2500"

    async def test_a_leg_is_found_in_its_list(self, venue, desk, order):
        legs = [canceled(order("other"), 27), canceled(order("a-1"), 28)]
        venue.on("DELETE order", say({"orderListId": 1, "orderReports": legs}))
        report = (await desk.entry.cancel("BTCUSDT", "a-1", "28")).report
        assert report.request_id == "a-1"

    async def test_what_was_not_open_is_refused_in_the_venue_s_words(self, venue, desk):
        venue.on("DELETE order", refuse(-2011, "Unknown order sent."))
        refused = await desk.entry.cancel("BTCUSDT", "a-1", "")
        assert refused == Refused("-2011", "Unknown order sent.")

    @pytest.mark.parametrize("answer", [hang_up, text("<html>", 502), say({})])
    async def test_a_lost_reply_says_until_when_it_may_still_act(self, venue, desk, answer):
        before_ns = desk.clock.now_ns()
        venue.on("DELETE order", answer)
        outcome = await desk.entry.cancel("BTCUSDT", "a-1", "")
        assert isinstance(outcome, Ambiguous)
        assert outcome.fence_at_ns > before_ns + 12_500_000_000

    async def test_a_reply_about_another_order_proves_nothing(self, venue, desk, order):
        venue.on("DELETE order", say(canceled(order("b"))))
        assert isinstance(await desk.entry.cancel("BTCUSDT", "a-1", ""), Ambiguous)


class TestAmending:
    async def test_an_order_shrinks_under_its_own_ids(self, venue, desk):
        amended = {
            "symbol": "BTCUSDT",
            "orderId": 33,
            "orderListId": -1,
            "origClientOrderId": "a-1",
            "clientOrderId": "a-1",
            "price": "6.00000000",
            "qty": "5.00000000",
            "executedQty": "1.00000000",
            "status": "PARTIALLY_FILLED",
            "type": "LIMIT",
            "side": "SELL",
            "workingTime": 1,
        }
        reply = {"transactTime": 1_700_000_000_001, "executionId": 75, "amendedOrder": amended}
        venue.on(AMEND, say(reply))
        report = (await desk.replacing.amend("BTCUSDT", "a-1", "33", Decimal("5.0"))).report
        assert (report.request_id, report.venue_order_id) == ("a-1", "33")
        assert (report.quantity, report.cumulative_quantity) == (5, 1)
        assert report.status is VenueStatus.PARTIALLY_FILLED
        assert report.at_ns == 1_700_000_000_001_000_000
        asked = body(venue.requests(AMEND)[0])
        assert (asked["newClientOrderId"], asked["newQty"]) == ("a-1", "5")
        assert (asked["orderId"], asked["origClientOrderId"]) == ("33", "a-1")

    async def test_what_the_venue_does_not_amend_is_refused(self, venue, desk):
        venue.on(AMEND, refuse(-2038, "Order amend (quantity increase) is not supported."))
        refused = await desk.replacing.amend("BTCUSDT", "a-1", "33", Decimal(9))
        assert refused.code == "-2038"

    async def test_a_lost_reply_says_until_when_it_may_still_act(self, venue, desk):
        venue.on(AMEND, hang_up)
        outcome = await desk.replacing.amend("BTCUSDT", "a-1", "33", Decimal(5))
        assert outcome.fence_at_ns > desk.clock.now_ns()


class TestReplacing:
    async def replace(self, desk, order):
        replacement = Replacement(request_id="a-1", venue_order_id="28", spec=order("b-1"))
        attempt = desk.replacing.prepare(replacement, desk.clock.now_ns())
        return await desk.replacing.replace(ApprovedReplacement(replacement, attempt))

    async def test_both_halves_are_told(self, venue, desk, order):
        halves = {
            "cancelResult": "SUCCESS",
            "newOrderResult": "SUCCESS",
            "cancelResponse": canceled(order()),
            "newOrderResponse": accepted(order("b-1"), orderId=29),
        }
        venue.on(REPLACE, say(halves))
        outcome = await self.replace(desk, order)
        assert isinstance(outcome, Replaced)
        assert (outcome.canceled.request_id, outcome.canceled.status) == ("a-1", "CANCELED")
        assert (outcome.placed.request_id, outcome.placed.venue_order_id) == ("b-1", "29")

    async def test_only_an_order_without_executions_is_replaced(self, venue, desk, order):
        venue.on(REPLACE, hang_up)
        await self.replace(desk, order)
        (asked,) = map(body, venue.requests(REPLACE))
        assert asked["cancelRestrictions"] == "ONLY_NEW"
        assert asked["cancelReplaceMode"] == "STOP_ON_FAILURE"
        assert (asked["cancelOrderId"], asked["cancelOrigClientOrderId"]) == ("28", "a-1")
        assert (asked["newClientOrderId"], asked["newOrderRespType"]) == ("b-1", "FULL")

    async def test_a_new_order_may_be_refused_after_the_old_one_is_gone(self, venue, desk, order):
        data = {
            "cancelResult": "SUCCESS",
            "newOrderResult": "FAILURE",
            "cancelResponse": canceled(order()),
            "newOrderResponse": NO_MONEY,
        }
        partly = "Order cancel-replace partially failed."
        venue.on(REPLACE, refuse(-2021, partly, 409, data=data))
        outcome = await self.replace(desk, order)
        assert outcome.canceled.status is VenueStatus.CANCELED
        assert outcome.placed == Refused("-2010", NO_MONEY["msg"])

    async def test_an_old_order_that_stays_keeps_the_new_one_out(self, venue, desk, order):
        data = {
            "cancelResult": "FAILURE",
            "newOrderResult": "NOT_ATTEMPTED",
            "cancelResponse": NOT_OPEN,
            "newOrderResponse": None,
        }
        venue.on(REPLACE, refuse(-2022, "Order cancel-replace failed.", data=data))
        assert await self.replace(desk, order) == Refused("-2011", NOT_OPEN["msg"])

    @pytest.mark.parametrize("code", [-1013, -1015])
    async def test_a_refusal_without_halves_touched_nothing(self, venue, desk, order, code):
        venue.on(REPLACE, refuse(code, "No."))
        assert await self.replace(desk, order) == Refused(str(code), "No.")

    @pytest.mark.parametrize(
        "halves",
        [
            ("SUCCESS", "FAILURE", "canceled", IN_DOUBT),
            ("SUCCESS", "FAILURE", "canceled", None),
            ("SUCCESS", "SUCCESS", "canceled", {}),
            ("SUCCESS", "SUCCESS", {}, "accepted"),
            ("FAILURE", "NOT_ATTEMPTED", IN_DOUBT, None),
            ("FAILURE", "SUCCESS", NOT_OPEN, "accepted"),
        ],
        ids=str,
    )
    async def test_half_a_proof_is_none(self, venue, desk, order, halves):
        replies = {"canceled": canceled(order()), "accepted": accepted(order("b-1"))}
        cancel_result, new_order_result, *responses = halves
        cancel_response, new_order_response = (replies.get(str(r), r) for r in responses)
        data = {
            "cancelResult": cancel_result,
            "newOrderResult": new_order_result,
            "cancelResponse": cancel_response,
            "newOrderResponse": new_order_response,
        }
        venue.on(REPLACE, refuse(-2021, "Partially failed.", 409, data=data))
        assert isinstance(await self.replace(desk, order), Ambiguous)

    @pytest.mark.parametrize(
        "answer", [hang_up, text("<html>", 502), say({}), refuse(-2021, "Half.", 409)]
    )
    async def test_a_lost_reply_leaves_both_in_doubt(self, venue, desk, order, answer):
        venue.on(REPLACE, answer)
        assert isinstance(await self.replace(desk, order), Ambiguous)


async def test_an_acknowledged_test_places_nothing(venue, desk, order):
    venue.on("POST order/test", say({}))
    assert isinstance(await desk.entry.test(order()), Acknowledged)
    venue.on("POST order/test", refuse(-1013, "Filter failure: NOTIONAL"))
    assert await desk.entry.test(order()) == Refused("-1013", "Filter failure: NOTIONAL")
    venue.on("POST order/test", hang_up)
    assert isinstance(await desk.entry.test(order()), Ambiguous)
    assert not venue.requests("POST order")
