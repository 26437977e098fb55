"""The tables from errors to statuses, and from patterns to words, leave nothing out."""

import re
from collections.abc import Iterator

import grpc
import pytest
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from aitrader_server import errors
from aitrader_server.rpc import refusals
from aitrader_server.rpc.status import CODE_BY_ERROR, DETAILS_BY_ERROR, code_of, status_of
from aitrader_server.rpc.violations import TEXT_BY_PATTERN
from buf.validate.validate_pb2 import FieldRules, field
from google.rpc import error_details_pb2

FILES = (market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2)


def family(root: type) -> Iterator[type]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


def of_ours() -> set[type]:
    modules = {errors.__name__, refusals.__name__}
    return {kind for kind in family(errors.AiTraderError) if kind.__module__ in modules}


def test_every_error_has_a_code_and_its_details():
    assert set(CODE_BY_ERROR) == of_ours()
    assert set(DETAILS_BY_ERROR) == of_ours()


def test_what_must_not_be_retried_is_not_unavailable():
    assert CODE_BY_ERROR[errors.JournalError] is grpc.StatusCode.FAILED_PRECONDITION
    assert CODE_BY_ERROR[errors.FailedPrecondition] is grpc.StatusCode.FAILED_PRECONDITION


def test_an_error_without_a_row_has_that_of_its_parent():
    class Halted(errors.FailedPrecondition):
        pass

    error = Halted("trading is halted", reason="TRADING_HALTED")
    assert code_of(error) is grpc.StatusCode.FAILED_PRECONDITION
    status = status_of(error)
    info, failure = error_details_pb2.ErrorInfo(), error_details_pb2.PreconditionFailure()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(failure)
    assert (info.reason, info.domain) == ("TRADING_HALTED", "aitrader")
    assert failure.violations[0].type == "TRADING_HALTED"


def test_a_bad_field_and_a_delay_are_in_the_details():
    status = status_of(errors.InvalidRequest("is not on the step", field="quantity"))
    request = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(request)
    assert request.field_violations[0].field == "quantity"

    status = status_of(errors.Overloaded("full", retry_after_s=1.5))
    retry = error_details_pb2.RetryInfo()
    assert status.details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 1500


@pytest.mark.parametrize("kind", sorted(of_ours(), key=lambda kind: kind.__name__))
def test_reasons_are_upper_snake(kind):
    sample = {
        errors.InvalidRequest: lambda: errors.InvalidRequest("m", field="f"),
        errors.Overloaded: lambda: errors.Overloaded("m", retry_after_s=1),
        errors.ConfigError: lambda: errors.ConfigError(("m",)),
        errors.JournalError: lambda: errors.JournalError("m"),
        errors.LimitsStoreError: lambda: errors.LimitsStoreError("m"),
        errors.SecretError: lambda: errors.SecretError("m", lasting=True),
        refusals.Unauthenticated: lambda: refusals.Unauthenticated("m"),
        refusals.DeadlineExceeded: lambda: refusals.DeadlineExceeded("m"),
        refusals.InvalidFields: lambda: refusals.InvalidFields([]),
        refusals.RateLimited: lambda: refusals.RateLimited("m", retry_after_s=1),
        refusals.OrderDenied: lambda: refusals.OrderDenied(
            [trading_pb2.Decision().breaches.add(code="MAX_MESSAGES", message="m")]
        ),
    }.get(kind, lambda: kind("m", reason="SOME_REASON"))()
    info = error_details_pb2.ErrorInfo()
    assert status_of(sample).details[0].Unpack(info)
    assert re.fullmatch("[A-Z][A-Z0-9_]{0,62}", info.reason)


def patterns() -> Iterator[str]:
    for file in FILES:
        for message in file.DESCRIPTOR.message_types_by_name.values():
            for each in message.fields:
                rules: FieldRules = each.GetOptions().Extensions[field]
                for rule in (rules, rules.repeated.items, rules.map.keys, rules.map.values):
                    if rule.string.HasField("pattern"):
                        yield rule.string.pattern


def test_every_pattern_of_the_contract_is_put_into_words():
    assert set(TEXT_BY_PATTERN) == set(patterns())
