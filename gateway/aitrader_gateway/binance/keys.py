"""API keys from wherever they are kept, in the one form that python-binance signs with."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aitrader_server.errors import ConfigError
from Crypto.PublicKey import ECC, RSA

from aitrader_gateway.binance.endpoints import Environment

PEM_MARK: Final = "-----BEGIN "
PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.+?)-----END \1-----", re.DOTALL)
RSA_BITS_MIN: Final = 2048
KEY_ID_CHARS: Final = 8
# What python-binance takes for an Ed25519 key; anything longer it reads as RSA.
ED25519_CHARS_MAX: Final = 120
WHERE_KEYS_ARE_MADE: Final = {
    Environment.SANDBOX: "with the sandbox",
    Environment.TESTNET: "at https://testnet.binance.vision",
    Environment.LIVE: "at https://www.binance.com under API management",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key with either an HMAC secret or a private key as PEM; none of them is ever shown.

    `names` are where key and secret are kept: variables, or references of the configuration.
    """

    names: tuple[str, str]
    api_key: str = field(repr=False)
    hmac_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)

    @property
    def key_id(self) -> str:
        """Tells keys apart where the key itself may not be shown."""
        return key_id(self.api_key)

    @property
    def places(self) -> tuple[str, str]:
        """Where key and secret are kept, in words."""
        key_name, secret_name = self.names
        return _place(key_name), _place(secret_name)


def key_id(api_key: str) -> str:
    """The first digits of its SHA-256."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:KEY_ID_CHARS]


def read_credentials(
    environ: Mapping[str, str], key_name: str, secret_name: str, environment: Environment
) -> Credentials:
    """The credentials that the two variables hold.

    The secret is an HMAC secret, or a private key (Ed25519 or RSA) as PEM in any layout.

    Raises:
        ConfigError: a variable is not set, or does not hold what can sign.
    """
    missing = [name for name in (key_name, secret_name) if not environ.get(name, "").strip()]
    if missing:
        raise ConfigError(
            tuple(
                f"environment variable {name} is not set; export it with a key for Binance "
                f"{environment}, made {WHERE_KEYS_ARE_MADE[environment]}"
                for name in missing
            )
        )
    return make_credentials((key_name, secret_name), environ[key_name], environ[secret_name])


def make_credentials(names: tuple[str, str], api_key: str, secret: str) -> Credentials:
    """The credentials that `api_key` and `secret` make, whatever blanks are around them.

    Raises ConfigError, without a word of either, for what cannot sign.
    """
    api_key, secret = api_key.strip(), secret.strip()
    if not (api_key and api_key.isascii() and api_key.isprintable() and " " not in api_key):
        raise ConfigError((f"{_place(names[0])} does not hold an API key; copy it",))
    if PEM_MARK not in secret:
        return Credentials(names, api_key, hmac_secret=secret)
    try:
        return Credentials(names, api_key, private_key=normalize_pem(secret))
    except ValueError as error:
        raise ConfigError((f"{_place(names[1])}: {error}",)) from error


def _place(name: str) -> str:
    return name if ":" in name else f"environment variable {name}"


def normalize_pem(text: str) -> str:
    """The private key as PEM, whatever its line ends, blanks or escapes were.

    Raises ValueError, without a word of the key, for what is not an unencrypted private key.
    """
    found = PEM.search(text.replace("\\n", "\n").replace("\\r", "\n"))
    if found is None:
        raise ValueError("the private key is cut off; write all of it, -----END line included")
    label, body = found.groups()
    if "ENCRYPTED" in label or "ENCRYPTED" in body:
        raise ValueError("the private key is encrypted; write it without a passphrase")
    packed = "".join(body.split())
    lines = "\n".join(packed[start : start + 64] for start in range(0, len(packed), 64))
    pem = f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"
    exported = _export_ed25519(pem) or _export_rsa(pem)
    if exported is None:
        # What the parsers say could quote the key.
        raise ValueError(
            f"not a private key that Binance knows; write Ed25519, or RSA of {RSA_BITS_MIN} bits "
            "or more, as PEM"
        )
    return exported


def _export_ed25519(pem: str) -> str | None:
    try:
        key = ECC.import_key(pem)
    except (ValueError, IndexError, TypeError):
        return None
    if key.curve != "Ed25519" or not key.has_private():
        return None
    exported = key.export_key(format="PEM")
    assert len(exported) <= ED25519_CHARS_MAX, "python-binance would read this key as RSA"
    return exported


def _export_rsa(pem: str) -> str | None:
    try:
        key = RSA.import_key(pem)
    except (ValueError, IndexError, TypeError):
        return None
    if not key.has_private() or key.size_in_bits() < RSA_BITS_MIN:
        return None
    return key.export_key(pkcs=8).decode()
