"""The keys of venue and watchdog, where the configuration says that they are kept."""

from collections.abc import Callable

from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.secrets.rotation import Outcome
from aitrader_server.adapters.secrets.store import SecretStore
from aitrader_server.adapters.secrets.venue_keys import VenueKeys
from aitrader_server.config import Config
from aitrader_server.engine.alarms import Alarm
from aitrader_server.errors import ConfigError


async def venue_keys(
    config: Config, store: SecretStore, metrics: PrometheusMetrics, alarm: Callable[[Alarm], None]
) -> VenueKeys | None:
    """What the engine trades with; None where variables hold it. Raises ConfigError."""
    execution = config.execution
    if execution.gateway != "binance":
        return None

    def count(name: str, outcome: Outcome) -> None:
        metrics.count("aitrader_secret_rotations_total", {"name": name, "outcome": outcome})

    binance = execution.binance
    return await _keys(
        "execution.binance", (binance.api_key, binance.api_secret), store, count, alarm
    )


async def watchdog_keys(
    config: Config, store: SecretStore, alarm: Callable[[Alarm], None]
) -> VenueKeys | None:
    """What the watchdog cancels with; None where variables hold it. Raises ConfigError."""
    pair = config.watchdog.api_key, config.watchdog.api_secret
    return await _keys("watchdog", pair, store, lambda _name, _outcome: None, alarm)


async def _keys(
    section: str,
    pair: tuple[str | None, str | None],
    store: SecretStore,
    count: Callable[[str, Outcome], None],
    alarm: Callable[[Alarm], None],
) -> VenueKeys | None:
    key, secret = pair
    if key is None and secret is None:
        return None
    if key is None or secret is None:
        raise ConfigError((f"{section}: write both api_key and api_secret, or neither",))
    references = {f"{section}.api_key": key, f"{section}.api_secret": secret}
    held = await store.first(references)
    return VenueKeys(store, references, held, count=count, alarm=alarm)
