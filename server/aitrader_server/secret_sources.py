"""The keepers of secrets that the configuration speaks of, behind one store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from aitrader_server import plugins
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.redaction import SHORTEST_SECRET
from aitrader_server.adapters.secrets.provider import ProviderContext, SecretProvider
from aitrader_server.adapters.secrets.references import WHOLE
from aitrader_server.adapters.secrets.store import References, Secrets, SecretStore
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError

JOURNAL: Final = "journal.url"
LIMITS_STORE: Final = "limits_store.url"

log = structlog.get_logger(__name__)


def secret_store(
    config: Config, environ: Mapping[str, str], hide: Callable[[str], None]
) -> SecretStore:
    """Nothing is opened yet; close it at the end. `hide` takes values of 8 characters or more."""

    def hide_long(value: str) -> None:
        # A shorter one would hide plain words.
        if len(value) >= SHORTEST_SECRET:
            hide(value)

    async def resolve(reference: str) -> str:
        return (await store.read(reference)).value

    def create(scheme: str) -> SecretProvider:
        settings = _settings(config, scheme)
        for key, value in settings.items():
            # What opens a keeper cannot lie in it.
            if key in {"secret_id", "token"} and value and value.partition(":")[0] not in WHOLE:
                problem = f"secrets.{scheme}.{key}: write env:NAME or file:/path; {scheme} is shut"
                raise ConfigError((problem,))
        context = ProviderContext(settings=settings, environ=environ, resolve=resolve)
        return plugins.load(plugins.SECRET_PROVIDERS, scheme)(context)

    store = SecretStore(
        {scheme: partial(create, scheme) for scheme in plugins.names_of(plugins.SECRET_PROVIDERS)},
        refresh_s=config.secrets.refresh_s,
        hide=hide_long,
    )
    return store


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """Addresses with a password in them, of what runs elsewhere; None where nothing does."""

    references: References
    held: Secrets

    @property
    def journal(self) -> str | None:
        """Of PostgreSQL."""
        return self._value(JOURNAL)

    @property
    def limits_store(self) -> str | None:
        """Of Redis."""
        return self._value(LIMITS_STORE)

    def _value(self, key: str) -> str | None:
        return self.held[key].value if key in self.held else None


async def server_urls(config: Config, store: SecretStore) -> ServerUrls:
    """As they are at the start. Raises ConfigError for one that does not resolve."""
    written = {JOURNAL: config.journal.url, LIMITS_STORE: config.limits_store.url}
    references = {key: place for key, place in written.items() if place is not None}
    return ServerUrls(references, await store.first(references))


async def tell_of_new_urls(store: SecretStore, urls: ServerUrls) -> None:
    """Says in the log when another address waits for a restart; never returns."""

    async def tell(_: Secrets) -> None:
        log.warning("a new address is kept; restart to use it", names=[*urls.references])

    await store.follow(urls.references, urls.held, tell)


def declare_ages(store: SecretStore, metrics: PrometheusMetrics) -> None:
    """Shows how long ago each secret that is followed was last read."""
    metrics.gauges(
        "aitrader_secret_age_seconds",
        lambda: {(name,): age_s for name, age_s in store.freshness.ages_s().items()},
    )


def _settings(config: Config, scheme: str) -> dict[str, Any]:
    section = config.secrets
    match scheme:
        case "vault" if section.vault is None:
            problem = "secrets.vault: is not set, and a reference needs it; write {url, auth, ...}"
            raise ConfigError((problem,))
        case "vault":
            assert section.vault is not None
            return section.vault.model_dump(mode="json")
        case "aws-sm":
            return section.aws.model_dump(mode="json")
        case "gcp-sm":
            return section.gcp.model_dump(mode="json")
        case _:
            return {}
