"""What the edge itself refuses, beside the errors that reach it from the engine.

AiTraderError
├── Unauthenticated    no token, or not one of ours
├── DeadlineExceeded   the time that the call was given is over
├── InvalidFields      the request breaks rules of the contract: all of them are listed
├── Overloaded
│   └── RateLimited    the caller, or an address that proves nothing, calls too often
└── FailedPrecondition
    └── OrderDenied    risk controls refuse an order; all breaches are listed
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aitrader.v1 import common_pb2

from aitrader_server.errors import AiTraderError, FailedPrecondition, Overloaded


class Unauthenticated(AiTraderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, reason="UNAUTHENTICATED")


class DeadlineExceeded(AiTraderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, reason="DEADLINE_EXCEEDED")


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """`field` is a path in the contract's spelling, e.g. `items[0].text`; empty for the whole."""

    field: str
    description: str

    def __str__(self) -> str:
        return f"{self.field}: {self.description}" if self.field else self.description


class InvalidFields(AiTraderError):
    def __init__(self, violations: Sequence[FieldViolation]) -> None:
        super().__init__("; ".join(map(str, violations)), reason="INVALID_REQUEST")
        self.violations = tuple(violations)


class RateLimited(Overloaded):
    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message, retry_after_s=retry_after_s, reason="RATE_LIMITED")


class OrderDenied(FailedPrecondition):
    """`breaches` is not empty; its first one names the error."""

    def __init__(self, breaches: Sequence[common_pb2.Breach]) -> None:
        super().__init__(f"{breaches[0].code}: {breaches[0].message}", reason=breaches[0].code)
        self.breaches = tuple(breaches)
