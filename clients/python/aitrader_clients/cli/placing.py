"""Commands that may make an order."""

import asyncio
import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from aitrader_clients.amounts import wire
from aitrader_clients.cli.exits import Exit
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling, say_unknown
from aitrader_clients.cli.order_lines import exit_of_order, print_order
from aitrader_clients.cli.parameters import AMOUNT, SYMBOL
from aitrader_clients.cli.printing import as_dict, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aitrader.v1.trading_pb2 import PlaceOrderRequest, TradeResponse
    from google.protobuf.message import Message

    from aitrader_clients.client import SideWord, TradingClient

FEATURES = (
    "price",
    "trend_ma_fast",
    "trend_ma_slow",
    "rsi",
    "macd",
    "macd_signal",
    "atr",
    "equity",
    "day_pnl",
)
_TIF = click.Choice(["gtc", "ioc", "fok"])
_TYPES = click.Choice(
    [
        "market",
        "limit",
        "limit_maker",
        "stop_loss",
        "stop_loss_limit",
        "take_profit",
        "take_profit_limit",
    ]
)
_STRATEGY = click.option("--strategy", default="", metavar="NAME", help="Strategy that asks.")
_REQUEST_ID = click.option(
    "--request-id", default="", metavar="ID", help="Idempotency key; repeating it is a replay."
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check everything, send nothing.")


def _parse_features(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, float]:
    features: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in FEATURES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(FEATURES)}")
        try:
            features[name] = float(value)
        except ValueError:
            raise click.BadParameter(f"{name}: {value!r} is not a number") from None
    return features


@click.command(short_help="Decide from features and news, and execute.")
@click.argument("symbol", type=SYMBOL)
@click.option("--news", default="", metavar="TEXT", help="Headline to take into account.")
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_parse_features,
    help=f"Model input, repeatable: {', '.join(FEATURES)}.",
)
@click.option("--order-type", type=click.Choice(["market", "limit"]), default="market")
@_STRATEGY
@_REQUEST_ID
@_DRY_RUN
@CONFIRM_OPTION
@calling
async def trade(
    call: Invocation,
    *,
    symbol: str,
    news: str,
    features: dict[str, float],
    order_type: str,
    strategy: str,
    request_id: str,
    dry_run: bool,
    confirm_account: str | None,
) -> Exit:
    """Decide on SYMBOL from features and news, and execute; what is not given is computed."""
    from aitrader.v1.trading_pb2 import Features, TradeRequest  # noqa: PLC0415 -- start-up time

    request = TradeRequest(
        symbol=symbol,
        news_text=news,
        features=Features(**features) if features else None,
        order_type=f"ORDER_TYPE_{order_type.upper()}",
        strategy=strategy,
        request_id=request_id,
        dry_run=dry_run,
    )
    async with call.client() as client:
        await _prepare(call, client, dry_run=dry_run, confirm_account=confirm_account)
        with _warning_when_interrupted(request):
            answer = await client.trading.Trade(request)
    if call.as_json:
        print_json(answer)
    else:
        _print_decision(answer)
    if answer.decision.trading_blocked:
        return Exit.DENIED
    return exit_of_order(answer.order) if answer.HasField("order") else Exit.DONE


def _order_options(function: Any) -> Any:
    for option in reversed(
        (
            click.argument("symbol", type=SYMBOL),
            click.argument("quantity", type=AMOUNT, required=False),
            click.option("--quote", "quote_quantity", type=AMOUNT, help="Instead: quote amount."),
            click.option("--limit", "limit_price", type=AMOUNT, help="Limit price."),
            click.option("--stop", "stop_price", type=AMOUNT, help="Stop price."),
            click.option("--type", "order_type", type=_TYPES, help="Follows from the prices."),
            click.option("--tif", "time_in_force", type=_TIF, help="How long it works."),
            click.option("--reduce-only", is_flag=True, help="Refuse to open or grow a position."),
            _STRATEGY,
            _REQUEST_ID,
            _DRY_RUN,
            CONFIRM_OPTION,
        )
    ):
        function = option(function)
    return function


def _place_command(side: "SideWord") -> click.Command:
    async def place(
        call: Invocation, confirm_account: str | None, dry_run: bool, **fields: Any
    ) -> Exit:
        return await _place(call, side, confirm_account, dry_run=dry_run, fields=fields)

    place.__doc__ = f"{side.capitalize()} QUANTITY of SYMBOL, at the market or at --limit."
    callback: Callable[..., Any] = calling(place)
    return click.command(side, short_help=f"{side.capitalize()} a quantity.")(
        _order_options(callback)
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
        await _prepare(call, client, dry_run=dry_run, confirm_account=confirm_account)
        if dry_run:
            return await _rehearse(call, client, request)
        with _warning_when_interrupted(request):
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
        with _warning_when_interrupted(request):
            answer = await client.trading.ReplaceOrder(request)
    if call.as_json:
        print_json(answer)
    else:
        print_order(answer.order)
    return exit_of_order(answer.order)


@contextlib.contextmanager
def _warning_when_interrupted(request: "Message") -> "Iterator[None]":
    """Tell whoever presses Ctrl-C under which id the order may exist."""
    from aitrader_clients.request_ids import ensure_request_id  # noqa: PLC0415 -- start-up time

    request_id = ensure_request_id(request)
    try:
        yield
    except asyncio.CancelledError:
        say_unknown(request_id)
        raise


async def _prepare(
    call: Invocation, client: "TradingClient", *, dry_run: bool, confirm_account: str | None
) -> None:
    """Say the environment; ask for the account's name where an order may follow."""
    if dry_run:
        await call.announce(client)
    else:
        await call.confirm(client, confirm_account)


def _print_decision(answer: "TradeResponse") -> None:
    decision = answer.decision
    click.echo(
        f"{decision.signal.signal} {decision.signal.confidence:.2f}"
        f"  regime {decision.regime.regime or '-'}  sentiment {decision.sentiment.label or '-'}"
        f"  risk {decision.risk_fraction:.4f}  quantity {decision.quantity or '0'}"
    )
    for line in (*decision.signal.reasons, *decision.sizing):
        click.echo(f"  {line}")
    for breach in decision.breaches:
        click.echo(f"  {breach.code}: {breach.message}")
    if answer.HasField("order"):
        print_order(answer.order)
    if not answer.executed:
        click.echo(f"not executed: {answer.error or 'hold'}")
