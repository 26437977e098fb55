"""The event stream: the past, then the present, then a place to resume from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from difflib import get_close_matches
from typing import Any

from aitrader.v1 import trading_pb2

from aitrader_server.domain.events import EVENT_KINDS
from aitrader_server.engine.bus import Mark, follow
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.errors import InvalidRequest
from aitrader_server.rpc.convert.orders import order_message
from aitrader_server.rpc.convert.records import event_response
from aitrader_server.rpc.convert.words import timestamp

Responses = AsyncIterator[trading_pb2.StreamEventsResponse]


def check_request(engine: Engine, request: trading_pb2.StreamEventsRequest) -> None:
    """Raises InvalidRequest for what would never come: an unknown kind, symbol or resume point."""
    for kind in request.kinds:
        if kind not in EVENT_KINDS:
            near = get_close_matches(kind, EVENT_KINDS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InvalidRequest(f"kinds: there are no events of kind {kind}{hint}", field="kinds")
    if request.symbol:
        find_instrument(engine.parts.instruments, request.symbol)
    end = engine.writer.durable_sequence
    if request.after_sequence > end:
        raise InvalidRequest(
            f"after_sequence: {request.after_sequence} is of another journal, this one ends"
            f" at {end}; start again from 0",
            field="after_sequence",
            reason="RESUME_POINT_UNKNOWN",
        )


class EventRpcs:
    """The part of TradingService that streams; `heartbeat_s` of silence bring a sign of life."""

    def __init__(self, engine: Engine, heartbeat_s: float) -> None:
        self._engine = engine
        self._heartbeat_s = heartbeat_s

    async def StreamEvents(
        self, request: trading_pb2.StreamEventsRequest, context: Any
    ) -> Responses:
        engine = self._engine
        check_request(engine, request)
        last = request.after_sequence
        if request.live_only:
            # The snapshot is chosen before the wait: what comes after `last` is not yet in it.
            last, working = engine.book.state.sequence, engine.book.working()
            await engine.writer.settle()
            for order in working:
                if request.symbol in ("", order.spec.symbol):
                    yield trading_pb2.StreamEventsResponse(
                        sequence=last, snapshot=order_message(order)
                    )
        kinds, symbol = frozenset(request.kinds), request.symbol
        loop = asyncio.get_running_loop()
        written_s = loop.time()
        feed = follow(engine.bus, engine.ports.journal, last, self._heartbeat_s)
        async with aclosing(feed):
            async for step in feed:
                if isinstance(step, Mark):
                    written_s = loop.time()
                    yield self._between(step, last)
                    continue
                last = step[-1].sequence
                for record in step:
                    if (not kinds or record.kind in kinds) and symbol in ("", record.symbol):
                        written_s = loop.time()
                        yield event_response(record)
                # A filter may pass nothing for long: the reader still wants to know that we live.
                if loop.time() - written_s >= self._heartbeat_s:
                    written_s = loop.time()
                    yield self._between(Mark.IDLE, last)

    def _between(self, mark: Mark, last: int) -> trading_pb2.StreamEventsResponse:
        """What stands between events; `last` is what the reader has been given."""
        response = trading_pb2.StreamEventsResponse(sequence=last)
        if mark is Mark.CAUGHT_UP:
            response.caught_up.sequence = last
        elif mark is Mark.IDLE:
            now = timestamp(self._engine.ports.clock.now_ns())
            response.heartbeat.CopyFrom(trading_pb2.StreamHeartbeat(at=now))
        else:
            response.end.CopyFrom(trading_pb2.StreamEnd(reason=mark, resume_after=last))
        return response
