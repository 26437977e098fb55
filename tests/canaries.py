"""Secrets that tests hand out, and where none of them may turn up again.

Whoever starts a process says where it writes and which secrets it was given; when all tests are
over, everything that was written is gone through. A test looks by itself with `leaks`.
"""

import base64
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote_plus

SHORTEST = 8
# Names of variables that hold a secret.
_SECRET_NAME = re.compile(r"(KEY|SECRET|TOKEN|PASSWORD|AUTH|DSN|HEADERS)$")
# Files may be long; a secret is not cut in two by reading them in pieces.
PIECE_BYTES = 1 << 20
OVERLAP_BYTES = 1 << 12
_given: dict[Path, dict[str, str]] = {}


def mint(name: str) -> str:
    """A secret like no other, with characters that have to be escaped."""
    return f"canary-{name}-{secrets.token_hex(8)}+/='x"


def watch(output: Path, given: Mapping[str, str] | None = None) -> None:
    """What is written there must not hold any of `given`, secrets by their name."""
    long = {name: value for name, value in (given or {}).items() if len(value) >= SHORTEST}
    _given.setdefault(output, {}).update(long)


def secrets_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that hold a secret, by their names."""
    return {name: value for name, value in environ.items() if _SECRET_NAME.search(name)}


def leaks(data: bytes, given: Mapping[str, str]) -> list[str]:
    """Names of the secrets that `data` holds, however they are written."""
    return [name for name, value in given.items() if any(way in data for way in _ways(value))]


def leaks_in_files(folder: Path, given: Mapping[str, str], meant: Iterable[Path] = ()) -> list[str]:
    """The same for every file below `folder` but those that are meant to hold secrets."""
    skipped = {path.resolve() for path in meant}
    files = [path for path in folder.rglob("*") if path.is_file() and path.resolve() not in skipped]
    return [f"{path}: {name}" for path in files for name in leaks_in_file(path, given)]


def leaks_in_file(path: Path, given: Mapping[str, str]) -> list[str]:
    """The same for a file of any length."""
    found: dict[str, None] = {}
    with path.open("rb") as file:
        before = b""
        while piece := file.read(PIECE_BYTES):
            found |= dict.fromkeys(leaks(before + piece, given))
            before = piece[-OVERLAP_BYTES:]
    return [*found]


def all_leaks() -> list[str]:
    """Everything that was written by what any test started."""
    return [
        f"{output}: {name}"
        for output, given in _given.items()
        if output.is_file()
        for name in leaks_in_file(output, given)
    ]


def outputs() -> int:
    """How many are watched and there."""
    return sum(output.is_file() for output in _given)


def _ways(secret: str) -> set[bytes]:
    raw = secret.encode()
    lines = [line.encode() for line in secret.splitlines() if "-----" not in line]
    texts = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote_plus(secret), raw.hex()}
    coded = {base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")}
    return {text.encode() for text in texts} | coded | {x for x in lines if len(x) >= SHORTEST}
