"""Commands that switch trading off and on: halting never asks, resuming always does."""

import asyncio
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling, environment_line
from aitrader_clients.cli.order_lines import COLUMNS, exit_of_orders, row_of
from aitrader_clients.cli.parameters import SYMBOL
from aitrader_clients.cli.printing import print_json, print_table, since, word
from aitrader_clients.errors import CallError

if TYPE_CHECKING:
    from aitrader.v1.common_pb2 import TradingStateInfo

    from aitrader_clients.client import TradingClient

# How long the environment line may take; the halt itself is already on its way.
ENVIRONMENT_TIMEOUT_S = 1.0


@click.command(short_help="Let only cancels through; never asks.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--cancel", "cancel_open", is_flag=True, help="Also cancel what may grow a position.")
@calling
async def halt(call: Invocation, reason: str, cancel_open: bool) -> None:
    """Let only cancels through. Never asks, and waits for nothing before it is sent."""
    from aitrader.v1.risk_pb2 import HaltRequest  # noqa: PLC0415 -- start-up time

    request = HaltRequest(reason=reason, cancel_open_orders=cancel_open)
    async with call.client() as client:
        answer, environment = await asyncio.gather(client.risk.Halt(request), _environment(client))
    call.say(environment)
    if call.as_json:
        print_json(answer)
        return
    _print_state(answer.trading_state)
    if answer.open_orders:
        call.say(f"still open: {len(answer.open_orders)}")
        print_table(COLUMNS, [row_of(order) for order in answer.open_orders])


async def _environment(client: "TradingClient") -> str:
    from aitrader.v1.trading_pb2 import GetStatusRequest  # noqa: PLC0415 -- start-up time

    try:
        status = await client.trading.GetStatus(GetStatusRequest(), timeout=ENVIRONMENT_TIMEOUT_S)
    except CallError as error:
        return f"environment not known: {error}"
    return environment_line(status)


@click.command(short_help="Let only reducing orders and cancels through.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@calling
async def reduce(call: Invocation, reason: str) -> None:
    """Let only orders that reduce exposure, and cancels, through; never asks."""
    from aitrader.v1.risk_pb2 import ReduceRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        await call.announce(client)
        answer = await client.risk.Reduce(ReduceRequest(reason=reason))
    if call.as_json:
        print_json(answer)
    else:
        _print_state(answer.trading_state)


@click.command(short_help="Let everything through again.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@click.option(
    "--symbol",
    type=SYMBOL,
    default="",
    help="Only release this symbol: acknowledges what restricted it, see `aitrader status`.",
)
@CONFIRM_OPTION
@calling
async def resume(call: Invocation, reason: str, symbol: str, confirm_account: str | None) -> None:
    """Let everything through again; refused while a cause stands.

    With --symbol, trading as a whole stays as it is: halted stays halted.
    """
    from aitrader.v1.risk_pb2 import ResumeRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        account = await call.confirm(client, confirm_account)
        request = ResumeRequest(reason=reason, confirm_account=account, symbol=symbol)
        answer = await client.risk.Resume(request)
    if symbol:
        call.say(f"{symbol} released")
    if call.as_json:
        print_json(answer)
    else:
        _print_state(answer.trading_state)


@click.command(short_help="Reduce positions to zero.")
@click.argument("symbols", metavar="[SYMBOL]...", nargs=-1, type=SYMBOL)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@CONFIRM_OPTION
@calling
async def flatten(
    call: Invocation, symbols: tuple[str, ...], dry_run: bool, confirm_account: str | None
) -> Exit:
    """Reduce the positions of SYMBOL..., or all, to zero through the normal order path."""
    from aitrader.v1.trading_pb2 import FlattenRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        account = await call.confirm(client, confirm_account, ask=not dry_run)
        request = FlattenRequest(symbols=symbols, confirm_account=account, dry_run=dry_run)
        answer = await client.trading.Flatten(request)
    if call.as_json:
        print_json(answer)
    else:
        if answer.orders:
            print_table(COLUMNS, [row_of(order) for order in answer.orders])
        else:
            call.say("nothing to sell")
        for order in answer.orders:
            if order.reason:
                click.echo(f"  {order.symbol}: {order.reason}")
        _print_state(answer.trading_state)
    return exit_of_orders(answer.orders)


def _print_state(info: "TradingStateInfo") -> None:
    from aitrader.v1.common_pb2 import TradingState  # noqa: PLC0415 -- start-up time

    name = word(TradingState.Name(info.state), "TRADING_STATE_").upper()
    why = f": {info.reason}" if info.reason else ""
    click.echo(f"{name}{since(info.since)} by {info.actor or '-'}{why}")
