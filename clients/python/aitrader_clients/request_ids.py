"""Idempotency keys, chosen by the client so that a lost reply still has a name to ask for."""

import os

from google.protobuf.message import Message

# The field that becomes the client order id, by request message.
FIELD_BY_REQUEST = {
    "aitrader.v1.TradeRequest": "request_id",
    "aitrader.v1.PlaceOrderRequest": "request_id",
    "aitrader.v1.ReplaceOrderRequest": "new_request_id",
}


def ensure_request_id(request: Message) -> str:
    """Return the key of the order that the request makes, writing a fresh one where it is empty.

    It is written into the caller's own message: sending the same message again is then a replay
    and never a second order. Requests that make no single order have none.
    """
    field = FIELD_BY_REQUEST.get(request.DESCRIPTOR.full_name)
    if field is None:
        return ""
    if not getattr(request, field):
        setattr(request, field, f"at-{os.urandom(12).hex()}")
    return str(getattr(request, field))
