"""Answers that faults put in the place of the true ones, alike on both faces."""

from collections.abc import Mapping
from typing import Final

from aitrader_gateway.sandbox.api.table import Answer
from aitrader_gateway.sandbox.faults import Injection

# What the venue says with the codes that leave the outcome open, and with a few others.
_TEXTS: Final[Mapping[int, str]] = {
    -1000: "An unknown error occurred while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1006: "An unexpected response was received from the message bus. Execution status unknown.",
    -1007: "Timeout waiting for response from backend server. Send status unknown; "
    "execution status unknown.",
    -1008: "Server is currently overloaded with other requests. Please try again in a few minutes.",
    -1016: "This service is no longer available.",
}
_RESTRICTED: Final = (
    "Service unavailable from a restricted location according to 'b. Eligibility' "
    "in the terms of use."
)


def coded(injection: Injection) -> Answer:
    """The injected status with the injected code and the venue's text for it."""
    unavailable = injection.code == 0
    text = _RESTRICTED if unavailable else _TEXTS.get(injection.code, _TEXTS[-1000])
    return Answer(status=injection.status, body={"code": injection.code, "msg": text})
