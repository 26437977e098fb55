"""Limits in the contract's words, both ways."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from aitrader.v1 import risk_pb2

from aitrader_server.domain.money import ZERO, optional_text, trimmed
from aitrader_server.domain.terms import Limits, StrategyLimits, SymbolLimits
from aitrader_server.domain.usage import Usage
from aitrader_server.errors import InvalidRequest

_Scoped = TypeVar("_Scoped", bound=StrategyLimits)

_FRACTIONS = (
    "per_trade_cap",
    "daily_loss_limit",
    "price_collar",
    "max_slippage",
    "max_spread",
    "max_concentration",
    "rolling_24h_loss_limit",
    "max_drawdown",
)
_AMOUNTS = (
    *_FRACTIONS,
    "max_order_notional",
    "max_order_quantity",
    "max_position_notional",
    "max_gross_exposure",
    "max_turnover_per_day",
    "approval_notional",
)
_COUNTS = (
    "max_quote_age_ms",
    "max_open_orders",
    "repeated_order_window_ms",
    "max_unknown_orders",
    "max_consecutive_losses",
    "max_orders_per_minute",
    "max_orders_per_day",
    "max_rejects_per_minute",
    "max_executions",
    "max_mark_age_ms",
    "approval_ttl_s",
)
# Without one of these there is no size, no price and no end of a wait.
_NEEDED = ("per_trade_cap", "max_slippage", "max_quote_age_ms", "max_mark_age_ms", "approval_ttl_s")
_LIFTED: dict[str, object] = {
    **dict.fromkeys(_AMOUNTS),
    **dict.fromkeys(_COUNTS, 0),
    "symbols": (),
    "by_symbol": {},
    "by_strategy": {},
}


def limits_message(limits: Limits) -> risk_pb2.RiskConfig:
    """Limits; an empty text or a zero count says that there is none."""
    message = risk_pb2.RiskConfig(
        symbols=limits.symbols,
        deny_self_trade=limits.deny_self_trade,
        by_symbol={
            name: _scoped_message(risk_pb2.SymbolRiskLimits(), scoped)
            for name, scoped in limits.by_symbol.items()
        },
        by_strategy={
            name: _scoped_message(risk_pb2.StrategyRiskLimits(), scoped)
            for name, scoped in limits.by_strategy.items()
        },
    )
    for name in _AMOUNTS:
        setattr(message, name, optional_text(getattr(limits, name)))
    for name in _COUNTS:
        setattr(message, name, getattr(limits, name))
    return message


def changed_limits(
    current: Limits, change: risk_pb2.RiskConfig, remove: Iterable[str] = ()
) -> Limits:
    """`current` with every field that `change` gives and without those that `remove` names.

    Raises InvalidRequest for a fraction above one and for a limit that cannot be lifted.
    """
    given: dict[str, object] = {name: _LIFTED[name] for name in remove if _liftable(name)}
    given |= _amounts(change)
    given |= {name: value for name in _COUNTS if (value := getattr(change, name))}
    if change.symbols:
        given["symbols"] = tuple(change.symbols)
    if change.HasField("deny_self_trade"):
        given["deny_self_trade"] = change.deny_self_trade
    lifted = msgspec.structs.replace(current, **given)
    return msgspec.structs.replace(
        lifted,
        by_symbol=_merged(lifted.by_symbol, change.by_symbol, SymbolLimits),
        by_strategy=_merged(lifted.by_strategy, change.by_strategy, StrategyLimits),
    )


def usage_message(usage: Usage) -> risk_pb2.ScopeUsage:
    """What a symbol or a strategy has used of the day."""
    return risk_pb2.ScopeUsage(
        orders=usage.orders, turnover=trimmed(usage.turnover), realized=trimmed(usage.realized)
    )


def _amounts(change: risk_pb2.RiskConfig) -> dict[str, object]:
    amounts = {name: Decimal(value) for name in _AMOUNTS if (value := getattr(change, name))}
    for name in _FRACTIONS:
        if amounts.get(name, ZERO) > 1:
            raise InvalidRequest(
                f"risk_config.{name} is a fraction, 1 at most", field=f"risk_config.{name}"
            )
    if amounts.get("max_slippage", ZERO) == 1:
        raise InvalidRequest(
            "risk_config.max_slippage must stay below 1: a sale could bring nothing",
            field="risk_config.max_slippage",
        )
    return dict(amounts)


def _liftable(name: str) -> bool:
    if name not in _LIFTED or name in _NEEDED:
        known = ", ".join(sorted(_LIFTED.keys() - set(_NEEDED)))
        raise InvalidRequest(
            f"remove: {name} is no limit that can be lifted; these can: {known}", field="remove"
        )
    return True


def _scoped_message(message: Any, scoped: StrategyLimits) -> Any:
    for name, value in msgspec.structs.asdict(scoped).items():
        setattr(message, name, value if isinstance(value, int) else optional_text(value))
    return message


def _merged(
    current: Mapping[str, _Scoped], change: Mapping[str, Any], kind: type[_Scoped]
) -> dict[str, _Scoped]:
    """Each entry of `change` in place of the current one; an empty one removes it."""
    merged = dict(current)
    for name, message in change.items():
        given: dict[str, Any] = {
            field: value if isinstance(value, int) else Decimal(value)
            for field in kind.__struct_fields__
            if (value := getattr(message, field))
        }
        limits = kind(**given)
        merged.pop(name, None)
        if limits != kind():
            merged[name] = limits
    return merged
