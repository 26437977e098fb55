"""The audit log: a line for whatever would change something, let through or refused."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from aitrader_server.rpc.call import Call

LOGGER: Final = "aitrader.audit"
# What names the thing that changes, in the requests that have it; by field of the request.
SUBJECTS: Final[Mapping[str, str]] = {
    "request_id": "request_id",
    "symbol": "symbol",
    "strategy": "strategy",
    "name": "strategy",
    "reason": "stated_reason",
}
# Longer texts were refused; their beginning is enough to know them by.
TEXT_CHARS_MAX: Final = 200

# A quieter log does not silence it.
logging.getLogger(LOGGER).setLevel(logging.INFO)
log = structlog.get_logger(LOGGER)


def audit(call: Call, code: str, reason: str, request: Message | None, **also: str | float) -> None:
    """Says who tried to do what, from where, and what came of it.

    What a call carried is known only once somebody was found who may make it.
    """
    log.info("audit", **described(call, code, reason), **also, **_subject(request))


def described(call: Call, code: str, reason: str) -> dict[str, Any]:
    """What every line about a call tells."""
    caller = call.caller
    return {
        "method": call.method,
        "caller": caller.name,
        "role": "" if caller.role is None else caller.role.name.lower(),
        "proof": caller.proof,
        "peer": call.peer,
        "forwarded": call.forwarded,
        "code": code,
        "reason": reason,
    }


def _subject(request: Message | None) -> dict[str, str]:
    if request is None:
        return {}
    return {
        name: value[:TEXT_CHARS_MAX]
        for field, name in SUBJECTS.items()
        if isinstance(value := getattr(request, field, None), str) and value
    }
