"""The whole configuration, section by section, with its defaults."""

from pathlib import Path

from pydantic import Field

from aitrader_server.config.edge import Access, Grpc, Rest
from aitrader_server.config.execution import Execution
from aitrader_server.config.keepers import Secrets
from aitrader_server.config.models import Models
from aitrader_server.config.risk import Risk
from aitrader_server.config.section import (
    EnvName,
    Location,
    SecretReference,
    Section,
)
from aitrader_server.config.stores import Journal, LimitsStore
from aitrader_server.config.telling import Alerts, Logging, Metrics, Tracing


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
