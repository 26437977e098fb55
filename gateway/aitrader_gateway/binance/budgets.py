"""How much the venue still lets us ask, told by its replies."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.client import NOT_JSON

log = structlog.get_logger(__name__)

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
INTERVAL_S: Final = {"S": 1, "M": 60, "H": 3_600, "D": 86_400}
# Cancels may use all of a budget, everything else this much of it.
ORDINARY_PERCENT: Final = 80
# When the venue throttles us without saying for how long: its shortest ban, its longest window.
BAN_S_MIN: Final = 120
THROTTLE_S: Final = 60
# A page that forbids names no end; asking on would lengthen it.
BLOCK_S: Final = 30
TOO_MANY_ORDERS: Final = -1015
BANNED_UNTIL: Final = re.compile(r"banned until (\d{13})")
HEADERS: Final = {"REQUEST_WEIGHT": "X-MBX-USED-WEIGHT-", "ORDERS": "X-MBX-ORDER-COUNT-"}


class Purpose(StrEnum):
    """What a request is for; cancels come before everything else."""

    READ = "READ"
    ORDER = "ORDER"
    CANCEL = "CANCEL"


class RateLimit(msgspec.Struct, frozen=True, rename="camel"):
    """One limit as the venue lists it."""

    rate_limit_type: str
    interval: str
    interval_num: int
    limit: int

    @property
    def window(self) -> str:
        """E.g. `10S`."""
        return f"{self.interval_num}{self.interval[0]}"

    @property
    def name(self) -> str:
        """E.g. `ORDERS_10S`."""
        return f"{self.rate_limit_type}_{self.window}"

    @property
    def header(self) -> str:
        """Where a reply says what was used; empty for a limit that no reply speaks of."""
        prefix = HEADERS.get(self.rate_limit_type)
        known = prefix is not None and self.interval[0] in INTERVAL_S
        return f"{prefix}{self.window}" if known else ""

    @property
    def window_ns(self) -> int:
        """Length of its window, which begins at multiples of it."""
        return self.interval_num * INTERVAL_S[self.interval[0]] * _NS_PER_S


@dataclass(slots=True)
class Budget:
    """One limit with what was used of it; `pending` requests have no reply yet."""

    limit: RateLimit
    used: int = 0
    window: int = 0
    pending: int = 0

    def turn(self, now_ns: int) -> None:
        """Forgets what was used in an earlier window."""
        window = now_ns // self.limit.window_ns
        if window != self.window:
            self.window, self.used = window, 0

    def allows(self, amount: int, purpose: Purpose) -> bool:
        """Whether `amount` more still leaves what is kept for cancels."""
        limit = self.limit.limit
        if purpose is not Purpose.CANCEL:
            limit = limit * ORDINARY_PERCENT // 100
        return self.used + self.pending + amount <= limit


class RateBudgets:
    """Counts against every limit of the venue, and the time before which nothing may leave.

    Windows follow `venue_clock`; every other time is by `clock`, ours.
    """

    def __init__(self, clock: Clock, venue_clock: Clock) -> None:
        self._clock = clock
        self._venue_clock = venue_clock
        self._budgets: dict[str, Budget] = {}
        self._orders_until_ns = 0
        self.banned_until_ns = 0
        self._ban_reason = ""

    @property
    def trouble(self) -> str:
        """Why nothing leaves just now; empty when it does."""
        left_ns = self.banned_until_ns - self._clock.now_ns()
        if left_ns <= 0:
            return ""
        return f"{self._ban_reason}; nothing may leave for {left_ns // _NS_PER_S + 1} s"

    def set_limits(self, limits: Sequence[RateLimit]) -> None:
        """Takes over the limits that replies count against; what was used of them stays."""
        self._budgets = {
            limit.name: Budget(limit)
            if (known := self._budgets.get(limit.name)) is None
            else Budget(limit, known.used, known.window, known.pending)
            for limit in limits
            if limit.header
        }

    def reserve(self, purpose: Purpose, weight: int, orders: int) -> str:
        """Takes `weight` and a count of `orders` until `release`; why not, or empty when taken."""
        if trouble := self.trouble:
            return trouble
        left_ns = self._orders_until_ns - self._clock.now_ns()
        if orders and left_ns > 0:
            return f"the venue takes no new orders for {left_ns // _NS_PER_S + 1} s"
        venue_ns = self._venue_clock.now_ns()
        for budget in self._budgets.values():
            amount = _amount(budget, weight, orders)
            budget.turn(venue_ns)
            if amount and not budget.allows(amount, purpose):
                return (
                    f"{budget.limit.name}: {budget.used + budget.pending} of {budget.limit.limit} "
                    f"used, {100 - ORDINARY_PERCENT} % is kept for cancels"
                )
        self._add_pending(weight, orders)
        return ""

    def release(self, weight: int, orders: int) -> None:
        """Gives back what `reserve` took: from here on the reply's own count is what counts."""
        self._add_pending(-weight, -orders)

    def on_reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Takes in what a reply says about limits; `body` of a refusal only."""
        for budget in self._budgets.values():
            used = headers.get(budget.limit.header, "")
            if used.isdigit():
                budget.turn(self._venue_clock.now_ns())
                budget.used = int(used)
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT}:
            self._throttle(status, headers, body)
        elif status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}:
            self._ban(BLOCK_S * _NS_PER_S, f"the venue blocks this address (HTTP {status})")

    def snapshot(self) -> tuple[tuple[str, int, int], ...]:
        """Name, used and limit of every budget as they are now."""
        venue_ns = self._venue_clock.now_ns()
        for budget in self._budgets.values():
            budget.turn(venue_ns)
        return tuple((b.limit.name, b.used, b.limit.limit) for b in self._budgets.values())

    def _throttle(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        said = headers.get("Retry-After", "")
        banned = status == HTTPStatus.IM_A_TEAPOT
        wait_s = int(said) if said.isdigit() else BAN_S_MIN if banned else THROTTLE_S
        if _code(body) == TOO_MANY_ORDERS:
            self._orders_until_ns = self._clock.now_ns() + wait_s * _NS_PER_S
            return
        wait_ns = wait_s * _NS_PER_S
        if (until := BANNED_UNTIL.search(body.decode(errors="replace"))) is not None:
            wait_ns = max(wait_ns, int(until.group(1)) * _NS_PER_MS - self._venue_clock.now_ns())
        self._ban(wait_ns, "the venue bans this address" if banned else "the venue throttles us")

    def _ban(self, wait_ns: int, reason: str) -> None:
        self.banned_until_ns = max(self.banned_until_ns, self._clock.now_ns() + wait_ns)
        self._ban_reason = reason
        log.error("requests are held back", reason=reason, wait_s=wait_ns // _NS_PER_S)

    def _add_pending(self, weight: int, orders: int) -> None:
        for budget in self._budgets.values():
            budget.pending += _amount(budget, weight, orders)


def _amount(budget: Budget, weight: int, orders: int) -> int:
    """What a request takes of `budget`."""
    return orders if budget.limit.rate_limit_type == "ORDERS" else weight


def _code(body: bytes) -> int:
    """The venue's code in a refusal, 0 without one."""
    try:
        refusal = msgspec.json.decode(body, type=dict[str, Any])
    except NOT_JSON:
        return 0
    code = refusal.get("code")
    return code if isinstance(code, int) else 0
