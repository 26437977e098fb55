"""Starts an engine with all that listens to it and all that it listens to, and ends it again."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aitrader_server.adapters.alertmanager import AlertPoster
from aitrader_server.adapters.announcements import Announcements
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.deadman_file import DeadManFile
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.order_lines import OrderLines
from aitrader_server.adapters.order_spans import OrderSpans
from aitrader_server.adapters.pulse import FILE_NAME, keep_pulse
from aitrader_server.adapters.redaction import secrets_of
from aitrader_server.adapters.tokens import read_or_make_token
from aitrader_server.building import build_engine
from aitrader_server.config import Config
from aitrader_server.edge import guards, server_options, services_of
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.ports import Metrics
from aitrader_server.gauges import declare_gauges
from aitrader_server.metrics_push import metrics_pushed
from aitrader_server.objectives.keeping import Objectives
from aitrader_server.rpc.handlers import CallInterceptor
from aitrader_server.rpc.inprocess import InProcessInvoker
from aitrader_server.rpc.inprocess_context import Failure
from aitrader_server.rpc.server import RpcServer
from aitrader_server.rpc.services.readiness import ready
from aitrader_server.secret_sources import (
    declare_ages,
    secret_store,
    server_urls,
    tell_of_new_urls,
)
from aitrader_server.tracing import kept_spans
from aitrader_server.venue_keys import venue_keys


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
        chain = guards(config, token, engine.ports.broker.environment, metrics, spans)
        services = services_of(engine, config, metrics, objectives)
        server = RpcServer(
            server_options(config), services, chain, engine.bus.drain, lambda: ready(engine)
        )
        port = await server.start()
        stack.push_async_callback(server.drain, config.grpc.grace_s)
        declare_gauges(engine, chain, metrics)
        await stack.enter_async_context(
            metrics_pushed(config, environ, secrets, engine.tasks, metrics)
        )
        yield Running(engine, port, server, chain, metrics)


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
