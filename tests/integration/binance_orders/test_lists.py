"""Orders that are placed together: one request, all or none."""

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from aitrader_server.domain.terms import ListPlace
from aitrader_server.domain.venue import AcknowledgedList, Ambiguous, ApprovedList, Refused
from aitrader_server.domain.words import (
    Contingency,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from scripted_http_venue import accepted, hang_up, refuse, say

SELL = {"side": Side.SELL}
PROFIT = {"order_type": OrderType.LIMIT_MAKER, "limit_price": Decimal(110)}
LOSS = {
    "order_type": OrderType.STOP_LOSS_LIMIT,
    "stop_price": Decimal(90),
    "limit_price": Decimal("89.5"),
}


@pytest.fixture
def placed_together(order):
    """Makes specs that are bound by `contingency`, each with its own changes."""

    def make(contingency, *changes):
        members = tuple(f"o-{number}" for number in range(len(changes)))
        return tuple(
            order(
                member,
                place=ListPlace(contingency=contingency, members=members, index=index),
                **change,
            )
            for index, (member, change) in enumerate(zip(members, changes, strict=True))
        )

    return make


async def submit(desk, specs):
    attempt = desk.lists.prepare(specs, desk.clock.now_ns())
    return await desk.lists.submit(ApprovedList(specs, attempt))


def taken(specs):
    """The venue's reply to a list; it names the orders in an order of its own."""
    reports = [accepted(spec, orderId=10 + n) for n, spec in enumerate(specs)]
    return say({"orderListId": 1, "contingencyType": "OCO", "orderReports": reports[::-1]})


def asked(heard):
    """What was asked for, without what every request has."""
    parameters = dict(parse_qsl(heard.body))
    for name in ("timestamp", "recvWindow", "signature", "symbol", "newOrderRespType"):
        assert parameters.pop(name)
    return parameters


@pytest.mark.parametrize(
    "legs", [(PROFIT, LOSS), (LOSS, PROFIT)], ids=["profit first", "loss first"]
)
async def test_an_oco_that_sells_has_its_profit_above(venue, desk, placed_together, legs):
    specs = placed_together(Contingency.OCO, *({**SELL, **leg} for leg in legs))
    venue.on("POST orderList/oco", taken(specs))
    outcome = await submit(desk, specs)
    assert isinstance(outcome, AcknowledgedList)
    assert [report.request_id for report in outcome.reports] == ["o-0", "o-1"]
    profit, loss = ("o-0", "o-1") if legs[0] is PROFIT else ("o-1", "o-0")
    assert asked(venue.requests("POST orderList/oco")[0]) == {
        "side": "SELL",
        "quantity": "1",
        "aboveType": "LIMIT_MAKER",
        "aboveClientOrderId": profit,
        "abovePrice": "110",
        "belowType": "STOP_LOSS_LIMIT",
        "belowClientOrderId": loss,
        "belowStopPrice": "90",
        "belowPrice": "89.5",
        "belowTimeInForce": "GTC",
    }


async def test_an_oco_that_buys_has_its_stop_above(venue, desk, placed_together):
    specs = placed_together(
        Contingency.OCO,
        {"order_type": OrderType.STOP_LOSS, "stop_price": Decimal(110)},
        {
            "order_type": OrderType.TAKE_PROFIT_LIMIT,
            "stop_price": Decimal(90),
            "limit_price": Decimal(91),
            "trailing_delta_bips": 100,
            "iceberg_quantity": Decimal("0.5"),
        },
    )
    venue.on("POST orderList/oco", taken(specs))
    await submit(desk, specs)
    assert asked(venue.requests("POST orderList/oco")[0]) == {
        "side": "BUY",
        "quantity": "1",
        "aboveType": "STOP_LOSS",
        "aboveClientOrderId": "o-0",
        "aboveStopPrice": "110",
        "belowType": "TAKE_PROFIT_LIMIT",
        "belowClientOrderId": "o-1",
        "belowStopPrice": "90",
        "belowPrice": "91",
        "belowTrailingDelta": "100",
        "belowIcebergQty": "0.5",
        "belowTimeInForce": "GTC",
    }


async def test_an_oto_names_the_working_and_the_pending_order(venue, desk, placed_together):
    specs = placed_together(
        Contingency.OTO,
        {"self_trade_prevention": SelfTradePrevention.EXPIRE_TAKER},
        {**SELL, "order_type": OrderType.MARKET, "quantity": Decimal("0.9")},
    )
    venue.on("POST orderList/oto", taken(specs))
    assert isinstance(await submit(desk, specs), AcknowledgedList)
    assert asked(venue.requests("POST orderList/oto")[0]) == {
        "selfTradePreventionMode": "EXPIRE_TAKER",
        "workingType": "LIMIT",
        "workingSide": "BUY",
        "workingClientOrderId": "o-0",
        "workingPrice": "100",
        "workingQuantity": "1",
        "workingTimeInForce": "GTC",
        "pendingType": "MARKET",
        "pendingSide": "SELL",
        "pendingClientOrderId": "o-1",
        "pendingQuantity": "0.9",
    }


async def test_an_otoco_has_both_exits_pending(venue, desk, placed_together):
    specs = placed_together(
        Contingency.OTOCO,
        {"time_in_force": TimeInForce.GTC},
        {**SELL, **PROFIT},
        {**SELL, **LOSS},
    )
    venue.on("POST orderList/otoco", taken(specs))
    outcome = await submit(desk, specs)
    assert [report.request_id for report in outcome.reports] == ["o-0", "o-1", "o-2"]
    assert asked(venue.requests("POST orderList/otoco")[0]) == {
        "workingType": "LIMIT",
        "workingSide": "BUY",
        "workingClientOrderId": "o-0",
        "workingPrice": "100",
        "workingQuantity": "1",
        "workingTimeInForce": "GTC",
        "pendingSide": "SELL",
        "pendingQuantity": "1",
        "pendingAboveType": "LIMIT_MAKER",
        "pendingAboveClientOrderId": "o-1",
        "pendingAbovePrice": "110",
        "pendingBelowType": "STOP_LOSS_LIMIT",
        "pendingBelowClientOrderId": "o-2",
        "pendingBelowStopPrice": "90",
        "pendingBelowPrice": "89.5",
        "pendingBelowTimeInForce": "GTC",
    }


async def test_a_list_is_refused_or_in_doubt_as_a_whole(venue, desk, placed_together):
    specs = placed_together(Contingency.OCO, {**SELL, **PROFIT}, {**SELL, **LOSS})
    wrong = "The relationship of the prices for the orders is not correct."
    venue.on("POST orderList/oco", refuse(-2010, wrong))
    assert await submit(desk, specs) == Refused("-2010", wrong)
    one_leg = say({"orderListId": 1, "orderReports": [accepted(specs[0])]})
    for answer in (hang_up, say({}), one_leg):
        venue.on("POST orderList/oco", answer)
        assert isinstance(await submit(desk, specs), Ambiguous)
    assert len(venue.requests("POST orderList/oco")) == 4
