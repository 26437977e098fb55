"""Requests that change something: signed first, sent exactly so, and fenced."""

from collections.abc import Mapping
from typing import Any, Final

from aitrader_server.domain.terms import Attempt
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.calls import OUTSIDE_WINDOW, Calls
from aitrader_gateway.binance.operations import Operation
from aitrader_gateway.binance.outcome import Failure

# The venue gives up on a request after this long (Binance Spot API, "Timing security", -1007).
VENUE_TIMEOUT_MS: Final = 10_000
# Its database, which we ask, lags behind its matching engine, which knows.
QUERY_LAG_MS: Final = 2_000
_NS_PER_MS: Final = 1_000_000


class Attempts:
    """Makes and sends attempts whose signatures hold for `recv_window_ms`."""

    def __init__(self, calls: Calls, clock: Clock, *, recv_window_ms: int) -> None:
        self._calls = calls
        self._clock = clock
        self._recv_window_ms = recv_window_ms

    def prepare(self, parameters: Mapping[str, str], number: int, now_ns: int) -> Attempt:
        """Signs; the payload is the body that leaves."""
        return Attempt(
            number=number,
            signed_at_ns=now_ns,
            recv_window_ms=self._recv_window_ms,
            fence_at_ns=self._fence_ns(now_ns),
            payload=self._sign(parameters, now_ns),
            key_id=self._calls.credentials.key_id,
        )

    async def send(self, operation: Operation, attempt: Attempt) -> Any:
        """Sends exactly the attempt, once, under its own key: the decoded reply, or a Failure.

        When the venue proves that it came outside of its window, our clock is set.
        """
        reply = await self._calls.send_text(operation, attempt.payload, attempt.key_id)
        if isinstance(reply, Failure) and reply.code == OUTSIDE_WINDOW:
            await self._calls.sync()
        return reply

    def _sign(self, parameters: Mapping[str, str], now_ns: int) -> str:
        return self._calls.sign(parameters, now_ns=now_ns, recv_window_ms=self._recv_window_ms)

    def _fence_ns(self, signed_at_ns: int) -> int:
        """When a request signed then can no longer be admitted, nor be missing from a query."""
        error_ms = self._calls.server_time.error_ms
        after_ms = self._recv_window_ms + VENUE_TIMEOUT_MS + error_ms + QUERY_LAG_MS
        return signed_at_ns + after_ms * _NS_PER_MS
