"""Commands about the engine's health, and about this program."""

import json
import sys
from typing import BinaryIO

import click

from aitrader_clients.cli.invocation import Invocation, calling
from aitrader_clients.cli.printing import print_json, print_table

DAY_S = 86_400
SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Show service level objectives and their error budgets.")
@calling
async def slo(call: Invocation) -> None:
    """Show service level objectives and what is left of their error budgets."""
    from aitrader.v1.observability_pb2 import GetSloRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.observability.GetSlo(GetSloRequest())
    if call.as_json:
        print_json(answer)
        return
    print_table(
        ("objective", "wanted", "is", "budget left", "burns 1h", "events", "window"),
        [
            (
                one.name,
                f"{one.objective:.3%}",
                f"{one.compliance:.3%}",
                f"{one.error_budget_left:.1%}",
                f"{one.burn_rates['1h']:.1f}",
                str(one.total),
                f"{one.window_s // DAY_S} d",
            )
            for one in answer.slos
        ],
    )


@click.command(short_help="Print metrics in Prometheus text format.")
@calling
async def metrics(call: Invocation) -> None:
    """Print the engine's metrics in Prometheus text format."""
    from aitrader.v1.observability_pb2 import GetMetricsRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        body = await client.observability.GetMetrics(GetMetricsRequest())
    text = body.data.decode()
    if call.as_json:
        print_json({"content_type": body.content_type, "text": text})
    else:
        click.echo(text, nl=not text.endswith("\n"))


@click.command(short_help="Print versions.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def version(as_json: bool) -> None:
    """Print the versions of this program and of what it calls with."""
    from importlib.metadata import version as of  # noqa: PLC0415 -- costs more than click itself

    versions = {name: of(name) for name in ("ai-trader", "grpcio", "protobuf", "click")}
    versions["python"] = sys.version.split()[0]
    if as_json:
        click.echo(json.dumps(versions))
    else:
        for name, text in versions.items():
            click.echo(f"{name:9} {text}")


@click.command(short_help="Print a shell completion script.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes `aitrader` in SHELL: eval "$(aitrader completion bash)"."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 -- start-up time

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"no completion for {shell}")
    root = context.find_root()
    click.echo(made(root.command, {}, "aitrader", "_AITRADER_COMPLETE").source())


@click.command(short_help="Write the descriptor set for grpcurl and ghz.")
@click.argument("file", type=click.File("wb"))
def protoset(file: BinaryIO) -> None:
    """Write the descriptors of the whole contract to FILE, `-` for stdout."""
    from aitrader.v1 import (  # noqa: PLC0415 -- start-up time
        market_data_pb2,
        observability_pb2,
        risk_pb2,
        sentiment_pb2,
        trading_pb2,
    )
    from google.protobuf import descriptor_pb2  # noqa: PLC0415 -- start-up time
    from google.protobuf.descriptor import FileDescriptor  # noqa: PLC0415 -- start-up time

    written: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(descriptor: FileDescriptor) -> None:
        """Add a file after all that it imports, as readers of a set want it."""
        if descriptor.name in written:
            return
        for dependency in descriptor.dependencies:
            add(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        descriptor.CopyToProto(proto)
        written[descriptor.name] = proto

    for module in (market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2):
        add(module.DESCRIPTOR)
    file.write(descriptor_pb2.FileDescriptorSet(file=written.values()).SerializeToString())
