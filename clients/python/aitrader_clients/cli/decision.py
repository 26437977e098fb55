"""`aitrader trade`: let the models decide, and execute what they decided."""

from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.order_lines import exit_of_order, print_order, warning_when_interrupted
from aitrader_clients.cli.order_options import DRY_RUN_OPTION, REQUEST_ID_OPTION, STRATEGY_OPTION
from aitrader_clients.cli.parameters import MOMENT, SYMBOL
from aitrader_clients.cli.printing import print_json
from aitrader_clients.cli.sentiment_lines import say_of_news

if TYPE_CHECKING:
    from datetime import datetime

    from aitrader.v1.trading_pb2 import TradeResponse

FEATURES = (
    "price",
    "trend_ma_fast",
    "trend_ma_slow",
    "rsi",
    "macd",
    "macd_signal",
    "atr",
    "equity",
    "day_pnl",
)


def _parse_features(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, float]:
    features: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in FEATURES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(FEATURES)}")
        try:
            features[name] = float(value)
        except ValueError:
            raise click.BadParameter(f"{name}: {value!r} is not a number") from None
    return features


@click.command(short_help="Decide from features and news, and execute.")
@click.argument("symbol", type=SYMBOL)
@click.option("--news", default="", metavar="TEXT", help="Headline to take into account.")
@click.option("--news-source", default="", metavar="NAME", help="Where it comes from.")
@click.option(
    "--news-published-at",
    type=MOMENT,
    metavar="TIME",
    help="When it was published, now by default; old news have no say.",
)
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_parse_features,
    help=f"Model input, repeatable: {', '.join(FEATURES)}.",
)
@click.option("--order-type", type=click.Choice(["market", "limit"]), default="market")
@STRATEGY_OPTION
@REQUEST_ID_OPTION
@DRY_RUN_OPTION
@CONFIRM_OPTION
@calling
async def trade(
    call: Invocation,
    *,
    symbol: str,
    news: str,
    news_source: str,
    news_published_at: "datetime | None",
    features: dict[str, float],
    order_type: str,
    strategy: str,
    request_id: str,
    dry_run: bool,
    confirm_account: str | None,
) -> Exit:
    """Decide on SYMBOL from features and news, and execute; what is not given is computed."""
    from aitrader.v1.trading_pb2 import Features, TradeRequest  # noqa: PLC0415 -- start-up time

    if not news and (news_source or news_published_at):
        raise click.UsageError("--news-source and --news-published-at belong to --news: give it")
    request = TradeRequest(
        symbol=symbol,
        news_text=news,
        news_source=news_source,
        news_published_at=news_published_at,
        features=Features(**features) if features else None,
        order_type=f"ORDER_TYPE_{order_type.upper()}",
        strategy=strategy,
        request_id=request_id,
        dry_run=dry_run,
    )
    async with call.client() as client:
        await call.confirm(client, confirm_account, ask=not dry_run)
        with warning_when_interrupted(request):
            answer = await client.trading.Trade(request)
    if call.as_json:
        print_json(answer)
    else:
        _print_decision(answer)
    if answer.decision.trading_blocked:
        return Exit.DENIED
    return exit_of_order(answer.order) if answer.HasField("order") else Exit.DONE


def _print_decision(answer: "TradeResponse") -> None:
    decision = answer.decision
    click.echo(
        f"{decision.signal.signal} {decision.signal.confidence:.2f}"
        f"  regime {decision.regime.regime or '-'}  sentiment {decision.sentiment.label or '-'}"
        f"  risk {decision.risk_fraction:.4f}  quantity {decision.quantity or '0'}"
    )
    if decision.HasField("sentiment"):
        click.echo(f"  sentiment {say_of_news(decision.sentiment)}")
    for line in (*decision.signal.reasons, *decision.sizing):
        click.echo(f"  {line}")
    for breach in decision.breaches:
        click.echo(f"  {breach.code}: {breach.message}")
    if answer.HasField("order"):
        print_order(answer.order)
    if not answer.executed:
        click.echo(f"not executed: {answer.error or 'hold'}")
