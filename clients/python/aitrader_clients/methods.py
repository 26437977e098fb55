"""What each RPC of the contract may cost and whether it may be repeated: one table."""

import enum
from typing import NamedTuple


class Kind(enum.Enum):
    """How the loss of a reply is to be read."""

    READ = "changes nothing: repeated by the client when the engine cannot be reached"
    CHANGE = "changes state, makes no order: never repeated by the client, safe for its caller"
    ORDER = "may make an order: never repeated; a lost reply leaves the outcome unknown"
    STREAM = "lives until one side ends it"


class Method(NamedTuple):
    """Policy of one RPC; a stream has no deadline."""

    kind: Kind
    timeout_s: float | None


_READ = Method(Kind.READ, 2.0)
# Longer than the engine waits for the venue (10 s), so that its answer wins over our deadline.
_VENUE_CHANGE = Method(Kind.CHANGE, 12.0)
_STREAM = Method(Kind.STREAM, None)

METHODS: dict[str, Method] = {
    "/aitrader.v1.TradingService/GetStatus": _READ,
    "/aitrader.v1.TradingService/Trade": Method(Kind.ORDER, 15.0),
    "/aitrader.v1.TradingService/PlaceOrder": Method(Kind.ORDER, 12.0),
    # May ask the venue first.
    "/aitrader.v1.TradingService/ListOrders": Method(Kind.READ, 5.0),
    "/aitrader.v1.TradingService/GetOrder": _READ,
    "/aitrader.v1.TradingService/GetOrderTrace": _READ,
    "/aitrader.v1.TradingService/CancelOrder": _VENUE_CHANGE,
    "/aitrader.v1.TradingService/ReplaceOrder": Method(Kind.ORDER, 12.0),
    "/aitrader.v1.TradingService/CancelAllOrders": Method(Kind.CHANGE, 30.0),
    "/aitrader.v1.TradingService/ResolveOrder": _VENUE_CHANGE,
    "/aitrader.v1.TradingService/ApproveOrder": Method(Kind.ORDER, 12.0),
    "/aitrader.v1.TradingService/Flatten": Method(Kind.ORDER, 30.0),
    "/aitrader.v1.TradingService/SyncAccount": _VENUE_CHANGE,
    "/aitrader.v1.TradingService/GetPnl": _READ,
    "/aitrader.v1.TradingService/GetBroker": _READ,
    "/aitrader.v1.TradingService/ListTrades": _READ,
    "/aitrader.v1.TradingService/ListStrategies": _READ,
    "/aitrader.v1.TradingService/UpdateStrategy": Method(Kind.CHANGE, 5.0),
    "/aitrader.v1.TradingService/StreamEvents": _STREAM,
    "/aitrader.v1.TradingService/OrderSession": _STREAM,
    "/aitrader.v1.RiskService/GetLimits": _READ,
    "/aitrader.v1.RiskService/UpdateLimits": Method(Kind.CHANGE, 5.0),
    "/aitrader.v1.RiskService/CheckOrder": _READ,
    "/aitrader.v1.RiskService/GetTradingState": _READ,
    # May cancel every open order before it answers.
    "/aitrader.v1.RiskService/Halt": Method(Kind.CHANGE, 30.0),
    "/aitrader.v1.RiskService/Reduce": Method(Kind.CHANGE, 5.0),
    "/aitrader.v1.RiskService/Resume": Method(Kind.CHANGE, 5.0),
    "/aitrader.v1.RiskService/Heartbeat": Method(Kind.CHANGE, 2.0),
    "/aitrader.v1.SentimentService/Analyze": Method(Kind.READ, 5.0),
    "/aitrader.v1.SentimentService/AnalyzeBatch": Method(Kind.READ, 30.0),
    "/aitrader.v1.SentimentService/StreamAnalyze": _STREAM,
    "/aitrader.v1.SentimentService/GetModel": _READ,
    "/aitrader.v1.SentimentService/GetSymbolSentiment": _READ,
    "/aitrader.v1.MarketDataService/GetQuote": _READ,
    "/aitrader.v1.MarketDataService/StreamQuotes": _STREAM,
    "/aitrader.v1.MarketDataService/ListBars": Method(Kind.READ, 5.0),
    "/aitrader.v1.ObservabilityService/GetSlo": _READ,
    "/aitrader.v1.ObservabilityService/GetMetrics": _READ,
}

# Reads alone are repeated, when the engine cannot be reached or says when to ask again. gRPC's own
# retries would not do: they end with the first metadata, which the engine sends before it answers.
READ_ATTEMPTS_MAX = 3
READ_BACKOFF_S_FIRST = 0.05

# An engine sends a heartbeat after 5 s of silence by default: three missed, and a little.
SILENCE_S_MAX = 16.0
