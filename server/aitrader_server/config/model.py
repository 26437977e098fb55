"""The whole configuration, section by section, with its defaults."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from aitrader_server.config.edge import Access, Grpc, Rest
from aitrader_server.config.execution import Execution
from aitrader_server.config.risk import Risk
from aitrader_server.config.section import (
    EnvName,
    Location,
    SecretReference,
    Section,
    Settings,
)

Share = Annotated[float, Field(ge=0, le=1)]
PluginName = Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,60}$")]


class Signal(Section):
    """Says which way to trade."""

    name: PluginName = Field(default="trend-rsi-macd", description="name of the plug-in")
    settings: Settings = Field(default={}, description="the plug-in's own keys")


class Regime(Section):
    """Says what kind of market it is."""

    name: PluginName = Field(default="atr-bands", description="name of the plug-in")
    settings: Settings = Field(default={}, description="the plug-in's own keys")


LAST_SENTIMENT_MODEL: Final = "rules"
"""Needs neither weights nor a network and always answers, so that every chain ends with it."""

ModelTimeout = Annotated[int, Field(ge=1, le=60_000)]
"""Time that one sentiment model may take, ms."""


class Fallback(Section):
    """A sentiment model that is asked when those before it do not answer."""

    name: PluginName = Field(description="name of the plug-in")
    settings: Settings = Field(default={}, description="the plug-in's own keys")
    timeout_ms: ModelTimeout = Field(default=2_000, description="time it may take, ms, 1 to 60000")


class Sentiment(Section):
    """Says what news mean for a price."""

    name: PluginName = Field(default="rules", description="rules, onnx, openai, azure or google")
    settings: Settings = Field(default={}, description="the plug-in's own keys")
    timeout_ms: ModelTimeout = Field(default=2_000, description="time it may take, ms, 1 to 60000")
    fallbacks: list[Fallback] = Field(
        default=[],
        max_length=5,
        description="asked in turn when it fails, then rules: [{name, settings, timeout_ms}]",
    )
    cloud_decides: bool = Field(
        default=False, description="true: orders may wait for a cloud service"
    )
    symbol_decides: bool = Field(
        default=False, description="true: without news, what was said of the symbol has its say"
    )
    cache_texts_max: int = Field(
        default=10_000, ge=0, le=1_000_000, description="texts whose score is kept, 0 to 1000000"
    )
    half_life_s: int = Field(
        default=3_600, ge=1, le=31_536_000, description="age at which news count half, s"
    )
    stale_after_s: int = Field(
        default=21_600, ge=1, le=31_536_000, description="age from which news have no say, s"
    )
    source_weights: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        default={}, max_length=1_000, description="{source: weight} beside others' 1; 0: ignored"
    )
    neutral_share: tuple[Share, Share] = Field(
        default=(0.1, 0.9), description="usual share of neutral texts, [least, most]"
    )


class Models(Section):
    """Who decides; a model that fails or is late means hold."""

    signal: Signal = Signal()
    regime: Regime = Regime()
    sentiment: Sentiment = Sentiment()
    sentiment_timeout_ms: int = Field(
        default=250, ge=1, le=60_000, description="time an order waits for it, ms, 1 to 60000"
    )


class Journal(Section):
    """The record of everything that happened."""

    kind: Literal["sqlite", "postgres"] = Field(
        default="sqlite", description="sqlite: a file in `state`; postgres: a server, with standbys"
    )
    url: SecretReference | None = Field(
        default=None, description="where postgresql://... is kept, e.g. env:NAME; null for sqlite"
    )
    lease_s: int = Field(
        default=5, ge=1, le=60, description="silence after which a standby takes over, s, 1 to 60"
    )
    snapshot_every_events: int = Field(
        default=20_000,
        ge=100,
        le=10_000_000,
        description="events between snapshots, 100 to 10000000",
    )
    queue_size_max: int = Field(
        default=10_000,
        ge=1_000,
        le=1_000_000,
        description="records that may wait for the disk, 1000 to 1000000",
    )


class LimitsStore(Section):
    """A second memory of the day's use, of halts and latches, beside the journal."""

    kind: Literal["journal", "redis"] = Field(
        default="journal", description="journal: none but that; redis: a server, AOF always"
    )
    url: SecretReference | None = Field(
        default=None, description="where redis://... is kept, e.g. env:NAME; null for journal"
    )


class Watchdog(Section):
    """`aitrader watchdog`, a process that cancels entries when the engine is dead or stopped."""

    limit_s: int = Field(
        default=10, ge=2, le=3_600, description="silence of the engine that trips it, s, 2 to 3600"
    )
    api_key_env: EnvName = Field(
        default="BINANCE_WATCHDOG_API_KEY", description="variable of an API key of its own"
    )
    api_secret_env: EnvName = Field(
        default="BINANCE_WATCHDOG_API_SECRET", description="variable of its secret"
    )
    api_key: SecretReference | None = Field(
        default=None, description="where that key is kept, instead of a variable; with api_secret"
    )
    api_secret: SecretReference | None = Field(
        default=None, description="where its secret is kept, instead of a variable"
    )


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


class Vault(Section):
    """HashiCorp Vault or OpenBao; needs the extra `vault`."""

    url: str = Field(pattern=r"^https?://[^\s/@]+/?$", description="https://host:8200")
    auth: Literal["approle", "kubernetes", "token"] = Field(
        default="approle", description="approle, kubernetes or token"
    )
    mount: str | None = Field(default=None, description="path of the auth method; null: its name")
    role: str | None = Field(default=None, description="of kubernetes, or role_id of approle")
    secret_id: SecretReference | None = Field(default=None, description="of approle")
    token: SecretReference | None = Field(default=None, description="of token")
    namespace: str | None = Field(default=None, description="namespace; null: none")
    ca_file: Location | None = Field(default=None, description="authority of its certificate")


class Aws(Section):
    """AWS Secrets Manager; credentials as AWS's own tools find them; needs the extra `aws`."""

    region: str | None = Field(default=None, description="e.g. eu-central-1; null: AWS_REGION")
    endpoint_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="another address; null: AWS"
    )


class Gcp(Section):
    """Google Secret Manager; Application Default Credentials; needs the extra `gcp`."""

    endpoint: str | None = Field(default=None, description="host:port of another; null: Google")
    ca_file: Location | None = Field(default=None, description="authority of its certificate")


class Secrets(Section):
    """Where secrets are kept, and how often they are looked at."""

    refresh_s: int = Field(
        default=30, ge=1, le=3_600, description="pause between looks for new ones, s, 1 to 3600"
    )
    vault: Vault | None = Field(
        default=None, description="{url, auth, mount, role, secret_id, token, ...}; null: none"
    )
    aws: Aws = Field(default=Aws(), description="AWS Secrets Manager")
    gcp: Gcp = Field(default=Gcp(), description="Google Secret Manager")


class Events(Section):
    """Streams to those who follow the journal."""

    subscriber_queue_size_max: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description="events a reader may lag before it is cut off, 1 to 100000",
    )
    heartbeat_s: int = Field(
        default=5, ge=1, le=15, description="silence before a heartbeat, s, 1 to 15"
    )


class Logging(Section):
    """Log lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="json, text, or auto: text on a terminal"
    )


# Nobody has said yet whose account it is: real money is not traded under it.
UNNAMED_ACCOUNT = "sandbox"


class Config(Section):
    """Everything that can be set, validated whole."""

    state: Location = Field(
        default=Path("state"), description="folder of journal and token, from the working folder"
    )
    account: str = Field(
        default=UNNAMED_ACCOUNT,
        pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$",
        description="name that you give to the account that is traded",
    )
    execution: Execution = Execution()
    risk: Risk = Risk()
    models: Models = Models()
    grpc: Grpc = Grpc()
    rest: Rest = Rest()
    access: Access = Access()
    journal: Journal = Journal()
    limits_store: LimitsStore = LimitsStore()
    watchdog: Watchdog = Watchdog()
    alerts: Alerts = Alerts()
    metrics: Metrics = Metrics()
    tracing: Tracing = Tracing()
    secrets: Secrets = Secrets()
    events: Events = Events()
    logging: Logging = Logging()

    @property
    def environment(self) -> str:
        """`paper`, `sandbox`, `testnet` or `live`."""
        return self.execution.environment

    @property
    def token_path(self) -> Path:
        """Where the generated token lies."""
        return self.access.token_file or self.state / "token"

    @property
    def reflection(self) -> bool:
        """Whether the gRPC server describes itself to strangers."""
        if self.grpc.reflection is None:
            return self.environment != "live"
        return self.grpc.reflection
