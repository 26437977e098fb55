"""Sections `alerts`, `metrics`, `tracing` and `logging`: what is told to those who watch."""

from typing import Literal

from pydantic import Field

from aitrader_server.config.section import Port, SecretReference, Section


class Alerts(Section):
    """Where halts and dead-man events are posted at once."""

    alertmanager_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+(/\S*)?$",
        description="address of Alertmanager, e.g. http://127.0.0.1:9093; null: none",
    )


class Metrics(Section):
    """Numbers for Prometheus, which reads them; pushed as well where it cannot."""

    pushgateway_url: SecretReference | None = Field(
        default="env:PROMETHEUS_PUSHGATEWAY_URL",
        description="its address; not pushed while unset",
    )
    basic_auth: SecretReference | None = Field(
        default="env:PROMETHEUS_BASIC_AUTH", description="user:password for it, where set"
    )
    engine_port: Port | None = Field(
        default=None,
        description="/metrics of `aitrader engine`, at rest.host with rest.tls; null: none",
    )
    push_every_s: int = Field(default=15, ge=1, le=3_600, description="pause, s, 1 to 3600")


class Tracing(Section):
    """Spans to an OpenTelemetry collector; needs the extra `otel`."""

    otlp_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/@]+/?$",
        description="OTLP over gRPC, e.g. http://127.0.0.1:4317; null: none",
    )
    sample_ratio: float = Field(
        default=0.01, ge=0, le=1, description="share of traces without a parent's word, 0 to 1"
    )


class Logging(Section):
    """Log lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="json, text, or auto: text on a terminal"
    )
