"""Data on stdout: JSON, CSV or a table."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

# What a pipe gets: no line of a table is ever folded there.
PIPE_WIDTH = 10_000


def as_dict(message: "Message") -> dict[str, Any]:
    """Return proto3 JSON with the contract's field names, unset fields included."""
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 -- start-up time

    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def print_json(data: "Message | dict[str, Any]") -> None:
    """Print one line, flushed, so that a reader of a stream has it at once."""
    import json  # noqa: PLC0415 -- start-up time

    click.echo(json.dumps(data if isinstance(data, dict) else as_dict(data), ensure_ascii=False))


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    import csv  # noqa: PLC0415 -- start-up time

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; on a terminal as wide as that, in a pipe as wide as its cells."""
    from rich.console import Console  # noqa: PLC0415 -- start-up time
    from rich.table import Table  # noqa: PLC0415 -- start-up time
    from rich.text import Text  # noqa: PLC0415 -- start-up time

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, not markup: a symbol or a reason may hold brackets.
        table.add_row(*(Text(cell) for cell in row))
    terminal = sys.stdout.isatty()
    colour = terminal and "NO_COLOR" not in os.environ
    Console(
        color_system="auto" if colour else None,
        no_color=not colour,
        width=None if terminal else PIPE_WIDTH,
        highlight=False,
    ).print(table)


def clock(moment: "Timestamp") -> str:
    """Return the time of day in UTC, `-` when there is none."""
    return f"{moment.ToDatetime():%H:%M:%S}Z" if moment.seconds else "-"


def since(moment: "Timestamp") -> str:
    """Return ` since 02:58:11Z`, nothing when it was always so."""
    return f" since {clock(moment)}" if moment.seconds else ""


def stamp(moment: "Timestamp") -> str:
    """Return date and time in UTC to the millisecond, `-` when there is none."""
    if not moment.seconds:
        return "-"
    return f"{moment.ToDatetime().isoformat(timespec='milliseconds')}Z"


def word(name: str, prefix: str) -> str:
    """Return an enum value's name as a person says it: `ORDER_STATE_FILLED` -> `filled`."""
    return name.removeprefix(prefix).lower()
