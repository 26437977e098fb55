"""Commands that place and replace explicit orders."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from aitrader_clients.amounts import wire
from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.order_lines import exit_of_order, print_order, warning_when_interrupted
from aitrader_clients.cli.order_options import order_options
from aitrader_clients.cli.parameters import AMOUNT
from aitrader_clients.cli.printing import as_dict, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrader.v1.trading_pb2 import PlaceOrderRequest

    from aitrader_clients.client import SideWord, TradingClient


def _place_command(side: "SideWord") -> click.Command:
    async def place(
        call: Invocation, confirm_account: str | None, dry_run: bool, **fields: Any
    ) -> Exit:
        return await _place(call, side, confirm_account, dry_run=dry_run, fields=fields)

    place.__doc__ = f"{side.capitalize()} QUANTITY of SYMBOL, at the market or at --limit."
    callback: Callable[..., Any] = calling(place)
    return click.command(side, short_help=f"{side.capitalize()} a quantity.")(
        order_options(callback)
    )


buy = _place_command("buy")
sell = _place_command("sell")


async def _place(
    call: Invocation,
    side: "SideWord",
    confirm_account: str | None,
    *,
    dry_run: bool,
    fields: dict[str, Any],
) -> Exit:
    from aitrader_clients.client import place_request  # noqa: PLC0415 -- start-up time

    if (fields["quantity"] is None) == (fields["quote_quantity"] is None):
        raise click.UsageError("give exactly one of QUANTITY and --quote")
    request = place_request(side=side, dry_run=dry_run, **fields)
    async with call.client() as client:
        await call.confirm(client, confirm_account, ask=not dry_run)
        if dry_run:
            return await _rehearse(call, client, request)
        with warning_when_interrupted(request):
            answer = await client.trading.PlaceOrder(request)
    if answer.replayed:
        call.say("replayed: this is the first answer to the same request id")
    if call.as_json:
        print_json(answer)
    else:
        print_order(answer.order)
    return exit_of_order(answer.order)


async def _rehearse(
    call: Invocation, client: "TradingClient", request: "PlaceOrderRequest"
) -> Exit:
    """Print every breach, else what rounding made of the order and what it would cost."""
    from aitrader.v1.common_pb2 import Side  # noqa: PLC0415 -- start-up time
    from aitrader.v1.market_data_pb2 import GetQuoteRequest  # noqa: PLC0415 -- start-up time
    from aitrader.v1.risk_pb2 import CheckOrderRequest  # noqa: PLC0415 -- start-up time

    known = set(CheckOrderRequest.DESCRIPTOR.fields_by_name)
    same = {field.name: value for field, value in request.ListFields() if field.name in known}
    check = await client.risk.CheckOrder(CheckOrderRequest(**same))
    if not check.allowed:
        if call.as_json:
            print_json({"check": as_dict(check), "order": None, "cost": None})
        for breach in () if call.as_json else check.breaches:
            click.echo(f"{breach.code}: {breach.message}")
        return Exit.DENIED
    order = (await client.trading.PlaceOrder(request)).order
    quote = (await client.market_data.GetQuote(GetQuoteRequest(symbol=request.symbol))).quote
    touch = quote.ask if order.side == Side.SIDE_BUY else quote.bid
    cost = _cost(order.quantity, order.quote_quantity, order.limit_price or touch)
    if call.as_json:
        print_json({"check": as_dict(check), "order": as_dict(order), "cost": cost})
        return Exit.DONE
    print_order(order)
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
@click.option("--new-request-id", default="", metavar="ID", help="Key of the new order.")
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
    """Cancel and replace, or amend, the open order ID; what is not given stays."""
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
    if call.as_json:
        print_json(answer)
    else:
        print_order(answer.order)
    return exit_of_order(answer.order)
