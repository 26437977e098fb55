"""Commands that show and switch strategies."""

from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.printing import print_json, print_table, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aitrader.v1.trading_pb2 import Strategy

_COLUMNS = ("name", "enabled", "max risk", "trades today", "max trades", "updated", "notes")


@click.command(short_help="List strategies.")
@calling
async def strategies(call: Invocation) -> None:
    """List strategies and their switches."""
    from aitrader.v1.trading_pb2 import ListStrategiesRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.trading.ListStrategies(ListStrategiesRequest())
    if call.as_json:
        print_json(answer)
    else:
        _print(answer.strategies)


@click.command(short_help="Show or switch one strategy.")
@click.argument("name")
@click.option("--enable/--disable", "enabled", default=None, help="Let it send orders, or not.")
@click.option("--max-risk", "max_risk_fraction", type=click.FloatRange(0, 1), metavar="FRACTION")
@click.option("--max-trades", "max_daily_trades", type=click.IntRange(min=0), metavar="N")
@click.option("--notes", metavar="TEXT")
@CONFIRM_OPTION
@calling
async def strategy(
    call: Invocation,
    *,
    name: str,
    enabled: bool | None,
    max_risk_fraction: float | None,
    max_daily_trades: int | None,
    notes: str | None,
    confirm_account: str | None,
) -> Exit:
    """Show the strategy NAME, or change its switches; enabling asks on live."""
    from aitrader.v1 import trading_pb2  # noqa: PLC0415 -- start-up time

    request = trading_pb2.UpdateStrategyRequest(
        name=name,
        max_risk_fraction=max_risk_fraction,
        max_daily_trades=max_daily_trades,
        notes=notes,
    )
    if enabled is not None:
        request.enabled = enabled
    async with call.client() as client:
        if len(request.ListFields()) == 1:
            listed = await client.trading.ListStrategies(trading_pb2.ListStrategiesRequest())
            found = [one for one in listed.strategies if one.name == name]
            if not found:
                call.say(f"no strategy {name}")
                return Exit.NOT_FOUND
            shown = found[0]
        else:
            if enabled:
                await call.confirm(client, confirm_account)
            else:
                await call.announce(client)
            shown = (await client.trading.UpdateStrategy(request)).strategy
    if call.as_json:
        print_json(shown)
    else:
        _print([shown])
    return Exit.DONE


def _print(strategies: "Iterable[Strategy]") -> None:
    print_table(
        _COLUMNS,
        [
            (
                one.name,
                "yes" if one.enabled else "no",
                f"{one.max_risk_fraction:g}",
                str(one.trades_today),
                str(one.max_daily_trades or "no limit"),
                stamp(one.updated_at),
                one.notes,
            )
            for one in strategies
        ],
    )
