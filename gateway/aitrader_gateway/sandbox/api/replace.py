"""The operation that cancels one order and places another in its stead."""

from functools import partial
from typing import Any, Final

from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.api.orders import canceled_body, response_type
from aitrader_gateway.sandbox.api.table import (
    Body,
    Call,
    Failure,
    Operation,
    Security,
    weighs,
)
from aitrader_gateway.sandbox.api.tickets import ORDER_PARAMETERS, read_order
from aitrader_gateway.sandbox.matching.model import Refusal, Replaced, ReplaceRequest
from aitrader_gateway.sandbox.matching.words import CancelRestriction, ReplaceMode
from aitrader_gateway.sandbox.parameters import (
    CLIENT_ID,
    NUMBER,
    REPLACE_MODE,
    RESTRICTION,
    Kind,
    Parameter,
    either,
    invalid,
)
from aitrader_gateway.sandbox.wire import orders as wire

_CONFLICT: Final = 409
# To cancel although the new order may not be placed is not offered.
_EXCEEDED_MODE: Final = Kind(parse={"DO_NOTHING": "DO_NOTHING"}.get, refuse=invalid)


def _replace(desk: Desk, call: Call) -> Body | Refusal | Failure:
    values = call.values
    if "cancelOrderId" not in values and "cancelOrigClientOrderId" not in values:
        return either("cancelOrigClientOrderId", "cancelOrderId")
    order = read_order(desk, values)
    if isinstance(order, Refusal):
        return order
    request = ReplaceRequest(
        order=order,
        mode=values.word("cancelReplaceMode", ReplaceMode) or ReplaceMode.STOP_ON_FAILURE,
        cancel_order_id=values.number("cancelOrderId"),
        cancel_client_order_id=values.text("cancelOrigClientOrderId"),
        cancel_new_client_order_id=desk.given_id(values, "cancelNewClientOrderId"),
        restriction=values.word("cancelRestrictions", CancelRestriction) or CancelRestriction.NONE,
    )
    outcome = desk.venue.run(
        lambda exchange, at_ns: exchange.cancel_replace(call.account, request, at_ns)
    )
    return outcome if isinstance(outcome, Refusal) else _told(outcome, call)


def _told(outcome: Replaced, call: Call) -> Body | Failure:
    """Both halves; a failure of either leaves the other in the data of the error."""
    canceled, placed = outcome.canceled, outcome.placed
    cancel_failed = isinstance(canceled, Refusal)
    place_failed = isinstance(placed, Refusal)
    data: dict[str, Any] = {
        "cancelResult": "FAILURE" if cancel_failed else "SUCCESS",
        "newOrderResult": "FAILURE" if place_failed else "SUCCESS",
        "cancelResponse": _refused(canceled)
        if isinstance(canceled, Refusal)
        else canceled_body(canceled, call.unit),
    }
    if placed is None:
        data |= {"newOrderResult": "NOT_ATTEMPTED", "newOrderResponse": None}
    elif isinstance(placed, Refusal):
        data["newOrderResponse"] = _refused(placed)
    else:
        data["newOrderResponse"] = wire.placed(placed, response_type(call.values), call.unit)
    if cancel_failed and (placed is None or place_failed):
        return Failure(code=-2022, message="Order cancel-replace failed.", data=data, counted=True)
    if cancel_failed or place_failed:
        return Failure(
            status=_CONFLICT,
            code=-2021,
            message="Order cancel-replace partially failed.",
            data=data,
            counted=True,
        )
    return data


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "msg": refusal.message}


def operations(desk: Desk) -> tuple[Operation, ...]:
    """What the table offers for replacing orders."""
    return (
        Operation(
            name="order.cancelReplace",
            handler=partial(_replace, desk),
            weight=weighs(1),
            parameters=(
                *ORDER_PARAMETERS,
                Parameter("cancelReplaceMode", REPLACE_MODE, required=True),
                Parameter("cancelOrderId", NUMBER),
                Parameter("cancelOrigClientOrderId", CLIENT_ID),
                Parameter("cancelNewClientOrderId", CLIENT_ID),
                Parameter("cancelRestrictions", RESTRICTION),
                Parameter("orderRateLimitExceededMode", _EXCEEDED_MODE),
            ),
            security=Security.TRADE,
            orders=1,
            free=True,
        ),
    )
