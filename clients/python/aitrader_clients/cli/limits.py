"""`aitrader limits`: what may be traded, how much of it is used, and changing it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from aitrader_clients.amounts import amount, wire
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.parameters import SYMBOL
from aitrader_clients.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from aitrader.v1.risk_pb2 import (
        GetLimitsResponse,
        RiskConfig,
        ScopeUsage,
        StrategyRiskLimits,
        SymbolRiskLimits,
    )

    Scoped = SymbolRiskLimits | StrategyRiskLimits

NONE = "none"
TRUTHS = {"true": True, "false": False}


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


@limits.command("set", short_help="Change or lift one limit.")
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
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@click.option("--symbol", type=SYMBOL, default="", help="Of this symbol, beside the account's.")
@click.option("--strategy", default="", metavar="NAME", help="Of this strategy alone.")
@CONFIRM_OPTION
@calling
async def set_(
    call: Invocation,
    *,
    name: str,
    value: str,
    version: int,
    reason: str,
    symbol: str,
    strategy: str,
    confirm_account: str | None,
) -> None:
    """Set the limit NAME to VALUE, or lift it with `none`; `symbols` takes a list with commas."""
    from aitrader.v1.risk_pb2 import (  # noqa: PLC0415 -- start-up time
        GetLimitsRequest,
        UpdateLimitsRequest,
    )

    if symbol and strategy:
        raise click.UsageError("give --symbol or --strategy, not both")
    request = UpdateLimitsRequest(version=version, reason=reason)
    async with call.client() as client:
        if symbol or strategy:
            current = (await client.risk.GetLimits(GetLimitsRequest())).risk_config
            changed = _scoped(request.risk_config, symbol, strategy)
            changed.MergeFromString(_scoped(current, symbol, strategy).SerializeToString())
            _put(changed, name, value)
        elif value == NONE:
            request.risk_config.SetInParent()
            request.remove.append(name)
        else:
            _put(request.risk_config, name, value)
        await call.confirm(client, confirm_account)
        answer = await client.risk.UpdateLimits(request)
    if call.as_json:
        print_json(answer)
        return
    of = symbol or strategy
    shown = _scoped(answer.risk_config, symbol, strategy) if of else answer.risk_config
    click.echo(f"{of} {name} {_text(shown, name)}  version {answer.version}".lstrip())


def _scoped(config: "RiskConfig", symbol: str, strategy: str) -> "Scoped":
    """The entry of one symbol or strategy; reading it makes an empty one."""
    return config.by_symbol[symbol] if symbol else config.by_strategy[strategy]


def _put(config: "RiskConfig | Scoped", name: str, value: str) -> None:
    """Sets the field `name` from text; raises BadParameter for what it cannot be."""
    from google.protobuf.descriptor import FieldDescriptor  # noqa: PLC0415 -- start-up time

    known = config.DESCRIPTOR.fields_by_name
    settable = [field for field in known if field not in ("by_symbol", "by_strategy")]
    if name not in settable:
        raise click.BadParameter(f"{name!r} is none of {', '.join(settable)}")
    kind = known[name].type
    if value == NONE:
        config.ClearField(name)
        return
    try:
        if name == "symbols":
            symbols = [symbol.strip().upper() for symbol in value.split(",")]
            getattr(config, name).extend(symbols)
        elif kind == FieldDescriptor.TYPE_STRING:
            setattr(config, name, wire(Decimal(value)))
        elif kind == FieldDescriptor.TYPE_BOOL:
            setattr(config, name, TRUTHS[value.lower()])
        else:
            setattr(config, name, int(value))
    except (ValueError, KeyError, InvalidOperation):
        wanted = {
            FieldDescriptor.TYPE_STRING: "an amount",
            FieldDescriptor.TYPE_BOOL: "true or false",
        }.get(kind, "a whole number")
        raise click.BadParameter(f"{name} is {wanted}, not {value!r}") from None


def _text(config: "RiskConfig | Scoped", name: str) -> str:
    value = getattr(config, name)
    if name == "symbols":
        return ", ".join(value) or "all"
    return str(value).lower() if isinstance(value, bool) else str(value or NONE)


def _rows(answer: "GetLimitsResponse") -> Iterator[tuple[str, str, str]]:
    daily, config = answer.daily, answer.risk_config
    used = {
        "daily_loss_limit": _share(daily.pnl, daily.loss_limit),
        "rolling_24h_loss_limit": _share(daily.rolling_pnl, daily.rolling_loss_limit),
        "max_drawdown": f"{amount(daily.drawdown) or 0:.1%}",
        "max_consecutive_losses": str(daily.consecutive_losses),
        "max_orders_per_minute": str(daily.orders_last_minute),
        "max_orders_per_day": str(daily.orders),
        "max_turnover_per_day": daily.turnover,
        "max_rejects_per_minute": str(daily.rejects_last_minute),
    }
    for field in config.DESCRIPTOR.fields:
        if field.name not in ("by_symbol", "by_strategy"):
            yield field.name, _text(config, field.name), used.get(field.name, "")
    yield from _scoped_rows(config.by_symbol, daily.by_symbol)
    yield from _scoped_rows(config.by_strategy, daily.by_strategy)
    for name, strategy in sorted(answer.strategies.items()):
        trades = str(strategy.max_daily_trades or "no limit")
        yield f"{name} trades", trades, str(strategy.trades_today)


def _scoped_rows(
    limits: "Mapping[str, Scoped]", used: "Mapping[str, ScopeUsage]"
) -> Iterator[tuple[str, str, str]]:
    """What symbols or strategies have of their own, each with its use of the day."""
    for name in sorted(limits):
        day = used.get(name)
        counts = (
            {}
            if day is None
            else {
                "max_orders_per_day": str(day.orders),
                "max_turnover_per_day": day.turnover,
                "max_loss_per_day": day.realized,
            }
        )
        for field, value in limits[name].ListFields():
            yield f"{name} {field.name}", str(value), counts.get(field.name, "")


def _share(result: str, limit: str) -> str:
    """Return the share of a limit of losses that is lost."""
    bound, loss = amount(limit), -(amount(result) or Decimal(0))
    return f"{max(loss, Decimal(0)) / bound:.1%}" if bound else ""
