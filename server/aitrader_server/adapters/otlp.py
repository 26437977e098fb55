"""Spans to an OpenTelemetry collector, from a thread of its own: its outages reach nobody else."""

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from aitrader_server.spans import Span

QUEUE_SIZE_MAX: Final = 2_048
BATCH_SIZE_MAX: Final = 512
# How long a span may wait for others to leave with.
GATHER_S: Final = 0.5
# With the library's own repetitions.
EXPORT_TIMEOUT_S: Final = 5
STOP_TIMEOUT_S: Final = 2.0
TRACES_REMEMBERED_MAX: Final = 10_000
_SCOPE: Final = InstrumentationScope("aitrader_server")
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)

log = structlog.get_logger(__name__)


class OtlpSpans:
    """Keeps the traces that a caller keeps, and `ratio` of the others by their id.

    `count` is told `exported`, `failed` or `dropped` for each span, by two threads.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        ratio: float,
        facts: Mapping[str, str],
        count: Callable[[str], None],
    ) -> None:
        self._exporter = exporter
        # As OpenTelemetry's own TraceIdRatioBased, so that all who see the trace agree.
        self._bound = round(ratio * (1 << 64))
        self._kept: dict[str, str] = {}
        self._resource = Resource.create(dict(facts))
        self._count = count
        self._waiting: queue.Queue[Span | None] = queue.Queue(QUEUE_SIZE_MAX)
        self._is_up = True
        # A collector that hangs keeps no process from ending.
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)

    def start(self) -> None:
        """Begins to export."""
        self._thread.start()

    def stop(self) -> None:
        """Exports what waits, for two seconds at most."""
        try:
            self._waiting.put(None, timeout=STOP_TIMEOUT_S)
        except queue.Full:
            return
        self._thread.join(STOP_TIMEOUT_S)

    def begin(self, trace_id: str, span_id: str, *, parent: bool) -> bool:
        """Whether the trace is kept; `parent` says that its caller keeps it."""
        if not parent and not self._is_chosen(trace_id):
            return False
        self._kept[trace_id] = span_id
        if len(self._kept) > TRACES_REMEMBERED_MAX:
            del self._kept[next(iter(self._kept))]
        return True

    def span_of(self, trace_id: str) -> str | None:
        """The call's span, empty where it is not known; None for a trace that is not kept."""
        return self._kept.get(trace_id, "" if self._is_chosen(trace_id) else None)

    def take(self, span: Span) -> None:
        """Never waits: with too many in line it is dropped and counted."""
        try:
            self._waiting.put_nowait(span)
        except queue.Full:
            self._count("dropped")

    def _is_chosen(self, trace_id: str) -> bool:
        return int(trace_id[16:], 16) < self._bound

    def _run(self) -> None:
        while True:
            batch, ends = self._gather()
            if batch:
                self._export(batch)
            if ends:
                self._exporter.shutdown()
                return

    def _gather(self) -> tuple[list[Span], bool]:
        """At least one span and those that follow soon, and whether they are the last."""
        batch: list[Span] = []
        timeout_s: float | None = None
        while len(batch) < BATCH_SIZE_MAX:
            try:
                span = self._waiting.get(timeout=timeout_s)
            except queue.Empty:
                break
            if span is None:
                return batch, True
            batch.append(span)
            timeout_s = GATHER_S
        return batch, False

    def _export(self, batch: list[Span]) -> None:
        try:
            told = self._exporter.export([self._readable(span) for span in batch])
        except Exception as error:  # noqa: BLE001 -- the thread outlives whatever the library raises
            self._say(up=False, cause=repr(error))
            outcome = "failed"
        else:
            outcome = "exported" if told is SpanExportResult.SUCCESS else "failed"
            self._say(up=outcome == "exported", cause="the collector took nothing")
        for _ in batch:
            self._count(outcome)

    def _say(self, *, up: bool, cause: str) -> None:
        """Logs a change, and nothing while it lasts."""
        if up and not self._is_up:
            log.info("spans are exported again")
        elif not up and self._is_up:
            log.warning("spans are not exported", cause=cause)
        self._is_up = up

    def _readable(self, span: Span) -> ReadableSpan:
        state = TraceState.from_header([span.trace_state]) if span.trace_state else None
        trace = int(span.trace_id, 16)

        def context(span_id: str, *, remote: bool) -> SpanContext:
            return SpanContext(trace, int(span_id, 16), remote, _SAMPLED, state)

        parent = span.parent_span_id
        return ReadableSpan(
            span.name,
            context=context(span.span_id, remote=False),
            parent=context(parent, remote=span.served) if parent else None,
            resource=self._resource,
            attributes=dict(span.attributes),
            kind=SpanKind.SERVER if span.served else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
            start_time=span.begun_ns,
            end_time=span.ended_ns,
            instrumentation_scope=_SCOPE,
        )


def collector_at(url: str) -> Any:
    """The official exporter, OTLP over gRPC; encrypted for https."""
    return OTLPSpanExporter(
        endpoint=url, insecure=url.startswith("http://"), timeout=EXPORT_TIMEOUT_S
    )
