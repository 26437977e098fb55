"""Commands that place and replace explicit orders."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from aitrader_clients.amounts import wire
from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.order_lines import (
    COLUMNS,
    exit_of_order,
    exit_of_orders,
    print_order,
    row_of,
    state_word,
    warning_when_interrupted,
)
from aitrader_clients.cli.order_options import order_options
from aitrader_clients.cli.parameters import AMOUNT
from aitrader_clients.cli.printing import as_dict, print_json, print_table
from aitrader_clients.cli.protection import EXIT_NAMES, Exits, check_exits, plan, with_exits

if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrader.v1.trading_pb2 import (
        OrderBounds,
        PlaceOrderRequest,
        PlaceOrderResponse,
        ReplaceOrderResponse,
    )

    from aitrader_clients.client import TradingClient
    from aitrader_clients.order_requests import SideWord

BUY = """Buy QUANTITY of SYMBOL, at the market or at --limit.

With --take-profit, --stop-loss or both the purchase has exits, placed with it, all or none: once
all of it is bought, and not before, they begin to work; when one of them executes, the other ends.
An exit sells what is bought less 0.1 %, the venue's fee, so that it is covered; --exit-quantity
says otherwise. Cancelling one of them cancels them all.
"""
SELL = """Sell QUANTITY of SYMBOL, at the market or at --limit.

With --take-profit and --stop-loss QUANTITY of what is held gets two exits that work at once: when
one of them executes, the other ends. Cancelling one of them cancels both.
"""


def _place_command(side: "SideWord", help_text: str) -> click.Command:
    async def place(
        call: Invocation, confirm_account: str | None, dry_run: bool, **fields: Any
    ) -> Exit:
        return await _place(call, side, confirm_account, dry_run=dry_run, fields=fields)

    place.__doc__ = help_text
    callback: Callable[..., Any] = calling(place)
    return click.command(side, short_help=f"{side.capitalize()} a quantity.")(
        order_options(callback)
    )


buy = _place_command("buy", BUY)
sell = _place_command("sell", SELL)


async def _place(
    call: Invocation,
    side: "SideWord",
    confirm_account: str | None,
    *,
    dry_run: bool,
    fields: dict[str, Any],
) -> Exit:
    from aitrader_clients.order_requests import place_request  # noqa: PLC0415 -- start-up time

    if (fields["quantity"] is None) == (fields["quote_quantity"] is None):
        raise click.UsageError("give exactly one of QUANTITY and --quote")
    exits = Exits(*(fields.pop(name) for name in EXIT_NAMES))
    check_exits(side, exits, fields)
    async with call.client() as client:
        bounds = await _bounds(client, fields["symbol"]) if any(exits) else None
        fields = with_exits(side, exits, fields, bounds)
        request = place_request(side=side, dry_run=dry_run, **fields)
        await call.confirm(client, confirm_account, ask=not dry_run, plan=plan(side, exits, fields))
        if dry_run:
            return await _rehearse(call, client, request)
        with warning_when_interrupted(request):
            answer = await client.trading.PlaceOrder(request)
    if answer.replayed:
        call.say("replayed: this is the first answer to the same request id")
    if call.as_json:
        print_json(answer)
    else:
        _print_placed(answer)
    return exit_of_orders([answer.order, *answer.legs])


async def _bounds(client: "TradingClient", symbol: str) -> "OrderBounds | None":
    from aitrader.v1.trading_pb2 import GetStatusRequest  # noqa: PLC0415 -- start-up time

    known = (await client.trading.GetStatus(GetStatusRequest())).instruments
    # A protobuf map makes what it is asked for with [].
    return known.get(symbol, None)


def _print_placed(answer: "PlaceOrderResponse") -> None:
    print_order(answer.order)
    if answer.legs:
        click.echo()
        print_table(COLUMNS, [row_of(leg) for leg in answer.legs])


async def _rehearse(
    call: Invocation, client: "TradingClient", request: "PlaceOrderRequest"
) -> Exit:
    """Print every breach, else what rounding made of the order and what it would cost.

    What only an exit would break is refused by the engine, in the same words.
    """
    from aitrader.v1.common_pb2 import Side  # noqa: PLC0415 -- start-up time
    from aitrader.v1.market_data_pb2 import GetQuoteRequest  # noqa: PLC0415 -- start-up time
    from aitrader.v1.risk_pb2 import CheckOrderRequest  # noqa: PLC0415 -- start-up time

    known = set(CheckOrderRequest.DESCRIPTOR.fields_by_name)
    same = {field.name: value for field, value in request.ListFields() if field.name in known}
    check = await client.risk.CheckOrder(CheckOrderRequest(**same))
    if not check.allowed:
        if call.as_json:
            print_json({"check": as_dict(check), "order": None, "legs": [], "cost": None})
        for breach in () if call.as_json else check.breaches:
            click.echo(f"{breach.code}: {breach.message}")
        return Exit.DENIED
    answer = await client.trading.PlaceOrder(request)
    order = answer.order
    quote = (await client.market_data.GetQuote(GetQuoteRequest(symbol=request.symbol))).quote
    touch = quote.ask if order.side == Side.SIDE_BUY else quote.bid
    cost = _cost(order.quantity, order.quote_quantity, order.limit_price or touch)
    if call.as_json:
        legs = [as_dict(leg) for leg in answer.legs]
        print_json({"check": as_dict(check), "order": as_dict(order), "legs": legs, "cost": cost})
        return Exit.DONE
    _print_placed(answer)
    if request.quantity and Decimal(request.quantity) != Decimal(order.quantity or 0):
        click.echo(f"rounded   from {request.quantity}")
    click.echo(f"cost      {cost or '-'} before fees; nothing was sent")
    return Exit.DONE


def _cost(quantity: str, quote_quantity: str, price: str) -> str:
    if quote_quantity or not quantity or not price:
        return quote_quantity
    return format(Decimal(quantity) * Decimal(price), "f")


@click.command(short_help="Change the quantity or price of an open order.")
@click.argument("request_id", metavar="ID")
@click.option("--quantity", type=AMOUNT, help="New quantity.")
@click.option("--limit", "limit_price", type=AMOUNT, help="New limit price.")
@click.option("--stop", "stop_price", type=AMOUNT, help="New stop price.")
@click.option(
    "--id",
    "new_request_id",
    default="",
    metavar="NEW",
    help="Id of the order that takes its place.",
)
@CONFIRM_OPTION
@calling
async def replace(
    call: Invocation,
    *,
    request_id: str,
    quantity: Decimal | None,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    new_request_id: str,
    confirm_account: str | None,
) -> Exit:
    """Change the open order ID; what is not given stays.

    A lower --quantity alone amends it: same id, same place in the queue; what has executed counts.
    Everything else cancels it and places another, for what is left unless --quantity says more.
    If the venue does not cancel it, nothing is placed and it works on as it was.
    """
    from aitrader.v1.trading_pb2 import ReplaceOrderRequest  # noqa: PLC0415 -- start-up time

    if quantity is limit_price is stop_price is None:
        raise click.UsageError("give --quantity, --limit or --stop")
    request = ReplaceOrderRequest(
        request_id=request_id,
        quantity=wire(quantity),
        limit_price=wire(limit_price),
        stop_price=wire(stop_price),
        new_request_id=new_request_id,
    )
    async with call.client() as client:
        await call.confirm(client, confirm_account)
        with warning_when_interrupted(request):
            answer = await client.trading.ReplaceOrder(request)
    undecided = state_word(answer.order) == "pending_replace"
    if not undecided:
        call.say(_what_became(answer))
    if call.as_json:
        print_json(answer)
    else:
        print_order(answer.order)
    if not undecided:
        return exit_of_order(answer.order)
    # Said even under --quiet.
    click.echo(f"outcome unknown: {request_id} may be changed or not", err=True)
    click.echo(f"  look with: aitrader order {request_id}", err=True)
    return Exit.UNKNOWN


def _what_became(answer: "ReplaceOrderResponse") -> str:
    if answer.replayed:
        return "replayed: nothing was changed again"
    if not answer.HasField("replaced"):
        return f"amended: {answer.order.request_id} keeps its place in the queue"
    old, new = answer.replaced, answer.order
    return f"{old.request_id} is {state_word(old)}, {new.request_id} is {state_word(new)}"
