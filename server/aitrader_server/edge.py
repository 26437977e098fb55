"""The gRPC server as the configuration wants it: who may call, what is served, where."""

import grpc
from aitrader.v1 import market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2
from google.protobuf.descriptor import ServiceDescriptor

from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.tokens import (
    TokenHolder,
    TokenStore,
    hash_token,
)
from aitrader_server.config import Config
from aitrader_server.config.edge import Tls
from aitrader_server.engine.engine import Engine
from aitrader_server.objectives.keeping import Objectives
from aitrader_server.rpc.access import Role
from aitrader_server.rpc.chain import Bounds, build_chain
from aitrader_server.rpc.handlers import CallInterceptor
from aitrader_server.rpc.market_data import MarketDataServicer
from aitrader_server.rpc.observability import ObservabilityServicer
from aitrader_server.rpc.risk import RiskServicer
from aitrader_server.rpc.sentiment import SentimentServicer
from aitrader_server.rpc.server import ServerOptions
from aitrader_server.rpc.tls import TlsFiles, tls_credentials
from aitrader_server.rpc.trading import TradingServicer
from aitrader_server.spans import Spans


def guards(
    config: Config,
    token: str,
    environment: str,
    metrics: PrometheusMetrics,
    spans: Spans | None,
) -> tuple[CallInterceptor, ...]:
    """What every call passes on its way in; `token` is the one of this machine's operator."""
    return build_chain(
        ids=RandomIds(),
        metrics=metrics,
        tokens=_tokens(config, token),
        environment=environment,
        bounds=Bounds(
            unary_calls_max=config.grpc.concurrency_max,
            calls_per_s=config.access.calls_per_s,
            calls_burst=config.access.calls_burst,
        ),
        clients={c.name: Role[c.role.upper()] for c in config.access.clients},
        spans=spans,
    )


def _tokens(config: Config, token: str) -> TokenStore:
    local = TokenHolder("operator", "risk_admin", hash_token(token))
    others = [TokenHolder(t.name, t.role, t.sha256) for t in config.access.tokens]
    return TokenStore([local, *others])


def server_options(config: Config) -> ServerOptions:
    """Where it listens and what it takes. Raises ConfigError for TLS files that do not serve."""
    section = config.grpc
    return ServerOptions(
        host=section.host,
        port=section.port,
        credentials=None if section.tls is None else _credentials(section.tls),
        reflection=config.reflection,
        receive_bytes_max=section.message_bytes_max,
    )


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return tls_credentials(
        TlsFiles(certificate=tls.certificate_file, key=tls.key_file, client_ca=tls.client_ca_file)
    )


def services_of(
    engine: Engine, config: Config, metrics: PrometheusMetrics, objectives: Objectives
) -> list[tuple[ServiceDescriptor, object]]:
    """Who serves what."""
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
