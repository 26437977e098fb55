"""From an exception to the status that the caller sees: two tables, one entry per error."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from aitrader_server import errors
from aitrader_server.rpc import refusals

DOMAIN = "aitrader"
DETAILS_KEY = "grpc-status-details-bin"

Details = Iterable[Message]


def _no_details(_error: errors.AiTraderError) -> Details:
    return ()


def _bad_field(error: errors.AiTraderError) -> Details:
    assert isinstance(error, errors.InvalidRequest)
    return _bad_request([refusals.FieldViolation(error.field, error.message)])


def _bad_fields(error: errors.AiTraderError) -> Details:
    assert isinstance(error, refusals.InvalidFields)
    return _bad_request(error.violations)


def _bad_request(violations: Iterable[refusals.FieldViolation]) -> Details:
    kind = error_details_pb2.BadRequest.FieldViolation
    return (
        error_details_pb2.BadRequest(
            field_violations=[
                kind(field=violation.field, description=violation.description)
                for violation in violations
            ]
        ),
    )


def _retry(error: errors.AiTraderError) -> Details:
    assert isinstance(error, errors.Overloaded)
    delay = Duration()
    delay.FromTimedelta(timedelta(seconds=error.retry_after_s))
    return (error_details_pb2.RetryInfo(retry_delay=delay),)


def _precondition(error: errors.AiTraderError) -> Details:
    return (_precondition_failure([(error.reason, error.message)]),)


def _breaches(error: errors.AiTraderError) -> Details:
    """The standard form for generic clients, and our own with limits and values."""
    assert isinstance(error, refusals.OrderDenied)
    failure = _precondition_failure((breach.code, breach.message) for breach in error.breaches)
    return (failure, *error.breaches)


def _precondition_failure(
    violations: Iterable[tuple[str, str]],
) -> error_details_pb2.PreconditionFailure:
    kind = error_details_pb2.PreconditionFailure.Violation
    return error_details_pb2.PreconditionFailure(
        violations=[kind(type=code, description=message) for code, message in violations]
    )


CODE_BY_ERROR: dict[type[errors.AiTraderError], grpc.StatusCode] = {
    errors.AiTraderError: grpc.StatusCode.INTERNAL,
    errors.InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.StaleVersion: grpc.StatusCode.ABORTED,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.ConfigError: grpc.StatusCode.FAILED_PRECONDITION,
    # UNAVAILABLE would invite retries of what a dead disk refuses until somebody comes.
    errors.JournalError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.LimitsStoreError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.SecretError: grpc.StatusCode.FAILED_PRECONDITION,
    refusals.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    refusals.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    refusals.InvalidFields: grpc.StatusCode.INVALID_ARGUMENT,
    refusals.RateLimited: grpc.StatusCode.RESOURCE_EXHAUSTED,
    refusals.OrderDenied: grpc.StatusCode.FAILED_PRECONDITION,
}

# What follows the ErrorInfo that every status has.
DETAILS_BY_ERROR: dict[type[errors.AiTraderError], Callable[[errors.AiTraderError], Details]] = {
    errors.AiTraderError: _no_details,
    errors.InvalidRequest: _bad_field,
    errors.NotFound: _no_details,
    errors.AlreadyExists: _no_details,
    errors.StaleVersion: _no_details,
    errors.FailedPrecondition: _precondition,
    errors.PermissionDenied: _no_details,
    errors.Overloaded: _retry,
    errors.Unavailable: _no_details,
    errors.ConfigError: _precondition,
    errors.JournalError: _precondition,
    errors.LimitsStoreError: _precondition,
    errors.SecretError: _precondition,
    refusals.Unauthenticated: _no_details,
    refusals.DeadlineExceeded: _no_details,
    refusals.InvalidFields: _bad_fields,
    refusals.RateLimited: _retry,
    refusals.OrderDenied: _breaches,
}


def code_of(error: Exception) -> grpc.StatusCode:
    """The code that `error` becomes; INTERNAL for a bug."""
    if isinstance(error, errors.AiTraderError):
        return CODE_BY_ERROR[_known_type(error)]
    return grpc.StatusCode.INTERNAL


def status_of(error: errors.AiTraderError) -> status_pb2.Status:
    """The rich status of an error that was raised on purpose."""
    kind = _known_type(error)
    return _status(
        CODE_BY_ERROR[kind], error.message, error.reason, DETAILS_BY_ERROR[kind](error), {}
    )


def bug_status(error_id: str) -> status_pb2.Status:
    """The status of a bug: it says nothing but where in the log to look."""
    return _status(
        grpc.StatusCode.INTERNAL,
        f"internal error {error_id}: the log has the details",
        "INTERNAL",
        (),
        {"errorId": error_id},
    )


def trailing_metadata(status: status_pb2.Status) -> tuple[tuple[str, bytes]]:
    """How a rich status travels."""
    return ((DETAILS_KEY, status.SerializeToString()),)


STATUS_CODE_BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}


def _known_type(error: errors.AiTraderError) -> type[errors.AiTraderError]:
    return next(kind for kind in type(error).__mro__ if kind in CODE_BY_ERROR)


def _status(
    code: grpc.StatusCode,
    message: str,
    reason: str,
    details: Details,
    metadata: dict[str, str],
) -> status_pb2.Status:
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    for detail in (info, *details):
        status.details.add().Pack(detail)
    return status
