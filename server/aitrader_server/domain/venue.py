"""What a venue says, in our words: reports, outcomes of calls, snapshots."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.terms import Attempt, Fill, OrderSpec


class VenueStatus(StrEnum):
    """The venue's view of an order, in rising order of finality."""

    ACCEPTED = "ACCEPTED"
    TRIGGERED = "TRIGGERED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


class VenueReport(msgspec.Struct, frozen=True, kw_only=True):
    """One statement about one order, from a reply, a query or the account stream.

    `fills` may be any part of the executions; `cumulative_quantity` is all of them, base asset.
    The order is there since `created_at_ns` by the venue's clock, 0 where that is not said.
    """

    request_id: str
    symbol: str
    venue_order_id: str
    status: VenueStatus
    quantity: Decimal | None = None
    cumulative_quantity: Decimal = ZERO
    fills: tuple[Fill, ...] = ()
    reason: str = ""
    at_ns: int = 0
    created_at_ns: int = 0


class Approved(msgspec.Struct, frozen=True):
    """An order that passed every control, with its attempt; only the risk path makes one."""

    spec: OrderSpec
    attempt: Attempt


class ApprovedList(msgspec.Struct, frozen=True):
    """Orders that are placed together, each past every control, with their one attempt."""

    specs: tuple[OrderSpec, ...]
    attempt: Attempt


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """An open order that has executed nothing, and the one that is to take its place."""

    request_id: str
    venue_order_id: str
    spec: OrderSpec


class ApprovedReplacement(msgspec.Struct, frozen=True):
    """A replacement whose new order passed every control, with its attempt."""

    replacement: Replacement
    attempt: Attempt


class Acknowledged(msgspec.Struct, frozen=True):
    """The venue answered with a report."""

    report: VenueReport


class Refused(msgspec.Struct, frozen=True):
    """The venue proved that nothing changed; `code` is its own."""

    code: str
    reason: str


class Mistimed(Refused, frozen=True):
    """The venue proved that it took nothing because of the request's date.

    Signed anew it may be taken: the adapter has set its clock by the venue's.
    """


class Ambiguous(msgspec.Struct, frozen=True):
    """The reply was lost or proves nothing.

    The venue can still act on the request until `fence_at_ns`; 0 when the attempt says it.
    """

    cause: str
    fence_at_ns: int = 0


class AcknowledgedList(msgspec.Struct, frozen=True):
    """The venue took all orders of a list, one report each."""

    reports: tuple[VenueReport, ...]


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """The old order is cancelled; the new one was taken, or refused by itself."""

    canceled: VenueReport
    placed: VenueReport | Refused


class Absent(msgspec.Struct, frozen=True):
    """The venue says that it does not know the order: proof only after the attempt's fence."""


SubmitOutcome = Acknowledged | Refused | Ambiguous
CancelOutcome = Acknowledged | Refused | Ambiguous
AmendOutcome = Acknowledged | Refused | Ambiguous
ListOutcome = AcknowledgedList | Refused | Ambiguous
ReplaceOutcome = Replaced | Refused | Ambiguous
QueryOutcome = Acknowledged | Absent | Ambiguous


class AccountSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All balances at one moment, by asset: free and locked amounts."""

    free: dict[str, Decimal]
    locked: dict[str, Decimal]
    at_ns: int

    def total(self, asset: str) -> Decimal:
        """Free and locked together."""
        return self.free.get(asset, ZERO) + self.locked.get(asset, ZERO)

    @property
    def assets(self) -> list[str]:
        """Every asset named, sorted."""
        return sorted(self.free.keys() | self.locked.keys())
