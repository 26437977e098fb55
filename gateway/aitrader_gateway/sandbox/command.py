"""`aitrader sandbox`: a venue of one's own, in a process of its own."""

import asyncio
import os
import signal
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
import uvloop
from aitrader_server.errors import ConfigError

from aitrader_gateway.sandbox.faults import Fault, Rule
from aitrader_gateway.sandbox.server import RunningSandbox, running_sandbox
from aitrader_gateway.sandbox.settings import SandboxSettings

# EX_CONFIG of sysexits.h: another start would not help.
_EXIT_CONFIGURATION = 78


class BalanceType(click.ParamType[tuple[str, Decimal]]):
    """USDT=100000 -> ("USDT", Decimal(100000))."""

    name = "ASSET=AMOUNT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Decimal]:
        asset, _, amount_text = str(value).partition("=")
        try:
            amount = Decimal(amount_text)
        except InvalidOperation:
            self.fail(f"{value}: write it like USDT=100000", param, ctx)
        if not asset or not amount.is_finite() or amount < 0:
            self.fail(f"{value}: write it like USDT=100000", param, ctx)
        return asset, amount


class FaultType(click.ParamType[Rule]):
    """drop-after=0.01 -> Rule; without a chance it is always."""

    name = "NAME[=CHANCE]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Rule:
        name, _, chance_text = str(value).partition("=")
        if name not in set(Fault):
            self.fail(f"{name}: is none of {', '.join(Fault)}", param, ctx)
        try:
            chance = float(chance_text or 1)
        except ValueError:
            self.fail(f"{value}: write it like drop-after=0.01", param, ctx)
        if not 0 <= chance <= 1:
            self.fail(f"{value}: a chance is from 0 to 1", param, ctx)
        return Rule(fault=Fault(name), chance=chance)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=SandboxSettings().state,
    show_default=True,
    help="Folder of the key and of what the venue remembers.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of prices and faults.")
@click.option(
    "--pace",
    "pace_per_s",
    type=click.FloatRange(0, 1000),
    default=SandboxSettings().pace_per_s,
    show_default=True,
    help="Steps of the market makers a second, over all symbols; 0: books stand still.",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="CSV of recorded trades or bars, plain or .gz, that prices follow.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 1_000_000, min_open=True),
    default=1.0,
    show_default=True,
    help="Of the replay, in recorded seconds a second.",
)
@click.option(
    "--balance",
    "balances",
    type=BalanceType(),
    multiple=True,
    help="What a new account has; repeatable.  [default: USDT=100000]",
)
@click.option("--fault", "faults", type=FaultType(), multiple=True, help="Goes wrong; repeatable.")
@click.option(
    "--public-key",
    "public_keys",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="PEM of an Ed25519 or RSA key that may trade too; repeatable.",
)
@click.option("--exit-with-stdin", is_flag=True, help="End when standard input is closed.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
def sandbox(
    *, balances: tuple[tuple[str, Decimal], ...], as_json: bool, exit_with_stdin: bool, **given: Any
) -> None:
    """Run an exchange that speaks Binance Spot, for this machine only."""
    settings = SandboxSettings(**given)
    if balances:
        settings = msgspec.structs.replace(settings, balances=dict(balances))
    # Keys and books are nobody else's to read.
    os.umask(0o077)
    try:
        uvloop.run(_until_stopped(settings, as_json=as_json, exit_with_stdin=exit_with_stdin))
    except ConfigError as error:
        _fail(error)


async def _until_stopped(
    settings: SandboxSettings, *, as_json: bool, exit_with_stdin: bool
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if exit_with_stdin:
        try:
            loop.add_reader(sys.stdin.fileno(), _read_stdin, stop)
        except OSError as error:
            raise click.UsageError("--exit-with-stdin needs a pipe or a terminal") from error
    async with running_sandbox(settings) as running:
        _announce(running, as_json=as_json)
        stopped = asyncio.create_task(stop.wait())
        failed = asyncio.create_task(running.failure())
        done, pending = await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()


def _read_stdin(stop: asyncio.Event) -> None:
    """Lets what is written pass; the end of it is when the writer closed, or died."""
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


def _announce(running: RunningSandbox, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(running.ready_line()))
        return
    lines = [
        "",
        f"SANDBOX  state {running.settings.state}  seed {running.settings.seed}",
        f"  REST     {running.rest_url}/api/v3",
        f"  WS API   {running.ws_api_url}",
        f"  streams  {running.stream_url}/ws  {running.stream_url}/stream",
        f"  key      {running.key_file}",
        *(f"  key      {key.key}  {path}" for path, key in running.public_keys.items()),
        "try",
        f"  curl -s {running.rest_url}/api/v3/ticker/bookTicker?symbol=BTCUSDT",
        f"  curl -s {running.rest_url}/sandbox/accounts/{running.settings.account}",
        "ready",
    ]
    click.echo("\n".join(lines), err=True)


def _fail(error: ConfigError) -> NoReturn:
    for problem in error.problems:
        click.echo(f"Error: {problem}", err=True)
    raise SystemExit(_EXIT_CONFIGURATION)
