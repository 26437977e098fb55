"""When calls are sent, and what came of them.

A closed loop sends the next call when the last one has been answered: a server that stalls is asked
less, so its stall is counted once. An open loop sends at a constant rate and counts from the moment
at which a call was due, whether or not it could be sent: a stall is counted for every call that
fell into it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

# Sends call number n and names its gRPC status.
Call = Callable[[int], Awaitable[str]]

OK = "OK"
# Became due and could not be sent: too late, or its stream has ended. A worker stops there.
NOT_SENT = "NOT_SENT"
LATENCY_US_MAX = 3_600_000_000
SIGNIFICANT_DIGITS = 3


def histogram() -> HdrHistogram:
    return HdrHistogram(1, LATENCY_US_MAX, SIGNIFICANT_DIGITS)


@dataclass
class Tally:
    """What came of a run; latencies are those of calls that were answered OK."""

    codes: Counter[str] = field(default_factory=Counter)
    latency_us: HdrHistogram = field(default_factory=histogram)
    # How long after they were due calls were sent: queueing, and the driver's own timer (1 ms).
    late_us: HdrHistogram = field(default_factory=histogram)
    elapsed_s: float = 0.0

    @property
    def answered(self) -> int:
        return self.codes.total() - self.codes[NOT_SENT]

    @property
    def all_ok(self) -> bool:
        return self.answered > 0 and self.codes[OK] == self.codes.total()


@dataclass(frozen=True)
class Pace:
    """How hard to press, and the bounds at which a run ends, whichever is met first."""

    in_flight_max: int
    count_max: int
    duration_s: float
    # Calls a second of an open loop; None for a closed loop.
    rate_per_s: float | None = None
    # How long after `duration_s` calls that are overdue may still be sent.
    overtime_s: float = 5.0

    @property
    def due_max(self) -> int:
        """How many calls may become due."""
        if self.rate_per_s is None:
            return self.count_max
        return min(self.count_max, int(self.rate_per_s * self.duration_s))

    def due_ns(self, number: int, started_ns: int) -> int:
        """When call `number` is due: at once in a closed loop."""
        if self.rate_per_s is None:
            return time.perf_counter_ns()
        return started_ns + int(number * 1e9 / self.rate_per_s)

    def last_ns(self, started_ns: int) -> int:
        """When the last call may be sent."""
        overtime_s = 0.0 if self.rate_per_s is None else self.overtime_s
        return started_ns + int((self.duration_s + overtime_s) * 1e9)


async def drive(call: Call, pace: Pace) -> Tally:
    """Runs `in_flight_max` workers, each with at most one call, and tallies what came of it."""
    tally = Tally()
    started_ns = time.perf_counter_ns()
    last_ns = pace.last_ns(started_ns)
    sent = 0

    async def work() -> None:
        nonlocal sent
        while sent < pace.due_max and time.perf_counter_ns() < last_ns:
            number = sent
            sent += 1
            due_ns = pace.due_ns(number, started_ns)
            await wait_until(due_ns)
            begun_ns = time.perf_counter_ns()
            code = await call(number)
            tally.codes[code] += 1
            if code == NOT_SENT:
                return
            record(tally.late_us, begun_ns - due_ns)
            if code == OK:
                record(tally.latency_us, time.perf_counter_ns() - due_ns)

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(pace.in_flight_max, pace.due_max)):
            workers.create_task(work())
    tally.elapsed_s = (time.perf_counter_ns() - started_ns) / 1e9
    if pace.rate_per_s is not None:
        tally.codes[NOT_SENT] += pace.due_max - sent
    return tally


async def wait_until(due_ns: int) -> None:
    # A loop, since a timer may fire early.
    while (wait_ns := due_ns - time.perf_counter_ns()) > 0:
        await asyncio.sleep(wait_ns / 1e9)


def record(into: HdrHistogram, elapsed_ns: int) -> None:
    into.record_value(min(max(elapsed_ns // 1000, 1), LATENCY_US_MAX))
