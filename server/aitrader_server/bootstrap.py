"""Puts concrete classes behind the ports: the only place that knows them."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import grpc
import structlog
from aitrader.v1 import market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2
from google.protobuf.descriptor import ServiceDescriptor
from pydantic import ValidationError

from aitrader_server import plugins
from aitrader_server.adapters.alertmanager import AlertPoster
from aitrader_server.adapters.announcements import Announcements
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.deadman_file import DeadManFile
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.adapters.last_words import LastWordsFile
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.order_lines import OrderLines
from aitrader_server.adapters.order_spans import OrderSpans
from aitrader_server.adapters.pulse import FILE_NAME, keep_pulse
from aitrader_server.adapters.redaction import secrets_of
from aitrader_server.adapters.secrets.venue_keys import VenueKeys
from aitrader_server.adapters.tokens import (
    TokenHolder,
    TokenStore,
    hash_token,
    read_or_make_token,
)
from aitrader_server.config import Config
from aitrader_server.config.edge import Tls
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
from aitrader_server.gauges import declare_gauges
from aitrader_server.metrics_push import metrics_pushed
from aitrader_server.objectives.keeping import Objectives
from aitrader_server.rpc.access import Role
from aitrader_server.rpc.chain import Bounds, build_chain
from aitrader_server.rpc.handlers import CallInterceptor
from aitrader_server.rpc.inprocess import InProcessInvoker
from aitrader_server.rpc.inprocess_context import Failure
from aitrader_server.rpc.market_data import MarketDataServicer
from aitrader_server.rpc.observability import ObservabilityServicer
from aitrader_server.rpc.risk import RiskServicer
from aitrader_server.rpc.sentiment import SentimentServicer
from aitrader_server.rpc.server import RpcServer, ServerOptions
from aitrader_server.rpc.services.readiness import ready
from aitrader_server.rpc.tls import TlsFiles, tls_credentials
from aitrader_server.rpc.trading import TradingServicer
from aitrader_server.secret_sources import (
    ServerUrls,
    declare_ages,
    secret_store,
    server_urls,
    tell_of_new_urls,
)
from aitrader_server.sentiment_chain import news_desk
from aitrader_server.tracing import kept_spans
from aitrader_server.venue_keys import venue_keys

MS_PER_S = 1_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VenueContext:
    """What a venue plug-in is given."""

    state_dir: Path
    clock: Clock
    environ: Mapping[str, str]
    keys: VenueKeys | None


@dataclass(frozen=True, slots=True)
class Running:
    """A started engine with its gRPC port and a way in without a socket."""

    engine: Engine
    port: int
    server: RpcServer
    chain: tuple[CallInterceptor, ...]
    metrics: PrometheusMetrics

    def invoker(self, failure: Failure) -> InProcessInvoker:
        """The services without a socket; calls that fail raise what `failure` makes."""
        return InProcessInvoker(self.server.handlers, self.chain, failure)


@asynccontextmanager
async def running_engine(
    config: Config, environ: Mapping[str, str], hide: Callable[[str], None]
) -> AsyncIterator[Running]:
    """Starts engine and gRPC server; leaving drains the calls, then stops both.

    `hide` gets every secret before it is used. Raises ConfigError for whatever the operator has to
    mend.
    """
    async with AsyncExitStack() as stack:
        metrics = PrometheusMetrics(ALL_METRICS)
        objectives = Objectives(metrics, SystemClock(), config.state)
        poster = _poster(config, objectives.metrics)
        alarm = poster.post if poster is not None else lambda _: None
        announcements = Announcements(alarm)
        for value in secrets_of(environ, config.model_dump()):
            hide(value)
        secrets = secret_store(config, environ, hide)
        stack.push_async_callback(secrets.close)
        declare_ages(secrets, metrics)
        urls = await server_urls(config, secrets)
        engine = build_engine(
            config,
            environ,
            objectives.metrics,
            announcements.on_trouble,
            urls=urls,
            keys=await venue_keys(config, secrets, metrics, alarm),
        )
        desk = engine.ports.models.sentiment
        stack.push_async_callback(desk.stop)
        await desk.start()
        await engine.start()
        stack.push_async_callback(engine.stop)
        announcements.listen(engine.bus, engine.parts.control)
        OrderLines(engine.book).listen(engine.bus)
        spans = stack.enter_context(kept_spans(config, metrics))
        if spans is not None:
            OrderSpans(spans, RandomIds()).listen(engine.bus)
        if poster is not None:
            engine.tasks.spawn(poster.run())
        if config.risk.deadman is not None:
            dead_man, epoch = engine.parts.gatekeeper.dead_man, engine.book.state.epoch
            heartbeats = DeadManFile(config.risk.deadman, dead_man, epoch)
            # Nothing has run since the engine's start: it never takes an unread file for silence.
            heartbeats.look()
            engine.tasks.spawn(heartbeats.follow())
        engine.tasks.spawn(_keep_pulse(config, engine))
        if urls.references:
            engine.tasks.spawn(tell_of_new_urls(secrets, urls))
        engine.tasks.spawn(objectives.follow(engine))
        stack.push_async_callback(objectives.keep)
        token = read_or_make_token(config.token_path)
        chain = build_chain(
            ids=RandomIds(),
            metrics=metrics,
            tokens=_tokens(config, token),
            environment=engine.ports.broker.environment,
            bounds=Bounds(
                unary_calls_max=config.grpc.concurrency_max,
                calls_per_s=config.access.calls_per_s,
                calls_burst=config.access.calls_burst,
            ),
            clients={c.name: Role[c.role.upper()] for c in config.access.clients},
            spans=spans,
        )
        services = _services(engine, config, metrics, objectives)
        server = RpcServer(
            _options(config), services, chain, engine.bus.drain, lambda: ready(engine)
        )
        port = await server.start()
        stack.push_async_callback(server.drain, config.grpc.grace_s)
        declare_gauges(engine, chain, metrics)
        await stack.enter_async_context(
            metrics_pushed(config, environ, secrets, engine.tasks, metrics)
        )
        yield Running(engine, port, server, chain, metrics)


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


def _poster(config: Config, metrics: Metrics) -> AlertPoster | None:
    """Takes alarms to Alertmanager, if there is one."""
    url = config.alerts.alertmanager_url
    if url is None:
        return None
    labels = {
        "service": "engine",
        "environment": config.environment,
        "account": config.account,
    }
    return AlertPoster(
        url, labels, lambda outcome: metrics.count("aitrader_alerts_total", {"outcome": outcome})
    )


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


def _tokens(config: Config, token: str) -> TokenStore:
    local = TokenHolder("operator", "risk_admin", hash_token(token))
    others = [TokenHolder(t.name, t.role, t.sha256) for t in config.access.tokens]
    return TokenStore([local, *others])


def _options(config: Config) -> ServerOptions:
    section = config.grpc
    return ServerOptions(
        host=section.host,
        port=section.port,
        credentials=None if section.tls is None else server_credentials(section.tls),
        reflection=config.reflection,
        receive_bytes_max=section.message_bytes_max,
    )


def server_credentials(tls: Tls) -> grpc.ServerCredentials:
    """Credentials that follow their files. Raises ConfigError for files that do not serve."""
    return tls_credentials(
        TlsFiles(certificate=tls.certificate_file, key=tls.key_file, client_ca=tls.client_ca_file)
    )


def _services(
    engine: Engine, config: Config, metrics: PrometheusMetrics, objectives: Objectives
) -> list[tuple[ServiceDescriptor, object]]:
    heartbeat_s = float(config.events.heartbeat_s)
    names = {
        trading_pb2: ("TradingService", TradingServicer(engine, heartbeat_s)),
        risk_pb2: ("RiskService", RiskServicer(engine)),
        sentiment_pb2: (
            "SentimentService",
            SentimentServicer(engine.ports.models.sentiment, config.models.sentiment.half_life_s),
        ),
        market_data_pb2: ("MarketDataService", MarketDataServicer(engine, heartbeat_s)),
        observability_pb2: ("ObservabilityService", ObservabilityServicer(metrics, objectives)),
    }
    return [
        (module.DESCRIPTOR.services_by_name[name], servicer)
        for module, (name, servicer) in names.items()
    ]


async def _keep_pulse(config: Config, engine: Engine) -> None:
    parts, broker = engine.parts, engine.ports.broker

    def foreign() -> list[str] | None:
        if parts.gatekeeper.reconciling:
            return None
        return [f"{order.symbol}:{order.venue_order_id}" for order in parts.external.open_orders]

    await keep_pulse(
        config.state / FILE_NAME,
        account=config.account,
        venue=f"{broker.name}/{broker.environment}",
        epoch=engine.book.state.epoch,
        limit_s=float(config.watchdog.limit_s),
        foreign=foreign,
        lives=lambda: engine.writer.failure is None and parts.gatekeeper.dead_man.ticks,
    )
