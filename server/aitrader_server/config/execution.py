"""Section `execution`: where orders go, and what it takes to trade with real money."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from aitrader_server.config.section import EnvName, SecretReference, Section, Settings, Symbol


def _binance_env(suffix: str, data: dict[str, Any]) -> str:
    if data.get("sandbox", True):
        return f"BINANCE_SANDBOX_API_{suffix}"
    prefix = "BINANCE_TESTNET_API" if data.get("testnet", True) else "BINANCE_API"
    return f"{prefix}_{suffix}"


class Binance(Section):
    """Binance Spot; the key and its secret lie elsewhere, and may be rotated there."""

    sandbox: bool = Field(
        default=True,
        description="true: an exchange on this machine like it; false if only testnet is given",
    )
    sandbox_url: str | None = Field(
        default=None,
        pattern=r"^http://(127\.0\.0\.1|localhost):[0-9]{1,5}$",
        description="address of an `aitrader sandbox` that runs; null: one is started",
    )
    testnet: bool = Field(default=True, description="true: Spot testnet; false: real money")
    api_key_env: EnvName = Field(
        default_factory=lambda data: _binance_env("KEY", data),
        description="its variable; BINANCE_TESTNET_API_KEY, BINANCE_API_KEY",
    )
    api_secret_env: EnvName = Field(
        default_factory=lambda data: _binance_env("SECRET", data),
        description="variable of its secret, named alike",
    )
    api_key: SecretReference | None = Field(
        default=None, description="where the key is kept, instead of a variable; with api_secret"
    )
    api_secret: SecretReference | None = Field(
        default=None, description="where its secret is kept, instead of a variable"
    )

    @model_validator(mode="before")
    @classmethod
    def _sandbox_unless_told(cls, data: Any) -> Any:
        """Whoever says which of Binance's own systems is meant does not mean the sandbox."""
        if isinstance(data, dict) and "testnet" in data:
            return {"sandbox": False, **data}
        return data

    @property
    def environment(self) -> str:
        """`sandbox`, `testnet` or `live`."""
        if self.sandbox:
            return "sandbox"
        return "testnet" if self.testnet else "live"

    @property
    def venue_settings(self) -> dict[str, Any]:
        """What the plug-in is given; the addresses only for a sandbox."""
        settings = {
            "environment": self.environment,
            "api_key_env": self.api_key_env,
            "api_secret_env": self.api_secret_env,
        }
        if self.sandbox and self.sandbox_url is not None:
            stream_url = self.sandbox_url.replace("http://", "ws://")
            settings |= {
                "rest_url": self.sandbox_url,
                "ws_api_url": stream_url,
                "stream_url": stream_url,
            }
        return settings


class Ccxt(Section):
    """Any other exchange, through ccxt."""

    exchange: str = Field(
        default="kraken",
        pattern=r"^[a-z0-9_]{1,40}$",
        description="ccxt's id of the exchange",
    )
    testnet: bool = Field(default=True, description="true: the exchange's test system")
    api_key_env: EnvName = Field(default="CCXT_API_KEY", description="variable of the API key")
    api_secret_env: EnvName = Field(default="CCXT_API_SECRET", description="variable of its secret")


class Execution(Section):
    """Where orders go."""

    gateway: str = Field(
        default="binance",
        pattern=r"^[a-z0-9_-]{1,40}$",
        description="venue plug-in: binance, paper or ccxt",
    )
    arm_live: bool = Field(
        default=False, description="true lets orders with real money leave, nothing else does"
    )
    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=200)] = Field(
        default=("BTCUSDT", "ETHUSDT", "BNBUSDT"),
        description="what is traded, in the venue's spelling, 1 to 200",
    )
    quote_asset: str = Field(
        default="USDT",
        pattern=r"^[A-Z0-9]{1,16}$",
        description="asset that equity, limits and P&L are counted in",
    )
    binance: Binance = Field(default=Binance(), description="used when gateway is binance")
    ccxt: Ccxt = Field(default=Ccxt(), description="used when gateway is ccxt")
    paper: Settings = Field(default={}, description="used when gateway is paper; its own keys")

    @property
    def needs_sandbox(self) -> bool:
        """Whether an exchange has to be started first."""
        binance = self.binance
        return self.gateway == "binance" and binance.sandbox and binance.sandbox_url is None

    @property
    def venue_settings(self) -> dict[str, Any]:
        """What the venue plug-in is given."""
        match self.gateway:
            case "binance":
                settings = self.binance.venue_settings
            case "ccxt":
                settings = self.ccxt.model_dump()
            case name:
                settings = dict(getattr(self, name, {}))
        settings.setdefault("symbols", self.symbols)
        return settings

    @property
    def environment(self) -> str:
        """`paper`, `sandbox`, `testnet` or `live`; a venue that we know nothing of is live."""
        match self.gateway:
            case "paper":
                return "paper"
            case "binance":
                return self.binance.environment
            case "ccxt" if self.ccxt.testnet:
                return "testnet"
            case _:
                return "live"
