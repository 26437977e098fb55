"""`aitrader status`: one look says whether orders can pass, and why not."""

import asyncio
import textwrap
import time
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import click

from aitrader_clients.amounts import amount
from aitrader_clients.cli.invocation import Invocation, calling, environment_line
from aitrader_clients.cli.printing import as_dict, clock, print_json, since, word
from aitrader_clients.cli.watching import show
from aitrader_clients.errors import CallError

if TYPE_CHECKING:
    from aitrader.v1.trading_pb2 import GetBrokerResponse, GetPnlResponse, GetStatusResponse

    from aitrader_clients.client import TradingClient

WIDTH = 80
TRACE_DIGITS = 8
# Of a long list, so many lines; --json has all.
FOREIGN_SHOWN_MAX = 5


class Look(NamedTuple):
    """What one status shows; a part that could not be learned is the error that says why."""

    status: "GetStatusResponse"
    broker: "GetBrokerResponse | CallError"
    pnl: "GetPnlResponse | CallError"


@click.command(short_help="Say what runs, what it lets through and how it is doing.")
@click.option("--watch", is_flag=True, help="Again every 2 s, until interrupted.")
@calling
async def status(call: Invocation, watch: bool) -> None:
    """Say what runs, what it lets through, who set that and why, and how each part is doing."""
    async with call.client() as client:

        async def draw() -> None:
            look = await _look(client)
            if call.as_json:
                print_json(_combined(look))
            else:
                for line in _lines(look, call.trace_id):
                    click.echo(line)

        await show(draw, again=watch)


async def _look(client: "TradingClient") -> Look:
    from aitrader.v1 import trading_pb2  # noqa: PLC0415 -- start-up time

    async def broker() -> "GetBrokerResponse | CallError":
        try:
            return await client.trading.GetBroker(trading_pb2.GetBrokerRequest())
        except CallError as error:
            return error

    async def pnl() -> "GetPnlResponse | CallError":
        try:
            return await client.trading.GetPnl(trading_pb2.GetPnlRequest())
        except CallError as error:
            return error

    answer = client.trading.GetStatus(trading_pb2.GetStatusRequest())
    return Look(*await asyncio.gather(answer, broker(), pnl()))


def _combined(look: Look) -> dict[str, object]:
    """Return the status with broker and pnl beside its own fields."""
    document: dict[str, object] = dict(as_dict(look.status))
    for name, part in (("broker", look.broker), ("pnl", look.pnl)):
        document[name] = {"error": str(part)} if isinstance(part, CallError) else as_dict(part)
    return document


def _lines(look: Look, trace_id: str) -> list[str]:
    status = look.status
    state = status.trading_state
    name = word(_state_name(status), "TRADING_STATE_").upper()
    by = f" by {state.actor}" if state.actor else ""
    why = f": {state.reason}" if state.reason else ""
    active = name == "ACTIVE"
    headline = f"{name}{since(state.since)}{by}{why}"
    lines = [
        f"{environment_line(status)}  engine {status.version}  up {_uptime(status)}",
        click.style(_folded(headline), fg="green" if active else "red", bold=True),
        f"  open on the venue: {status.open_orders} orders   UNKNOWN {status.unknown_orders}"
        + ("" if active else "   release: aitrader resume --reason .."),
    ]
    lines += _restrictions(status)
    if not isinstance(look.broker, CallError):
        lines += _warnings(look.broker)
    lines += _wrapped(_parts(look))
    lines.append(f"{_day(look)}   trace {trace_id[:TRACE_DIGITS]}")
    return lines


def _restrictions(status: "GetStatusResponse") -> list[str]:
    """Say for which symbols only reducing orders pass, why, and how to end that."""
    lines = []
    for restricted in status.restrictions:
        headline = f"{restricted.symbol} REDUCING{since(restricted.since)}"
        lines += [
            click.style(headline, fg="red", bold=True),
            _folded(restricted.reason, "  "),
            f"  release: aitrader resume --symbol {restricted.symbol} --reason ..",
        ]
    return lines


def _warnings(broker: "GetBrokerResponse") -> list[str]:
    """Say what is not as on any other day: a ban, orders of others, a venue that began anew."""
    lines = []
    if broker.banned_until.seconds:
        lines.append(
            click.style(f"BANNED by the venue until {clock(broker.banned_until)}", fg="red")
        )
    foreign = broker.foreign_orders
    lines += [
        f"not ours: order {order.venue_order_id} ({order.client_order_id or 'no id'}),"
        f" {order.quantity} {order.symbol}, executed {order.cumulative_quantity or 0}"
        for order in foreign[:FOREIGN_SHOWN_MAX]
    ]
    if len(foreign) > FOREIGN_SHOWN_MAX:
        lines.append(f"not ours: {len(foreign) - FOREIGN_SHOWN_MAX} orders more, see --json")
    if broker.venue_epoch > 1:
        lines.append(f"venue epoch {broker.venue_epoch}: its account was wiped and began anew")
    return lines


def _state_name(status: "GetStatusResponse") -> str:
    from aitrader.v1.common_pb2 import TradingState  # noqa: PLC0415 -- start-up time

    return TradingState.Name(status.trading_state.state)


def _uptime(status: "GetStatusResponse") -> str:
    if not status.started_at.seconds:
        return "-"
    seconds = int(time.time()) - status.started_at.seconds
    days, rest = divmod(max(seconds, 0), 86_400)
    return f"{days}d {rest // 3600:02d}:{rest % 3600 // 60:02d}"


def _parts(look: Look) -> list[str]:
    parts = [
        f"{name} {'ok' if part.ok else part.detail or 'not ok'} {_age(part.age_ms)}"
        for name, part in sorted(look.status.ready.items())
    ]
    if isinstance(look.broker, CallError):
        parts.append(f"venue {look.broker}")
        return parts
    if look.broker.stream_lag_ms:
        parts.append(f"stream lag {look.broker.stream_lag_ms} ms")
    if look.broker.last_error:
        parts.append(f"venue error: {look.broker.last_error}")
    if look.broker.rate_budgets:
        use = max(budget.used / max(budget.limit, 1) for budget in look.broker.rate_budgets)
        parts.append(f"rate budget {use:.0%}")
    held = sum(1 for quantity in look.broker.positions.values() if Decimal(quantity))
    parts.append(f"positions {held}")
    return parts


def _age(age_ms: int) -> str:
    return f"{age_ms / 1000:.1f} s" if age_ms < 10_000 else f"{age_ms // 1000} s"  # noqa: PLR2004 -- one decimal below ten


def _day(look: Look) -> str:
    if isinstance(look.pnl, CallError):
        return f"day P&L: {look.pnl}"
    none = Decimal(0)
    profit = (amount(look.pnl.realized_pnl) or none) + (amount(look.pnl.unrealized_pnl) or none)
    start = amount(look.pnl.start_equity)
    notes = [f"{profit / start * 100:+.1f} %"] if start else []
    if limit := amount(look.status.risk.daily_loss_limit):
        notes.append(f"limit -{limit * 100:f} %")
    return f"day P&L {profit:+f} {look.pnl.asset} ({', '.join(notes)})".replace(" ()", "")


def _wrapped(parts: list[str]) -> list[str]:
    """Put as many parts on a line as a terminal of 80 columns shows."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 3 + len(part) <= WIDTH:
            lines[-1] += f"   {part}"
        else:
            lines += _folded(part).splitlines()
    return lines


def _folded(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent="    ")
