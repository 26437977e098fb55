"""A login at Vault, kept alive, over its official Python client."""

import json
import math
import time
from datetime import datetime
from typing import Any, Final

import hvac
from hvac import exceptions
from requests import exceptions as transport

from aitrader_server.adapters.secrets.fingerprint import fingerprint
from aitrader_server.adapters.secrets.provider import Secret
from aitrader_server.adapters.secrets.vault import VaultSettings
from aitrader_server.errors import SecretError

REQUEST_TIMEOUT_S: Final = 5
PAUSES_S: Final = (0.2, 0.8)
# A token is renewed when this share of its time is over.
RENEWED_AFTER: Final = 2 / 3
# What may be over at the next look, with the words for it.
PASSING: Final[dict[type[Exception], str]] = {
    exceptions.RateLimitExceeded: "it has too many requests",
    exceptions.VaultDown: "it is sealed, a standby or overloaded",
    exceptions.VaultNotInitialized: "it is not initialized",
    exceptions.InternalServerError: "it has an error of its own",
    exceptions.BadGateway: "it cannot be reached behind its proxy",
    exceptions.UnexpectedError: "its answer is a strange one",
    transport.Timeout: "it does not answer in time",
    transport.ConnectionError: "there is no connection",
}


class VaultSession:
    """Blocks. What the server says is never repeated: it may quote a credential."""

    def __init__(self, settings: VaultSettings) -> None:
        self._settings = settings
        self._client = hvac.Client(
            url=settings.url,
            # Empty: the client would look for one in the environment and in the home folder.
            token="",
            verify=settings.ca_file or True,
            timeout=REQUEST_TIMEOUT_S,
            namespace=settings.namespace,
        )
        self._credential = ""
        self._lease_s = 0.0
        self._renew_at_s = 0.0
        self._mounts: dict[str, tuple[str, int]] = {}

    def read(self, places: frozenset[str], credential: str) -> dict[str, Secret]:
        """All places. Raises SecretError."""
        for pause_s in (*PAUSES_S, None):
            try:
                return self._read(places, credential)
            except transport.SSLError:
                problem = "its certificate is not trusted; write secrets.vault.ca_file"
                raise SecretError(self._says(problem), lasting=True) from None
            except tuple(PASSING) as error:
                if pause_s is None:
                    cause = next(
                        words for kind, words in PASSING.items() if isinstance(error, kind)
                    )
                    raise SecretError(self._says(cause), lasting=False) from None
                time.sleep(pause_s)
        raise AssertionError

    def _read(self, places: frozenset[str], credential: str) -> dict[str, Secret]:
        is_new = self._keep_alive(credential)
        try:
            return {place: self._entry(place) for place in places}
        except exceptions.Forbidden:
            if is_new:
                raise self._denied(places) from None
        # Vault says the same of a token that is over and of a policy that denies.
        self._login(credential)
        try:
            return {place: self._entry(place) for place in places}
        except exceptions.Forbidden:
            raise self._denied(places) from None

    def _keep_alive(self, credential: str) -> bool:
        """Whether the token is one of right now."""
        if not self._client.token or credential != self._credential:
            self._login(credential)
            return True
        if time.monotonic() < self._renew_at_s:
            return False
        try:
            lease = self._client.auth.token.renew_self()["auth"]
        except (exceptions.Forbidden, exceptions.InvalidRequest):
            lease = {"lease_duration": 0}
        if lease["lease_duration"] < self._lease_s / 2:
            # It is over, cannot be renewed, or comes to the end of all renewals.
            self._login(credential)
            return True
        self._hold(lease["lease_duration"])
        return False

    def _login(self, credential: str) -> None:
        settings, auth = self._settings, self._client.auth
        mount = settings.mount or settings.auth
        self._client.token = ""
        try:
            match settings.auth:
                case "token":
                    self._client.token = credential
                    lease_s = auth.token.lookup_self()["data"]["ttl"]
                case "kubernetes":
                    login = auth.kubernetes.login(settings.role, credential, mount_point=mount)
                    lease_s = login["auth"]["lease_duration"]
                case _:
                    login = auth.approle.login(settings.role, credential or None, mount_point=mount)
                    lease_s = login["auth"]["lease_duration"]
        except (exceptions.Forbidden, exceptions.InvalidRequest, exceptions.Unauthorized):
            self._client.token = ""
            problem = f"it refuses the login by {settings.auth}; look at what secrets.vault names"
            raise SecretError(self._says(problem), lasting=True) from None
        except exceptions.InvalidPath:
            problem = f"nothing is at auth/{mount}; write secrets.vault.mount"
            raise SecretError(self._says(problem), lasting=True) from None
        self._credential = credential
        self._hold(lease_s)

    def _hold(self, lease_s: float) -> None:
        """A lease of 0 s never ends."""
        self._lease_s = lease_s
        self._renew_at_s = time.monotonic() + (lease_s * RENEWED_AFTER or math.inf)

    def _entry(self, place: str) -> Secret:
        mount, kv_version = self._mount(place)
        path = place.removeprefix(mount)
        kv = self._client.secrets.kv
        try:
            if kv_version == 1:
                fields = kv.v1.read_secret(path, mount_point=mount.rstrip("/"))["data"]
                value = json.dumps(fields)
                return Secret(value=value, version=fingerprint(value))
            found = kv.v2.read_secret_version(
                path, mount_point=mount.rstrip("/"), raise_on_deleted_version=True
            )["data"]
        except exceptions.InvalidPath:
            problem = f"nothing is at {place}, or it was deleted; put the secret there"
            raise SecretError(self._says(problem), lasting=True) from None
        about: dict[str, Any] = found["metadata"]
        return Secret(
            value=json.dumps(found["data"]),
            version=str(about["version"]),
            made_s=datetime.fromisoformat(about["created_time"]).timestamp(),
        )

    def _mount(self, place: str) -> tuple[str, int]:
        """The engine's path, with a slash at the end, and which KV it is, as Vault's own tool asks.

        Asked for once: a mount does not become another while it is used.
        """
        if place not in self._mounts:
            answer = self._client.read(f"sys/internal/ui/mounts/{place}")
            about = (answer or {}).get("data") or {}
            if about.get("type") not in {"kv", "generic"} or place == about["path"].rstrip("/"):
                problem = f"{place} is in no KV engine; write mount/path"
                raise SecretError(self._says(problem), lasting=True)
            version = int((about.get("options") or {}).get("version", 1))
            self._mounts[place] = about["path"], version
        return self._mounts[place]

    def _denied(self, places: frozenset[str]) -> SecretError:
        problem = f"its policy does not let {', '.join(sorted(places))} be read; docs/secrets.md"
        return SecretError(self._says(problem), lasting=True)

    def _says(self, problem: str) -> str:
        return f"Vault at {self._settings.url}: {problem}"
