"""An order as people read it, and the exit code that its state deserves."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import say_unknown
from aitrader_clients.cli.printing import stamp, word

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        order.limit_price or order.stop_price or "market",
        order.cumulative_quantity or "0",
        state_word(order),
        stamp(order.updated_at),
    )


def print_order(order: "Order") -> None:
    """Print one fact a line."""
    for name, cell in zip(COLUMNS, row_of(order), strict=True):
        click.echo(f"{name:9} {cell}")
    for name, text in (
        ("venue id", order.venue_order_id),
        ("average", order.average_price),
        ("reason", order.reason),
        ("trace", order.trace_id),
    ):
        if text:
            click.echo(f"{name:9} {text}")
    for breach in order.breaches:
        click.echo(f"  {breach.code}: {breach.message}")


def exit_of_order(order: "Order") -> Exit:
    """Return what the state means to a script, warning of the one that must not be repeated."""
    state = state_word(order)
    if state in {"unknown", "submitted"}:
        say_unknown(order.request_id)
        return Exit.UNKNOWN
    return {"denied": Exit.DENIED, "rejected": Exit.FAILED}.get(state, Exit.DONE)


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
