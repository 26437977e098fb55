"""Presses a gRPC server on this machine and says how fast and how truly it answers.

    python tests/load/load.py 127.0.0.1:50051 TradingService/GetStatus
    python tests/load/load.py 127.0.0.1:50051 TradingService/GetPnl --rate 500
    python tests/load/load.py 127.0.0.1:50051 TradingService/PlaceOrder --fields \\
        '{"symbol": "BTCUSDT", "side": 1, "order_type": 1, "quantity": "0.001"}'

Prints a table and, as the last line, the same as JSON. Exit status: 0 when every call was answered
OK, 1 when one was not, 2 when the arguments are wrong.
"""

import ipaddress
import json
import sys
from pathlib import Path
from typing import Any

import click
import uvloop
from google.protobuf.json_format import ParseError
from hdrh.histogram import HdrHistogram
from pacing import NOT_SENT, OK, Pace, Tally, drive
from target import Metadata, Target, connections

COUNT_MAX = 10_000_000
DURATION_S_MAX = 3600.0
IN_FLIGHT_MAX = 10_000
CONNECTIONS_MAX = 256
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9, "p9999": 99.99}


def is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def press(
    address: str, connection_count: int, target: Target, pace: Pace, warmup: Pace | None
) -> Tally:
    async with (
        connections(address, connection_count, target.timeout_s) as channels,
        target.caller(channels) as call,
    ):
        if warmup is not None:
            await drive(call, warmup)
        return await drive(call, pace)


def figures(histogram: HdrHistogram) -> dict[str, float]:
    """Microseconds by percentile; empty when nothing was recorded."""
    if histogram.get_total_count() == 0:
        return {}
    return {
        **{name: histogram.get_value_at_percentile(at) for name, at in PERCENTILES.items()},
        "max": histogram.get_max_value(),
        "mean": round(histogram.get_mean_value(), 1),
    }


def summarise(tally: Tally) -> dict[str, Any]:
    return {
        "answered": tally.answered,
        "not_sent": tally.codes[NOT_SENT],
        "codes": dict(sorted((+tally.codes).items())),
        "elapsed_s": round(tally.elapsed_s, 3),
        "ok_per_s": round(tally.codes[OK] / tally.elapsed_s, 1),
        "latency_us": figures(tally.latency_us),
        "late_us": figures(tally.late_us),
    }


def print_table(summary: dict[str, Any]) -> None:
    for name, value in summary.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for part, figure in rows:
            text = figure if isinstance(figure, str) else f"{figure:,}"
            click.echo(f"{name:<12}{part:<20}{text:>28}")


@click.command(help="Presses a gRPC server and says how fast and how truly it answers.")
@click.argument("address", metavar="HOST:PORT")
@click.argument("method", metavar="SERVICE/METHOD")
@click.option(
    "--fields", default="{}", help="The request as JSON; ids left out are fresh each time."
)
@click.option("--in-flight", type=click.IntRange(1, IN_FLIGHT_MAX), default=64)
@click.option(
    "--connections", "connection_count", type=click.IntRange(1, CONNECTIONS_MAX), default=1
)
@click.option("--rate", type=click.FloatRange(0.1, 1e6), help="Calls/s: an open loop; else closed.")
@click.option("--count", type=click.IntRange(1, COUNT_MAX), default=COUNT_MAX, help="Most calls.")
@click.option(
    "--duration", type=click.FloatRange(0.1, DURATION_S_MAX), default=10.0, help="Seconds."
)
@click.option("--warmup", type=click.IntRange(0, COUNT_MAX), default=0, help="Uncounted calls.")
@click.option("--timeout", type=click.FloatRange(0.001, 300), default=5.0, help="Seconds a call.")
@click.option("--token-file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--i-know", is_flag=True, help="Press a server on another machine.")
def main(
    *,
    address: str,
    method: str,
    fields: str,
    in_flight: int,
    connection_count: int,
    rate: float | None,
    count: int,
    duration: float,
    warmup: int,
    timeout: float,
    token_file: Path | None,
    i_know: bool,
) -> None:
    if not (i_know or is_loopback(address)):
        raise click.UsageError(f"{address} is not this machine; --i-know presses it anyway")
    metadata: Metadata = ()
    if token_file is not None:
        metadata = (("authorization", f"Bearer {token_file.read_text().strip()}"),)
    try:
        target = Target(method, json.loads(fields), metadata, timeout)
    except (LookupError, ValueError, ParseError) as error:
        raise click.UsageError(str(error)) from error
    pace = Pace(in_flight, count, duration, rate_per_s=rate, overtime_s=timeout)
    warm = Pace(in_flight, warmup, duration) if warmup else None
    try:
        tally = uvloop.run(press(address, connection_count, target, pace, warm))
    except TimeoutError as error:
        raise click.ClickException(f"{address}: no server within {timeout} s") from error
    asked = {
        "method": method,
        "loop": "closed" if rate is None else "open",
        "rate_per_s": rate or 0.0,
        "in_flight": in_flight,
        "connections": connection_count,
    }
    summary = {**asked, **summarise(tally)}
    print_table(summary)
    click.echo(json.dumps(summary))
    sys.exit(0 if tally.all_ok else 1)


if __name__ == "__main__":
    main()
