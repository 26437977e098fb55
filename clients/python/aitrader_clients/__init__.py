"""Typed async client of AI-Trader; `TradingClient` is the one object to start from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitrader_clients.client import TradingClient
    from aitrader_clients.connection import Connection
    from aitrader_clients.order_requests import Leg

__all__ = ["Connection", "Leg", "TradingClient"]


def __getattr__(name: str) -> object:
    """Import gRPC only for those who call, so that `aitrader --help` stays fast."""
    if name == "TradingClient":
        from aitrader_clients.client import TradingClient  # noqa: PLC0415 -- the point of it

        return TradingClient
    if name == "Connection":
        from aitrader_clients.connection import Connection  # noqa: PLC0415 -- the point of it

        return Connection
    if name == "Leg":
        from aitrader_clients.order_requests import Leg  # noqa: PLC0415 -- the point of it

        return Leg
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
