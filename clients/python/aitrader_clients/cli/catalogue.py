"""All commands by name; a command's module is imported when it runs, never to list it."""

import importlib
from typing import NamedTuple

import click

GROUP = "aitrader.commands"
INSTALLING = "in the project's folder, pip install '.[server]'"


class Entry(NamedTuple):
    """Where a command lives below `aitrader_clients.cli`, and its one line of help."""

    target: str
    help: str


COMMANDS: dict[str, Entry] = {
    "status": Entry("status:status", "Say what runs, what it lets through and how it is doing."),
    "halt": Entry("switches:halt", "Let only cancels through; never asks."),
    "reduce": Entry("switches:reduce", "Let only reducing orders and cancels through."),
    "resume": Entry("switches:resume", "Let everything through again."),
    "flatten": Entry("switches:flatten", "Reduce positions to zero."),
    "heartbeat": Entry("heartbeat:heartbeat", "Feed the dead-man switch."),
    "trade": Entry("decision:trade", "Decide from features and news, and execute."),
    "buy": Entry("placing:buy", "Buy a quantity."),
    "sell": Entry("placing:sell", "Sell a quantity."),
    "replace": Entry("placing:replace", "Change the quantity or price of an open order."),
    "orders": Entry("orders:orders", "List orders, newest first."),
    "order": Entry("orders:order", "Show one order."),
    "trace": Entry("orders:trace", "Show all that led to an order and followed from it."),
    "cancel": Entry("orders:cancel", "Cancel orders."),
    "approve": Entry("orders:approve", "Let an order go that waits for a second person."),
    "resolve": Entry("orders:resolve", "Settle an order whose outcome is unknown."),
    "positions": Entry("account:positions", "Show positions."),
    "balances": Entry("account:balances", "Show balances."),
    "pnl": Entry("account:pnl", "Show profit and loss of the day."),
    "trades": Entry("account:trades", "List trades, newest first."),
    "limits": Entry("limits:limits", "Show limits and their use, or set one."),
    "strategies": Entry("strategies:strategies", "List strategies."),
    "strategy": Entry("strategies:strategy", "Show or switch one strategy."),
    "events": Entry("events:events", "Print journal events."),
    "sentiment": Entry("sentiment:sentiment", "Score texts, say why, and which model does."),
    "quote": Entry("market:quote", "Show the best prices of a symbol."),
    "quotes": Entry("market:quotes", "Follow the best prices."),
    "bars": Entry("market:bars", "List bars, oldest first."),
    "slo": Entry("about:slo", "Show service level objectives and their error budgets."),
    "metrics": Entry("about:metrics", "Print metrics in Prometheus text format."),
    "version": Entry("about:version", "Print versions."),
    "completion": Entry("about:completion", "Print a shell completion script."),
    "protoset": Entry("about:protoset", "Write the descriptor set for grpcurl and ghz."),
}

# Given by the server package through the entry-point group; only their help is known here.
PROCESSES: dict[str, str] = {
    "serve": "Run the engine and the REST facade.",
    "engine": "Run the engine.",
    "gateway": "Run the REST facade.",
    "watchdog": "Cancel entry orders when the engine falls silent.",
    "sandbox": "Run an exchange that speaks Binance Spot, for this machine only.",
    "doctor": "Check what an engine needs, before it starts and while it runs.",
    "secrets": "Say which references to secrets resolve.",
    "config": "Show or check the configuration.",
    "token": "Make a token for a caller.",
    "models": "Export, verify and calibrate sentiment models.",
}


class Catalogue(click.Group):
    """A group whose listing imports nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return [*COMMANDS, *PROCESSES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return _process_command(cmd_name)
        module, _, attribute = entry.target.partition(":")
        found = getattr(importlib.import_module(f"aitrader_clients.cli.{module}"), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{entry.target} is not a command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])
        with formatter.section("Processes"):
            formatter.write_dl(list(PROCESSES.items()))


def _process_command(name: str) -> click.Command | None:
    from importlib.metadata import entry_points  # noqa: PLC0415 -- costs more than click itself

    for point in entry_points(group=GROUP, name=name):
        try:
            found = point.load()
        except ModuleNotFoundError as error:
            raise click.ClickException(f"{name} needs {error.name}: {INSTALLING}") from error
        if not isinstance(found, click.Command):
            raise TypeError(f"entry point {name} of {GROUP} is not a command")
        return found
    if name in PROCESSES:
        raise click.ClickException(f"{name} comes with the server: {INSTALLING}")
    return None
