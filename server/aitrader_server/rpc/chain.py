"""The order of the interceptors: who is outside sees what happens inside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aitrader_server.engine.ports import IdFactory, Metrics
from aitrader_server.rpc.access import Clients, Tokens
from aitrader_server.rpc.handlers import CallInterceptor
from aitrader_server.rpc.interceptors.access_log import AccessLogInterceptor
from aitrader_server.rpc.interceptors.auth import AuthInterceptor
from aitrader_server.rpc.interceptors.barrier import BarrierInterceptor
from aitrader_server.rpc.interceptors.codec import CodecInterceptor
from aitrader_server.rpc.interceptors.concurrency import ConcurrencyInterceptor
from aitrader_server.rpc.interceptors.deadline import CAP_S, DEFAULT_CAP_S, DeadlineInterceptor
from aitrader_server.rpc.interceptors.measure import MeasureInterceptor
from aitrader_server.rpc.interceptors.rate import RateInterceptor
from aitrader_server.rpc.interceptors.spans import SpanInterceptor
from aitrader_server.rpc.interceptors.trace import TraceInterceptor
from aitrader_server.rpc.interceptors.validation import ValidationInterceptor
from aitrader_server.rpc.rates import CallRates
from aitrader_server.spans import Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the edge takes at most."""

    unary_calls_max: int = 256
    streams_max: int = 1024
    calls_per_s: float = 5_000.0
    calls_burst: float = 20_000.0
    cap_s: Mapping[str, float] = field(default_factory=lambda: CAP_S)
    default_cap_s: float = DEFAULT_CAP_S


def build_chain(
    *,
    ids: IdFactory,
    metrics: Metrics,
    tokens: Tokens,
    environment: str,
    bounds: Bounds,
    clients: Clients | None = None,
    spans: Spans | None = None,
) -> tuple[CallInterceptor, ...]:
    """All interceptors, outermost first; both ways into the servicers share them."""
    rates = CallRates(per_s=bounds.calls_per_s, burst=bounds.calls_burst, metrics=metrics)
    return (
        BarrierInterceptor(ids),
        TraceInterceptor(ids, environment, spans),
        *((SpanInterceptor(spans),) if spans is not None else ()),
        MeasureInterceptor(metrics),
        AccessLogInterceptor(),
        AuthInterceptor(tokens, clients or {}, rates),
        RateInterceptor(rates),
        ConcurrencyInterceptor(
            unary_calls_max=bounds.unary_calls_max, streams_max=bounds.streams_max
        ),
        DeadlineInterceptor(bounds.cap_s, bounds.default_cap_s),
        CodecInterceptor(),
        ValidationInterceptor(),
    )


def calls_in_flight(chain: Iterable[CallInterceptor]) -> int:
    """Calls and streams in progress, for a gauge; health checks are not counted."""
    return sum(
        interceptor.in_flight
        for interceptor in chain
        if isinstance(interceptor, ConcurrencyInterceptor)
    )
