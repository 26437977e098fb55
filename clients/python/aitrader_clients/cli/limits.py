"""`aitrader limits`: what may be traded, how much of it is used, and changing it."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from aitrader_clients.amounts import amount, wire
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from aitrader.v1.risk_pb2 import GetLimitsResponse, RiskConfig


class ShowUnlessTold(click.Group):
    """A group that shows when no subcommand is named: `limits --json` is `limits show --json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["show", *args])


@click.group(cls=ShowUnlessTold, short_help="Show limits and their use, or set one.")
def limits() -> None:
    """Show the limits in force and their use (`show`, the default), or change one (`set`)."""


@limits.command("show", short_help="Show limits and their use.")
@calling
async def show(call: Invocation) -> None:
    """Show the limits in force and how much of them the day has used."""
    from aitrader.v1.risk_pb2 import GetLimitsRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.risk.GetLimits(GetLimitsRequest())
    if call.as_json:
        print_json(answer)
        return
    print_table(("limit", "value", "used"), list(_rows(answer)))
    call.say(f"version {answer.version}, day {answer.daily.day or '-'}")


@limits.command("set", short_help="Change one limit.")
@click.argument("name")
@click.argument("value")
@click.option(
    "--if-version",
    "version",
    type=click.IntRange(min=1),
    required=True,
    metavar="N",
    help="Version that you saw; a change in between is refused.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@CONFIRM_OPTION
@calling
async def set_(
    call: Invocation,
    *,
    name: str,
    value: str,
    version: int,
    reason: str,
    confirm_account: str | None,
) -> None:
    """Set the limit NAME to VALUE; `symbols` takes a list with commas."""
    from aitrader.v1.risk_pb2 import UpdateLimitsRequest  # noqa: PLC0415 -- start-up time

    request = UpdateLimitsRequest(risk_config=_change(name, value), version=version, reason=reason)
    async with call.client() as client:
        await call.confirm(client, confirm_account)
        answer = await client.risk.UpdateLimits(request)
    if call.as_json:
        print_json(answer)
    else:
        click.echo(f"{name} {_text(answer.risk_config, name)}  version {answer.version}")


def _change(name: str, value: str) -> "RiskConfig":
    from aitrader.v1.risk_pb2 import RiskConfig  # noqa: PLC0415 -- start-up time
    from google.protobuf.descriptor import FieldDescriptor  # noqa: PLC0415 -- start-up time

    known = RiskConfig.DESCRIPTOR.fields_by_name
    if name not in known:
        raise click.BadParameter(f"{name!r} is none of {', '.join(known)}")
    config = RiskConfig()
    try:
        if name == "symbols":
            config.symbols.extend(symbol.strip().upper() for symbol in value.split(","))
        elif known[name].type == FieldDescriptor.TYPE_STRING:
            setattr(config, name, wire(Decimal(value)))
        else:
            setattr(config, name, int(value))
    except (ValueError, InvalidOperation):
        raise click.BadParameter(f"{name}: {value!r} is not a number that it can be") from None
    return config


def _text(config: "RiskConfig", name: str) -> str:
    value = getattr(config, name)
    return ", ".join(value) or "all" if name == "symbols" else str(value or "none")


def _rows(answer: "GetLimitsResponse") -> Iterator[tuple[str, str, str]]:
    used = {"daily_loss_limit": _loss_used(answer)}
    for field in answer.risk_config.DESCRIPTOR.fields:
        yield field.name, _text(answer.risk_config, field.name), used.get(field.name, "")
    yield "orders today", "", str(answer.daily.orders)
    yield "turnover today", "", answer.daily.turnover
    for name, strategy in sorted(answer.strategies.items()):
        trades = str(strategy.max_daily_trades or "no limit")
        yield f"{name} trades", trades, str(strategy.trades_today)


def _loss_used(answer: "GetLimitsResponse") -> str:
    """Return the share of the day's loss limit that is lost."""
    limit = amount(answer.daily.loss_limit)
    loss = -(amount(answer.daily.pnl) or Decimal(0))
    return f"{max(loss, Decimal(0)) / limit:.1%}" if limit else ""
