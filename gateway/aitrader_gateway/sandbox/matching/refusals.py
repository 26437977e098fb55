"""What the venue answers when it does not do as asked: its codes and its words."""

from collections.abc import Mapping
from typing import Final

from aitrader_server.domain.words import OrderType

from aitrader_gateway.sandbox.matching.model import Refusal

INVALID_SYMBOL: Final = Refusal(-1121, "Invalid symbol.")
MARKET_CLOSED: Final = Refusal(-1013, "Market is closed.")
TOO_LARGE: Final = Refusal(-1013, "QTY is over the symbol's maximum QTY.")
ICEBERG_EXCEEDS: Final = Refusal(-2010, "IcebergQty exceeds QTY.")
PREVENTION_NOT_ALLOWED: Final = Refusal(
    -1013, "This symbol does not allow the specified self-trade prevention mode."
)
BAD_STRATEGY_TYPE: Final = Refusal(-1134, "`strategyType` was less than 1000000.")

DUPLICATE: Final = Refusal(-2010, "Duplicate order sent.")
INSUFFICIENT_BALANCE: Final = Refusal(
    -2010, "Account has insufficient balance for requested action."
)
WOULD_TAKE: Final = Refusal(-2010, "Order would immediately match and take.")
WOULD_TRIGGER: Final = Refusal(-2010, "Order would trigger immediately.")
BAD_PRICES: Final = Refusal(-2010, "The relationship of the prices for the orders is not correct.")
EMPTY_BOOK: Final = Refusal(-2010, "Order book liquidity is less than symbol minimum quantity.")

UNKNOWN_ORDER: Final = Refusal(-2011, "Unknown order sent.")
CANCEL_CLOSED: Final = Refusal(-2011, "Market is closed.")
CANCEL_RESTRICTED: Final = Refusal(-2011, "Order was not canceled due to cancel restrictions.")

AMEND_UNKNOWN: Final = Refusal(-2038, "Unknown order sent.")
AMEND_CLOSED: Final = Refusal(-2038, "Market is closed.")
AMEND_DUPLICATE: Final = Refusal(-2038, "Duplicate order sent.")
AMEND_INCREASES: Final = Refusal(-2038, "Order amend (quantity increase) is not supported.")
AMEND_CHANGES_NOTHING: Final = Refusal(
    -2038, "The requested action would change no state; rejecting"
)
AMENDS_USED_UP: Final = Refusal(-2038, "Filter failure: MAX_NUM_ORDER_AMENDS")

# What `r` of an execution report says of an order that was refused after it had been accepted.
REJECT_REASONS: Final[Mapping[Refusal, str]] = {
    INSUFFICIENT_BALANCE: "INSUFFICIENT_BALANCES",
    WOULD_TRIGGER: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
    WOULD_TAKE: "WOULD_MATCH_IMMEDIATELY",
    BAD_PRICES: "OCO_BAD_PRICES",
}

_UNSUPPORTED: Final[Mapping[OrderType, str]] = {
    OrderType.MARKET: "Market",
    OrderType.LIMIT: "Limit",
    OrderType.LIMIT_MAKER: "Limit maker",
    OrderType.STOP_LOSS: "Stop loss",
    OrderType.STOP_LOSS_LIMIT: "Stop loss limit",
    OrderType.TAKE_PROFIT: "Take profit",
    OrderType.TAKE_PROFIT_LIMIT: "Take profit limit",
}


def unsupported(order_type: OrderType) -> Refusal:
    """The symbol does not know that type of order."""
    return Refusal(-1013, f"{_UNSUPPORTED[order_type]} orders are not supported for this symbol.")


def missing(parameter: str) -> Refusal:
    """A parameter that the order's type needs."""
    return Refusal(
        -1102, f"Mandatory parameter '{parameter}' was not sent, was empty/null, or malformed."
    )


def neither(one: str, other: str) -> Refusal:
    """One of two parameters is needed."""
    return Refusal(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def surplus(parameter: str) -> Refusal:
    """A parameter that the order's type does not know."""
    return Refusal(-1106, f"Parameter '{parameter}' sent when not required.")


def too_precise(parameter: str) -> Refusal:
    """More decimals than the asset has."""
    return Refusal(-1111, f"Parameter '{parameter}' has too much precision.")


def not_positive(what: str) -> Refusal:
    """A zero where none makes sense."""
    return Refusal(-1013, f"Invalid {what}.")


def static_failure(name: str) -> Refusal:
    """A filter that is judged before the matching engine sees the order."""
    return Refusal(-1013, f"Filter failure: {name}")


def engine_failure(name: str) -> Refusal:
    """A filter that the matching engine judges."""
    return Refusal(-2010, f"Filter failure: {name}")


def thin_book(name: str) -> Refusal:
    """The whole book holds less than the least quantity of filter `name`."""
    return Refusal(-2010, f"Order book liquidity is less than `{name}` filter minimum quantity.")
