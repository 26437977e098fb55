"""How often each caller may call, and how often an address may try without being one."""

import asyncio
import ipaddress
import math
from collections import OrderedDict
from typing import Final

import structlog

from aitrader_server.engine.ports import Metrics
from aitrader_server.rpc.refusals import RateLimited

LIMITED: Final = "aitrader_rpc_limited_total"
UNAUTHENTICATED: Final = "aitrader_rpc_unauthenticated_total"
# Whoever falls out of the table begins anew: memory is bounded, an attacker's addresses are not.
ADDRESSES_MAX: Final = 4_096
# Of a caller's rate: every try of a stranger may be a line in the log.
STRANGERS_SHARE: Final = 0.1
# A flood of refusals must not push what matters out of the log.
LINE_EVERY_S: Final = 1.0
# What one household or machine is given of IPv6.
IPV6_PREFIX: Final = 64

log = structlog.get_logger(__name__)


class Bucket:
    """Holds up to `burst` calls and regains `per_s` of them; times are seconds of any one clock."""

    __slots__ = ("_at_s", "_burst", "_level", "_per_s", "line_at_s", "refused")

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self._per_s = per_s
        self._burst = self._level = burst
        self._at_s = now_s
        self.refused = 0
        self.line_at_s = -math.inf

    def take(self, now_s: float) -> float:
        """0.0 once a call is taken; else the seconds until there will be one, always above 0."""
        gained = max(now_s - self._at_s, 0.0) * self._per_s
        self._level = min(self._level + gained, self._burst)
        self._at_s = max(now_s, self._at_s)
        if self._level >= 1.0:
            self._level -= 1.0
            return 0.0
        return (1.0 - self._level) / self._per_s


class CallRates:
    """Buckets of known callers, of whom configuration bounds the number, and of addresses."""

    def __init__(self, *, per_s: float, burst: float, metrics: Metrics) -> None:
        self._per_s = per_s
        self._burst = burst
        self._metrics = metrics
        self._callers: dict[str, Bucket] = {}
        self._addresses: OrderedDict[str, Bucket] = OrderedDict()

    def admit(self, caller: str) -> None:
        """Counts one call of a caller who proved who they are.

        Raises:
            RateLimited: They have had theirs for now.
        """
        now_s = asyncio.get_running_loop().time()
        bucket = self._callers.get(caller)
        if bucket is None:
            bucket = self._callers[caller] = Bucket(self._per_s, self._burst, now_s)
        wait_s = bucket.take(now_s)
        if wait_s:
            self._metrics.count(LIMITED, {"caller": caller})
            self._refuse(bucket, wait_s, now_s, caller)

    def admit_stranger(self, peer: str) -> None:
        """Counts one call from `peer` that proved nothing.

        Raises:
            RateLimited: That address has tried too often.
        """
        now_s = asyncio.get_running_loop().time()
        self._metrics.count(UNAUTHENTICATED, {})
        address = _network(peer)
        bucket = self._addresses.pop(address, None) or self._strangers_bucket(now_s)
        self._addresses[address] = bucket
        if len(self._addresses) > ADDRESSES_MAX:
            self._addresses.popitem(last=False)
        wait_s = bucket.take(now_s)
        if wait_s:
            self._refuse(bucket, wait_s, now_s, address)

    def _strangers_bucket(self, now_s: float) -> Bucket:
        burst = max(self._burst * STRANGERS_SHARE, 1.0)
        return Bucket(self._per_s * STRANGERS_SHARE, burst, now_s)

    def _refuse(self, bucket: Bucket, wait_s: float, now_s: float, who: str) -> None:
        bucket.refused += 1
        if now_s - bucket.line_at_s >= LINE_EVERY_S:
            log.warning("calls limited", who=who, refused=bucket.refused)
            bucket.line_at_s, bucket.refused = now_s, 0
        raise RateLimited(
            f"too many calls in too short a time: come back in {wait_s:.3f} s",
            retry_after_s=wait_s,
        )


def _network(address: str) -> str:
    """What counts as one address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return address
