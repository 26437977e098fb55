"""`aitrader sentiment`: scores of texts, of a symbol, and what model makes them."""

import sys
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.parameters import MOMENT, SYMBOL
from aitrader_clients.cli.printing import print_json
from aitrader_clients.cli.sentiment_lines import print_model, print_scores, print_symbol, print_why

if TYPE_CHECKING:
    from datetime import datetime

    from aitrader.v1.sentiment_pb2 import AnalyzeRequest, AnalyzeResponse

BATCH_ITEMS_MAX = 256


@click.command(short_help="Score texts, say why, and which model does.")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option("--symbol", type=SYMBOL, default="", help="Symbol of the texts; alone: its score.")
@click.option("--source", default="", metavar="NAME", help="Where the texts come from.")
@click.option(
    "--published-at", type=MOMENT, metavar="TIME", help="When they were published; now by default."
)
@click.option("--why", is_flag=True, help="Say what each score rests on, and where the time went.")
@click.option("--model", is_flag=True, help="Say which models there are, and which one serves.")
@calling
async def sentiment(
    call: Invocation,
    *,
    texts: tuple[str, ...],
    symbol: str,
    source: str,
    published_at: "datetime | None",
    why: bool,
    model: bool,
) -> None:
    """Score each TEXT; `-` reads one a line from stdin."""
    from aitrader.v1.sentiment_pb2 import AnalyzeRequest  # noqa: PLC0415 -- start-up time

    if model and (texts or symbol):
        raise click.UsageError("--model stands alone: it scores nothing")
    wanted = _read(texts)
    if not wanted and (source or published_at or why):
        raise click.UsageError("--source, --published-at and --why belong to a text: give one")
    if model:
        await _show_model(call)
    elif wanted:
        items = [
            AnalyzeRequest(text=text, symbol=symbol, source=source, published_at=published_at)
            for text in wanted
        ]
        _print(call, items, await _score(call, items), why=why)
    elif symbol and not texts:
        await _show_symbol(call, symbol)
    else:
        raise click.UsageError("give a text, - for stdin, --symbol or --model")


def _read(texts: tuple[str, ...]) -> list[str]:
    lines = sys.stdin if "-" in texts else ()
    wanted = [text for text in texts if text != "-"]
    wanted += [line.strip() for line in lines if line.strip()]
    if len(wanted) > BATCH_ITEMS_MAX:
        raise click.UsageError(f"at most {BATCH_ITEMS_MAX} texts at once, not {len(wanted)}")
    return wanted


async def _score(call: Invocation, items: "list[AnalyzeRequest]") -> "list[AnalyzeResponse]":
    from aitrader.v1.sentiment_pb2 import AnalyzeBatchRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        if len(items) == 1:
            return [await client.sentiment.Analyze(items[0])]
        return list((await client.sentiment.AnalyzeBatch(AnalyzeBatchRequest(items=items))).results)


def _print(
    call: Invocation,
    items: "list[AnalyzeRequest]",
    results: "list[AnalyzeResponse]",
    *,
    why: bool,
) -> None:
    if call.as_json:
        for result in results:
            print_json(result)
        return
    scored = [(result, item.text) for result, item in zip(results, items, strict=True)]
    if not why:
        print_scores(scored)
        return
    for number, (result, text) in enumerate(scored):
        if number:
            click.echo()
        print_why(result, text)


async def _show_symbol(call: Invocation, symbol: str) -> None:
    from aitrader.v1.sentiment_pb2 import (  # noqa: PLC0415 -- start-up time
        GetSymbolSentimentRequest,
    )

    async with call.client() as client:
        request = GetSymbolSentimentRequest(symbol=symbol)
        answer = await client.sentiment.GetSymbolSentiment(request)
    if call.as_json:
        print_json(answer)
    else:
        print_symbol(answer)


async def _show_model(call: Invocation) -> None:
    from aitrader.v1.sentiment_pb2 import GetModelRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.sentiment.GetModel(GetModelRequest())
    if call.as_json:
        print_json(answer)
    else:
        print_model(answer)
