"""The engine core in process against NautilusTrader's: python tests/bench/bench_engine.py.

Timed on our side, order by order: from making the command to holding the answer. In between are
all controls, the intent and the attempt journalled in memory, a venue in the process that answers
at once, its report folded, the second append, the fold of every event, the publication to the bus.
Timed on theirs: `order_factory` and `submit_order` (and `cancel_order`) inside a strategy until the
order is closed, which without their message queue is one synchronous call through RiskEngine,
ExecutionEngine, SimulatedExchange, portfolio and cache; nothing of it is journalled.

NautilusTrader is looked for in this interpreter (extra `bench`), or in the one that
AITRADER_BENCH_NAUTILUS_PYTHON names; each side has a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

from rounds import ratios, show, show_machine, spread

HERE = Path(__file__).parent
ROUNDS = 15
# Small enough for every side to have its turn within a second.
ORDERS_PER_ROUND = 250
KINDS = {"market": "market order", "limit_cancel": "limit order and cancel"}
GOAL_RATIO = "at most 0.33x"
OURS = {
    "uvloop": ["uvloop", "0", "0"],
    "asyncio": ["asyncio", "0", "0"],
    "after 100 k orders": ["uvloop", "100000", "0"],
    "after 1 M orders": ["uvloop", "1000000", "0"],
    "100 k orders open": ["uvloop", "100000", "100000"],
}


class Worker:
    """A process that times `count` orders of a kind when asked, and answers microseconds each."""

    def __init__(self, *line: str) -> None:
        self._process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ready(self) -> bool:
        """Whether it has started; False when it ended instead."""
        return self._read() == "ready"

    def laps_us(self, kind: str, count: int) -> list[float]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind} {count}\n")
        self._process.stdin.flush()
        answer = self._read()
        assert answer, "the worker ended before it answered"
        laps: list[float] = json.loads(answer)
        return laps

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def nautilus() -> Worker | None:
    """NautilusTrader, where there is one."""
    python = os.environ.get("AITRADER_BENCH_NAUTILUS_PYTHON", sys.executable)
    if shutil.which(python) is not None:
        worker = Worker(python, str(HERE / "nautilus_worker.py"))
        if worker.ready():
            return worker
        worker.close()
    show("SKIPPED: the ratio to NautilusTrader", f"{python} cannot import nautilus_trader 1.221.0;")
    show("", "`make bench` installs it, or set AITRADER_BENCH_NAUTILUS_PYTHON")
    return None


def main() -> None:
    show_machine()
    workers = {
        name: Worker(sys.executable, str(HERE / "engine_worker.py"), *arguments)
        for name, arguments in OURS.items()
    }
    theirs = nautilus()
    if theirs is not None:
        workers["NautilusTrader"] = theirs
    laps: dict[tuple[str, str], list[list[float]]] = {}
    try:
        for name in OURS:
            assert workers[name].ready(), f"the engine {name} did not start"
        for _ in range(ROUNDS):
            for kind in KINDS:
                for name, worker in workers.items():
                    round_us = worker.laps_us(kind, ORDERS_PER_ROUND)
                    laps.setdefault((name, kind), []).append(round_us)
            laps.setdefault(("uvloop", "controls"), []).append(
                workers["uvloop"].laps_us("controls", ORDERS_PER_ROUND)
            )
    finally:
        for worker in workers.values():
            worker.close()
    report(laps, list(workers))


def report(laps: dict[tuple[str, str], list[list[float]]], names: list[str]) -> None:
    p50 = {key: [median(us) for us in rounds] for key, rounds in laps.items()}
    for kind, title in KINDS.items():
        for name in names:
            p99 = [quantiles(us, n=100)[98] for us in laps[name, kind]]
            figure = f"p50 {spread(p50[name, kind])} us   p99 {spread(p99)} us"
            show(f"{title}, {name}", figure)
        if "NautilusTrader" in names:
            over = ratios(p50["uvloop", kind], p50["NautilusTrader", kind])
            show(f"{title}, uvloop / NautilusTrader", spread(over, ".2f"), GOAL_RATIO)
        for name in list(OURS)[2:]:
            over = ratios(p50[name, kind], p50["uvloop", kind])
            show(f"{title}, {name} / 1 k orders", spread(over, ".2f"), "flat")
    show("all pre-trade controls", f"{spread(p50['uvloop', 'controls'], '.1f')} us", "25 us")
    show_machine()


if __name__ == "__main__":
    main()
