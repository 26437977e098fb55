"""Where each environment of Binance Spot is reached."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit


class Environment(StrEnum):
    """`sandbox` is an exchange of our own at configured addresses."""

    SANDBOX = "sandbox"
    TESTNET = "testnet"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`rest_url` ends in /api, `ws_api_url` in /ws-api/v3, `stream_url` in a slash."""

    rest_url: str
    ws_api_url: str
    stream_url: str


ENDPOINTS: Final = {
    Environment.TESTNET: Endpoints(
        rest_url="https://testnet.binance.vision/api",
        ws_api_url="wss://ws-api.testnet.binance.vision/ws-api/v3",
        stream_url="wss://stream.testnet.binance.vision/",
    ),
    Environment.LIVE: Endpoints(
        rest_url="https://api.binance.com/api",
        ws_api_url="wss://ws-api.binance.com/ws-api/v3",
        stream_url="wss://stream.binance.com:9443/",
    ),
}
BINANCE_DOMAINS: Final = ("binance.com", "binance.vision", "binance.us", "binancefuture.com")


def sandbox_endpoints(rest_url: str, ws_api_url: str, stream_url: str) -> Endpoints:
    """Addresses of a sandbox, completed where the fixed part of a path was left out.

    Raises ValueError for an address of Binance itself: a sandbox has no real orders to lose.
    """
    for url in (rest_url, ws_api_url, stream_url):
        host = urlsplit(url).hostname or ""
        if not host:
            raise ValueError(f"{url} names no host; write e.g. http://127.0.0.1:9090")
        if any(host == domain or host.endswith(f".{domain}") for domain in BINANCE_DOMAINS):
            raise ValueError(f"{host} is Binance's own; choose the environment testnet or live")
    return Endpoints(
        rest_url=_ending_in(rest_url, "/api"),
        ws_api_url=_ending_in(ws_api_url, "/ws-api/v3"),
        stream_url=_ending_in(stream_url, "/"),
    )


def _ending_in(url: str, path: str) -> str:
    return url.rstrip("/").removesuffix(path) + path
