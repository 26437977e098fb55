"""An order as people read it, and the exit code that its state deserves."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import say_unknown
from aitrader_clients.cli.printing import stamp, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aitrader.v1.common_pb2 import Order
    from google.protobuf.message import Message

COLUMNS = ("id", "symbol", "side", "type", "quantity", "price", "filled", "state", "updated")


def state_word(order: "Order") -> str:
    from aitrader.v1.common_pb2 import OrderState  # noqa: PLC0415 -- start-up time

    return word(OrderState.Name(order.state), "ORDER_STATE_")


def row_of(order: "Order") -> tuple[str, ...]:
    """Return the cells of `COLUMNS`."""
    from aitrader.v1.common_pb2 import OrderType, Side  # noqa: PLC0415 -- start-up time

    return (
        order.request_id,
        order.symbol,
        word(Side.Name(order.side), "SIDE_"),
        word(OrderType.Name(order.order_type), "ORDER_TYPE_"),
        order.quantity or f"{order.quote_quantity} quote",
        _price(order),
        order.cumulative_quantity or "0",
        _state(order),
        stamp(order.updated_at),
    )


def _price(order: "Order") -> str:
    stop = f"stop {order.stop_price}" if order.stop_price else ""
    bips = order.trailing_delta_bips
    trail = f"trails by {bips / 100:g} %" if bips else ""
    return " ".join(filter(None, (order.limit_price, stop, trail))) or "market"


def _state(order: "Order") -> str:
    state = state_word(order)
    return "accepted, waits" if order.waits and state == "accepted" else state


def print_order(order: "Order") -> None:
    """Print one fact a line."""
    for name, cell in zip(COLUMNS, row_of(order), strict=True):
        click.echo(f"{name:9} {cell}")
    for name, text in (
        ("venue id", order.venue_order_id),
        ("average", order.average_price),
        ("reason", order.reason),
        ("approval", _approval_of(order)),
        ("list", _list_of(order)),
        ("replaced", f"by {order.replaced_by}" if order.replaced_by else ""),
        ("trace", order.trace_id),
    ):
        if text:
            click.echo(f"{name:9} {text}")
    for breach in order.breaches:
        click.echo(f"  {breach.code}: {breach.message}")


def _approval_of(order: "Order") -> str:
    """Return until when a second person may let it go, or who did."""
    if order.approved_by:
        return f"by {order.approved_by}"
    return f"until {stamp(order.approve_by)}" if state_word(order) == "pending_approval" else ""


def _list_of(order: "Order") -> str:
    """Return how it depends on others: `otoco of q-77`; nothing for an order on its own."""
    from aitrader.v1.common_pb2 import Contingency  # noqa: PLC0415 -- start-up time

    if not order.contingency:
        return ""
    return f"{word(Contingency.Name(order.contingency), 'CONTINGENCY_')} of {order.list_id}"


def exit_of_order(order: "Order") -> Exit:
    """Return what the state means to a script, warning of the one that must not be repeated."""
    state = state_word(order)
    if state in {"unknown", "submitted"}:
        say_unknown(order.request_id)
        return Exit.UNKNOWN
    return {"denied": Exit.DENIED, "rejected": Exit.FAILED}.get(state, Exit.DONE)


def exit_of_orders(orders: "Iterable[Order]") -> Exit:
    """Return the worst of what orders that were placed together mean; of none: done."""
    return max(map(exit_of_order, orders), default=Exit.DONE)


@contextlib.contextmanager
def warning_when_interrupted(request: "Message") -> "Iterator[None]":
    """Tell whoever presses Ctrl-C under which id the order may exist."""
    from aitrader_clients.request_ids import ensure_request_id  # noqa: PLC0415 -- start-up time

    request_id = ensure_request_id(request)
    try:
        yield
    except asyncio.CancelledError:
        say_unknown(request_id)
        raise
