"""Every secret that a configuration speaks of, and whether it resolves."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aitrader_server.adapters.secrets.provider import Secret
from aitrader_server.adapters.secrets.store import SecretStore
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError, SecretError

# Of the sentiment models that ask for a key; their own settings may name another.
MODEL_KEYS: Final = {"azure": "AZURE_LANGUAGE_KEY", "openai": "OPENAI_API_KEY"}
BINANCE_KEYS: Final = ("api_key", "api_secret")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reference by its key. `without` says what goes on without it, empty where nothing does."""

    key: str
    reference: str
    without: str = ""


class State(StrEnum):
    RESOLVED = "resolved"
    UNSET = "unset"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one; `said` is why it has no secret, and what to do."""

    wanted: Wanted
    state: State
    secret: Secret | None = None
    said: str = ""


def wanted_secrets(config: Config) -> list[Wanted]:
    """In the order of the file."""
    return [*_execution(config), *_models(config), *_journal(config), *_metrics(config)]


async def look_at(
    wanted: list[Wanted], store: SecretStore, environ: Mapping[str, str]
) -> list[Finding]:
    """All at once; never raises for one that does not resolve."""
    return await asyncio.gather(*(_look(each, store, environ) for each in wanted))


async def _look(wanted: Wanted, store: SecretStore, environ: Mapping[str, str]) -> Finding:
    scheme, _, name = wanted.reference.partition(":")
    if wanted.without and scheme == "env" and not environ.get(name):
        return Finding(wanted, State.UNSET, said=wanted.without)
    try:
        return Finding(wanted, State.RESOLVED, await store.read(wanted.reference))
    except (SecretError, ConfigError) as error:
        said = error.message.removeprefix(f"{wanted.reference}: ")
        return Finding(wanted, State.FAILED, said=said)


def _execution(config: Config) -> Iterator[Wanted]:
    execution = config.execution
    if execution.gateway == "binance":
        made = "the sandbox beside the engine makes its own" if execution.needs_sandbox else ""
        yield from _pair("execution.binance", execution.binance, made)
    elif execution.gateway == "ccxt":
        yield from _pair("execution.ccxt", execution.ccxt, "")
    if execution.gateway == "binance":
        yield from _pair("watchdog", config.watchdog, "only `aitrader watchdog` needs it")


def _pair(section: str, holder: object, without: str) -> Iterator[Wanted]:
    for name in BINANCE_KEYS:
        reference = getattr(holder, name, None)
        if reference is None:
            variable = getattr(holder, f"{name}_env")
            yield Wanted(f"{section}.{name}_env", f"env:{variable}", without)
        else:
            yield Wanted(f"{section}.{name}", reference)


def _models(config: Config) -> Iterator[Wanted]:
    sentiment = config.models.sentiment
    chosen = {"models.sentiment.settings": sentiment} | {
        f"models.sentiment.fallbacks[{at}].settings": fallback
        for at, fallback in enumerate(sentiment.fallbacks)
    }
    for where, choice in chosen.items():
        variable = choice.settings.get("api_key_env") or MODEL_KEYS.get(choice.name)
        if variable:
            without = f"{choice.name} does not answer, and the next model is asked"
            yield Wanted(f"{where}.api_key_env", f"env:{variable}", without)


def _journal(config: Config) -> Iterator[Wanted]:
    for section, url in (
        ("journal", config.journal.url),
        ("limits_store", config.limits_store.url),
    ):
        if url is not None:
            yield Wanted(f"{section}.url", url)


def _metrics(config: Config) -> Iterator[Wanted]:
    if config.metrics.pushgateway_url is not None:
        yield Wanted("metrics.pushgateway_url", config.metrics.pushgateway_url, "nothing is pushed")
    if config.metrics.basic_auth is not None:
        without = "it is pushed without a password"
        yield Wanted("metrics.basic_auth", config.metrics.basic_auth, without)
    vault = config.secrets.vault
    if vault is not None:
        for name in ("secret_id", "token"):
            reference = getattr(vault, name)
            if reference is not None:
                yield Wanted(f"secrets.vault.{name}", reference)
