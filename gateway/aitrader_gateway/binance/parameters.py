"""Orders as the venue's request parameters. Source: Binance Spot API, "Trading endpoints"."""

from decimal import Decimal
from typing import Final

from aitrader_server.domain.money import trimmed
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import PRICED_TYPES, OrderType

# Those that may rest and take: a post-only order cannot be anything but GTC.
TIMED_TYPES: Final = PRICED_TYPES - {OrderType.LIMIT_MAKER}


def order_parameters(spec: OrderSpec) -> dict[str, str]:
    """What POST order takes; the order's id is our own request_id, always."""
    return {
        "symbol": spec.symbol,
        "newClientOrderId": spec.request_id,
        "newOrderRespType": "FULL",
        **leg_parameters(spec),
    }


def leg_parameters(spec: OrderSpec) -> dict[str, str]:
    """What every kind of order entry takes, without symbol and id."""
    chosen: dict[str, Decimal | str | int | None] = {
        "side": spec.side,
        "type": spec.order_type,
        "timeInForce": spec.time_in_force if spec.order_type in TIMED_TYPES else None,
        "quantity": spec.quantity,
        "quoteOrderQty": spec.quote_quantity,
        "price": spec.limit_price,
        "stopPrice": spec.stop_price,
        "trailingDelta": spec.trailing_delta_bips or None,
        "icebergQty": spec.iceberg_quantity,
        "selfTradePreventionMode": spec.self_trade_prevention,
    }
    return {name: _text(value) for name, value in chosen.items() if value is not None}


def _text(value: Decimal | str | int) -> str:
    return trimmed(value) if isinstance(value, Decimal) else str(value)
