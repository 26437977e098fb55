"""The command that feeds the dead-man switch, by a call or by its file."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.printing import clock, print_json
from aitrader_clients.errors import DeadlineExceeded, Exhausted, Unreachable

# An engine that is started again is there in a moment; whoever may not feed it never may.
PASSING = (DeadlineExceeded, Exhausted, Unreachable)


@click.command(short_help="Feed the dead-man switch.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="Write this heartbeat file, that of risk.deadman; no engine is called.",
)
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0.1, max=86_400),
    metavar="SECONDS",
    help="Go on until interrupted.",
)
@calling
async def heartbeat(call: Invocation, path: Path | None, every_s: float | None) -> None:
    """Feed the dead-man switch once, or again and again.

    With --every a call that the engine does not answer is told of and made again.
    """
    if path is not None:
        await _repeat(call, every_s, lambda: _write(call, path))
        return
    async with call.client() as client:
        if every_s is None:
            await call.announce(client)

        async def beat() -> None:
            from aitrader.v1.risk_pb2 import HeartbeatRequest  # noqa: PLC0415 -- start-up time

            answer = await client.risk.Heartbeat(HeartbeatRequest())
            if call.as_json:
                print_json(answer)
                return
            limit_s = answer.limit_ms / 1000
            again = f"again within {limit_s:g} s" if limit_s else "no dead-man switch is set"
            click.echo(f"fed at {clock(answer.at)}, {again}")

        await _repeat(call, every_s, beat)


async def _repeat(
    call: Invocation, every_s: float | None, beat: Callable[[], Awaitable[None]]
) -> None:
    while True:
        try:
            await beat()
        except PASSING as error:
            if every_s is None:
                raise
            call.say(f"not fed: {error}")
        if every_s is None:
            return
        await asyncio.sleep(every_s)


async def _write(call: Invocation, path: Path) -> None:
    from aitrader_clients.heartbeat_file import write_heartbeat  # noqa: PLC0415 -- start-up time

    try:
        number = await asyncio.to_thread(write_heartbeat, path)
    except OSError as error:
        raise click.ClickException(f"{path}: not fed: {error.strerror}") from error
    if call.as_json:
        import json  # noqa: PLC0415 -- start-up time

        click.echo(json.dumps({"file": str(path), "seq": number}))
    else:
        click.echo(f"heartbeat {number} written to {path}")
