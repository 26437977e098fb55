"""Who may call what: one table, and what it does not name is denied."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

Proof = Literal["none", "token", "certificate"]


class Role(IntEnum):
    """Each role may do what those before it may."""

    VIEWER = 1
    TRADER = 2
    RISK_ADMIN = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how they proved it; `role` is None for a caller who proved nothing."""

    name: str
    role: Role | None
    proof: Proof = "none"


class Holder(Protocol):
    """Whom a token was given to; `role` is a role's name in lower case."""

    @property
    def name(self) -> str:
        """For logs and for the record of who asked."""
        ...

    @property
    def role(self) -> str:
        """`viewer`, `trader` or `risk_admin`."""
        ...


class Tokens(Protocol):
    """Knows the bearers of tokens."""

    def holder(self, token: str) -> Holder | None:
        """Whom `token` was given to; None when it is no token of ours."""
        ...


# Callers by the name in their certificate: its SPIFFE URI, or its common name.
Clients = Mapping[str, Role]


# Health is for load balancers, which hold no tokens.
OPEN_METHODS = frozenset({"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"})

MINIMUM_ROLE: dict[str, Role] = {
    "/aitrader.v1.TradingService/GetStatus": Role.VIEWER,
    "/aitrader.v1.TradingService/Trade": Role.TRADER,
    "/aitrader.v1.TradingService/PlaceOrder": Role.TRADER,
    "/aitrader.v1.TradingService/ListOrders": Role.VIEWER,
    "/aitrader.v1.TradingService/GetOrder": Role.VIEWER,
    "/aitrader.v1.TradingService/GetOrderTrace": Role.VIEWER,
    "/aitrader.v1.TradingService/CancelOrder": Role.TRADER,
    "/aitrader.v1.TradingService/ReplaceOrder": Role.TRADER,
    "/aitrader.v1.TradingService/CancelAllOrders": Role.TRADER,
    "/aitrader.v1.TradingService/ResolveOrder": Role.RISK_ADMIN,
    "/aitrader.v1.TradingService/ApproveOrder": Role.RISK_ADMIN,
    "/aitrader.v1.TradingService/Flatten": Role.TRADER,
    "/aitrader.v1.TradingService/SyncAccount": Role.TRADER,
    "/aitrader.v1.TradingService/GetPnl": Role.VIEWER,
    "/aitrader.v1.TradingService/GetBroker": Role.VIEWER,
    "/aitrader.v1.TradingService/ListTrades": Role.VIEWER,
    "/aitrader.v1.TradingService/ListStrategies": Role.VIEWER,
    "/aitrader.v1.TradingService/UpdateStrategy": Role.RISK_ADMIN,
    "/aitrader.v1.TradingService/StreamEvents": Role.VIEWER,
    "/aitrader.v1.TradingService/OrderSession": Role.TRADER,
    "/aitrader.v1.RiskService/GetLimits": Role.VIEWER,
    "/aitrader.v1.RiskService/UpdateLimits": Role.RISK_ADMIN,
    "/aitrader.v1.RiskService/CheckOrder": Role.VIEWER,
    "/aitrader.v1.RiskService/GetTradingState": Role.VIEWER,
    # Stopping is for everybody who may trade; starting again is not.
    "/aitrader.v1.RiskService/Halt": Role.TRADER,
    "/aitrader.v1.RiskService/Reduce": Role.TRADER,
    "/aitrader.v1.RiskService/Resume": Role.RISK_ADMIN,
    "/aitrader.v1.RiskService/Heartbeat": Role.TRADER,
    "/aitrader.v1.SentimentService/Analyze": Role.VIEWER,
    "/aitrader.v1.SentimentService/AnalyzeBatch": Role.VIEWER,
    "/aitrader.v1.SentimentService/StreamAnalyze": Role.VIEWER,
    "/aitrader.v1.SentimentService/GetModel": Role.VIEWER,
    "/aitrader.v1.SentimentService/GetSymbolSentiment": Role.VIEWER,
    "/aitrader.v1.MarketDataService/GetQuote": Role.VIEWER,
    "/aitrader.v1.MarketDataService/StreamQuotes": Role.VIEWER,
    "/aitrader.v1.MarketDataService/ListBars": Role.VIEWER,
    "/aitrader.v1.ObservabilityService/GetSlo": Role.VIEWER,
    "/aitrader.v1.ObservabilityService/GetMetrics": Role.VIEWER,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Role.VIEWER,
}

# What ends risk; no bound on callers may ever stand in its way.
STOPPING = frozenset(
    {
        "/aitrader.v1.TradingService/CancelOrder",
        "/aitrader.v1.TradingService/CancelAllOrders",
        "/aitrader.v1.TradingService/Flatten",
        "/aitrader.v1.RiskService/Halt",
        "/aitrader.v1.RiskService/Reduce",
        "/aitrader.v1.RiskService/Heartbeat",
    }
)


def is_mutating(method: str) -> bool:
    """Whether calls of `method` change something, and so leave a line in the audit log."""
    return MINIMUM_ROLE.get(method, Role.VIEWER) > Role.VIEWER
