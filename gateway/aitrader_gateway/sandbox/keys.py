"""API keys: whose they are, what they may do, and whether they signed a text."""

import base64
import binascii
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import eddsa, pkcs1_15


class KeyKind(StrEnum):
    HMAC = "HMAC"
    RSA = "RSA"
    ED25519 = "ED25519"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """`secret` is the shared secret of an HMAC key, else the public key as PEM text."""

    key: str
    account: str
    secret: str
    kind: KeyKind = KeyKind.HMAC
    can_trade: bool = True


class KeyRing:
    """The API keys that the venue knows, and how often each was used.

    `strangers` counts requests under keys that it does not know, or knows no more.
    """

    def __init__(self, keys: Iterable[ApiKey] = ()) -> None:
        self._keys = {key.key: key for key in keys}
        self._requests = Counter[str]()
        self._watchers: dict[Callable[[str], None], None] = {}
        self.strangers = 0

    def add(self, key: ApiKey) -> None:
        """Takes in a key, or replaces the one of the same name."""
        self._keys[key.key] = key

    def remove(self, key: str) -> bool:
        """Revokes a key; False: there is none of that name."""
        if self._keys.pop(key, None) is None:
            return False
        self._requests.pop(key, None)
        for ended in tuple(self._watchers):
            ended(key)
        return True

    def find(self, key: str) -> ApiKey | None:
        return self._keys.get(key)

    def use(self, key: str) -> ApiKey | None:
        """The key of a request, which is counted."""
        found = self._keys.get(key)
        if found is None:
            self.strangers += 1
        else:
            self._requests[key] += 1
        return found

    def listing(self) -> list[tuple[ApiKey, int]]:
        """Every key, and how many requests came under it."""
        return [(key, self._requests[name]) for name, key in self._keys.items()]

    def watch(self, ended: Callable[[str], None]) -> None:
        """`ended(key)` is told when a key is revoked, until `unwatch`."""
        self._watchers[ended] = None

    def unwatch(self, ended: Callable[[str], None]) -> None:
        self._watchers.pop(ended, None)


def signed_by(key: ApiKey, payload: bytes, signature: str) -> bool:
    """Whether `key` made `signature` over `payload`.

    HMAC-SHA256 comes as hexadecimal digits of either case, RSA (PKCS #1 v1.5 with SHA-256) and
    Ed25519 as base64. Binance Spot API, "SIGNED endpoint security".
    """
    if key.kind is KeyKind.HMAC:
        made = hmac.new(key.secret.encode(), payload, hashlib.sha256).hexdigest()
        return hmac.compare_digest(made.encode(), signature.lower().encode())
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    try:
        if key.kind is KeyKind.RSA:
            pkcs1_15.new(RSA.import_key(key.secret)).verify(SHA256.new(payload), raw)
        else:
            eddsa.new(ECC.import_key(key.secret), "rfc8032").verify(payload, raw)
    except ValueError:
        return False
    return True
