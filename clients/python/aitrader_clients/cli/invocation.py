"""What all commands share: options, the call, the environment line, the exit code."""

import functools
import gc
import os
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

import click

from aitrader_clients import errors
from aitrader_clients.cli.exits import Exit, exit_of
from aitrader_clients.connection import Connection
from aitrader_clients.trace import trace

if TYPE_CHECKING:
    from aitrader.v1.trading_pb2 import GetStatusResponse

    from aitrader_clients.client import TradingClient

LIVE = "live"
_DENIED = "denied, nothing was sent"
# It was sent, and refused by the venue.
_HEADLINES = {"NOT_CHANGED": "not changed"}
COMMON_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print JSON, one object or line."),
    click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.001), help="Seconds."),
    click.option("--endpoint", metavar="HOST:PORT", help="Engine to call."),
    click.option("-q", "--quiet", is_flag=True, help="Errors only on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="Say the trace id too."),
)
CONFIRM_OPTION = click.option(
    "--confirm-account", metavar="NAME", help="Name of the live account, instead of the question."
)


class Invocation(NamedTuple):
    """One run of one command."""

    as_json: bool
    timeout_s: float | None
    endpoint: str | None
    quiet: bool
    verbose: bool
    trace_id: str

    def client(self) -> "TradingClient":
        """Return a client; importing it is what makes a command slower than `--help`."""
        from aitrader_clients.client import TradingClient  # noqa: PLC0415 -- start-up time

        # What was imported stays: from here on only what the command makes is collected.
        gc.freeze()
        gc.enable()
        return TradingClient(Connection.from_environment(self.endpoint), self.timeout_s)

    def say(self, message: str) -> None:
        """Tell the person; never data."""
        if not self.quiet:
            click.echo(message, err=True)

    def say_more(self, next_page_token: str) -> None:
        """Tell how to see what did not fit."""
        if next_page_token:
            self.say(f"more with: --page {next_page_token}")

    async def announce(self, client: "TradingClient") -> "GetStatusResponse":
        """Print the environment before anything changes."""
        from aitrader.v1.trading_pb2 import GetStatusRequest  # noqa: PLC0415 -- start-up time

        status = await client.trading.GetStatus(GetStatusRequest())
        self.say(environment_line(status))
        return status

    async def confirm(
        self, client: "TradingClient", given: str | None, *, ask: bool = True, plan: str = ""
    ) -> str:
        """Print the environment and, on live, have the account named; return the name.

        Without `ask` nothing will change, and the name is taken from the engine. `plan` says what
        will, before anybody is asked.

        Raises:
            click.UsageError: the name is wrong, or nobody is there to be asked.
        """
        status = await self.announce(client)
        if plan:
            self.say(plan)
        if not ask:
            return status.account
        if status.environment != LIVE:
            return given or ""
        if given is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise click.UsageError("the environment is live: add --confirm-account NAME")
        name = given if given is not None else click.prompt("Name of the account", err=True)
        if name != status.account:
            raise click.UsageError(f"{name!r} is not the account of this engine")
        return str(name)


Command: TypeAlias = Callable[..., Coroutine[Any, Any, Exit | None]]


def environment_line(status: "GetStatusResponse") -> str:
    """Say where orders go, in words."""
    return f"{status.environment.upper()}  {status.gateway}  account {status.account or '-'}"


def calling(function: Command) -> Callable[..., NoReturn]:
    """Make a click callback of a coroutine function `(call: Invocation, ...)`."""

    @functools.wraps(function)
    def callback(
        as_json: bool,
        timeout_s: float | None,
        endpoint: str | None,
        quiet: bool,
        verbose: bool,
        **parameters: Any,
    ) -> NoReturn:
        # Collecting among modules that stay anyway costs a quarter of the start; see `client`.
        gc.disable()
        import asyncio  # noqa: PLC0415 -- start-up time of `--help`

        context = click.get_current_context()
        if "NO_COLOR" in os.environ:
            context.color = False
        with trace() as trace_id:
            call = Invocation(as_json, timeout_s, endpoint, quiet, verbose, trace_id)
            if verbose:
                call.say(f"trace {trace_id}")
            try:
                code = asyncio.run(function(call, **parameters))
            except errors.ClientError as error:
                code = exit_of(error)
                _report(error, call)
            finally:
                gc.enable()
        context.exit(code or Exit.DONE)

    decorated: Callable[..., NoReturn] = callback
    for option in reversed(COMMON_OPTIONS):
        decorated = option(decorated)
    return decorated


def _report(error: errors.ClientError, call: Invocation) -> None:
    if call.as_json:
        import json  # noqa: PLC0415 -- start-up time

        click.echo(json.dumps({"error": _as_dict(error)}), err=True)
        return
    if not isinstance(error, errors.CallError):
        click.echo(f"error: {error}", err=True)
        return
    # The message of a denial is that of its first breach, which the list below says too.
    headline = _HEADLINES.get(error.reason, _DENIED) if error.breaches else f"error: {error}"
    click.echo(headline, err=True)
    for breach in error.breaches:
        click.echo(f"  {breach.code}: {breach.message}", err=True)
    for violation in error.violations:
        if violation.description not in str(error):
            click.echo(f"  {violation.field}: {violation.description}", err=True)
    if isinstance(error, errors.OutcomeUnknown):
        say_unknown(error.request_id)
    if error.retry_after_s is not None:
        click.echo(f"  try again in {error.retry_after_s:g} s", err=True)
    # An engine that gives a reason has been reached.
    if isinstance(error, errors.Unreachable) and error.code == "UNAVAILABLE" and not error.reason:
        click.echo("  is the engine running? start one with: aitrader serve", err=True)
    click.echo(f"  trace {error.trace_id}", err=True)


def say_unknown(request_id: str) -> None:
    """Tell the one thing that must not be done; said even under --quiet."""
    click.echo("outcome unknown: an order may exist, do not repeat", err=True)
    where = f"aitrader order {request_id}" if request_id else "aitrader orders"
    click.echo(f"  look with: {where}", err=True)


def _as_dict(error: errors.ClientError) -> dict[str, Any]:
    if not isinstance(error, errors.CallError):
        return {"kind": type(error).__name__, "message": str(error)}
    return {
        "kind": type(error).__name__,
        "code": error.code,
        "reason": error.reason,
        "message": str(error),
        "breaches": [breach._asdict() for breach in error.breaches],
        "violations": [violation._asdict() for violation in error.violations],
        "request_id": error.request_id,
        "retry_after_s": error.retry_after_s,
        "trace_id": error.trace_id,
    }
