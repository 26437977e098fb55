"""What happens to an account, as the user data stream spells it.

Binance Spot API, "User Data Streams". The event's time and the transaction's are the same here.
"""

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import OrderType, TimeInForce

from aitrader_gateway.sandbox.matching.model import (
    NO_TRADE,
    AccountEvent,
    AccountPosition,
    BalanceUpdate,
    ExecutionReport,
    ListStatus,
    Order,
)
from aitrader_gateway.sandbox.matching.words import ExecutionType
from aitrader_gateway.sandbox.wire.scalars import TimeUnit, amount

Shape = dict[str, object]

# Orders that execute at once or not at all never rest in the book.
_PASSING_TYPES = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
_PASSING_TIMES = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def account_of(event: AccountEvent) -> str:
    """Whose event it is."""
    if isinstance(event, ExecutionReport):
        return event.order.account
    if isinstance(event, ListStatus):
        return event.list.account
    return event.account


def user_event(event: AccountEvent, unit: TimeUnit) -> Shape:
    if isinstance(event, ExecutionReport):
        return execution_report(event, unit)
    if isinstance(event, ListStatus):
        return list_status(event, unit)
    if isinstance(event, AccountPosition):
        return account_position(event, unit)
    return balance_update(event, unit)


def execution_report(report: ExecutionReport, unit: TimeUnit) -> Shape:
    order, trade, at = report.order, report.trade, unit.of(report.at_ns)
    request = order.request
    return {
        "e": "executionReport",
        "E": at,
        "s": order.symbol,
        "c": report.client_order_id,
        "S": order.side,
        "o": request.order_type,
        "f": request.time_in_force or TimeInForce.GTC,
        "q": amount(order.quantity),
        "p": amount(order.price),
        "P": amount(order.stop_price),
        "F": amount(request.iceberg_quantity or ZERO),
        "g": order.list_number,
        "C": report.original_client_order_id,
        "x": report.kind,
        "X": order.status,
        "r": report.reject_reason,
        "i": order.number,
        "l": amount(trade.quantity if trade else ZERO),
        "z": amount(order.cumulative_quantity),
        "L": amount(trade.price if trade else ZERO),
        "n": amount(trade.fee) if trade else "0",
        "N": trade.fee_asset if trade else None,
        "T": at,
        "t": trade.number if trade else NO_TRADE,
        "I": report.execution,
        "w": _on_book(report),
        "m": trade.maker if trade else False,
        "M": trade is not None,
        "O": unit.of(order.created_at_ns),
        "Z": amount(order.cumulative_quote),
        "Y": amount(trade.quote_quantity if trade else ZERO),
        "Q": amount(request.quote_quantity or ZERO),
        **_conditional(order, unit),
        **_prevention(report),
        "V": order.prevention,
    }


def _on_book(report: ExecutionReport) -> bool:
    order = report.order
    if not order.live or order.ended:
        return False
    passing = (
        order.request.order_type in _PASSING_TYPES or order.request.time_in_force in _PASSING_TIMES
    )
    return report.kind is ExecutionType.NEW or not passing


def _conditional(order: Order, unit: TimeUnit) -> Shape:
    """What only some orders have."""
    request, shape = order.request, Shape()
    if request.trailing_delta:
        shape["d"] = request.trailing_delta
        if order.trailing_at_ns >= 0:
            shape["D"] = unit.of(order.trailing_at_ns)
    if request.strategy_id is not None:
        shape["j"] = request.strategy_id
    if request.strategy_type is not None:
        shape["J"] = request.strategy_type
    if order.working_at_ns >= 0:
        shape["W"] = unit.of(order.working_at_ns)
    if order.expiry:
        shape["eR"] = order.expiry
    return shape


def _prevention(report: ExecutionReport) -> Shape:
    """What kept the order from trading with its own account."""
    prevented = report.prevented
    if prevented is None:
        return {}
    as_taker = report.order.number == prevented.taker_order
    quantity = (
        prevented.taker_prevented_quantity if as_taker else prevented.maker_prevented_quantity
    )
    return {
        "v": prevented.number,
        "A": amount(report.order.prevented_quantity),
        "B": amount(quantity),
        "u": prevented.number,
        "U": prevented.maker_order if as_taker else prevented.taker_order,
        "Cs": prevented.symbol,
        "pl": amount(quantity),
        "pL": amount(prevented.price),
        "pY": amount(quantity * prevented.price),
    }


def list_status(event: ListStatus, unit: TimeUnit) -> Shape:
    bound = event.list
    at = unit.of(event.at_ns)
    return {
        "e": "listStatus",
        "E": at,
        "s": bound.request.symbol,
        "g": bound.number,
        "c": bound.request.contingency,
        "l": bound.status_type,
        "L": bound.order_status,
        "r": "NONE",
        "C": bound.list_client_order_id,
        "T": at,
        "O": [
            {"s": bound.request.symbol, "i": number, "c": client_order_id}
            for number, client_order_id in event.orders
        ],
    }


def account_position(event: AccountPosition, unit: TimeUnit) -> Shape:
    at = unit.of(event.at_ns)
    return {
        "e": "outboundAccountPosition",
        "E": at,
        "u": at,
        "B": [
            {"a": asset, "f": amount(free), "l": amount(locked)}
            for asset, (free, locked) in event.balances.items()
        ],
    }


def balance_update(event: BalanceUpdate, unit: TimeUnit) -> Shape:
    at = unit.of(event.at_ns)
    return {
        "e": "balanceUpdate",
        "E": at,
        "a": event.asset,
        "d": amount(event.amount),
        "T": at,
    }


def stream_terminated(at_ns: int, unit: TimeUnit) -> Shape:
    """A subscription ended; nothing comes after it."""
    return {"e": "eventStreamTerminated", "E": unit.of(at_ns)}


def server_shutdown(at_ns: int, unit: TimeUnit) -> Shape:
    """The connection will be closed soon."""
    return {"e": "serverShutdown", "E": unit.of(at_ns)}
