"""What an operator may say to every cloud service."""

from importlib import metadata
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PLAIN_TEXT: Final = "http"


def _endpoint(url: str) -> str:
    """`url` without a closing slash. Raises ValueError for one that would give away key or text."""
    parts = urlsplit(url)
    if parts.scheme not in {"https", PLAIN_TEXT} or not parts.hostname or parts.port == 0:
        raise ValueError("an endpoint begins with https:// and names a host")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("an endpoint holds no user, password, query or fragment")
    if parts.scheme == PLAIN_TEXT and not _is_loopback(parts):
        raise ValueError("an endpoint on another machine must be https")
    return url.rstrip("/")


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def is_plain_text(endpoint: str) -> bool:
    """Whether `endpoint` is on this machine and no proxy of the environment should see it."""
    return urlsplit(endpoint).scheme == PLAIN_TEXT


Endpoint = Annotated[str, AfterValidator(_endpoint)]
# Upper case alone, so that a key that was pasted in place of its variable is refused unread.
VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")]


class CloudSettings(BaseModel):
    """The bounds of what is sent and spent.

    A call takes `timeout_ms` at most, or less if its caller has less time. The budgets are those of
    a UTC day and of this process: a restart forgets what was spent. `characters_max` of a text are
    sent, and the answer says when it was cut. After `failures_max` failures in a row nothing is
    sent for `cool_down_s`.
    """

    # What was typed is not repeated: a key may stand in the wrong place.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    timeout_ms: Annotated[int, Field(ge=10, le=60_000)] = 3_000
    calls_per_day_max: Annotated[int, Field(ge=1, le=10_000_000)] = 5_000
    characters_per_day_max: Annotated[int, Field(ge=10_000, le=10_000_000_000)] = 1_000_000
    characters_max: Annotated[int, Field(ge=1, le=10_000)] = 2_000
    concurrency_max: Annotated[int, Field(ge=1, le=100)] = 4
    failures_max: Annotated[int, Field(ge=1, le=100)] = 5
    cool_down_s: Annotated[float, Field(ge=1, le=3_600)] = 30


def require(distribution: str, *, extra: str) -> None:
    """Raises ValueError when the SDK of a service is not installed; imports nothing."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        raise ValueError(
            f"{distribution} is not installed; in the project's folder, pip install '.[{extra}]'"
        ) from None
