"""A cloud service behind its own SDK, and what it may say.

What goes wrong is a value in our own words: an SDK's error may quote the key and the text.
"""

import asyncio
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from importlib import import_module
from types import ModuleType
from typing import Final, Protocol

import msgspec
from aitrader_server.domain.decision.views import Probabilities

SUM_TOLERANCE: Final = 0.02
WAIT_S_MAX: Final = 86_400.0
MODEL_CHARACTERS_MAX: Final = 100

UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
TOO_MANY_REQUESTS: Final = 429
# What is wrong with one request says nothing of the next.
OF_THE_REQUEST: Final = frozenset({400, 409, 411, 413, 415, 422})


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A score; `model` is what the service calls the model, `tokens` zero when it does not say."""

    probabilities: Probabilities
    model: str
    tokens: int = 0


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no score.

    `of_service` is False when the next text may fare better. `wait_s` is how long the service asked
    to be left alone; zero when it did not.
    """

    reason: str
    message: str
    of_service: bool = True
    wait_s: float = 0.0


class Service(Protocol):
    """One connected service."""

    async def ask(self, text: str, timeout_s: float) -> Answer | Failure:
        """The score of `text`, asked for once; its caller cancels it after `timeout_s`."""
        ...

    async def close(self) -> None:
        """Lets go of the connections."""
        ...


def key_in(environ: Mapping[str, str], name: str) -> str | Failure:
    """The API key that the variable `name` holds."""
    key = environ.get(name, "").strip()
    return key or Failure(reason="KEY_MISSING", message=f"set {name} to an API key")


async def load(module: str) -> ModuleType:
    """A module of this package with the SDK that it stands on, imported off the event loop."""
    return await asyncio.to_thread(import_module, f"aitrader_models.cloud.{module}")


def bad_answer(what: str) -> Failure:
    """An answer that cannot be used."""
    return Failure(reason="BAD_ANSWER", message=what, of_service=False)


def unreachable() -> Failure:
    """No answer, because there is no connection or it was cut."""
    return Failure(reason="UNREACHABLE", message="the service cannot be reached")


def refused(status: int, wait_s: float = 0.0) -> Failure:
    """What an HTTP status other than success means."""
    if status in {UNAUTHORIZED, FORBIDDEN}:
        return Failure(
            reason="KEY_REFUSED",
            message=f"the service refuses the key or its quota (status {status})",
            wait_s=wait_s,
        )
    if status == TOO_MANY_REQUESTS:
        return Failure(
            reason="RATE_LIMITED", message="the service is asked too often", wait_s=wait_s
        )
    if status in OF_THE_REQUEST:
        return Failure(
            reason="REQUEST_REFUSED",
            message=f"the service refuses the request (status {status}); check the settings",
            of_service=False,
        )
    hint = "; check the settings" if status == NOT_FOUND else ""
    return Failure(
        reason="SERVICE_FAILED",
        message=f"the service failed (status {status}{hint})",
        wait_s=wait_s,
    )


def told_wait_s(headers: Mapping[str, str]) -> float:
    """Seconds that an answer asks to be left alone for; zero when it does not, a day at most."""
    told = headers.get("retry-after") or ""
    try:
        wait_s = float(told)
    except ValueError:
        wait_s = _until(told, headers.get("date") or "")
    return min(wait_s, WAIT_S_MAX) if wait_s > 0 else 0.0


def _until(told: str, said_at: str) -> float:
    """Seconds from the service's own time to the time that it names; our clock may differ."""
    try:
        return (parsedate_to_datetime(told) - parsedate_to_datetime(said_at)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def read_probabilities(positive: float, neutral: float, negative: float) -> Probabilities | None:
    """The three made to sum to 1; None when they are none or sum to something else."""
    parts = (positive, neutral, negative)
    total = sum(parts)
    if not all(math.isfinite(part) and 0.0 <= part <= 1.0 for part in parts):
        return None
    if abs(total - 1.0) > SUM_TOLERANCE + 1e-9:
        return None
    positive, neutral, negative = (part / total for part in parts)
    return Probabilities(positive=positive, neutral=neutral, negative=negative)
