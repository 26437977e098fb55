"""How much a peer and an account may ask for, and what happens to those who ask for more.

Windows are aligned with the clock. Request weight and raw requests count per IP address, unfilled
orders per account. Who goes on after a 429 is banned, each time for longer. Binance Spot API,
"Limits" and "Unfilled order count"; after how many refusals a ban comes is ours to choose.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from aitrader_gateway.sandbox.matching.model import ExecutionReport, VenueEvent
from aitrader_gateway.sandbox.matching.words import ExecutionType

_SECOND_NS: Final = 1_000_000_000
_SECONDS: Final = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400}
# Peers and accounts remembered; whoever was quiet for longest is forgotten first.
REMEMBERED_MAX: Final = 10_000


class RateLimit(msgspec.Struct, frozen=True):
    """At most `limit` in any `count_of` clock-aligned `interval`s."""

    kind: str
    interval: str
    count_of: int
    limit: int

    @property
    def window_ns(self) -> int:
        return self.count_of * _SECONDS[self.interval] * _SECOND_NS

    @property
    def short(self) -> str:
        """As headers name the window, such as 10S."""
        return f"{self.count_of}{self.interval[0]}"

    def described(self) -> dict[str, str | int]:
        """As exchange information lists it."""
        return {
            "rateLimitType": self.kind,
            "interval": self.interval,
            "intervalNum": self.count_of,
            "limit": self.limit,
        }


class Usage(msgspec.Struct, frozen=True):
    """What of a limit is used in the present window."""

    rate_limit: RateLimit
    count: int

    def described(self) -> dict[str, str | int]:
        """As answers over the WebSocket API list it."""
        return {**self.rate_limit.described(), "count": self.count}


class Throttled(msgspec.Struct, frozen=True, kw_only=True):
    """Not executed; `status` 429, or 418 while banned. Come back at `retry_at_ns`."""

    status: int
    code: int
    message: str
    at_ns: int
    retry_at_ns: int

    @property
    def retry_after_s(self) -> int:
        """Whole seconds, rounded up."""
        return max(1, -(-(self.retry_at_ns - self.at_ns) // _SECOND_NS))


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`maker_credit` orders are given back when an order first fills as maker.

    Whoever was refused `refusals_max` times in a window is banned at the next request.
    """

    weight_max_per_minute: int = 6_000
    requests_max_per_5_minutes: int = 300_000
    connections_max_per_5_minutes: int = 300
    orders_max_per_10_seconds: int = 100
    orders_max_per_day: int = 200_000
    maker_credit: int = 5
    refusals_max: int = 10
    ban_s: int = 120
    ban_max_s: int = 3 * 86_400


class _Count:
    """A counter that starts anew with each window."""

    def __init__(self, rate_limit: RateLimit) -> None:
        self.rate_limit = rate_limit
        self._window = -1
        self._count = 0

    def at(self, at_ns: int) -> int:
        window = at_ns // self.rate_limit.window_ns
        if window != self._window:
            self._window, self._count = window, 0
        return self._count

    def add(self, amount: int, at_ns: int) -> int:
        self._count = max(0, self.at(at_ns) + amount)
        return self._count

    def ends_ns(self, at_ns: int) -> int:
        window_ns = self.rate_limit.window_ns
        return (at_ns // window_ns + 1) * window_ns

    def usage(self, at_ns: int) -> Usage:
        return Usage(self.rate_limit, self.at(at_ns))


class _Peer:
    def __init__(self, weight: RateLimit, raw: RateLimit) -> None:
        self.weight = _Count(weight)
        self.raw = _Count(raw)
        self.refusals = _Count(weight)
        self.banned_until_ns = 0
        self.bans = 0


class Limits:
    """Counts what was used; `on_ban` hears the address of a peer that was banned.

    An event sink: fills give back unfilled orders.
    """

    def __init__(
        self, settings: LimitSettings, on_ban: Callable[[str], None] = lambda _: None
    ) -> None:
        self._settings = settings
        self.on_ban = on_ban
        self._weight = RateLimit("REQUEST_WEIGHT", "MINUTE", 1, settings.weight_max_per_minute)
        self._raw = RateLimit("RAW_REQUESTS", "MINUTE", 5, settings.requests_max_per_5_minutes)
        self._orders = (
            RateLimit("ORDERS", "SECOND", 10, settings.orders_max_per_10_seconds),
            RateLimit("ORDERS", "DAY", 1, settings.orders_max_per_day),
        )
        self._weight_text = (
            f"Too much request weight used; current limit is {self._weight.limit} request weight "
            "per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
        )
        self._peers: OrderedDict[str, _Peer] = OrderedDict()
        self._accounts: OrderedDict[str, tuple[_Count, ...]] = OrderedDict()

    def described(self) -> list[dict[str, str | int]]:
        """All limits, as exchange information lists them."""
        return [item.described() for item in (self._weight, *self._orders, self._raw)]

    def charge(self, ip: str, weight: int, at_ns: int) -> Throttled | None:
        """Counts a request of `weight`; Throttled: it must not be executed."""
        peer = self._peer(ip)
        if at_ns < peer.banned_until_ns:
            return self._banned(peer, at_ns)
        raw, used = peer.raw.add(1, at_ns), peer.weight.add(weight, at_ns)
        if raw <= self._raw.limit and used <= self._weight.limit:
            return None
        if peer.refusals.add(1, at_ns) > self._settings.refusals_max:
            longest_s = self._settings.ban_max_s
            lasts_s = min(self._settings.ban_s << min(peer.bans, 32), longest_s)
            peer.bans += 1
            return self.ban(ip, lasts_s, at_ns)
        if used > self._weight.limit:
            return _too_many(-1003, self._weight_text, at_ns, peer.weight.ends_ns(at_ns))
        message = (
            f"Too many requests; current limit is {self._raw.limit} requests per 5 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
        )
        return _too_many(-1003, message, at_ns, peer.raw.ends_ns(at_ns))

    def weight_used_up(self, at_ns: int, retry_after_s: int) -> Throttled:
        """What a peer would be told that may come back after so many seconds."""
        return _too_many(-1003, self._weight_text, at_ns, at_ns + retry_after_s * _SECOND_NS)

    def refund(self, ip: str, weight: int, at_ns: int) -> None:
        """Takes back the weight of a request that turned out to cost nothing."""
        self._peer(ip).weight.add(-weight, at_ns)

    def ban(self, ip: str, lasts_s: int, at_ns: int) -> Throttled:
        """Shuts a peer out, and has its connections closed."""
        peer = self._peer(ip)
        peer.banned_until_ns = at_ns + lasts_s * _SECOND_NS
        self.on_ban(ip)
        return self._banned(peer, at_ns)

    def admit_orders(self, account: str, orders: int, at_ns: int) -> Throttled | None:
        """Whether the account may place so many orders now; counts nothing."""
        for count in self._counts(account):
            limit = count.rate_limit
            if count.at(at_ns) + orders > limit.limit:
                message = (
                    f"Too many new orders; current limit is {limit.limit} orders "
                    f"per {limit.count_of} {limit.interval}."
                )
                return _too_many(-1015, message, at_ns, count.ends_ns(at_ns))
        return None

    def count_orders(self, account: str, orders: int, at_ns: int) -> None:
        """Counts orders as placed and not filled; a negative number takes them back."""
        if orders:
            for count in self._counts(account):
                count.add(orders, at_ns)

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:
        """Gives back unfilled orders for every order that was filled for the first time."""
        for event in events:
            if not isinstance(event, ExecutionReport) or event.kind is not ExecutionType.TRADE:
                continue
            trade = event.trade
            account = event.order.account
            if account not in self._accounts or trade is None:
                continue
            if event.order.cumulative_quantity == trade.quantity:
                credit = self._settings.maker_credit if trade.maker else 1
                self.count_orders(account, -credit, at_ns)

    def request_usage(self, ip: str, at_ns: int) -> Usage:
        """Request weight used by a peer."""
        return self._peer(ip).weight.usage(at_ns)

    def order_usage(self, account: str, at_ns: int) -> tuple[Usage, ...]:
        """Unfilled orders of an account, the shorter window first."""
        return tuple(count.usage(at_ns) for count in self._counts(account))

    def _banned(self, peer: _Peer, at_ns: int) -> Throttled:
        until_ms = peer.banned_until_ns // 1_000_000
        return Throttled(
            status=418,
            code=-1003,
            message=f"Way too much request weight used; IP banned until {until_ms}. "
            "Please use WebSocket Streams for live updates to avoid bans.",
            at_ns=at_ns,
            retry_at_ns=peer.banned_until_ns,
        )

    def _peer(self, ip: str) -> _Peer:
        peer = self._peers.get(ip)
        if peer is None:
            peer = self._peers[ip] = _Peer(self._weight, self._raw)
            if len(self._peers) > REMEMBERED_MAX:
                self._peers.popitem(last=False)
        self._peers.move_to_end(ip)
        return peer

    def _counts(self, account: str) -> tuple[_Count, ...]:
        counts = self._accounts.get(account)
        if counts is None:
            counts = self._accounts[account] = tuple(map(_Count, self._orders))
            if len(self._accounts) > REMEMBERED_MAX:
                self._accounts.popitem(last=False)
        self._accounts.move_to_end(account)
        return counts


def _too_many(code: int, message: str, at_ns: int, retry_at_ns: int) -> Throttled:
    return Throttled(status=429, code=code, message=message, at_ns=at_ns, retry_at_ns=retry_at_ns)
