"""Everything that a call can raise.

ClientError
├── ConfigurationError    endpoint, token or TLS settings cannot be used
├── EventGap              the event stream skipped a sequence
└── CallError             the engine or the way to it said no
    ├── InvalidArgument   INVALID_ARGUMENT, OUT_OF_RANGE
    ├── Denied            FAILED_PRECONDITION: risk or the trading state said no, nothing was sent
    ├── NotFound          NOT_FOUND
    ├── Conflict          ALREADY_EXISTS, ABORTED: other content for this id, or a stale version
    ├── Unauthenticated   UNAUTHENTICATED
    ├── PermissionDenied  PERMISSION_DENIED
    ├── Exhausted         RESOURCE_EXHAUSTED
    ├── Unreachable       UNAVAILABLE
    ├── DeadlineExceeded  DEADLINE_EXCEEDED
    ├── ServerFault       every other code
    └── OutcomeUnknown    the reply was lost: an order may exist, do not repeat under a new id
"""

from typing import NamedTuple


class Breach(NamedTuple):
    """One limit that an order would break, in the words of the contract's `Breach`."""

    code: str
    message: str
    limit: str = ""
    value: str = ""


class Violation(NamedTuple):
    """One field of a request that is not as it must be."""

    field: str
    description: str


class Refusal(NamedTuple):
    """What the status of a call said; `code` is the canonical gRPC name."""

    code: str
    message: str
    method: str
    trace_id: str
    reason: str = ""
    breaches: tuple[Breach, ...] = ()
    violations: tuple[Violation, ...] = ()
    retry_after_s: float | None = None
    request_id: str = ""


class ClientError(Exception):
    """Root of the tree."""


class ConfigurationError(ClientError):
    """Names the setting and what to write instead, never its value."""


class EventGap(ClientError):
    """A sequence is missing in an unfiltered event stream."""

    def __init__(self, expected: int, received: int) -> None:
        super().__init__(f"event {expected} is missing: the stream went on with {received}")
        self.expected = expected
        self.received = received


class CallError(ClientError):
    """A call that did not succeed; `trace_id` finds it in the engine's journal and logs."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal

    @property
    def code(self) -> str:
        return self.refusal.code

    @property
    def reason(self) -> str:
        """The control's code from `ErrorInfo`, empty when the engine gave none."""
        return self.refusal.reason

    @property
    def breaches(self) -> tuple[Breach, ...]:
        return self.refusal.breaches

    @property
    def violations(self) -> tuple[Violation, ...]:
        return self.refusal.violations

    @property
    def trace_id(self) -> str:
        return self.refusal.trace_id

    @property
    def retry_after_s(self) -> float | None:
        return self.refusal.retry_after_s

    @property
    def request_id(self) -> str:
        """Idempotency key of the order concerned, empty when the call had none."""
        return self.refusal.request_id


class InvalidArgument(CallError):
    """The request is malformed; `violations` name the fields."""


class Denied(CallError):
    """Nothing was sent; `breaches` hold every control that said no, the primary one first."""


class NotFound(CallError):
    """There is no such thing."""


class Conflict(CallError):
    """The id has other content, or the version is stale."""


class Unauthenticated(CallError):
    """No token, or one that the engine does not know."""


class PermissionDenied(CallError):
    """The caller's role may not do this."""


class Exhausted(CallError):
    """A budget or a size limit is used up; `retry_after_s` says when to ask again."""


class Unreachable(CallError):
    """No engine answered; nothing was sent."""


class DeadlineExceeded(CallError):
    """The answer did not come in time; the call may be repeated."""


class ServerFault(CallError):
    """The engine failed; its log holds the trace id."""


class OutcomeUnknown(CallError):
    """The reply of a call that makes orders was lost; look the order up before anything else."""


BY_CODE: dict[str, type[CallError]] = {
    "CANCELLED": ServerFault,
    "UNKNOWN": ServerFault,
    "INVALID_ARGUMENT": InvalidArgument,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": Conflict,
    "PERMISSION_DENIED": PermissionDenied,
    "RESOURCE_EXHAUSTED": Exhausted,
    "FAILED_PRECONDITION": Denied,
    "ABORTED": Conflict,
    "OUT_OF_RANGE": InvalidArgument,
    "UNIMPLEMENTED": ServerFault,
    "INTERNAL": ServerFault,
    "UNAVAILABLE": Unreachable,
    "DATA_LOSS": ServerFault,
    "UNAUTHENTICATED": Unauthenticated,
}
