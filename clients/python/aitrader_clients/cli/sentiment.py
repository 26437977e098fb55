"""`aitrader sentiment`: scores of texts, of a symbol, and what model makes them."""

import sys

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.parameters import SYMBOL
from aitrader_clients.cli.printing import print_json, print_table, stamp

BATCH_ITEMS_MAX = 256


@click.command(short_help="Score texts.")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option("--symbol", type=SYMBOL, default="", help="Symbol of the texts; alone: its score.")
@click.option("--source", default="", metavar="NAME", help="Where the texts come from.")
@click.option("--model", is_flag=True, help="Say which model serves, and why.")
@calling
async def sentiment(
    call: Invocation, *, texts: tuple[str, ...], symbol: str, source: str, model: bool
) -> None:
    """Score each TEXT; `-` reads one a line from stdin."""
    if model:
        await _show_model(call)
        return
    lines = sys.stdin if "-" in texts else ()
    read = [line.strip() for line in lines if line.strip()]
    wanted = [text for text in texts if text != "-"] + read
    if len(wanted) > BATCH_ITEMS_MAX:
        raise click.UsageError(f"at most {BATCH_ITEMS_MAX} texts at once, not {len(wanted)}")
    if wanted:
        await _score(call, wanted, symbol, source)
    elif symbol:
        await _show_symbol(call, symbol)
    else:
        raise click.UsageError("give a text, - for stdin, --symbol or --model")


async def _score(call: Invocation, texts: list[str], symbol: str, source: str) -> None:
    from aitrader.v1 import sentiment_pb2  # noqa: PLC0415 -- start-up time

    items = [
        sentiment_pb2.AnalyzeRequest(text=text, symbol=symbol, source=source) for text in texts
    ]
    async with call.client() as client:
        if len(items) == 1:
            results = [await client.sentiment.Analyze(items[0])]
        else:
            batch = sentiment_pb2.AnalyzeBatchRequest(items=items)
            results = list((await client.sentiment.AnalyzeBatch(batch)).results)
    if call.as_json:
        for result in results:
            print_json(result)
        return
    print_table(
        ("label", "score", "model", "text"),
        [
            (result.label, f"{result.score:+.3f}", result.model, text)
            for result, text in zip(results, texts, strict=True)
        ],
    )


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
        click.echo(
            f"{answer.symbol}  {answer.label or '-'} {answer.score:+.3f}"
            f"  of {answer.count} texts, newest {stamp(answer.updated_at)}"
        )


async def _show_model(call: Invocation) -> None:
    from aitrader.v1.sentiment_pb2 import GetModelRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.sentiment.GetModel(GetModelRequest())
    if call.as_json:
        print_json(answer)
        return
    click.echo(f"{answer.model}  engine {answer.engine}  sha256 {answer.sha256 or '-'}")
    if answer.fallback_reason:
        click.echo(f"a fallback serves: {answer.fallback_reason}")
