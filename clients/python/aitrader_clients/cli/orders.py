"""Commands that read, cancel and settle orders."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from aitrader_clients.cli.exits import Exit, exit_of
from aitrader_clients.cli.invocation import CONFIRM_OPTION, Invocation, calling
from aitrader_clients.cli.order_lines import (
    COLUMNS,
    exit_of_order,
    print_order,
    row_of,
    state_word,
)
from aitrader_clients.cli.parameters import SYMBOL, paged
from aitrader_clients.cli.printing import as_dict, print_json, print_table, stamp
from aitrader_clients.cli.sentiment_lines import say_of_news
from aitrader_clients.cli.watching import show
from aitrader_clients.errors import CallError

if TYPE_CHECKING:
    from aitrader.v1.common_pb2 import Order

STATES = (
    "initialized",
    "denied",
    "pending_approval",
    "submitted",
    "unknown",
    "accepted",
    "triggered",
    "partially_filled",
    "pending_replace",
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
    "rejected",
    "lost",
)


@click.command(short_help="List orders, newest first.")
@click.option("--watch", is_flag=True, help="Again every 2 s, until interrupted.")
@click.option("--state", multiple=True, type=click.Choice(STATES, case_sensitive=False))
@click.option("--open", "open_only", is_flag=True, help="Only those that still work.")
@click.option("--symbol", type=SYMBOL, default="")
@click.option("--strategy", default="", metavar="NAME")
@click.option("--refresh", is_flag=True, help="Ask the venue first.")
@paged
@calling
async def orders(
    call: Invocation,
    *,
    watch: bool,
    state: tuple[str, ...],
    open_only: bool,
    symbol: str,
    strategy: str,
    refresh: bool,
    page_size: int,
    page_token: str,
) -> None:
    """List orders, newest first."""
    from aitrader.v1.trading_pb2 import ListOrdersRequest  # noqa: PLC0415 -- start-up time

    request = ListOrdersRequest(
        symbol=symbol,
        state=[f"ORDER_STATE_{word.upper()}" for word in state],
        strategy=strategy,
        refresh=refresh,
        page_size=page_size,
        page_token=page_token,
        open_only=open_only,
    )
    async with call.client() as client:

        async def draw() -> None:
            answer = await client.trading.ListOrders(request)
            if call.as_json:
                print_json(answer)
            else:
                print_table(COLUMNS, [row_of(order) for order in answer.orders])
                call.say(f"as of {stamp(answer.as_of)}, by the {answer.source or 'engine'}")
                call.say_more(answer.next_page_token)

        await show(draw, again=watch)


@click.command(short_help="Show one order.")
@click.argument("request_id", metavar="ID")
@calling
async def order(call: Invocation, request_id: str) -> Exit:
    """Show the order with this request id or venue id."""
    from aitrader.v1.trading_pb2 import GetOrderRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.trading.GetOrder(GetOrderRequest(request_id=request_id))
    if call.as_json:
        print_json(answer)
    elif answer.found:
        print_order(answer.order)
    else:
        call.say(f"no order {request_id}")
    return Exit.DONE if answer.found else Exit.NOT_FOUND


@click.command(short_help="Show all that led to an order and followed from it.")
@click.argument("request_id", metavar="ID")
@calling
async def trace(call: Invocation, request_id: str) -> None:
    """Show intent, attempts with what became of each, events and ledger entries of one order."""
    from aitrader.v1.trading_pb2 import GetOrderTraceRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        answer = await client.trading.GetOrderTrace(GetOrderTraceRequest(request_id=request_id))
    if call.as_json:
        print_json(answer)
        return
    print_order(answer.order)
    click.echo(f"limits    version {answer.limits_version}")
    if answer.decision.HasField("sentiment"):
        click.echo(f"sentiment {say_of_news(answer.decision.sentiment)}")
    for step in answer.decision.sizing:
        click.echo(f"decided   {step}")
    for attempt in answer.attempts:
        click.echo(
            f"attempt   {attempt.number} signed {stamp(attempt.signed_at)}"
            f" admissible until {stamp(attempt.fence_at)}"
            + (f" key {attempt.key_id}" if attempt.key_id else "")
        )
        for shown in attempt.evidence:
            click.echo(f"  {shown.source:11} {stamp(shown.at)} {shown.finding}")
    for event in answer.events:
        click.echo(f"event     {event.sequence} {stamp(event.occurred_at)} {event.kind}")
    for entry in answer.ledger:
        for posting in entry.postings:
            click.echo(
                f"ledger    {entry.sequence} {posting.account} {posting.amount} {posting.asset}"
            )


@click.command(short_help="Cancel orders.")
@click.argument("request_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every open order.")
@click.option("--symbol", type=SYMBOL, default="", help="With --all: only of this symbol.")
@calling
async def cancel(call: Invocation, request_ids: tuple[str, ...], every: bool, symbol: str) -> Exit:
    """Cancel the orders ID..., or --all; never asks."""
    if every == bool(request_ids):
        raise click.UsageError("give the ids of orders, or --all")
    if symbol and not every:
        raise click.UsageError("--symbol belongs to --all")
    if every:
        return await _cancel_all(call, symbol)
    async with call.client() as client:
        await call.announce(client)
        answers = await asyncio.gather(
            *(client.cancel(request_id) for request_id in request_ids), return_exceptions=True
        )
    exits = [Exit.DONE]
    results: list[dict[str, Any]] = []
    for request_id, answer in zip(request_ids, answers, strict=True):
        if isinstance(answer, CallError):
            exits.append(exit_of(answer))
            results.append(_result(request_id, str(answer), None))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            exits.append(Exit.DONE if answer.cancelled else Exit.FAILED)
            why = "" if answer.cancelled else _why_not(answer.order)
            results.append(_result(request_id, why, as_dict(answer.order)))
    _print_results(call, results)
    return max(exits)


async def _cancel_all(call: Invocation, symbol: str) -> Exit:
    from aitrader.v1.trading_pb2 import CancelAllOrdersRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        await call.announce(client)
        answer = await client.trading.CancelAllOrders(CancelAllOrdersRequest(symbol=symbol))
    results: list[dict[str, Any]] = []
    for result in answer.results:
        why = "" if result.cancelled else result.error or "not cancelled"
        results.append(_result(result.request_id, why, as_dict(result.order)))
    _print_results(call, results)
    if not answer.results:
        call.say("no open orders")
    return Exit.DONE if all(r.cancelled for r in answer.results) else Exit.FAILED


def _why_not(order: "Order") -> str:
    """Return what kept it from being cancelled, as far as that is known."""
    return order.reason or f"not cancelled: it is {state_word(order)}"


def _result(request_id: str, error: str, order: dict[str, Any] | None) -> dict[str, Any]:
    return {"request_id": request_id, "cancelled": not error, "error": error, "order": order}


def _print_results(call: Invocation, results: list[dict[str, Any]]) -> None:
    """Print all of them as one JSON object, or one line of words for each."""
    if call.as_json:
        print_json({"results": results})
        return
    for result in results:
        click.echo(f"{result['request_id']}  {result['error'] or 'cancelled'}")


@click.command(short_help="Settle an order whose outcome is unknown.")
@click.argument("request_id", metavar="ID")
@click.option("--filled", "present", is_flag=True, help="The venue has it: apply what it says.")
@click.option("--absent", is_flag=True, help="The venue never had it.")
@click.option("--evidence", required=True, metavar="TEXT", help="How that was found.")
@CONFIRM_OPTION
@calling
async def resolve(
    call: Invocation,
    *,
    request_id: str,
    present: bool,
    absent: bool,
    evidence: str,
    confirm_account: str | None,
) -> Exit:
    """Settle the order ID, whose outcome is unknown, with evidence."""
    from aitrader.v1.trading_pb2 import ResolveOrderRequest  # noqa: PLC0415 -- start-up time

    if present == absent:
        raise click.UsageError("give --filled or --absent")
    request = ResolveOrderRequest(
        request_id=request_id,
        outcome="RESOLUTION_PRESENT" if present else "RESOLUTION_ABSENT",
        evidence=evidence,
    )
    async with call.client() as client:
        await call.confirm(client, confirm_account)
        answer = await client.trading.ResolveOrder(request)
    if call.as_json:
        print_json(answer)
    else:
        print_order(answer.order)
    return exit_of_order(answer.order)


@click.command(short_help="Let an order go that waits for a second person.")
@click.argument("request_id", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@CONFIRM_OPTION
@calling
async def approve(
    call: Invocation, request_id: str, reason: str, confirm_account: str | None
) -> Exit:
    """Let the order ID go, which somebody else placed; the controls judge it once more."""
    from aitrader.v1.trading_pb2 import ApproveOrderRequest  # noqa: PLC0415 -- start-up time

    async with call.client() as client:
        await call.confirm(client, confirm_account)
        request = ApproveOrderRequest(request_id=request_id, reason=reason)
        answer = await client.trading.ApproveOrder(request)
    if call.as_json:
        print_json(answer)
    else:
        print_order(answer.order)
    return exit_of_order(answer.order)
