"""Options of the commands that may make an order."""

from typing import Any

import click

from aitrader_clients.cli.invocation import CONFIRM_OPTION
from aitrader_clients.cli.parameters import AMOUNT, SYMBOL
from aitrader_clients.cli.protection import exit_options

ORDER_TYPES = (
    "market",
    "limit",
    "limit_maker",
    "stop_loss",
    "stop_loss_limit",
    "take_profit",
    "take_profit_limit",
)
TIMES_IN_FORCE = ("gtc", "ioc", "fok")
SELF_TRADE_PREVENTIONS = (
    "none",
    "expire_taker",
    "expire_maker",
    "expire_both",
    "decrement",
    "transfer",
)
_TYPES = click.Choice(ORDER_TYPES)
_TIF = click.Choice(TIMES_IN_FORCE)
_STP = click.Choice(SELF_TRADE_PREVENTIONS)
STRATEGY_OPTION = click.option("--strategy", default="", metavar="NAME", help="Strategy that asks.")
REQUEST_ID_OPTION = click.option(
    "--request-id", default="", metavar="ID", help="Idempotency key; repeating it is a replay."
)
DRY_RUN_OPTION = click.option("--dry-run", is_flag=True, help="Check everything, send nothing.")


def order_options(function: Any) -> Any:
    """Add the words of an explicit order."""
    for option in reversed(
        (
            click.argument("symbol", type=SYMBOL),
            click.argument("quantity", type=AMOUNT, required=False),
            click.option("--quote", "quote_quantity", type=AMOUNT, help="Instead: quote amount."),
            click.option("--limit", "limit_price", type=AMOUNT, help="Limit price."),
            click.option("--stop", "stop_price", type=AMOUNT, help="Stop price."),
            exit_options,
            click.option("--type", "order_type", type=_TYPES, help="Follows from the prices."),
            click.option(
                "--trailing-bips",
                "trailing_delta_bips",
                type=click.IntRange(0, 10_000),
                default=0,
                help="Trailing distance, 1/10 000.",
            ),
            click.option(
                "--iceberg", "iceberg_quantity", type=AMOUNT, help="Quantity shown at a time."
            ),
            click.option("--tif", "time_in_force", type=_TIF, help="How long it works."),
            click.option(
                "--stp", "self_trade_prevention", type=_STP, help="Self-trade prevention."
            ),
            click.option("--reduce-only", is_flag=True, help="Refuse to open or grow a position."),
            STRATEGY_OPTION,
            REQUEST_ID_OPTION,
            DRY_RUN_OPTION,
            CONFIRM_OPTION,
        )
    ):
        function = option(function)
    return function
