"""Commands that show the market."""

from contextlib import aclosing
from typing import TYPE_CHECKING, cast

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.parameters import SYMBOL, paged
from aitrader_clients.cli.printing import print_json, print_table, stamp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aitrader.v1.market_data_pb2 import Quote, StreamQuotesResponse

_BAR = ("open", "high", "low", "close", "volume")


@click.command(short_help="Show the best prices of a symbol.")
@click.argument("symbol", type=SYMBOL)
@calling
async def quote(call: Invocation, *, symbol: str) -> None:
    """Show the best prices of SYMBOL and their age."""
    from aitrader.v1.market_data_pb2 import GetQuoteRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.market_data.GetQuote(GetQuoteRequest(symbol=symbol))
    if call.as_json:
        print_json(answer)
    else:
        _print_quote(answer.quote)


@click.command(short_help="Follow the best prices.")
@click.argument("symbols", metavar="[SYMBOL]...", nargs=-1, type=SYMBOL)
@calling
async def quotes(call: Invocation, *, symbols: tuple[str, ...]) -> None:
    """Follow the best prices of SYMBOL..., or of all, until interrupted."""
    from aitrader.v1.market_data_pb2 import StreamQuotesRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        opened = client.market_data.StreamQuotes(StreamQuotesRequest(symbols=symbols))
        stream = cast("AsyncGenerator[StreamQuotesResponse, None]", opened)
        async with aclosing(stream):
            async for message in stream:
                if not message.HasField("quote"):
                    continue
                if call.as_json:
                    print_json(message.quote)
                else:
                    _print_quote(message.quote)


@click.command(short_help="List bars, oldest first.")
@click.argument("symbol", type=SYMBOL)
@click.option(
    "--interval", default="1m", show_default=True, help="Length of a bar, from 1s to 1M, a month."
)
@paged
@calling
async def bars(
    call: Invocation, *, symbol: str, interval: str, page_size: int, page_token: str
) -> None:
    """List the newest bars of SYMBOL, oldest first; --page goes back in time."""
    from aitrader.v1.market_data_pb2 import ListBarsRequest  # noqa: PLC0415 -- start-up time

    request = ListBarsRequest(
        symbol=symbol, interval=interval, page_size=page_size, page_token=page_token
    )
    async with call.client() as client:
        answer = await client.market_data.ListBars(request)
    if call.as_json:
        print_json(answer)
        return
    rows = [
        (
            stamp(bar.open_time),
            *(getattr(bar, name) for name in _BAR),
            "" if bar.closed else "forming",
        )
        for bar in answer.bars
    ]
    print_table(("time", *_BAR, "state"), rows)
    call.say_more(answer.next_page_token)


def _print_quote(quote: "Quote") -> None:
    click.echo(
        f"{quote.symbol}  bid {quote.bid} x {quote.bid_quantity}"
        f"  ask {quote.ask} x {quote.ask_quantity}  last {quote.last or '-'}"
        f"  age {quote.age_ms} ms{' STALE' if quote.stale else ''}"
    )
