"""`gcp-sm:projects/P/secrets/S`, with `/versions/V` or the latest: Google Secret Manager."""

import msgspec

from aitrader_server.adapters.secrets.provider import ProviderContext, SecretProvider
from aitrader_server.errors import ConfigError


class GoogleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `secrets.gcp`."""

    endpoint: str | None = None
    ca_file: str | None = None


def create(context: ProviderContext) -> SecretProvider:
    """Not connected yet. Raises ConfigError."""
    try:
        from aitrader_server.adapters.secrets.google_client import (  # noqa: PLC0415 -- an extra's client
            GoogleSecrets,
        )
    except ImportError as error:
        advice = "in the project's folder, pip install '.[gcp]'"
        raise ConfigError((f"secrets.gcp: {error.name} is missing: {advice}",)) from error
    return GoogleSecrets(msgspec.convert(context.settings, GoogleSettings))
