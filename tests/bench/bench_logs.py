"""What log lines and spans cost: run `python tests/bench/bench_logs.py`.

Every figure but the first is a multiple of a dictionary made and encoded as JSON, which is what the
shortest possible log line costs, measured in the same round.
"""

import io
import secrets
import time
from collections.abc import Callable

import orjson
import structlog
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.logs import log_later, start_logging
from aitrader_server.adapters.order_lines import LOGGER, OrderLine
from aitrader_server.adapters.redaction import Redaction
from aitrader_server.engine.ports import Record
from rounds import ratios, show, show_machine, spread

ROUNDS = 15
CALLS = 400
SECRETS = 10
US_PER_S = 1e6
RECORD = Record(
    sequence=7,
    epoch=1,
    at_ns=1,
    kind="OrderAccepted",
    intent="a-1",
    symbol="BTCUSDT",
    trace_id=RandomIds().trace_id(),
    state="ACCEPTED",
    cumulative_quantity="0",
    once="",
    payload=orjson.dumps({"kind": "OrderAccepted", "request_id": "a-1", "venue_order_id": "7"}),
)


def cost_us(work: Callable[[], object]) -> float:
    """Of one call, on average over a round."""
    begun_s = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - begun_s) / CALLS * US_PER_S


def main() -> None:
    """Prints medians and extremes over the rounds."""
    redaction = Redaction(secrets.token_urlsafe(32) for _ in range(SECRETS))
    line = OrderLine(RECORD, None, resolved=False)
    text = orjson.dumps({**line.fields(), "environment": "live", "account": "main"}).decode()
    log = structlog.get_logger("aitrader_server.bench")
    works: dict[str, Callable[[], object]] = {
        "a dictionary as JSON": lambda: orjson.dumps(dict(line.fields())),
        "an order's line, for the event loop": lambda: log_later(LOGGER, 20, line),
        "a line of structlog's, for the event loop": lambda: log.info("order", request_id="a-1"),
        f"redaction of a line, {SECRETS} secrets, in the thread": lambda: redaction.apply(text),
    }
    results: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            # Started anew for each, so that no line waits behind those of another.
            logs = start_logging(stream=io.StringIO(), redaction=redaction)
            results[name].append(cost_us(work))
            logs.stop()
    show_machine()
    base, *others = results.items()
    show(base[0], f"{spread(base[1], '.1f')} us")
    for name, figures in others:
        show(name, f"{spread(ratios(figures, base[1]), '.2f')} x")
    show("lines that one thread writes", f"{spread([written_per_s() for _ in range(5)])} /s")


def written_per_s() -> float:
    """Order lines rendered, redacted and written in a second, while nothing else runs."""
    redaction = Redaction(secrets.token_urlsafe(32) for _ in range(SECRETS))
    line = OrderLine(RECORD, None, resolved=False)
    logs = start_logging(stream=io.StringIO(), redaction=redaction)
    count = 5_000
    begun_s = time.perf_counter()
    for _ in range(count):
        log_later(LOGGER, 20, line)
    logs.stop()
    return count / (time.perf_counter() - begun_s)


if __name__ == "__main__":
    main()
