"""Bearer tokens: one is made at first start and kept in the state folder; all are known by hash."""

import hashlib
import hmac
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aitrader_server.errors import ConfigError

TOKEN_BYTES: Final = 32
OWNER_ONLY: Final = 0o600
ROLES: Final = frozenset({"viewer", "trader", "risk_admin"})
SHA256_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token was given to; `sha256` is the token's hash, 64 lower-case hex digits.

    Raises:
        ConfigError: The role or the hash is none.
    """

    name: str
    role: str
    sha256: str

    def __post_init__(self) -> None:
        """Refuses what could never match, or would match with no meaning."""
        problems = []
        if self.role not in ROLES:
            problems.append(f"token {self.name}: role {self.role!r} is none of {sorted(ROLES)}")
        if SHA256_HEX.fullmatch(self.sha256) is None:
            problems.append(
                f"token {self.name}: sha256 must be 64 lower-case hex digits,"
                " as `printf %s TOKEN | sha256sum` prints them"
            )
        if problems:
            raise ConfigError(tuple(problems))


class TokenStore:
    """Knows tokens by their hashes only, so that a dump of memory or configuration gives none."""

    def __init__(self, holders: Iterable[TokenHolder]) -> None:
        self._holders = tuple((bytes.fromhex(holder.sha256), holder) for holder in holders)

    def holder(self, token: str) -> TokenHolder | None:
        """Whom `token` was given to; takes as long for a wrong one as for a right one."""
        digest = hashlib.sha256(token.encode()).digest()
        found = None
        for known, holder in self._holders:
            if hmac.compare_digest(known, digest):
                found = holder
        return found


def hash_token(token: str) -> str:
    """The form in which configuration names a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_or_make_token(path: Path) -> str:
    """The token in `path`, which is made, 0600, when there is none.

    Raises:
        ConfigError: Others may read the file, it holds no token, or it cannot be had.
    """
    try:
        make_token(path)
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            token = file.read().strip()
    except OSError as error:
        raise ConfigError((f"{path}: {error.strerror}: choose another folder",)) from error
    if mode & ~OWNER_ONLY:
        raise ConfigError((f"{path}: mode {mode:04o} lets others read it: run chmod 600 {path}",))
    if not token:
        raise ConfigError((f"{path}: is empty: remove it, and a new token is made",))
    return token


def make_token(path: Path) -> None:
    """Writes a fresh token to `path` unless it exists; a reader never sees half of one."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return  # Another process was first, and its token is as good.
    finally:
        fresh.unlink()
