"""The sandbox's API keys: one is made at first start, others come as public keys."""

import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

import msgspec
from aitrader_server.errors import ConfigError
from Crypto.PublicKey import ECC, RSA

from aitrader_gateway.sandbox.keys import ApiKey, KeyKind

KEY_BYTES: Final = 32
OWNER_ONLY: Final = 0o600


class Credentials(msgspec.Struct, frozen=True):
    """What a key file holds, as JSON: an API key and its HMAC secret."""

    api_key: str
    api_secret: str


def make_credentials() -> Credentials:
    """Fresh ones, of the form and length that the venue's own have."""
    return Credentials(secrets.token_hex(KEY_BYTES), secrets.token_hex(KEY_BYTES))


def read_or_make_credentials(path: Path) -> Credentials:
    """What is in `path`, which is made, 0600, when there is none.

    Raises:
        ConfigError: others may read the file, it holds something else, or it cannot be had.
    """
    try:
        if not path.exists():
            _write(path, make_credentials())
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            body = file.read()
    except OSError as error:
        raise ConfigError((f"{path}: {error.strerror}: choose another folder",)) from error
    if mode & ~OWNER_ONLY:
        raise ConfigError((f"{path}: mode {mode:04o} lets others read it: run chmod 600 {path}",))
    try:
        return msgspec.json.decode(body, type=Credentials)
    except msgspec.DecodeError as error:
        raise ConfigError((f"{path}: {error}: remove it, and a new key is made",)) from error


def read_public_key(path: Path, account: str) -> ApiKey:
    """The API key of an Ed25519 or RSA public key in a PEM file.

    Raises:
        ConfigError: the file cannot be read, or holds no such key.
    """
    try:
        return public_key(path.read_text(encoding="ascii"), account)
    except (OSError, ValueError) as error:
        raise ConfigError((f"{path}: {error}",)) from error


def public_key(pem: str, account: str) -> ApiKey:
    """The API key of an Ed25519 or RSA public key, the same for the same PEM.

    Raises ValueError for anything else.
    """
    name = hashlib.sha256(pem.strip().encode()).hexdigest()
    if "PRIVATE" in pem:
        raise ValueError("is a private key: give the public one, keep this one")
    try:
        ed25519 = ECC.import_key(pem).curve == "Ed25519"
    except ValueError:
        ed25519 = False
    if ed25519:
        return ApiKey(key=name, account=account, secret=pem, kind=KeyKind.ED25519)
    try:
        RSA.import_key(pem)
    except (ValueError, IndexError, TypeError):
        raise ValueError("no Ed25519 or RSA public key in PEM") from None
    return ApiKey(key=name, account=account, secret=pem, kind=KeyKind.RSA)


def _write(path: Path, credentials: Credentials) -> None:
    """Writes the file at once or not at all; a reader never sees half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(credentials) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
