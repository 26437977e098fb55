"""Puts concrete classes behind the engine's ports: the only place that knows them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import structlog
from pydantic import ValidationError

from aitrader_server import plugins
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.adapters.last_words import LastWordsFile
from aitrader_server.adapters.secrets.venue_keys import VenueKeys
from aitrader_server.config import Config
from aitrader_server.engine.assembly import Ports
from aitrader_server.engine.decider import Models
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.news_desk import NewsDesk
from aitrader_server.engine.ports import (
    Broker,
    Clock,
    Journal,
    LimitsStore,
    Metrics,
    QuoteSource,
)
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.errors import ConfigError
from aitrader_server.secret_sources import (
    ServerUrls,
)
from aitrader_server.sentiment_chain import news_desk

MS_PER_S = 1_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VenueContext:
    """What a venue plug-in is given."""

    state_dir: Path
    clock: Clock
    environ: Mapping[str, str]
    keys: VenueKeys | None


def build_engine(
    config: Config,
    environ: Mapping[str, str],
    metrics: Metrics,
    on_trouble: Callable[[str, BaseException], None],
    *,
    urls: ServerUrls,
    keys: VenueKeys | None,
) -> Engine:
    """An engine that has not been started."""
    clock = SystemClock()
    broker, quotes = _venue(config, VenueContext(config.state, clock, environ, keys))
    journal = _journal(config, urls.journal)
    desk = news_desk(
        config.models.sentiment,
        environ,
        clock=clock,
        metrics=metrics,
        on_trouble=on_trouble,
        report=log.warning,
    )
    ports = Ports(
        clock=clock,
        ids=RandomIds(),
        journal=journal,
        broker=broker,
        quotes=quotes,
        models=_models(config, desk),
        metrics=metrics,
        stopwatch=time.perf_counter,
        limits_store=_limits_store(config, urls.limits_store),
        last_words=LastWordsFile(config.state) if config.journal.kind == "sqlite" else None,
    )
    return Engine(ports, _settings(config), on_trouble)


def _journal(config: Config, url: str | None) -> Journal:
    """The file in the state folder, or the server that several engines share."""
    section = config.journal
    if section.kind == "sqlite":
        return SqliteJournal(
            partial(SqliteStore.open, config.state), queue_records_max=section.queue_size_max
        )
    assert url is not None
    try:
        from aitrader_server.adapters.journal.postgres import (  # noqa: PLC0415 -- an extra's driver
            PostgresJournal,
        )
    except ImportError as error:
        advice = "in the project's folder, pip install '.[postgres]'"
        raise ConfigError((f"journal.kind: {error.name} is missing: {advice}",)) from error
    return PostgresJournal(
        url,
        lease_s=section.lease_s,
        report=log.warning,
        queue_records_max=section.queue_size_max,
    )


def _limits_store(config: Config, url: str | None) -> LimitsStore | None:
    """The second memory beside the journal, if one is wanted."""
    if config.limits_store.kind == "journal":
        return None
    assert url is not None
    try:
        from aitrader_server.adapters.limits_store.redis import (  # noqa: PLC0415 -- as above
            RedisLimitsStore,
        )
    except ImportError as error:
        advice = "in the project's folder, pip install '.[redis]'"
        raise ConfigError((f"limits_store.kind: {error.name} is missing: {advice}",)) from error
    return RedisLimitsStore(url)


def _settings(config: Config) -> EngineSettings:
    guarded = config.risk.deadman is not None
    return EngineSettings(
        account=config.account,
        quote_asset=config.execution.quote_asset,
        version=version("ai-trader"),
        limits=config.risk.limits(),
        trading_state=config.risk.initial_trading_state,
        subscriber_queue_size_max=config.events.subscriber_queue_size_max,
        pending_records_max=config.journal.queue_size_max // 2,
        snapshot_every_events=config.journal.snapshot_every_events,
        dead_man_limit_s=config.risk.deadman_limit_s if guarded else None,
        stall_limit_s=config.watchdog.limit_s,
        automatic=config.risk.automatic.moves(),
        sentiment_timeout_s=config.models.sentiment_timeout_ms / MS_PER_S,
        symbol_sentiment_decides=config.models.sentiment.symbol_decides,
    )


def _venue(config: Config, context: VenueContext) -> tuple[Broker, QuoteSource]:
    """The configured venue; its own section goes to it as it stands."""
    name = config.execution.gateway
    create = plugins.load(plugins.VENUES, name)
    try:
        venue: tuple[Broker, QuoteSource] = create(config.execution.venue_settings, context)
    except ValidationError as error:
        raise ConfigError(plugins.problems(f"execution.{name}", error)) from error
    return venue


def _models(config: Config, desk: NewsDesk) -> Models:
    signal, regime = config.models.signal, config.models.regime
    try:
        return Models(
            plugins.load(plugins.SIGNAL_MODELS, signal.name)(signal.settings),
            plugins.load(plugins.REGIME_MODELS, regime.name)(regime.settings),
            desk,
        )
    except ValueError as error:
        raise ConfigError((f"models: {error}",)) from error
