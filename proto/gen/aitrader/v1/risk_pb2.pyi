import datetime

from aitrader.v1 import common_pb2 as _common_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RiskConfig(_message.Message):
    __slots__ = ("per_trade_cap", "daily_loss_limit", "max_order_notional", "max_order_quantity", "price_collar", "max_slippage", "max_spread", "max_quote_age_ms", "max_position_notional", "max_gross_exposure", "max_concentration", "max_open_orders", "repeated_order_window_ms", "max_unknown_orders", "symbols")
    PER_TRADE_CAP_FIELD_NUMBER: _ClassVar[int]
    DAILY_LOSS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDER_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDER_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_COLLAR_FIELD_NUMBER: _ClassVar[int]
    MAX_SLIPPAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_SPREAD_FIELD_NUMBER: _ClassVar[int]
    MAX_QUOTE_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_POSITION_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_GROSS_EXPOSURE_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCENTRATION_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    REPEATED_ORDER_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_UNKNOWN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    per_trade_cap: str
    daily_loss_limit: str
    max_order_notional: str
    max_order_quantity: str
    price_collar: str
    max_slippage: str
    max_spread: str
    max_quote_age_ms: int
    max_position_notional: str
    max_gross_exposure: str
    max_concentration: str
    max_open_orders: int
    repeated_order_window_ms: int
    max_unknown_orders: int
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, per_trade_cap: _Optional[str] = ..., daily_loss_limit: _Optional[str] = ..., max_order_notional: _Optional[str] = ..., max_order_quantity: _Optional[str] = ..., price_collar: _Optional[str] = ..., max_slippage: _Optional[str] = ..., max_spread: _Optional[str] = ..., max_quote_age_ms: _Optional[int] = ..., max_position_notional: _Optional[str] = ..., max_gross_exposure: _Optional[str] = ..., max_concentration: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., repeated_order_window_ms: _Optional[int] = ..., max_unknown_orders: _Optional[int] = ..., symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class DailyUsage(_message.Message):
    __slots__ = ("day", "start_equity", "pnl", "loss_limit", "orders", "turnover")
    DAY_FIELD_NUMBER: _ClassVar[int]
    START_EQUITY_FIELD_NUMBER: _ClassVar[int]
    PNL_FIELD_NUMBER: _ClassVar[int]
    LOSS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TURNOVER_FIELD_NUMBER: _ClassVar[int]
    day: str
    start_equity: str
    pnl: str
    loss_limit: str
    orders: int
    turnover: str
    def __init__(self, day: _Optional[str] = ..., start_equity: _Optional[str] = ..., pnl: _Optional[str] = ..., loss_limit: _Optional[str] = ..., orders: _Optional[int] = ..., turnover: _Optional[str] = ...) -> None: ...

class StrategyLimits(_message.Message):
    __slots__ = ("enabled", "max_risk_fraction", "max_daily_trades", "trades_today")
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    MAX_RISK_FRACTION_FIELD_NUMBER: _ClassVar[int]
    MAX_DAILY_TRADES_FIELD_NUMBER: _ClassVar[int]
    TRADES_TODAY_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    max_risk_fraction: float
    max_daily_trades: int
    trades_today: int
    def __init__(self, enabled: bool = ..., max_risk_fraction: _Optional[float] = ..., max_daily_trades: _Optional[int] = ..., trades_today: _Optional[int] = ...) -> None: ...

class GetLimitsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLimitsResponse(_message.Message):
    __slots__ = ("risk_config", "daily", "strategies", "version")
    class StrategiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: StrategyLimits
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[StrategyLimits, _Mapping]] = ...) -> None: ...
    RISK_CONFIG_FIELD_NUMBER: _ClassVar[int]
    DAILY_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    risk_config: RiskConfig
    daily: DailyUsage
    strategies: _containers.MessageMap[str, StrategyLimits]
    version: int
    def __init__(self, risk_config: _Optional[_Union[RiskConfig, _Mapping]] = ..., daily: _Optional[_Union[DailyUsage, _Mapping]] = ..., strategies: _Optional[_Mapping[str, StrategyLimits]] = ..., version: _Optional[int] = ...) -> None: ...

class UpdateLimitsRequest(_message.Message):
    __slots__ = ("risk_config", "version", "reason")
    RISK_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    risk_config: RiskConfig
    version: int
    reason: str
    def __init__(self, risk_config: _Optional[_Union[RiskConfig, _Mapping]] = ..., version: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdateLimitsResponse(_message.Message):
    __slots__ = ("risk_config", "version")
    RISK_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    risk_config: RiskConfig
    version: int
    def __init__(self, risk_config: _Optional[_Union[RiskConfig, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class CheckOrderRequest(_message.Message):
    __slots__ = ("symbol", "side", "order_type", "quantity", "quote_quantity", "limit_price", "stop_price", "trailing_delta_bips", "iceberg_quantity", "time_in_force", "self_trade_prevention", "reduce_only", "strategy")
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
    def __init__(self, symbol: _Optional[str] = ..., side: _Optional[_Union[_common_pb2.Side, str]] = ..., order_type: _Optional[_Union[_common_pb2.OrderType, str]] = ..., quantity: _Optional[str] = ..., quote_quantity: _Optional[str] = ..., limit_price: _Optional[str] = ..., stop_price: _Optional[str] = ..., trailing_delta_bips: _Optional[int] = ..., iceberg_quantity: _Optional[str] = ..., time_in_force: _Optional[_Union[_common_pb2.TimeInForce, str]] = ..., self_trade_prevention: _Optional[_Union[_common_pb2.SelfTradePrevention, str]] = ..., reduce_only: bool = ..., strategy: _Optional[str] = ...) -> None: ...

class CheckOrderResponse(_message.Message):
    __slots__ = ("allowed", "breaches", "limits_version")
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_VERSION_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    breaches: _containers.RepeatedCompositeFieldContainer[_common_pb2.Breach]
    limits_version: int
    def __init__(self, allowed: bool = ..., breaches: _Optional[_Iterable[_Union[_common_pb2.Breach, _Mapping]]] = ..., limits_version: _Optional[int] = ...) -> None: ...

class GetTradingStateRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetTradingStateResponse(_message.Message):
    __slots__ = ("trading_state",)
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    trading_state: _common_pb2.TradingStateInfo
    def __init__(self, trading_state: _Optional[_Union[_common_pb2.TradingStateInfo, _Mapping]] = ...) -> None: ...

class HaltRequest(_message.Message):
    __slots__ = ("reason", "cancel_open_orders")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CANCEL_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    cancel_open_orders: bool
    def __init__(self, reason: _Optional[str] = ..., cancel_open_orders: bool = ...) -> None: ...

class HaltResponse(_message.Message):
    __slots__ = ("trading_state", "open_orders")
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    trading_state: _common_pb2.TradingStateInfo
    open_orders: _containers.RepeatedCompositeFieldContainer[_common_pb2.Order]
    def __init__(self, trading_state: _Optional[_Union[_common_pb2.TradingStateInfo, _Mapping]] = ..., open_orders: _Optional[_Iterable[_Union[_common_pb2.Order, _Mapping]]] = ...) -> None: ...

class ReduceRequest(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ReduceResponse(_message.Message):
    __slots__ = ("trading_state",)
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    trading_state: _common_pb2.TradingStateInfo
    def __init__(self, trading_state: _Optional[_Union[_common_pb2.TradingStateInfo, _Mapping]] = ...) -> None: ...

class ResumeRequest(_message.Message):
    __slots__ = ("reason", "confirm_account", "symbol")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    reason: str
    confirm_account: str
    symbol: str
    def __init__(self, reason: _Optional[str] = ..., confirm_account: _Optional[str] = ..., symbol: _Optional[str] = ...) -> None: ...

class ResumeResponse(_message.Message):
    __slots__ = ("trading_state",)
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    trading_state: _common_pb2.TradingStateInfo
    def __init__(self, trading_state: _Optional[_Union[_common_pb2.TradingStateInfo, _Mapping]] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("at", "limit_ms")
    AT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_MS_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    limit_ms: int
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit_ms: _Optional[int] = ...) -> None: ...
