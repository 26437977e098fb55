"""Limits in the contract's words, both ways."""

from decimal import Decimal

import msgspec
from aitrader.v1 import risk_pb2

from aitrader_server.domain.money import ZERO, optional_text
from aitrader_server.domain.terms import Limits
from aitrader_server.errors import InvalidRequest

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
_FRACTIONS = (
    "per_trade_cap",
    "daily_loss_limit",
    "price_collar",
    "max_slippage",
    "max_spread",
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
    """`current` with every field that `change` gives.

    Raises InvalidRequest for a fraction above one.
    """
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
    given: dict[str, object] = amounts | {
        name: value for name in _COUNTS if (value := getattr(change, name))
    }
    if change.symbols:
        given["symbols"] = tuple(change.symbols)
    return msgspec.structs.replace(current, **given)
