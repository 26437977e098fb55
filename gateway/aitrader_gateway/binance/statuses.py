"""The venue's words for the state of an order. Source: Binance Spot API, "ENUM Definitions"."""

from decimal import Decimal
from typing import Final

from aitrader_server.domain.venue import VenueStatus
from aitrader_server.domain.words import STOP_TYPES

STATUSES: Final = {
    "NEW": VenueStatus.ACCEPTED,
    "PENDING_NEW": VenueStatus.ACCEPTED,
    "PENDING_CANCEL": VenueStatus.ACCEPTED,
    "PARTIALLY_FILLED": VenueStatus.PARTIALLY_FILLED,
    "FILLED": VenueStatus.FILLED,
    "CANCELED": VenueStatus.CANCELED,
    "REJECTED": VenueStatus.REJECTED,
    "EXPIRED": VenueStatus.EXPIRED,
    "EXPIRED_IN_MATCH": VenueStatus.EXPIRED,
}
SELF_TRADE: Final = "self-trade prevention"


def read_status(status: str, order_type: str, cumulative: Decimal, *, working: bool) -> VenueStatus:
    """The status in our words; `working` says whether a stop went live.

    A word that is new to us still says that the order is there.
    """
    if status == "NEW" and working and order_type in STOP_TYPES:
        return VenueStatus.TRIGGERED
    known = STATUSES.get(status)
    if known is not None:
        return known
    return VenueStatus.PARTIALLY_FILLED if cumulative else VenueStatus.ACCEPTED


def read_reason(status: str, expiry_reason: str) -> str:
    """Why an order ended, as far as the venue says."""
    if expiry_reason:
        return expiry_reason
    return SELF_TRADE if status == "EXPIRED_IN_MATCH" else ""
