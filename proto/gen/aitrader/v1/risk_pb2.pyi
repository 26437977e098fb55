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
    __slots__ = ("per_trade_cap", "daily_loss_limit", "max_order_notional", "max_order_quantity", "price_collar", "max_slippage", "max_spread", "max_quote_age_ms", "max_position_notional", "max_gross_exposure", "max_concentration", "max_open_orders", "repeated_order_window_ms", "max_unknown_orders", "symbols", "rolling_24h_loss_limit", "max_drawdown", "max_consecutive_losses", "max_orders_per_minute", "max_orders_per_day", "max_turnover_per_day", "max_rejects_per_minute", "max_executions", "max_mark_age_ms", "deny_self_trade", "approval_notional", "approval_ttl_s", "by_symbol", "by_strategy")
    class BySymbolEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: SymbolRiskLimits
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[SymbolRiskLimits, _Mapping]] = ...) -> None: ...
    class ByStrategyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: StrategyRiskLimits
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[StrategyRiskLimits, _Mapping]] = ...) -> None: ...
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
    ROLLING_24H_LOSS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAX_DRAWDOWN_FIELD_NUMBER: _ClassVar[int]
    MAX_CONSECUTIVE_LOSSES_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDERS_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDERS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_TURNOVER_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_REJECTS_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    MAX_EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_MARK_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    DENY_SELF_TRADE_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_TTL_S_FIELD_NUMBER: _ClassVar[int]
    BY_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    BY_STRATEGY_FIELD_NUMBER: _ClassVar[int]
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
    rolling_24h_loss_limit: str
    max_drawdown: str
    max_consecutive_losses: int
    max_orders_per_minute: int
    max_orders_per_day: int
    max_turnover_per_day: str
    max_rejects_per_minute: int
    max_executions: int
    max_mark_age_ms: int
    deny_self_trade: bool
    approval_notional: str
    approval_ttl_s: int
    by_symbol: _containers.MessageMap[str, SymbolRiskLimits]
    by_strategy: _containers.MessageMap[str, StrategyRiskLimits]
    def __init__(self, per_trade_cap: _Optional[str] = ..., daily_loss_limit: _Optional[str] = ..., max_order_notional: _Optional[str] = ..., max_order_quantity: _Optional[str] = ..., price_collar: _Optional[str] = ..., max_slippage: _Optional[str] = ..., max_spread: _Optional[str] = ..., max_quote_age_ms: _Optional[int] = ..., max_position_notional: _Optional[str] = ..., max_gross_exposure: _Optional[str] = ..., max_concentration: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., repeated_order_window_ms: _Optional[int] = ..., max_unknown_orders: _Optional[int] = ..., symbols: _Optional[_Iterable[str]] = ..., rolling_24h_loss_limit: _Optional[str] = ..., max_drawdown: _Optional[str] = ..., max_consecutive_losses: _Optional[int] = ..., max_orders_per_minute: _Optional[int] = ..., max_orders_per_day: _Optional[int] = ..., max_turnover_per_day: _Optional[str] = ..., max_rejects_per_minute: _Optional[int] = ..., max_executions: _Optional[int] = ..., max_mark_age_ms: _Optional[int] = ..., deny_self_trade: bool = ..., approval_notional: _Optional[str] = ..., approval_ttl_s: _Optional[int] = ..., by_symbol: _Optional[_Mapping[str, SymbolRiskLimits]] = ..., by_strategy: _Optional[_Mapping[str, StrategyRiskLimits]] = ...) -> None: ...

class SymbolRiskLimits(_message.Message):
    __slots__ = ("max_order_notional", "max_order_quantity", "max_open_orders", "max_orders_per_day", "max_turnover_per_day", "max_loss_per_day", "max_position_notional")
    MAX_ORDER_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDER_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDERS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_TURNOVER_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_LOSS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_POSITION_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    max_order_notional: str
    max_order_quantity: str
    max_open_orders: int
    max_orders_per_day: int
    max_turnover_per_day: str
    max_loss_per_day: str
    max_position_notional: str
    def __init__(self, max_order_notional: _Optional[str] = ..., max_order_quantity: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., max_orders_per_day: _Optional[int] = ..., max_turnover_per_day: _Optional[str] = ..., max_loss_per_day: _Optional[str] = ..., max_position_notional: _Optional[str] = ...) -> None: ...

class StrategyRiskLimits(_message.Message):
    __slots__ = ("max_order_notional", "max_order_quantity", "max_open_orders", "max_orders_per_day", "max_turnover_per_day", "max_loss_per_day")
    MAX_ORDER_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDER_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDERS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_TURNOVER_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_LOSS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    max_order_notional: str
    max_order_quantity: str
    max_open_orders: int
    max_orders_per_day: int
    max_turnover_per_day: str
    max_loss_per_day: str
    def __init__(self, max_order_notional: _Optional[str] = ..., max_order_quantity: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., max_orders_per_day: _Optional[int] = ..., max_turnover_per_day: _Optional[str] = ..., max_loss_per_day: _Optional[str] = ...) -> None: ...

class ScopeUsage(_message.Message):
    __slots__ = ("orders", "turnover", "realized")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TURNOVER_FIELD_NUMBER: _ClassVar[int]
    REALIZED_FIELD_NUMBER: _ClassVar[int]
    orders: int
    turnover: str
    realized: str
    def __init__(self, orders: _Optional[int] = ..., turnover: _Optional[str] = ..., realized: _Optional[str] = ...) -> None: ...

class DailyUsage(_message.Message):
    __slots__ = ("day", "start_equity", "pnl", "loss_limit", "orders", "turnover", "rolling_pnl", "rolling_loss_limit", "high_equity", "drawdown", "consecutive_losses", "orders_last_minute", "rejects_last_minute", "by_symbol", "by_strategy")
    class BySymbolEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ScopeUsage
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ScopeUsage, _Mapping]] = ...) -> None: ...
    class ByStrategyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ScopeUsage
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ScopeUsage, _Mapping]] = ...) -> None: ...
    DAY_FIELD_NUMBER: _ClassVar[int]
    START_EQUITY_FIELD_NUMBER: _ClassVar[int]
    PNL_FIELD_NUMBER: _ClassVar[int]
    LOSS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TURNOVER_FIELD_NUMBER: _ClassVar[int]
    ROLLING_PNL_FIELD_NUMBER: _ClassVar[int]
    ROLLING_LOSS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    HIGH_EQUITY_FIELD_NUMBER: _ClassVar[int]
    DRAWDOWN_FIELD_NUMBER: _ClassVar[int]
    CONSECUTIVE_LOSSES_FIELD_NUMBER: _ClassVar[int]
    ORDERS_LAST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    REJECTS_LAST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    BY_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    BY_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    day: str
    start_equity: str
    pnl: str
    loss_limit: str
    orders: int
    turnover: str
    rolling_pnl: str
    rolling_loss_limit: str
    high_equity: str
    drawdown: str
    consecutive_losses: int
    orders_last_minute: int
    rejects_last_minute: int
    by_symbol: _containers.MessageMap[str, ScopeUsage]
    by_strategy: _containers.MessageMap[str, ScopeUsage]
    def __init__(self, day: _Optional[str] = ..., start_equity: _Optional[str] = ..., pnl: _Optional[str] = ..., loss_limit: _Optional[str] = ..., orders: _Optional[int] = ..., turnover: _Optional[str] = ..., rolling_pnl: _Optional[str] = ..., rolling_loss_limit: _Optional[str] = ..., high_equity: _Optional[str] = ..., drawdown: _Optional[str] = ..., consecutive_losses: _Optional[int] = ..., orders_last_minute: _Optional[int] = ..., rejects_last_minute: _Optional[int] = ..., by_symbol: _Optional[_Mapping[str, ScopeUsage]] = ..., by_strategy: _Optional[_Mapping[str, ScopeUsage]] = ...) -> None: ...

class StrategyLimits(_message.Message):
    __slots__ = ("enabled", "max_risk_fraction", "max_daily_trades", "trades_today", "executions")
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    MAX_RISK_FRACTION_FIELD_NUMBER: _ClassVar[int]
    MAX_DAILY_TRADES_FIELD_NUMBER: _ClassVar[int]
    TRADES_TODAY_FIELD_NUMBER: _ClassVar[int]
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    max_risk_fraction: float
    max_daily_trades: int
    trades_today: int
    executions: int
    def __init__(self, enabled: bool = ..., max_risk_fraction: _Optional[float] = ..., max_daily_trades: _Optional[int] = ..., trades_today: _Optional[int] = ..., executions: _Optional[int] = ...) -> None: ...

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
    __slots__ = ("risk_config", "version", "reason", "remove")
    RISK_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    risk_config: RiskConfig
    version: int
    reason: str
    remove: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, risk_config: _Optional[_Union[RiskConfig, _Mapping]] = ..., version: _Optional[int] = ..., reason: _Optional[str] = ..., remove: _Optional[_Iterable[str]] = ...) -> None: ...

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
