"""A collector of spans that speaks OTLP over gRPC, made of OpenTelemetry's own messages."""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import (
    trace_service_pb2,
    trace_service_pb2_grpc,
)

STOP_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A span as it came, with the facts of the process that sent it."""

    span: Any
    facts: dict[str, str]

    @property
    def trace_id(self) -> str:
        return self.span.trace_id.hex()

    @property
    def attributes(self) -> dict[str, str]:
        return {pair.key: pair.value.string_value for pair in self.span.attributes}


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps all that it is sent; `raw` are the bytes."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Kept] = []
        self.raw = b""

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the contract's
        self.raw += request.SerializeToString()
        for of_process in request.resource_spans:
            facts = {p.key: p.value.string_value for p in of_process.resource.attributes}
            for of_library in of_process.scope_spans:
                self.spans += [Kept(span, facts) for span in of_library.spans]
        return trace_service_pb2.ExportTraceServiceResponse()

    def of(self, trace_id: str) -> list[Kept]:
        return [kept for kept in self.spans if kept.trace_id == trace_id]


@contextmanager
def running_collector() -> Iterator[tuple[Collector, Any]]:
    """The collector, and its server to stop before the end."""
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector, server
    finally:
        server.stop(None).wait(STOP_TIMEOUT_S)
