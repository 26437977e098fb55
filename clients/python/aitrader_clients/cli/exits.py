"""Exit codes: a script must tell "no" from "broken" and "broken" from "maybe"."""

import enum

from aitrader_clients import errors


class Exit(enum.IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    DENIED = 4
    """Risk or the trading state said no; nothing was sent."""
    UNKNOWN = 5
    """An order may exist; do not repeat."""
    UNREACHABLE = 6
    DEADLINE = 7
    ACCESS = 8
    DEPOSED = 75
    """EX_TEMPFAIL of sysexits.h: an engine that, started again, stands by."""
    CONFIGURATION = 78
    """EX_CONFIG of sysexits.h, so that a unit can say RestartPreventExitStatus=78."""
    INTERRUPTED = 130


_BY_ERROR: dict[type[errors.ClientError], Exit] = {
    errors.ConfigurationError: Exit.CONFIGURATION,
    errors.InvalidArgument: Exit.USAGE,
    errors.Denied: Exit.DENIED,
    errors.NotFound: Exit.NOT_FOUND,
    errors.Unauthenticated: Exit.ACCESS,
    errors.PermissionDenied: Exit.ACCESS,
    errors.Unreachable: Exit.UNREACHABLE,
    errors.DeadlineExceeded: Exit.DEADLINE,
    errors.OutcomeUnknown: Exit.UNKNOWN,
}


def exit_of(error: errors.ClientError) -> Exit:
    """Return the code that tells a script what happened."""
    return _BY_ERROR.get(type(error), Exit.FAILED)
