"""The event stream that survives its connections."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeAlias

from aitrader.v1 import common_pb2, trading_pb2

from aitrader_clients.errors import (
    CallError,
    EventGap,
    Exhausted,
    Refusal,
    ServerFault,
    Unreachable,
)
from aitrader_clients.methods import SILENCE_S_MAX

EventItem: TypeAlias = trading_pb2.Event | common_pb2.Order | trading_pb2.CaughtUp
OpenStream: TypeAlias = Callable[
    [trading_pb2.StreamEventsRequest], AsyncGenerator[trading_pb2.StreamEventsResponse, None]
]

OUTAGE_S_MAX = 300.0
BACKOFF_S_FIRST = 0.1
BACKOFF_S_MAX = 5.0

_PATH = "/aitrader.v1.TradingService/StreamEvents"


async def follow_events(
    open_stream: OpenStream,
    request: trading_pb2.StreamEventsRequest,
    *,
    resume: bool = True,
    silence_s_max: float = SILENCE_S_MAX,
    outage_s_max: float = OUTAGE_S_MAX,
) -> AsyncGenerator[EventItem, None]:
    """Yield each event after the request's position once, over as many connections as it takes.

    A `CaughtUp` comes whenever a connection has reached the present; with `live_only` the open
    orders come before it, and again if the connection broke before. A stream that says nothing
    for `silence_s_max` is dead. With `resume` false the end of the first connection is the end.

    Raises:
        EventGap: an unfiltered stream skipped a sequence.
        CallError: the first connection failed, the engine refused the request, or no connection
            stood for `outage_s_max`.
    """
    position = _Position(request)
    reached_at: float | None = None
    failures = 0
    while True:
        lost: CallError = _silent("the engine closed the stream")
        try:
            async with aclosing(_listen(open_stream(position.request()), silence_s_max)) as stream:
                async for message in stream:
                    reached_at, failures = time.monotonic(), 0
                    if message.HasField("end"):
                        position.end(message.end)
                        break
                    if (item := position.take(message)) is not None:
                        yield item
        except (Unreachable, ServerFault, Exhausted) as error:
            if reached_at is None or not resume:
                raise
            lost = error
        if not resume:
            return
        reached_at = reached_at or time.monotonic()
        if time.monotonic() - reached_at > outage_s_max:
            raise lost
        # Jitter, so that all who lost the same engine do not come back at the same instant.
        ceiling_s = min(BACKOFF_S_MAX, BACKOFF_S_FIRST * 2**failures)
        await asyncio.sleep(random.uniform(0, ceiling_s))  # noqa: S311 -- spreads load, no secret
        failures += 1


class _Position:
    """How far the journal is known; `last` is None until a snapshot is complete."""

    def __init__(self, request: trading_pb2.StreamEventsRequest) -> None:
        self._request = request
        self._filtered = bool(request.kinds or request.symbol)
        self._last = None if request.live_only else request.after_sequence

    def request(self) -> trading_pb2.StreamEventsRequest:
        """Return what asks for everything that is not known yet."""
        request = trading_pb2.StreamEventsRequest()
        request.CopyFrom(self._request)
        if self._last is not None:
            request.after_sequence = self._last
            request.live_only = False
        return request

    def take(self, message: trading_pb2.StreamEventsResponse) -> EventItem | None:
        """Return what the message says that is new."""
        if message.HasField("snapshot"):
            return message.snapshot
        if message.HasField("caught_up"):
            self._reach(message.caught_up.sequence, known_to=message.caught_up.sequence)
            return message.caught_up
        if message.HasField("event"):
            sequence = message.event.sequence
            if self._last is not None and sequence <= self._last:
                return None
            self._reach(sequence, known_to=sequence - 1)
            return message.event
        self._skip(message.sequence)
        return None

    def end(self, end: trading_pb2.StreamEnd) -> None:
        self._skip(end.resume_after)

    def _skip(self, sequence: int) -> None:
        """Pass what a filter left out; without one, only what was received is known."""
        if self._filtered and self._last is not None:
            self._last = max(self._last, sequence)

    def _reach(self, sequence: int, known_to: int) -> None:
        if self._last is None:
            self._last = sequence
        elif known_to > self._last and not self._filtered:
            raise EventGap(self._last + 1, sequence)
        self._last = max(self._last, sequence)


async def _listen(
    stream: AsyncGenerator[trading_pb2.StreamEventsResponse, None], silence_s_max: float
) -> AsyncGenerator[trading_pb2.StreamEventsResponse, None]:
    async with aclosing(stream):
        while True:
            try:
                async with asyncio.timeout(silence_s_max):
                    message = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise _silent(f"no heartbeat for {silence_s_max:g} s") from None
            yield message


def _silent(message: str) -> Unreachable:
    return Unreachable(Refusal("UNAVAILABLE", message, _PATH, trace_id=""))
