"""`aws-sm:name` or `aws-sm:arn`, with `#field` of a JSON text: AWS Secrets Manager."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec

from aitrader_server.adapters.secrets.provider import ProviderContext, Secret
from aitrader_server.adapters.secrets.worker import Worker
from aitrader_server.errors import ConfigError

TIMEOUT_S: Final = 40.0


class AwsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `secrets.aws`."""

    region: str | None = None
    endpoint_url: str | None = None


class AwsSecrets:
    """Credentials as AWS's own tools find them: variables, profile, role of pod or machine."""

    def __init__(self, settings: AwsSettings) -> None:
        try:
            from aitrader_server.adapters.secrets.aws_session import (  # noqa: PLC0415 -- an extra's client
                AwsSession,
            )
        except ImportError as error:
            advice = "in the project's folder, pip install '.[aws]'"
            raise ConfigError((f"secrets.aws: {error.name} is missing: {advice}",)) from error
        self._session = AwsSession(settings)
        self._worker = Worker("AWS Secrets Manager", TIMEOUT_S)

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        """Of the version that is AWSCURRENT. Raises SecretError."""
        return await self._worker.call(partial(self._session.read, places))

    async def changed(self, places: frozenset[str]) -> None:  # noqa: ARG002 -- the port's
        """Nothing tells."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Lets its connections go with it."""
        self._worker.close()


def create(context: ProviderContext) -> AwsSecrets:
    """Not connected yet. Raises ConfigError."""
    return AwsSecrets(msgspec.convert(context.settings, AwsSettings))
