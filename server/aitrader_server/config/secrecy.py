"""Secrets stay out of files and off screens: a key that names one may hold a reference only."""

import re
from collections.abc import Iterator
from typing import Any, Final

from aitrader_server.config.document import KeyPath

REDACTED: Final = "[redacted]"
MENDING: Final = (
    "holds a secret itself; write a reference instead: env:NAME for a variable, "
    "file:/path for a file"
)
_WORDS = r"(secret|api_?key|access_?key|private_?key|token|password|passphrase|basic_?auth)s?"
_HOLDS_SECRET = re.compile(rf"(^|[_-]){_WORDS}$", re.IGNORECASE)
# An address may have a password in it.
_NEAR_SECRET = re.compile(rf"{_WORDS}|sha256|url$", re.IGNORECASE)
_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|(file|vault|aws-sm|gcp-sm|x-[a-z0-9-]+):\S+", re.ASCII
)
# `max_tokens: 512` and `use_token: true` hold no secret.
_HARMLESS = re.compile(r"\d{0,6}|true|false", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]+(?=@)")


def literal_secrets(values: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Paths of all values that are secrets themselves instead of references to them."""
    if isinstance(values, dict):
        for key, value in values.items():
            yield from literal_secrets(value, (*path, key))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from literal_secrets(value, (*path, index))
    elif isinstance(values, str) and _is_literal(values, path):
        yield path


def _is_literal(value: str, path: KeyPath) -> bool:
    if _URL_PASSWORD.search(value):
        return True
    keys = [step for step in path if isinstance(step, str)]
    names_secret = bool(keys) and _HOLDS_SECRET.search(keys[-1]) is not None
    is_safe = _REFERENCE.fullmatch(value) or _HARMLESS.fullmatch(value)
    return names_secret and is_safe is None


def redact(values: Any, path: KeyPath = ()) -> Any:
    """A copy of `values` that may be shown; references stay, secrets and their hashes do not."""
    if isinstance(values, dict):
        return {key: redact(value, (*path, key)) for key, value in values.items()}
    if isinstance(values, list):
        return [redact(value, (*path, index)) for index, value in enumerate(values)]
    if isinstance(values, str) and (_is_literal(values, path) or path[-1:] == ("sha256",)):
        return REDACTED
    return values


def may_hold_secret(path: KeyPath) -> bool:
    """Whether a value at `path` must not be repeated in a message, right or wrong as it may be."""
    keys = [step for step in path if isinstance(step, str)]
    return bool(keys) and _NEAR_SECRET.search(keys[-1]) is not None
