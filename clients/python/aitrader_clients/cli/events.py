"""`aitrader events`: the journal as it was and as it grows."""

from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.parameters import SYMBOL
from aitrader_clients.cli.printing import print_json, stamp, word

if TYPE_CHECKING:
    from aitrader.v1.trading_pb2 import Event


@click.command(short_help="Print journal events.")
@click.option("--follow", is_flag=True, help="Go on with what happens, until interrupted.")
@click.option("--after", type=click.IntRange(min=0), metavar="SEQ", help="Start after this one.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only these, repeatable.")
@click.option("--symbol", type=SYMBOL, default="")
@calling
async def events(
    call: Invocation, *, follow: bool, after: int | None, kinds: tuple[str, ...], symbol: str
) -> None:
    """Print journal events; --follow without --after starts at the present."""
    from aitrader.v1.trading_pb2 import CaughtUp, Event  # noqa: PLC0415 -- start-up time

    async with (
        call.client() as client,
        aclosing(
            client.events(
                after or 0,
                live_only=follow and after is None,
                kinds=kinds,
                symbol=symbol,
                resume=follow,
            )
        ) as stream,
    ):
        async for item in stream:
            if isinstance(item, CaughtUp):
                call.say(f"caught up at {item.sequence}")
                if not follow:
                    return
            elif isinstance(item, Event):
                _print(item, as_json=call.as_json)


def _print(event: "Event", *, as_json: bool) -> None:
    from aitrader.v1.common_pb2 import OrderState  # noqa: PLC0415 -- start-up time

    if as_json:
        print_json(event)
        return
    state = word(OrderState.Name(event.state), "ORDER_STATE_") if event.state else ""
    cells = (str(event.sequence), stamp(event.occurred_at), event.kind, event.request_id, state)
    click.echo("  ".join(cell for cell in cells if cell))
