"""Where the configuration points at a secret, and what is found there."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from aitrader_server.errors import ConfigError

SECRET_BYTES_MAX = 65_536


def resolve_secret(reference: str, environ: Mapping[str, str], key: str) -> str:
    """The text that `env:NAME` or `file:/path` stands for, without one newline at its end.

    Raises ConfigError, naming `key`, when it is missing, empty, or a file that others may read.
    """
    scheme, _, place = reference.partition(":")
    text = environ.get(place, "") if scheme == "env" else _read(Path(place), key)
    secret = text.removesuffix("\n")
    if not secret:
        what = f"the variable {place} is not set" if scheme == "env" else f"{place} is empty"
        raise ConfigError((f"{key}: {what}; put the secret there",))
    return secret


def _read(path: Path, key: str) -> str:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError((f"{key}: others may read {path}; run chmod 600 {path}",))
            return file.read(SECRET_BYTES_MAX).decode()
    except OSError as error:
        raise ConfigError((f"{key}: cannot read {path}: {error.strerror}",)) from error
    except UnicodeDecodeError:
        # Its own words would show bytes of the secret.
        raise ConfigError((f"{key}: cannot read {path}: it is no text",)) from None
