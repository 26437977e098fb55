"""The exception tree, whole and documented."""

import grpc
import pytest
from aitrader_clients import errors
from aitrader_clients.cli.exits import Exit, exit_of

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, errors.ClientError)
]


def test_every_status_code_has_an_exception():
    codes = {code.name for code in grpc.StatusCode} - {"OK"}
    assert set(errors.BY_CODE) == codes


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.__name__)
def test_the_tree_at_the_top_of_the_module_names_every_exception(found):
    assert found.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("INVALID_ARGUMENT", Exit.USAGE),
        ("NOT_FOUND", Exit.NOT_FOUND),
        ("FAILED_PRECONDITION", Exit.DENIED),
        ("UNAVAILABLE", Exit.UNREACHABLE),
        ("DEADLINE_EXCEEDED", Exit.DEADLINE),
        ("UNAUTHENTICATED", Exit.ACCESS),
        ("PERMISSION_DENIED", Exit.ACCESS),
        ("INTERNAL", Exit.FAILED),
        ("ABORTED", Exit.FAILED),
    ],
)
def test_an_exception_has_the_exit_code_of_its_meaning(code, expected):
    refusal = errors.Refusal(code, "no", "/a/b", "00")
    assert exit_of(errors.BY_CODE[code](refusal)) is expected


def test_a_lost_reply_and_a_bad_setting_have_codes_of_their_own():
    lost = errors.OutcomeUnknown(errors.Refusal("UNAVAILABLE", "no", "/a/b", "00"))
    assert exit_of(lost) is Exit.UNKNOWN
    assert exit_of(errors.ConfigurationError("no")) is Exit.CONFIGURATION
