"""What a request that brought no result proves about the venue, told in one place."""

from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec
from aitrader_server.domain.venue import Ambiguous, Refused
from binance.exceptions import BinanceRequestException

from aitrader_gateway.binance.client import VenueRefusal

# Codes by which the venue itself says that it does not know what came of the request.
UNKNOWN_CODES: Final = frozenset({-1000, -1001, -1006, -1007, -1008})
REFUSAL_STATUSES: Final = frozenset({400, 401, 404, 410})
PARTIAL_STATUS: Final = 409
THROTTLE_STATUSES: Final = frozenset({418, 429})
BLOCK_STATUSES: Final = frozenset({403, 451})
REASON_CHARS_MAX: Final = 300


# Key malformed; key, address or permission refused; signature not of this key.
KEY_CODES: Final = frozenset({-2014, -2015, -1022})


class Verdict(StrEnum):
    """What is proved; only UNKNOWN, and a BLOCKED that may be a stranger's, leave anything open."""

    NOT_SENT = "NOT_SENT"
    REJECTED = "REJECTED"
    PARTIAL = "PARTIAL"
    THROTTLED = "THROTTLED"
    BLOCKED = "BLOCKED"
    UNKNOWN = "UNKNOWN"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A request without a result.

    `status` is HTTP's, 0 without a reply; `code` the venue's, 0 when it gave none; `data` what it
    says of the halves of a request that has two.
    """

    verdict: Verdict
    reason: str
    status: int = 0
    code: int = 0
    data: Any = None

    @property
    def proves_refusal(self) -> bool:
        """Nothing happened at the venue, and nothing will."""
        if self.verdict is Verdict.BLOCKED:
            # A page that forbids may come from anybody in between.
            return self.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS
        return self.verdict in {Verdict.NOT_SENT, Verdict.REJECTED, Verdict.THROTTLED}


# Everything that a request may raise; anything else is a bug.
REQUEST_ERRORS: Final = (
    VenueRefusal,
    BinanceRequestException,
    aiohttp.ClientError,
    OSError,
)


def classify(error: Exception) -> Failure:
    """The failure that `error` of a request tells; never quotes an address or a signature."""
    match error:
        case VenueRefusal():
            return _classify_reply(error)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Failure(verdict=Verdict.NOT_SENT, reason="no connection to the venue")
        case BinanceRequestException():
            return _unknown("the venue's reply was not JSON")
        case aiohttp.ServerDisconnectedError() | ConnectionResetError():
            return _unknown("the connection dropped before the reply")
        case TimeoutError():
            return _unknown("no reply in time")
        case _:
            return _unknown(f"the reply was lost: {type(error).__name__}")


def failed_outcome(failure: Failure, fence_at_ns: int = 0) -> Refused | Ambiguous:
    """The failure of a request that would have changed something."""
    if failure.proves_refusal:
        return Refused(str(failure.code or failure.verdict), failure.reason)
    return Ambiguous(failure.reason, fence_at_ns)


def _classify_reply(error: VenueRefusal) -> Failure:
    status = error.status_code
    code = error.code if isinstance(error.code, int) else 0
    # Without a code the text is python-binance's own, or a page.
    reason = str(error.message)[:REASON_CHARS_MAX] if code else f"HTTP {status} without a code"
    if status in THROTTLE_STATUSES:
        verdict = Verdict.THROTTLED
    elif status in BLOCK_STATUSES:
        verdict = Verdict.BLOCKED
    elif code in UNKNOWN_CODES or not code:
        verdict = Verdict.UNKNOWN
    elif status == PARTIAL_STATUS:
        verdict = Verdict.PARTIAL
    elif status in REFUSAL_STATUSES:
        verdict = Verdict.REJECTED
    else:
        verdict = Verdict.UNKNOWN
    return Failure(verdict=verdict, reason=reason, status=status, code=code, data=error.data)


def _unknown(reason: str) -> Failure:
    return Failure(verdict=Verdict.UNKNOWN, reason=reason)
