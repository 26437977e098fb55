"""Google Secret Manager over Google's own client."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import google.auth
import google_crc32c
import grpc
from google.api_core import exceptions
from google.api_core.retry import AsyncRetry, if_exception_type
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionResponse,
    SecretManagerServiceAsyncClient,
)
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcAsyncIOTransport,
)

from aitrader_server.adapters.secrets.google import GoogleSettings
from aitrader_server.adapters.secrets.provider import Secret
from aitrader_server.errors import SecretError

GOOGLE: Final = "secretmanager.googleapis.com"
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
PLACE: Final = re.compile(r"projects/[^/]+(/locations/[^/]+)?/secrets/[^/]+(/versions/[^/]+)?")
REQUEST_TIMEOUT_S: Final = 4.0
TIMEOUT_S: Final = 10.0
RETRY: Final = AsyncRetry(
    predicate=if_exception_type(exceptions.ServiceUnavailable, exceptions.TooManyRequests),
    initial=0.2,
    maximum=1.0,
    timeout=TIMEOUT_S,
)
# What lasts until somebody mends it, with the words for it.
LASTING: Final[dict[type[Exception], str]] = {
    exceptions.NotFound: "there is no such secret, or no version of it; add one",
    exceptions.PermissionDenied: "the account may not; grant roles/secretmanager.secretAccessor",
    exceptions.Unauthenticated: "Google does not know the credentials; look at them",
    exceptions.FailedPrecondition: "its version is disabled or destroyed; add one",
    exceptions.InvalidArgument: "this is no name of a secret; write projects/P/secrets/S",
}


class GoogleSecrets:
    """Application Default Credentials, but for an endpoint that is not Google's: none."""

    def __init__(self, settings: GoogleSettings) -> None:
        self._settings = settings
        self._client: SecretManagerServiceAsyncClient | None = None
        self._connecting = asyncio.Lock()

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        """Of the newest version, or the one named. Raises SecretError."""
        return {place: await self._read(place) for place in places}

    async def changed(self, places: frozenset[str]) -> None:  # noqa: ARG002 -- the port's
        """Nothing tells."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Closes the connection."""
        if self._client is not None:
            await self._client.transport.close()  # type: ignore[no-untyped-call]

    async def _read(self, place: str) -> Secret:
        if PLACE.fullmatch(place) is None:
            problem = f"{place} is no secret of Google's; write projects/P/secrets/S"
            raise SecretError(problem, lasting=True)
        name = place if "/versions/" in place else f"{place}/versions/latest"
        try:
            async with asyncio.timeout(TIMEOUT_S + REQUEST_TIMEOUT_S):
                client = await self._connected()
                answer = await client.access_secret_version(
                    name=name, retry=RETRY, timeout=REQUEST_TIMEOUT_S
                )
        except tuple(LASTING) as error:
            words = next(words for kind, words in LASTING.items() if isinstance(error, kind))
            raise SecretError(f"{place} at Google: {words}", lasting=True) from None
        except DefaultCredentialsError:
            problem = "Google: no credentials; give the machine a service account, or set "
            problem += "GOOGLE_APPLICATION_CREDENTIALS"
            raise SecretError(problem, lasting=True) from None
        except (exceptions.GoogleAPIError, GoogleAuthError, TimeoutError) as error:
            problem = f"Google does not answer about {place}: {type(error).__name__}"
            raise SecretError(problem, lasting=False) from None
        return _checked(place, answer)

    async def _connected(self) -> SecretManagerServiceAsyncClient:
        async with self._connecting:
            if self._client is None:
                self._client = SecretManagerServiceAsyncClient(transport=await self._transport())
            return self._client

    async def _transport(self) -> SecretManagerServiceGrpcAsyncIOTransport:
        endpoint, ca_file = self._settings.endpoint or GOOGLE, self._settings.ca_file
        authority = None
        if ca_file is not None:
            try:
                authority = await asyncio.to_thread(Path(ca_file).read_bytes)
            except OSError as error:
                problem = f"secrets.gcp.ca_file: cannot read {ca_file}: {error.strerror}"
                raise SecretError(problem, lasting=True) from error
        return SecretManagerServiceGrpcAsyncIOTransport(
            host=endpoint,
            credentials=await _credentials(endpoint),
            ssl_channel_credentials=grpc.ssl_channel_credentials(authority),
        )


async def _credentials(endpoint: str) -> Credentials:
    """A token of Google's is for nobody else to see."""
    if not endpoint.partition(":")[0].endswith(".googleapis.com"):
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    # Reads files, and may ask the machine for its service account.
    found, _ = await asyncio.to_thread(google.auth.default, scopes=[SCOPE])
    return found


def _checked(place: str, answer: AccessSecretVersionResponse) -> Secret:
    """The client hands over what it was sent, right or wrong."""
    payload = answer.payload
    if google_crc32c.value(payload.data) != payload.data_crc32c:
        problem = f"{place} came with a wrong checksum from Google; it is not used"
        raise SecretError(problem, lasting=False)
    try:
        value = payload.data.decode()
    except UnicodeDecodeError:
        raise SecretError(f"{place} is binary at Google; keep it as text", lasting=True) from None
    return Secret(value=value, version=answer.name.rpartition("/")[2])
