"""What one look found, in words for whoever has to mend it."""

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """`skipped` is for what does not concern this configuration, or cannot be seen now."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(msgspec.Struct, frozen=True):
    """`said` is the measured fact, `mend` the next thing to do; never a value of a secret."""

    outcome: Outcome
    said: str
    mend: str = ""


def ok(said: str) -> Finding:
    return Finding(Outcome.OK, said)


def warning(said: str, mend: str) -> Finding:
    return Finding(Outcome.WARNING, said, mend)


def failed(said: str, mend: str) -> Finding:
    return Finding(Outcome.FAILED, said, mend)


def skipped(said: str) -> Finding:
    return Finding(Outcome.SKIPPED, said)
