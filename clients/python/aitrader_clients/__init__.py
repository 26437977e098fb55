"""Typed async client of AI-Trader; `TradingClient` is the one object to start from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitrader_clients.client import TradingClient
    from aitrader_clients.connection import Connection

__all__ = ["Connection", "TradingClient"]


def __getattr__(name: str) -> object:
    """Import gRPC only for those who call, so that `aitrader --help` stays fast."""
    if name == "TradingClient":
        from aitrader_clients.client import TradingClient  # noqa: PLC0415 -- the point of it

        return TradingClient
    if name == "Connection":
        from aitrader_clients.connection import Connection  # noqa: PLC0415 -- the point of it

        return Connection
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
