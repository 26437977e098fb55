"""Limits in the contract's words, both ways."""

from decimal import Decimal

import msgspec
from aitrader.v1 import risk_pb2

from aitrader_server.domain.events import Limits
from aitrader_server.domain.money import optional_text

_AMOUNTS = (
    "per_trade_cap",
    "daily_loss_limit",
    "max_order_notional",
    "max_order_quantity",
    "price_collar",
    "max_slippage",
    "max_spread",
    "max_position_notional",
    "max_gross_exposure",
    "max_concentration",
)
_COUNTS = (
    "max_quote_age_ms",
    "max_open_orders",
    "repeated_order_window_ms",
    "max_unknown_orders",
)


def limits_message(limits: Limits) -> risk_pb2.RiskConfig:
    """Limits; an empty text or a zero count says that there is none."""
    message = risk_pb2.RiskConfig(symbols=limits.symbols)
    for name in _AMOUNTS:
        setattr(message, name, optional_text(getattr(limits, name)))
    for name in _COUNTS:
        setattr(message, name, getattr(limits, name))
    return message


def changed_limits(current: Limits, change: risk_pb2.RiskConfig) -> Limits:
    """`current` with every field that `change` gives."""
    given: dict[str, object] = {
        name: Decimal(value) for name in _AMOUNTS if (value := getattr(change, name))
    }
    given |= {name: value for name in _COUNTS if (value := getattr(change, name))}
    if change.symbols:
        given["symbols"] = tuple(change.symbols)
    return msgspec.structs.replace(current, **given)
