"""How the server makes a Binance venue from its configuration."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Annotated, Any, Protocol, Self

from aitrader_server.engine.ports import Broker, Clock, QuoteSource
from pydantic import BaseModel, ConfigDict, Field, model_validator

from aitrader_gateway.binance.broker import BinanceBrokerGateway, GatewaySettings
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import (
    ENDPOINTS,
    Endpoints,
    Environment,
    sandbox_endpoints,
)
from aitrader_gateway.binance.key_change import VenueKeys
from aitrader_gateway.binance.keys import Credentials, make_credentials, read_credentials
from aitrader_gateway.binance.quotes import BinanceQuotes

# The variables of the documentation; a sandbox has keys of its own.
KEY_PREFIXES = {
    Environment.SANDBOX: "BINANCE_SANDBOX_API",
    Environment.TESTNET: "BINANCE_TESTNET_API",
    Environment.LIVE: "BINANCE_API",
}
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
Symbol = Annotated[str, Field(pattern=r"^[^\s\"&=%+]{1,20}$")]


class VenueContext(Protocol):
    """What the server offers a venue."""

    @property
    def state_dir(self) -> Path:
        """Where the venue may keep files."""
        ...

    @property
    def clock(self) -> Clock:
        """The time that the engine goes by."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """The process's environment."""
        ...

    @property
    def keys(self) -> VenueKeys | None:
        """The account's key, if the configuration refers to it; else it is in the environment."""
        ...


class BinanceSettings(BaseModel):
    """The binance section; the three addresses are those of a sandbox.

    `order_recv_window_ms` is how long an order may be on its way; a doubt about it lasts 12 s more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: Environment = Environment.TESTNET
    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=200)]
    api_key_env: VariableName = ""
    api_secret_env: VariableName = ""
    rest_url: str = ""
    ws_api_url: str = ""
    stream_url: str = ""
    order_recv_window_ms: Annotated[int, Field(ge=500, le=5_000)] = 2_500
    clock_refresh_s: Annotated[float, Field(ge=1, le=600)] = 120
    instruments_refresh_s: Annotated[float, Field(ge=1, le=86_400)] = 600
    start_timeout_s: Annotated[float, Field(ge=1, le=600)] = 60

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        urls = (self.rest_url, self.ws_api_url, self.stream_url)
        if self.environment is not Environment.SANDBOX:
            if any(urls):
                raise ValueError("addresses belong to a sandbox; leave them out otherwise")
            return self
        if not all(urls):
            raise ValueError("a sandbox needs rest_url, ws_api_url and stream_url")
        sandbox_endpoints(*urls)
        return self

    @property
    def endpoints(self) -> Endpoints:
        """Where the environment is reached."""
        if self.environment is Environment.SANDBOX:
            return sandbox_endpoints(self.rest_url, self.ws_api_url, self.stream_url)
        return ENDPOINTS[self.environment]

    @property
    def key_names(self) -> tuple[str, str]:
        """Variables of the key and its secret."""
        prefix = KEY_PREFIXES[self.environment]
        return self.api_key_env or f"{prefix}_KEY", self.api_secret_env or f"{prefix}_SECRET"


def create(settings: Mapping[str, Any], context: VenueContext) -> tuple[Broker, QuoteSource]:
    """Binance and its prices; starting the broker starts both.

    Raises:
        ConfigError: a key is missing or cannot sign.
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    binance = BinanceSettings.model_validate(settings)
    endpoints = binance.endpoints
    keys = context.keys
    credentials = read_keys(binance, context.environ, keys)
    calls = Calls(endpoints, credentials, context.clock)
    quotes = BinanceQuotes(
        calls,
        context.clock,
        Random(),  # noqa: S311 - spreads waits, nothing secret
        stream_url=endpoints.stream_url,
        symbols=binance.symbols,
    )
    broker = BinanceBrokerGateway(
        binance.environment,
        calls,
        quotes,
        context.clock,
        GatewaySettings(
            symbols=binance.symbols,
            ws_api_url=endpoints.ws_api_url,
            order_recv_window_ms=binance.order_recv_window_ms,
            clock_refresh_s=binance.clock_refresh_s,
            instruments_refresh_s=binance.instruments_refresh_s,
            start_timeout_s=binance.start_timeout_s,
        ),
        keys=keys,
    )
    return broker, quotes


def read_keys(
    binance: BinanceSettings, environ: Mapping[str, str], keys: VenueKeys | None
) -> Credentials:
    """What `keys` hold, or without them the environment. Raises ConfigError."""
    if keys is None:
        return read_credentials(environ, *binance.key_names, binance.environment)
    return make_credentials(keys.names, *keys.read())
