"""How trading has gone, over windows that neither midnight nor a restart begins anew."""

from bisect import bisect_left
from collections import Counter
from decimal import Decimal

import msgspec

from aitrader_server.domain.money import ZERO

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
# Most of the latest orders whose times are kept: no limit on a rate may be higher.
TIMES_MAX = 10_000


class Mark(msgspec.Struct, frozen=True):
    """What the account was worth at a time, quote asset."""

    at_ns: int
    equity: Decimal


class Conduct(msgspec.Struct, kw_only=True):
    """Changed in place by the fold alone.

    `marks` are of the last 24 hours and the one before, oldest first. `high` is the highest
    equity, `losses` counts losing sales in a row, `closing` holds what each unfinished sale has
    realised. `sent_ns` and `refused_ns` are when orders were sent, and refused by the venue, of
    late. `executions` counts the executed purchases of each strategy since a person enabled it.
    """

    marks: list[Mark] = []
    high: Decimal = ZERO
    losses: int = 0
    closing: dict[str, Decimal] = {}
    sent_ns: list[int] = []
    refused_ns: list[int] = []
    executions: dict[str, int] = {}

    def mark(self, at_ns: int, equity: Decimal) -> None:
        """The account was valued."""
        self.marks.append(Mark(_after(self.marks[-1].at_ns if self.marks else 0, at_ns), equity))
        self._forget_marks()
        self.high = max(self.high, equity)

    def _forget_marks(self) -> None:
        while len(self.marks) > 1 and self.marks[1].at_ns <= self.marks[-1].at_ns - DAY_NS:
            del self.marks[0]

    def flow(self, value: Decimal) -> None:
        """Something worth `value` came from outside: every baseline moves with it."""
        self.marks = [Mark(mark.at_ns, mark.equity + value) for mark in self.marks]
        self.high = max(self.high + value, ZERO)

    def base_equity(self, now_ns: int) -> Decimal | None:
        """Equity as the last 24 hours began, None when nothing is known of that time.

        The newest mark before them counts unless it is an hour older still: what happened while
        nobody looked is no loss of these 24 hours.
        """
        since_ns = now_ns - DAY_NS
        before = [mark for mark in self.marks if since_ns - HOUR_NS <= mark.at_ns <= since_ns]
        within = next((mark for mark in self.marks if mark.at_ns > since_ns), None)
        found = before[-1] if before else within
        return None if found is None else found.equity

    def restore(self, remembered: "Conduct") -> None:
        """Takes in what was remembered elsewhere: of two counts the higher, of marks all."""
        by_time = {mark.at_ns: mark for mark in (*self.marks, *remembered.marks)}
        self.marks = [by_time[at_ns] for at_ns in sorted(by_time)]
        self._forget_marks()
        self.high = max(self.high, remembered.high)
        self.losses = max(self.losses, remembered.losses)
        self.sent_ns = _joined(self.sent_ns, remembered.sent_ns)
        self.refused_ns = _joined(self.refused_ns, remembered.refused_ns)
        for strategy, executed in remembered.executions.items():
            self.executions[strategy] = max(self.executions.get(strategy, 0), executed)

    def count_sent(self, at_ns: int) -> None:
        """An order was signed and is sent."""
        _note(self.sent_ns, at_ns)

    def count_refused(self, at_ns: int) -> None:
        """The venue refused an order."""
        _note(self.refused_ns, at_ns)

    def count_executed(self, strategy: str) -> None:
        """A purchase of a strategy executed for the first time."""
        if strategy:
            self.executions[strategy] = self.executions.get(strategy, 0) + 1

    def realize(self, request_id: str, realized: Decimal) -> None:
        """A sale that has not ended realised something."""
        self.closing[request_id] = self.closing.get(request_id, ZERO) + realized

    def close(self, request_id: str) -> None:
        """An order ended: if it sold anything, it did so with a loss or without."""
        realized = self.closing.pop(request_id, None)
        if realized is not None:
            self.losses = self.losses + 1 if realized < ZERO else 0


def recent(times_ns: list[int], now_ns: int) -> int:
    """How many of `times_ns`, sorted, lie in the minute before `now_ns` or after it."""
    return len(times_ns) - bisect_left(times_ns, now_ns - MINUTE_NS + 1)


def _joined(times_ns: list[int], others_ns: list[int]) -> list[int]:
    """The times of both, each as often as it is in either."""
    both = sorted((Counter(times_ns) | Counter(others_ns)).elements())
    return both[-TIMES_MAX:]


def _note(times_ns: list[int], at_ns: int) -> None:
    at_ns = _after(times_ns[-1] if times_ns else 0, at_ns)
    times_ns.append(at_ns)
    old = bisect_left(times_ns, at_ns - MINUTE_NS + 1)
    del times_ns[: max(old, len(times_ns) - TIMES_MAX)]


def _after(last_ns: int, at_ns: int) -> int:
    """A clock that was set back makes nothing older than what came before it."""
    return max(last_ns, at_ns)
