"""What can go wrong, as a tree; refusals and lost replies are values, not exceptions.

AiTraderError
├── InvalidRequest      the caller must change the request; names the field
├── NotFound            there is no such thing
├── AlreadyExists       the id is taken by something else
├── StaleVersion        somebody changed it first: read again
├── FailedPrecondition  right request, wrong moment: state must change first
├── PermissionDenied    the caller's role does not reach
├── Overloaded          a bound is reached: come back after `retry_after_s`
├── Unavailable         the engine is starting, draining or has lost its disk
├── ConfigError         the configuration cannot be used; lists every problem
├── JournalError        the disk did not take a write: trading halts
├── LimitsStoreError    the second memory of the limits cannot be written: entries wait
└── SecretError         a reference to a secret does not resolve
"""


class AiTraderError(Exception):
    """Root of everything this package raises on purpose; `reason` is its UPPER_SNAKE code."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


class InvalidRequest(AiTraderError):
    """`field` is the path of the offending field in the contract's spelling; empty for all."""

    def __init__(self, message: str, *, field: str, reason: str = "INVALID_REQUEST") -> None:
        super().__init__(message, reason=reason)
        self.field = field


class NotFound(AiTraderError):
    def __init__(self, message: str, *, reason: str = "NOT_FOUND") -> None:
        super().__init__(message, reason=reason)


class AlreadyExists(AiTraderError):
    def __init__(self, message: str, *, reason: str = "DUPLICATE_CLIENT_ORDER_ID") -> None:
        super().__init__(message, reason=reason)


class StaleVersion(AiTraderError):
    def __init__(self, message: str, *, reason: str = "STALE_VERSION") -> None:
        super().__init__(message, reason=reason)


class FailedPrecondition(AiTraderError):
    pass


class PermissionDenied(AiTraderError):
    def __init__(self, message: str, *, reason: str = "ROLE_REQUIRED") -> None:
        super().__init__(message, reason=reason)


class Overloaded(AiTraderError):
    def __init__(self, message: str, *, retry_after_s: float, reason: str = "OVERLOADED") -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class Unavailable(AiTraderError):
    pass


class ConfigError(AiTraderError):
    """`problems` holds one line each, `file:line: path: what and how to mend it`."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems), reason="CONFIG")
        self.problems = problems


class JournalError(AiTraderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, reason="LIMITS_STORE_UNWRITABLE")


class LimitsStoreError(AiTraderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, reason="LIMITS_STORE_UNWRITABLE")


class SecretError(AiTraderError):
    """Says which reference, why and what to do, never a value.

    `lasting` is False for what may pass by itself: a keeper that is down or slow.
    """

    def __init__(self, message: str, *, lasting: bool, reason: str = "SECRET_UNRESOLVED") -> None:
        super().__init__(message, reason=reason)
        self.lasting = lasting
