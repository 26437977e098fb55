"""Commands that show the account."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.parameters import SYMBOL, paged
from aitrader_clients.cli.printing import print_csv, print_json, print_table, stamp

if TYPE_CHECKING:
    from aitrader.v1.trading_pb2 import GetBrokerResponse, SyncAccountResponse

_CSV = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
_REFRESH = click.option("--refresh", is_flag=True, help="Ask the venue and book differences first.")
_PNL = (
    "ts",
    "asset",
    "start_equity",
    "current_equity",
    "realized_pnl",
    "unrealized_pnl",
    "fees",
    "drawdown_pct",
    "trades_count",
)
_TRADES = (
    "ts",
    "symbol",
    "strategy",
    "side",
    "quantity",
    "price",
    "status",
    "filled_quantity",
    "average_price",
    "error",
    "request_id",
)


@click.command(short_help="Show positions.")
@_REFRESH
@_CSV
@calling
async def positions(call: Invocation, *, refresh: bool, as_csv: bool) -> None:
    """Show the base quantity held by symbol."""
    account = await _account(call, refresh=refresh)
    if call.as_json:
        print_json({"positions": dict(account.positions)})
    else:
        _print(("symbol", "quantity"), sorted(account.positions.items()), as_csv=as_csv)


@click.command(short_help="Show balances.")
@_REFRESH
@_CSV
@calling
async def balances(call: Invocation, *, refresh: bool, as_csv: bool) -> None:
    """Show what is free and what open orders hold, by asset."""
    account = await _account(call, refresh=refresh)
    rows = [(asset, b.free, b.locked, b.total) for asset, b in sorted(account.balances.items())]
    columns = ("asset", "free", "locked", "total")
    if call.as_json:
        by_asset = {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in rows}
        print_json({"balances": by_asset})
    else:
        _print(columns, rows, as_csv=as_csv)


@click.command(short_help="Show profit and loss of the day.")
@_CSV
@calling
async def pnl(call: Invocation, *, as_csv: bool) -> None:
    """Show profit and loss of the trading day, which begins at 00:00 UTC."""
    from aitrader.v1.trading_pb2 import GetPnlRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.trading.GetPnl(GetPnlRequest())
    if call.as_json:
        print_json(answer)
        return
    cells = [stamp(answer.ts), *(str(getattr(answer, name)) for name in _PNL[1:])]
    if as_csv:
        print_csv(_PNL, [cells])
    else:
        for name, cell in zip(_PNL, cells, strict=True):
            click.echo(f"{name:15} {cell}")


@click.command(short_help="List trades, newest first.")
@paged
@click.option("--symbol", type=SYMBOL, default="")
@click.option("--strategy", default="", metavar="NAME")
@_CSV
@calling
async def trades(
    call: Invocation, *, page_size: int, page_token: str, symbol: str, strategy: str, as_csv: bool
) -> None:
    """List what was asked to be traded and what came of it, newest first."""
    from aitrader.v1.trading_pb2 import ListTradesRequest  # noqa: PLC0415 -- start-up time

    request = ListTradesRequest(
        page_size=page_size, page_token=page_token, symbol=symbol, strategy=strategy
    )
    async with call.client() as client:
        answer = await client.trading.ListTrades(request)
    if call.as_json:
        print_json(answer)
        return
    rows = [
        (stamp(trade.ts), *(str(getattr(trade, name)) for name in _TRADES[1:]))
        for trade in answer.trades
    ]
    _print(_TRADES, rows, as_csv=as_csv)
    call.say_more(answer.next_page_token)


async def _account(call: Invocation, *, refresh: bool) -> "GetBrokerResponse | SyncAccountResponse":
    """Ask the engine for what it knows, or the venue by way of the engine."""
    from aitrader.v1 import trading_pb2  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        if refresh:
            await call.announce(client)
            return await client.trading.SyncAccount(trading_pb2.SyncAccountRequest())
        broker = await client.trading.GetBroker(trading_pb2.GetBrokerRequest())
    call.say(f"as of {stamp(broker.updated_at)}")
    return broker


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]], *, as_csv: bool) -> None:
    if as_csv:
        print_csv(columns, rows)
    else:
        print_table(columns, rows)
