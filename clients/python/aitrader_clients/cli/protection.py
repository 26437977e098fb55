"""Exits: what is bought, or held already, is sold at a profit or at a loss, whichever comes first.

They are sales always, so that a word means one thing: after `buy` they wait for the purchase, after
`sell` they work at once.
"""

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from aitrader_clients.cli.parameters import AMOUNT

if TYPE_CHECKING:
    from aitrader.v1.trading_pb2 import OrderBounds

    from aitrader_clients.order_requests import ContingencyWord, OrderTypeWord, SideWord

# Binance's standard fee, which it takes from what is bought: exits for all of it would be refused.
KEPT_BACK = Decimal("0.001")
# What an order with exits cannot be as well, and how it is said on the command line.
EXCLUDED = {
    "quote_quantity": "--quote",
    "stop_price": "--stop",
    "trailing_delta_bips": "--trailing-bips",
}


class Exits(NamedTuple):
    """What the options of one command say."""

    take_profit: Decimal | None
    stop_loss: Decimal | None
    stop_limit: Decimal | None
    quantity: Decimal | None


# The options of `exit_options`, in the order of the fields above.
EXIT_NAMES = ("take_profit", "stop_loss", "stop_limit", "exit_quantity")


def exit_options(function: Any) -> Any:
    """Add the words of exits."""
    for option in reversed(
        (
            click.option(
                "--take-profit",
                type=AMOUNT,
                metavar="PRICE",
                help="Exit: sell at this price or better.",
            ),
            click.option(
                "--stop-loss",
                type=AMOUNT,
                metavar="PRICE",
                help="Exit: once the price has fallen to this, sell at the market.",
            ),
            click.option(
                "--stop-limit",
                type=AMOUNT,
                metavar="PRICE",
                help="With --stop-loss: not below this, so maybe not at all.",
            ),
            click.option(
                "--exit-quantity",
                type=AMOUNT,
                metavar="QTY",
                help="With `buy`: what the exits sell; else what is bought less 0.1 % for the fee.",
            ),
        )
    ):
        function = option(function)
    return function


def check_exits(side: "SideWord", exits: Exits, fields: dict[str, Any]) -> None:
    """Refuse what cannot be meant, with what to write instead.

    Raises:
        click.UsageError: nobody was called.
    """
    profit, loss, limit, quantity = exits
    if profit is loss is None:
        if limit is not None or quantity is not None:
            raise click.UsageError("--stop-limit and --exit-quantity belong to an exit")
        return
    for name, option in EXCLUDED.items():
        if fields[name]:
            raise click.UsageError(f"{option} does not go with --take-profit and --stop-loss")
    if limit is not None and (loss is None or limit > loss):
        raise click.UsageError("--stop-limit needs a --stop-loss and is not above it")
    if profit is not None and loss is not None and profit <= loss:
        raise click.UsageError("--take-profit is above --stop-loss")
    if side == "buy":
        _check_entry(exits, fields)
    else:
        _check_holding(exits, fields)


def _check_entry(exits: Exits, fields: dict[str, Any]) -> None:
    price = fields["limit_price"]
    if price is None or fields["order_type"] not in (None, "limit", "limit_maker"):
        raise click.UsageError("a purchase with exits needs --limit: the most that it may pay")
    if exits.take_profit is not None and exits.take_profit <= price:
        raise click.UsageError("--take-profit is above --limit: it would sell at a loss")
    if exits.stop_loss is not None and exits.stop_loss >= price:
        raise click.UsageError("--stop-loss is below --limit: it would sell at once")
    if exits.quantity is not None and exits.quantity > fields["quantity"]:
        raise click.UsageError("--exit-quantity is not above QUANTITY")


def _check_holding(exits: Exits, fields: dict[str, Any]) -> None:
    if fields["limit_price"] is not None or fields["order_type"] is not None:
        raise click.UsageError("leave out --limit and --type: the exits are the sale")
    if exits.quantity is not None:
        raise click.UsageError("leave out --exit-quantity: QUANTITY is what the exits sell")
    if exits.stop_loss is None:
        raise click.UsageError("for one exit of what is held write --limit for --take-profit")
    if exits.take_profit is None:
        also = " and --limit for --stop-limit" if exits.stop_limit is not None else ""
        raise click.UsageError(f"for one exit of what is held write --stop for --stop-loss{also}")


def with_exits(
    side: "SideWord", exits: Exits, fields: dict[str, Any], bounds: "OrderBounds | None"
) -> dict[str, Any]:
    """Return the fields of the order with those of its exits."""
    from aitrader_clients.order_requests import Leg  # noqa: PLC0415 -- start-up time

    if exits.take_profit is exits.stop_loss is None:
        return fields
    legs: list[Leg] = []
    contingency: ContingencyWord
    if side == "sell":
        contingency = "oco"
        fields = {**fields, "order_type": "limit_maker", "limit_price": exits.take_profit}
        quantity = None
    else:
        quantity = exits.quantity or _received(fields["quantity"], bounds)
        both = exits.take_profit is not None and exits.stop_loss is not None
        contingency = "otoco" if both else "oto"
        if exits.take_profit is not None:
            # Of a pair the venue wants a maker; alone, one that is past its price may sell at once.
            kind: OrderTypeWord = "limit_maker" if both else "limit"
            legs.append(Leg(kind, limit_price=exits.take_profit, quantity=quantity))
    if exits.stop_loss is not None:
        legs.append(
            Leg(limit_price=exits.stop_limit, stop_price=exits.stop_loss, quantity=quantity)
        )
    return {**fields, "contingency": contingency, "legs": legs}


def _received(quantity: Decimal, bounds: "OrderBounds | None") -> Decimal:
    """Return what is there to be sold once the fee was taken, on the venue's step."""
    step = Decimal(bounds.quantity_rounding) if bounds and bounds.quantity_rounding else None
    left = quantity * (1 - KEPT_BACK)
    received = (left / step).to_integral(ROUND_DOWN) * step if step else left
    if not received:
        raise click.UsageError(
            "less the fee nothing is left for an exit: buy more, or give --exit-quantity"
        )
    return received.normalize()


def plan(side: "SideWord", exits: Exits, fields: dict[str, Any]) -> str:
    """Say in one sentence what will happen; nothing without exits."""
    if exits.take_profit is exits.stop_loss is None:
        return ""
    symbol, quantity = fields["symbol"], fields["quantity"]
    ways = []
    if exits.take_profit is not None:
        ways.append(f"at {exits.take_profit:f} or more")
    if exits.stop_loss is not None:
        how = "at the market" if exits.stop_limit is None else f"at {exits.stop_limit:f} or more"
        ways.append(f"{how} once the price is down to {exits.stop_loss:f}")
    sale = ", or ".join(ways)
    one = "; one ends the other" if len(ways) > 1 else ""
    if side == "sell":
        return f"plan: sell {quantity:f} {symbol} {sale}{one}"
    sold = fields["legs"][0].quantity
    return (
        f"plan: buy {quantity:f} {symbol} at {fields['limit_price']:f} or less;"
        f" once all of it is bought, sell {sold:f} {sale}{one}"
    )
