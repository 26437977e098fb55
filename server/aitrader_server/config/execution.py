"""Section `execution`: where orders go, and what it takes to trade with real money."""

from typing import Annotated, Any

from pydantic import Field

from aitrader_server.config.section import EnvName, Section, Settings, Symbol


def _binance_env(suffix: str, data: dict[str, Any]) -> str:
    prefix = "BINANCE_TESTNET_API" if data.get("testnet", True) else "BINANCE_API"
    return f"{prefix}_{suffix}"


class Binance(Section):
    """Binance Spot; the key and its secret stay in the environment."""

    testnet: bool = Field(default=True, description="true: Spot testnet; false: real money")
    api_key_env: EnvName = Field(
        default_factory=lambda data: _binance_env("KEY", data),
        description="variable of the API key; live: BINANCE_API_KEY",
    )
    api_secret_env: EnvName = Field(
        default_factory=lambda data: _binance_env("SECRET", data),
        description="variable of its secret; live: BINANCE_API_SECRET",
    )


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
        default="paper",
        pattern=r"^[a-z0-9_-]{1,40}$",
        description="venue plug-in: paper, binance or ccxt",
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
    def environment(self) -> str:
        """`paper`, `testnet` or `live`; a venue that we know nothing of counts as live."""
        match self.gateway:
            case "paper":
                return "paper"
            case "binance" if self.binance.testnet:
                return "testnet"
            case "ccxt" if self.ccxt.testnet:
                return "testnet"
            case _:
                return "live"
