import datetime

from aitrader.v1 import common_pb2 as _common_pb2
from aitrader.v1 import risk_pb2 as _risk_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Resolution(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESOLUTION_UNSPECIFIED: _ClassVar[Resolution]
    RESOLUTION_ABSENT: _ClassVar[Resolution]
    RESOLUTION_PRESENT: _ClassVar[Resolution]
RESOLUTION_UNSPECIFIED: Resolution
RESOLUTION_ABSENT: Resolution
RESOLUTION_PRESENT: Resolution

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PartReadiness(_message.Message):
    __slots__ = ("ok", "age_ms", "detail")
    OK_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    age_ms: int
    detail: str
    def __init__(self, ok: bool = ..., age_ms: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class OrderBounds(_message.Message):
    __slots__ = ("min_quantity", "quantity_rounding", "price_rounding", "min_notional")
    MIN_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_ROUNDING_FIELD_NUMBER: _ClassVar[int]
    PRICE_ROUNDING_FIELD_NUMBER: _ClassVar[int]
    MIN_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    min_quantity: str
    quantity_rounding: str
    price_rounding: str
    min_notional: str
    def __init__(self, min_quantity: _Optional[str] = ..., quantity_rounding: _Optional[str] = ..., price_rounding: _Optional[str] = ..., min_notional: _Optional[str] = ...) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("configured", "gateway", "environment", "risk", "limits", "trading_state", "ready", "version", "started_at", "sequence", "instruments", "unknown_orders", "open_orders", "account", "restrictions")
    class ReadyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: PartReadiness
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[PartReadiness, _Mapping]] = ...) -> None: ...
    class InstrumentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: OrderBounds
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[OrderBounds, _Mapping]] = ...) -> None: ...
    CONFIGURED_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    RESTRICTIONS_FIELD_NUMBER: _ClassVar[int]
    configured: bool
    gateway: str
    environment: str
    risk: _risk_pb2.RiskConfig
    limits: OrderBounds
    trading_state: _common_pb2.TradingStateInfo
    ready: _containers.MessageMap[str, PartReadiness]
    version: str
    started_at: _timestamp_pb2.Timestamp
    sequence: int
    instruments: _containers.MessageMap[str, OrderBounds]
    unknown_orders: int
    open_orders: int
    account: str
    restrictions: _containers.RepeatedCompositeFieldContainer[_common_pb2.SymbolRestriction]
    def __init__(self, configured: bool = ..., gateway: _Optional[str] = ..., environment: _Optional[str] = ..., risk: _Optional[_Union[_risk_pb2.RiskConfig, _Mapping]] = ..., limits: _Optional[_Union[OrderBounds, _Mapping]] = ..., trading_state: _Optional[_Union[_common_pb2.TradingStateInfo, _Mapping]] = ..., ready: _Optional[_Mapping[str, PartReadiness]] = ..., version: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sequence: _Optional[int] = ..., instruments: _Optional[_Mapping[str, OrderBounds]] = ..., unknown_orders: _Optional[int] = ..., open_orders: _Optional[int] = ..., account: _Optional[str] = ..., restrictions: _Optional[_Iterable[_Union[_common_pb2.SymbolRestriction, _Mapping]]] = ...) -> None: ...

class Features(_message.Message):
    __slots__ = ("price", "trend_ma_fast", "trend_ma_slow", "rsi", "macd", "macd_signal", "atr", "equity", "day_pnl")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    TREND_MA_FAST_FIELD_NUMBER: _ClassVar[int]
    TREND_MA_SLOW_FIELD_NUMBER: _ClassVar[int]
    RSI_FIELD_NUMBER: _ClassVar[int]
    MACD_FIELD_NUMBER: _ClassVar[int]
    MACD_SIGNAL_FIELD_NUMBER: _ClassVar[int]
    ATR_FIELD_NUMBER: _ClassVar[int]
    EQUITY_FIELD_NUMBER: _ClassVar[int]
    DAY_PNL_FIELD_NUMBER: _ClassVar[int]
    price: float
    trend_ma_fast: float
    trend_ma_slow: float
    rsi: float
    macd: float
    macd_signal: float
    atr: float
    equity: float
    day_pnl: float
    def __init__(self, price: _Optional[float] = ..., trend_ma_fast: _Optional[float] = ..., trend_ma_slow: _Optional[float] = ..., rsi: _Optional[float] = ..., macd: _Optional[float] = ..., macd_signal: _Optional[float] = ..., atr: _Optional[float] = ..., equity: _Optional[float] = ..., day_pnl: _Optional[float] = ...) -> None: ...

class TradeRequest(_message.Message):
    __slots__ = ("symbol", "features", "news_text", "order_type", "strategy", "side", "quantity", "quote_quantity", "limit_price", "stop_price", "time_in_force", "request_id", "dry_run", "news_source", "news_published_at")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    NEWS_TEXT_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    QUOTE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    NEWS_SOURCE_FIELD_NUMBER: _ClassVar[int]
    NEWS_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    features: Features
    news_text: str
    order_type: _common_pb2.OrderType
    strategy: str
    side: _common_pb2.Side
    quantity: str
    quote_quantity: str
    limit_price: str
    stop_price: str
    time_in_force: _common_pb2.TimeInForce
    request_id: str
    dry_run: bool
    news_source: str
    news_published_at: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., features: _Optional[_Union[Features, _Mapping]] = ..., news_text: _Optional[str] = ..., order_type: _Optional[_Union[_common_pb2.OrderType, str]] = ..., strategy: _Optional[str] = ..., side: _Optional[_Union[_common_pb2.Side, str]] = ..., quantity: _Optional[str] = ..., quote_quantity: _Optional[str] = ..., limit_price: _Optional[str] = ..., stop_price: _Optional[str] = ..., time_in_force: _Optional[_Union[_common_pb2.TimeInForce, str]] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., news_source: _Optional[str] = ..., news_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("signal", "confidence", "reasons", "model")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    signal: str
    confidence: float
    reasons: _containers.RepeatedScalarFieldContainer[str]
    model: str
    def __init__(self, signal: _Optional[str] = ..., confidence: _Optional[float] = ..., reasons: _Optional[_Iterable[str]] = ..., model: _Optional[str] = ...) -> None: ...

class Sentiment(_message.Message):
    __slots__ = ("label", "score", "model", "engine", "model_sha256", "calibration", "fallback_reason", "origin", "unused_because")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_REASON_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    UNUSED_BECAUSE_FIELD_NUMBER: _ClassVar[int]
    label: str
    score: float
    model: str
    engine: str
    model_sha256: str
    calibration: str
    fallback_reason: str
    origin: str
    unused_because: str
    def __init__(self, label: _Optional[str] = ..., score: _Optional[float] = ..., model: _Optional[str] = ..., engine: _Optional[str] = ..., model_sha256: _Optional[str] = ..., calibration: _Optional[str] = ..., fallback_reason: _Optional[str] = ..., origin: _Optional[str] = ..., unused_because: _Optional[str] = ...) -> None: ...

class Regime(_message.Message):
    __slots__ = ("regime", "confidence", "model")
    REGIME_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    regime: str
    confidence: float
    model: str
    def __init__(self, regime: _Optional[str] = ..., confidence: _Optional[float] = ..., model: _Optional[str] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("signal", "sentiment", "regime", "risk_fraction", "quantity", "trading_blocked", "breaches", "features", "computed", "sizing")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    SENTIMENT_FIELD_NUMBER: _ClassVar[int]
    REGIME_FIELD_NUMBER: _ClassVar[int]
    RISK_FRACTION_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TRADING_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_FIELD_NUMBER: _ClassVar[int]
    SIZING_FIELD_NUMBER: _ClassVar[int]
    signal: Signal
    sentiment: Sentiment
    regime: Regime
    risk_fraction: float
    quantity: str
    trading_blocked: bool
    breaches: _containers.RepeatedCompositeFieldContainer[_common_pb2.Breach]
    features: Features
    computed: _containers.RepeatedScalarFieldContainer[str]
    sizing: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, signal: _Optional[_Union[Signal, _Mapping]] = ..., sentiment: _Optional[_Union[Sentiment, _Mapping]] = ..., regime: _Optional[_Union[Regime, _Mapping]] = ..., risk_fraction: _Optional[float] = ..., quantity: _Optional[str] = ..., trading_blocked: bool = ..., breaches: _Optional[_Iterable[_Union[_common_pb2.Breach, _Mapping]]] = ..., features: _Optional[_Union[Features, _Mapping]] = ..., computed: _Optional[_Iterable[str]] = ..., sizing: _Optional[_Iterable[str]] = ...) -> None: ...

class TradeResponse(_message.Message):
    __slots__ = ("decision", "order", "executed", "error", "request_id", "retries", "strategy", "replayed")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RETRIES_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    decision: Decision
    order: _common_pb2.Order
    executed: bool
    error: str
    request_id: str
    retries: int
    strategy: str
    replayed: bool
    def __init__(self, decision: _Optional[_Union[Decision, _Mapping]] = ..., order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ..., executed: bool = ..., error: _Optional[str] = ..., request_id: _Optional[str] = ..., retries: _Optional[int] = ..., strategy: _Optional[str] = ..., replayed: bool = ...) -> None: ...

class OrderLeg(_message.Message):
    __slots__ = ("side", "order_type", "quantity", "limit_price", "stop_price", "trailing_delta_bips", "iceberg_quantity", "time_in_force", "request_id")
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    TRAILING_DELTA_BIPS_FIELD_NUMBER: _ClassVar[int]
    ICEBERG_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    side: _common_pb2.Side
    order_type: _common_pb2.OrderType
    quantity: str
    limit_price: str
    stop_price: str
    trailing_delta_bips: int
    iceberg_quantity: str
    time_in_force: _common_pb2.TimeInForce
    request_id: str
    def __init__(self, side: _Optional[_Union[_common_pb2.Side, str]] = ..., order_type: _Optional[_Union[_common_pb2.OrderType, str]] = ..., quantity: _Optional[str] = ..., limit_price: _Optional[str] = ..., stop_price: _Optional[str] = ..., trailing_delta_bips: _Optional[int] = ..., iceberg_quantity: _Optional[str] = ..., time_in_force: _Optional[_Union[_common_pb2.TimeInForce, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class PlaceOrderRequest(_message.Message):
    __slots__ = ("symbol", "side", "order_type", "quantity", "quote_quantity", "limit_price", "stop_price", "trailing_delta_bips", "iceberg_quantity", "time_in_force", "self_trade_prevention", "reduce_only", "strategy", "request_id", "dry_run", "contingency", "legs")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    QUOTE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    TRAILING_DELTA_BIPS_FIELD_NUMBER: _ClassVar[int]
    ICEBERG_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    REDUCE_ONLY_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    CONTINGENCY_FIELD_NUMBER: _ClassVar[int]
    LEGS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    side: _common_pb2.Side
    order_type: _common_pb2.OrderType
    quantity: str
    quote_quantity: str
    limit_price: str
    stop_price: str
    trailing_delta_bips: int
    iceberg_quantity: str
    time_in_force: _common_pb2.TimeInForce
    self_trade_prevention: _common_pb2.SelfTradePrevention
    reduce_only: bool
    strategy: str
    request_id: str
    dry_run: bool
    contingency: _common_pb2.Contingency
    legs: _containers.RepeatedCompositeFieldContainer[OrderLeg]
    def __init__(self, symbol: _Optional[str] = ..., side: _Optional[_Union[_common_pb2.Side, str]] = ..., order_type: _Optional[_Union[_common_pb2.OrderType, str]] = ..., quantity: _Optional[str] = ..., quote_quantity: _Optional[str] = ..., limit_price: _Optional[str] = ..., stop_price: _Optional[str] = ..., trailing_delta_bips: _Optional[int] = ..., iceberg_quantity: _Optional[str] = ..., time_in_force: _Optional[_Union[_common_pb2.TimeInForce, str]] = ..., self_trade_prevention: _Optional[_Union[_common_pb2.SelfTradePrevention, str]] = ..., reduce_only: bool = ..., strategy: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: bool = ..., contingency: _Optional[_Union[_common_pb2.Contingency, str]] = ..., legs: _Optional[_Iterable[_Union[OrderLeg, _Mapping]]] = ...) -> None: ...

class PlaceOrderResponse(_message.Message):
    __slots__ = ("order", "replayed", "legs")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    LEGS_FIELD_NUMBER: _ClassVar[int]
    order: _common_pb2.Order
    replayed: bool
    legs: _containers.RepeatedCompositeFieldContainer[_common_pb2.Order]
    def __init__(self, order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ..., replayed: bool = ..., legs: _Optional[_Iterable[_Union[_common_pb2.Order, _Mapping]]] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("symbol", "state", "strategy", "refresh", "page_size", "page_token", "open_only")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REFRESH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    state: _containers.RepeatedScalarFieldContainer[_common_pb2.OrderState]
    strategy: str
    refresh: bool
    page_size: int
    page_token: str
    open_only: bool
    def __init__(self, symbol: _Optional[str] = ..., state: _Optional[_Iterable[_Union[_common_pb2.OrderState, str]]] = ..., strategy: _Optional[str] = ..., refresh: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., open_only: bool = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token", "as_of", "source")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_common_pb2.Order]
    next_page_token: str
    as_of: _timestamp_pb2.Timestamp
    source: str
    def __init__(self, orders: _Optional[_Iterable[_Union[_common_pb2.Order, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class GetOrderResponse(_message.Message):
    __slots__ = ("request_id", "found", "order")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    found: bool
    order: _common_pb2.Order
    def __init__(self, request_id: _Optional[str] = ..., found: bool = ..., order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ...) -> None: ...

class GetOrderTraceRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("number", "signed_at", "recv_window_ms", "fence_at", "evidence", "key_id")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_FIELD_NUMBER: _ClassVar[int]
    RECV_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    FENCE_AT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    number: int
    signed_at: _timestamp_pb2.Timestamp
    recv_window_ms: int
    fence_at: _timestamp_pb2.Timestamp
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    key_id: str
    def __init__(self, number: _Optional[int] = ..., signed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., recv_window_ms: _Optional[int] = ..., fence_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., key_id: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("at", "source", "finding")
    AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    source: str
    finding: str
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., finding: _Optional[str] = ...) -> None: ...

class Posting(_message.Message):
    __slots__ = ("account", "asset", "amount")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    asset: str
    amount: str
    def __init__(self, account: _Optional[str] = ..., asset: _Optional[str] = ..., amount: _Optional[str] = ...) -> None: ...

class LedgerEntry(_message.Message):
    __slots__ = ("sequence", "postings")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    POSTINGS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    postings: _containers.RepeatedCompositeFieldContainer[Posting]
    def __init__(self, sequence: _Optional[int] = ..., postings: _Optional[_Iterable[_Union[Posting, _Mapping]]] = ...) -> None: ...

class GetOrderTraceResponse(_message.Message):
    __slots__ = ("order", "events", "attempts", "ledger", "decision", "limits_version")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    LIMITS_VERSION_FIELD_NUMBER: _ClassVar[int]
    order: _common_pb2.Order
    events: _containers.RepeatedCompositeFieldContainer[Event]
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    ledger: _containers.RepeatedCompositeFieldContainer[LedgerEntry]
    decision: Decision
    limits_version: int
    def __init__(self, order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ..., events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., ledger: _Optional[_Iterable[_Union[LedgerEntry, _Mapping]]] = ..., decision: _Optional[_Union[Decision, _Mapping]] = ..., limits_version: _Optional[int] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("request_id", "cancelled", "order")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    cancelled: bool
    order: _common_pb2.Order
    def __init__(self, request_id: _Optional[str] = ..., cancelled: bool = ..., order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ...) -> None: ...

class ReplaceOrderRequest(_message.Message):
    __slots__ = ("request_id", "quantity", "limit_price", "stop_price", "new_request_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    NEW_REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    quantity: str
    limit_price: str
    stop_price: str
    new_request_id: str
    def __init__(self, request_id: _Optional[str] = ..., quantity: _Optional[str] = ..., limit_price: _Optional[str] = ..., stop_price: _Optional[str] = ..., new_request_id: _Optional[str] = ...) -> None: ...

class ReplaceOrderResponse(_message.Message):
    __slots__ = ("order", "replaced", "replayed")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    order: _common_pb2.Order
    replaced: _common_pb2.Order
    replayed: bool
    def __init__(self, order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ..., replaced: _Optional[_Union[_common_pb2.Order, _Mapping]] = ..., replayed: bool = ...) -> None: ...

class CancelAllOrdersRequest(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    def __init__(self, symbol: _Optional[str] = ...) -> None: ...

class CancelResult(_message.Message):
    __slots__ = ("request_id", "cancelled", "error", "order")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    cancelled: bool
    error: str
    order: _common_pb2.Order
    def __init__(self, request_id: _Optional[str] = ..., cancelled: bool = ..., error: _Optional[str] = ..., order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ...) -> None: ...

class CancelAllOrdersResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CancelResult]
    def __init__(self, results: _Optional[_Iterable[_Union[CancelResult, _Mapping]]] = ...) -> None: ...

class ResolveOrderRequest(_message.Message):
    __slots__ = ("request_id", "outcome", "evidence")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    outcome: Resolution
    evidence: str
    def __init__(self, request_id: _Optional[str] = ..., outcome: _Optional[_Union[Resolution, str]] = ..., evidence: _Optional[str] = ...) -> None: ...

class ResolveOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _common_pb2.Order
    def __init__(self, order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ...) -> None: ...

class ApproveOrderRequest(_message.Message):
    __slots__ = ("request_id", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ApproveOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _common_pb2.Order
    def __init__(self, order: _Optional[_Union[_common_pb2.Order, _Mapping]] = ...) -> None: ...

class FlattenRequest(_message.Message):
    __slots__ = ("symbols", "confirm_account", "dry_run")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    confirm_account: str
    dry_run: bool
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., confirm_account: _Optional[str] = ..., dry_run: bool = ...) -> None: ...

class FlattenResponse(_message.Message):
    __slots__ = ("orders", "trading_state")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_common_pb2.Order]
    trading_state: _common_pb2.TradingStateInfo
    def __init__(self, orders: _Optional[_Iterable[_Union[_common_pb2.Order, _Mapping]]] = ..., trading_state: _Optional[_Union[_common_pb2.TradingStateInfo, _Mapping]] = ...) -> None: ...

class SyncAccountRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Balance(_message.Message):
    __slots__ = ("free", "locked", "total")
    FREE_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    free: str
    locked: str
    total: str
    def __init__(self, free: _Optional[str] = ..., locked: _Optional[str] = ..., total: _Optional[str] = ...) -> None: ...

class SyncAccountResponse(_message.Message):
    __slots__ = ("positions", "balances", "synced_at", "external")
    class PositionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class BalancesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Balance
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Balance, _Mapping]] = ...) -> None: ...
    class ExternalEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    SYNCED_AT_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.ScalarMap[str, str]
    balances: _containers.MessageMap[str, Balance]
    synced_at: _timestamp_pb2.Timestamp
    external: _containers.ScalarMap[str, str]
    def __init__(self, positions: _Optional[_Mapping[str, str]] = ..., balances: _Optional[_Mapping[str, Balance]] = ..., synced_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., external: _Optional[_Mapping[str, str]] = ...) -> None: ...

class GetPnlRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetPnlResponse(_message.Message):
    __slots__ = ("ts", "start_equity", "current_equity", "realized_pnl", "unrealized_pnl", "fees", "drawdown_pct", "trades_count", "asset")
    TS_FIELD_NUMBER: _ClassVar[int]
    START_EQUITY_FIELD_NUMBER: _ClassVar[int]
    CURRENT_EQUITY_FIELD_NUMBER: _ClassVar[int]
    REALIZED_PNL_FIELD_NUMBER: _ClassVar[int]
    UNREALIZED_PNL_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    DRAWDOWN_PCT_FIELD_NUMBER: _ClassVar[int]
    TRADES_COUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    ts: _timestamp_pb2.Timestamp
    start_equity: str
    current_equity: str
    realized_pnl: str
    unrealized_pnl: str
    fees: str
    drawdown_pct: float
    trades_count: int
    asset: str
    def __init__(self, ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_equity: _Optional[str] = ..., current_equity: _Optional[str] = ..., realized_pnl: _Optional[str] = ..., unrealized_pnl: _Optional[str] = ..., fees: _Optional[str] = ..., drawdown_pct: _Optional[float] = ..., trades_count: _Optional[int] = ..., asset: _Optional[str] = ...) -> None: ...

class GetBrokerRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RateBudget(_message.Message):
    __slots__ = ("name", "used", "limit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    used: int
    limit: int
    def __init__(self, name: _Optional[str] = ..., used: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class GetBrokerResponse(_message.Message):
    __slots__ = ("updated_at", "connected", "gateway", "open_orders", "positions", "balances", "last_error", "stream", "clock", "rate_budgets", "banned_until", "stream_lag_ms", "foreign_orders", "restrictions", "venue_epoch")
    class PositionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class BalancesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Balance
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Balance, _Mapping]] = ...) -> None: ...
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    RATE_BUDGETS_FIELD_NUMBER: _ClassVar[int]
    BANNED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    STREAM_LAG_MS_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    RESTRICTIONS_FIELD_NUMBER: _ClassVar[int]
    VENUE_EPOCH_FIELD_NUMBER: _ClassVar[int]
    updated_at: _timestamp_pb2.Timestamp
    connected: bool
    gateway: str
    open_orders: _containers.RepeatedCompositeFieldContainer[_common_pb2.Order]
    positions: _containers.ScalarMap[str, str]
    balances: _containers.MessageMap[str, Balance]
    last_error: str
    stream: PartReadiness
    clock: PartReadiness
    rate_budgets: _containers.RepeatedCompositeFieldContainer[RateBudget]
    banned_until: _timestamp_pb2.Timestamp
    stream_lag_ms: int
    foreign_orders: _containers.RepeatedCompositeFieldContainer[ForeignOrder]
    restrictions: _containers.RepeatedCompositeFieldContainer[_common_pb2.SymbolRestriction]
    venue_epoch: int
    def __init__(self, updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., connected: bool = ..., gateway: _Optional[str] = ..., open_orders: _Optional[_Iterable[_Union[_common_pb2.Order, _Mapping]]] = ..., positions: _Optional[_Mapping[str, str]] = ..., balances: _Optional[_Mapping[str, Balance]] = ..., last_error: _Optional[str] = ..., stream: _Optional[_Union[PartReadiness, _Mapping]] = ..., clock: _Optional[_Union[PartReadiness, _Mapping]] = ..., rate_budgets: _Optional[_Iterable[_Union[RateBudget, _Mapping]]] = ..., banned_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stream_lag_ms: _Optional[int] = ..., foreign_orders: _Optional[_Iterable[_Union[ForeignOrder, _Mapping]]] = ..., restrictions: _Optional[_Iterable[_Union[_common_pb2.SymbolRestriction, _Mapping]]] = ..., venue_epoch: _Optional[int] = ...) -> None: ...

class ForeignOrder(_message.Message):
    __slots__ = ("symbol", "venue_order_id", "client_order_id", "quantity", "cumulative_quantity")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    VENUE_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CUMULATIVE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    venue_order_id: str
    client_order_id: str
    quantity: str
    cumulative_quantity: str
    def __init__(self, symbol: _Optional[str] = ..., venue_order_id: _Optional[str] = ..., client_order_id: _Optional[str] = ..., quantity: _Optional[str] = ..., cumulative_quantity: _Optional[str] = ...) -> None: ...

class ListTradesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "symbol", "strategy")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    symbol: str
    strategy: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., symbol: _Optional[str] = ..., strategy: _Optional[str] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("ts", "symbol", "strategy", "side", "quantity", "price", "executed", "error", "risk_fraction", "notional", "request_id", "status", "filled_quantity", "average_price", "confidence", "day_pnl", "equity")
    TS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RISK_FRACTION_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FILLED_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_PRICE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    DAY_PNL_FIELD_NUMBER: _ClassVar[int]
    EQUITY_FIELD_NUMBER: _ClassVar[int]
    ts: _timestamp_pb2.Timestamp
    symbol: str
    strategy: str
    side: str
    quantity: str
    price: str
    executed: bool
    error: str
    risk_fraction: float
    notional: str
    request_id: str
    status: str
    filled_quantity: str
    average_price: str
    confidence: float
    day_pnl: str
    equity: str
    def __init__(self, ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., symbol: _Optional[str] = ..., strategy: _Optional[str] = ..., side: _Optional[str] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., executed: bool = ..., error: _Optional[str] = ..., risk_fraction: _Optional[float] = ..., notional: _Optional[str] = ..., request_id: _Optional[str] = ..., status: _Optional[str] = ..., filled_quantity: _Optional[str] = ..., average_price: _Optional[str] = ..., confidence: _Optional[float] = ..., day_pnl: _Optional[str] = ..., equity: _Optional[str] = ...) -> None: ...

class ListTradesResponse(_message.Message):
    __slots__ = ("trades", "next_page_token")
    TRADES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[Trade]
    next_page_token: str
    def __init__(self, trades: _Optional[_Iterable[_Union[Trade, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListStrategiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Strategy(_message.Message):
    __slots__ = ("name", "enabled", "max_risk_fraction", "max_daily_trades", "notes", "trades_today", "updated_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    MAX_RISK_FRACTION_FIELD_NUMBER: _ClassVar[int]
    MAX_DAILY_TRADES_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    TRADES_TODAY_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    enabled: bool
    max_risk_fraction: float
    max_daily_trades: int
    notes: str
    trades_today: int
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., enabled: bool = ..., max_risk_fraction: _Optional[float] = ..., max_daily_trades: _Optional[int] = ..., notes: _Optional[str] = ..., trades_today: _Optional[int] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListStrategiesResponse(_message.Message):
    __slots__ = ("strategies",)
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    strategies: _containers.RepeatedCompositeFieldContainer[Strategy]
    def __init__(self, strategies: _Optional[_Iterable[_Union[Strategy, _Mapping]]] = ...) -> None: ...

class UpdateStrategyRequest(_message.Message):
    __slots__ = ("name", "enabled", "max_risk_fraction", "max_daily_trades", "notes", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    MAX_RISK_FRACTION_FIELD_NUMBER: _ClassVar[int]
    MAX_DAILY_TRADES_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    enabled: bool
    max_risk_fraction: float
    max_daily_trades: int
    notes: str
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., enabled: bool = ..., max_risk_fraction: _Optional[float] = ..., max_daily_trades: _Optional[int] = ..., notes: _Optional[str] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateStrategyResponse(_message.Message):
    __slots__ = ("strategy",)
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    strategy: Strategy
    def __init__(self, strategy: _Optional[_Union[Strategy, _Mapping]] = ...) -> None: ...

class StreamEventsRequest(_message.Message):
    __slots__ = ("after_sequence", "live_only", "kinds", "symbol")
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    live_only: bool
    kinds: _containers.RepeatedScalarFieldContainer[str]
    symbol: str
    def __init__(self, after_sequence: _Optional[int] = ..., live_only: bool = ..., kinds: _Optional[_Iterable[str]] = ..., symbol: _Optional[str] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("sequence", "epoch", "occurred_at", "kind", "request_id", "symbol", "trace_id", "state", "cumulative_quantity", "fill", "detail")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CUMULATIVE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FILL_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    epoch: int
    occurred_at: _timestamp_pb2.Timestamp
    kind: str
    request_id: str
    symbol: str
    trace_id: str
    state: _common_pb2.OrderState
    cumulative_quantity: str
    fill: _common_pb2.Fill
    detail: str
    def __init__(self, sequence: _Optional[int] = ..., epoch: _Optional[int] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[str] = ..., request_id: _Optional[str] = ..., symbol: _Optional[str] = ..., trace_id: _Optional[str] = ..., state: _Optional[_Union[_common_pb2.OrderState, str]] = ..., cumulative_quantity: _Optional[str] = ..., fill: _Optional[_Union[_common_pb2.Fill, _Mapping]] = ..., detail: _Optional[str] = ...) -> None: ...

class CaughtUp(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class StreamHeartbeat(_message.Message):
    __slots__ = ("at",)
    AT_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StreamEnd(_message.Message):
    __slots__ = ("reason", "resume_after")
    REASON_FIELD_NUMBER: _ClassVar[int]
    RESUME_AFTER_FIELD_NUMBER: _ClassVar[int]
    reason: str
    resume_after: int
    def __init__(self, reason: _Optional[str] = ..., resume_after: _Optional[int] = ...) -> None: ...

class StreamEventsResponse(_message.Message):
    __slots__ = ("sequence", "event", "snapshot", "caught_up", "heartbeat", "end")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    CAUGHT_UP_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    event: Event
    snapshot: _common_pb2.Order
    caught_up: CaughtUp
    heartbeat: StreamHeartbeat
    end: StreamEnd
    def __init__(self, sequence: _Optional[int] = ..., event: _Optional[_Union[Event, _Mapping]] = ..., snapshot: _Optional[_Union[_common_pb2.Order, _Mapping]] = ..., caught_up: _Optional[_Union[CaughtUp, _Mapping]] = ..., heartbeat: _Optional[_Union[StreamHeartbeat, _Mapping]] = ..., end: _Optional[_Union[StreamEnd, _Mapping]] = ...) -> None: ...

class OrderSessionRequest(_message.Message):
    __slots__ = ("command_id", "place", "cancel")
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    command_id: int
    place: PlaceOrderRequest
    cancel: CancelOrderRequest
    def __init__(self, command_id: _Optional[int] = ..., place: _Optional[_Union[PlaceOrderRequest, _Mapping]] = ..., cancel: _Optional[_Union[CancelOrderRequest, _Mapping]] = ...) -> None: ...

class OrderSessionResponse(_message.Message):
    __slots__ = ("command_id", "place", "cancel", "error")
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    command_id: int
    place: PlaceOrderResponse
    cancel: CancelOrderResponse
    error: CommandError
    def __init__(self, command_id: _Optional[int] = ..., place: _Optional[_Union[PlaceOrderResponse, _Mapping]] = ..., cancel: _Optional[_Union[CancelOrderResponse, _Mapping]] = ..., error: _Optional[_Union[CommandError, _Mapping]] = ...) -> None: ...

class CommandError(_message.Message):
    __slots__ = ("code", "message", "reason", "breaches")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    reason: str
    breaches: _containers.RepeatedCompositeFieldContainer[_common_pb2.Breach]
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., reason: _Optional[str] = ..., breaches: _Optional[_Iterable[_Union[_common_pb2.Breach, _Mapping]]] = ...) -> None: ...
