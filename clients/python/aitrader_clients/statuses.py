"""gRPC status to exception, in one place."""

import grpc.aio
from aitrader.v1 import common_pb2

from aitrader_clients.errors import (
    BY_CODE,
    Breach,
    CallError,
    OutcomeUnknown,
    Refusal,
    ServerFault,
    Violation,
)
from aitrader_clients.methods import Kind

DETAILS_KEY = "grpc-status-details-bin"

# Codes after which not even the engine's own word proves that no order was made.
_NEVER_PROOF = frozenset({"CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "INTERNAL", "DATA_LOSS"})
# Codes that the transport makes by itself too: proof only when the engine signed them with a
# reason.
_PROOF_WITH_REASON = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED"})


def error_of(
    failure: grpc.aio.AioRpcError, method: str, kind: Kind, trace_id: str, request_id: str = ""
) -> CallError:
    """Return the exception that says what the status of a call said."""
    refusal = _with_details(
        Refusal(
            code=failure.code().name,
            message=failure.details() or failure.code().name,
            method=method,
            trace_id=trace_id,
            request_id=request_id,
        ),
        failure,
    )
    if kind is Kind.ORDER and not _proves_refusal(refusal):
        return OutcomeUnknown(refusal)
    return BY_CODE.get(refusal.code, ServerFault)(refusal)


def _proves_refusal(refusal: Refusal) -> bool:
    if refusal.code in _NEVER_PROOF:
        return False
    return bool(refusal.reason) or refusal.code not in _PROOF_WITH_REASON


def _with_details(refusal: Refusal, failure: grpc.aio.AioRpcError) -> Refusal:
    """Return the refusal with what the engine said beyond code and text."""
    for key, value in failure.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            return _unpacked(refusal, value)
    return refusal


def _unpacked(refusal: Refusal, packed: bytes) -> Refusal:
    # Imported by the first refusal, which a start that goes well never meets.
    from google.protobuf.message import DecodeError  # noqa: PLC0415 -- start-up time
    from google.rpc import error_details_pb2, status_pb2  # noqa: PLC0415 -- start-up time

    try:
        status = status_pb2.Status.FromString(packed)
    except DecodeError:
        # A proxy's or another server's trailer: the code and the text still stand.
        return refusal
    info = error_details_pb2.ErrorInfo()
    retry = error_details_pb2.RetryInfo()
    bad_request = error_details_pb2.BadRequest()
    precondition = error_details_pb2.PreconditionFailure()
    breach = common_pb2.Breach()
    breaches: list[Breach] = []
    # The same breaches for generic clients, without limits and values.
    preconditions: list[Breach] = []
    violations: list[Violation] = []
    for detail in status.details:
        if detail.Unpack(info):
            refusal = refusal._replace(reason=info.reason)
        elif detail.Unpack(retry):
            delay = retry.retry_delay.ToTimedelta()
            refusal = refusal._replace(retry_after_s=delay.total_seconds())
        elif detail.Unpack(bad_request):
            fields = bad_request.field_violations
            violations.extend(Violation(v.field, v.description) for v in fields)
        elif detail.Unpack(precondition):
            preconditions.extend(Breach(v.type, v.description) for v in precondition.violations)
        elif detail.Unpack(breach):
            breaches.append(Breach(breach.code, breach.message, breach.limit, breach.value))
    return refusal._replace(breaches=tuple(breaches or preconditions), violations=tuple(violations))
