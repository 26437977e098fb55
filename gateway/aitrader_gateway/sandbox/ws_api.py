"""The WebSocket API: every operation of the table, sessions, and user data streams.

Binance Spot API, "WebSocket API".
"""

from functools import partial
from typing import Final

import orjson
from aiohttp import web
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.mishaps import coded
from aitrader_gateway.sandbox.api.table import Answer, Caller
from aitrader_gateway.sandbox.connection import Connection, ConnectionSettings
from aitrader_gateway.sandbox.entrance import Entrance
from aitrader_gateway.sandbox.faults import Fault
from aitrader_gateway.sandbox.line import Line
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.topics import Topics
from aitrader_gateway.sandbox.wire.events import server_shutdown
from aitrader_gateway.sandbox.wire.scalars import TimeUnit
from aitrader_gateway.sandbox.ws_frames import (
    Request,
    Unreadable,
    read_request,
    refused,
    write_event,
    write_reply,
)
from aitrader_gateway.sandbox.ws_session import Done, Session

PATH: Final = "/ws-api/v3"
_UNKNOWN_METHOD: Final = refused(Refusal(-1020, "This operation is not supported."))


class WsApi:
    """Serves `/ws-api/v3`; `accounts` are the hub's topics of user events."""

    def __init__(
        self,
        api: Api,
        accounts: Topics,
        entrance: Entrance,
        settings: ConnectionSettings,
    ) -> None:
        self._api = api
        self._accounts = accounts
        self._entrance = entrance
        self._clock = entrance.clock
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self._handle)]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        unit = self._entrance.admit(request)
        if isinstance(unit, web.Response):
            return unit
        connection = Connection(request, self._settings)
        await connection.open()
        line = Line(connection, self._entrance.faults, partial(self._farewell, unit))
        session = Session(
            self._api,
            self._clock,
            self._accounts,
            line,
            unit,
            return_limits=request.query.get("returnRateLimits") != "false",
        )
        conversation = _Conversation(self._api, self._clock, line, session, unit)
        try:
            return await self._entrance.connections.serve(connection, conversation.hear)
        finally:
            session.end()

    def _farewell(self, unit: TimeUnit) -> str:
        return write_event(orjson.dumps(server_shutdown(self._clock.now_ns(), unit)).decode())


class _Conversation:
    """Requests and replies of one connection."""

    def __init__(
        self, api: Api, clock: Clock, line: Line, session: Session, unit: TimeUnit
    ) -> None:
        self._api = api
        self._clock = clock
        self._line = line
        self._session = session
        self._unit = unit

    def hear(self, text: str) -> None:
        """Carries out one request, and replies as the faults let it."""
        request = read_request(text)
        if isinstance(request, Unreadable):
            answer = refused(request.refusal)
            self._line.connection.send(write_reply(request.id, answer, with_limits=False))
            return
        if self._line.draw(Fault.DROP_BEFORE, request.method) is not None:
            self._line.connection.abort()
            return
        if self._line.cut(request.method):
            return
        self._reply(request, self._carry_out(request))
        if self._line.draw(Fault.SESSION_REVOKED, request.method) is not None:
            self._session.revoke()

    def _carry_out(self, request: Request) -> Done:
        method = request.method
        caller = Caller(
            ip=self._line.connection.ip,
            subject=method,
            arrived_ns=self._clock.now_ns(),
            api_key=request.api_key,
            signed=request.signed,
            account=self._session.account,
            unit=self._unit,
        )
        injected = self._injected(caller)
        if injected is not None:
            return Done(injected)
        if method in self._api.operations:
            return Done(self._api.call(method, request.params, caller))
        if self._session.offers(method):
            return self._session.call(method, request.params, caller)
        return Done(self._api.charge(caller, 1) or _UNKNOWN_METHOD)

    def _injected(self, caller: Caller) -> Answer | None:
        """What a fault puts in the place of an execution."""
        code = self._line.draw(Fault.CODE_BEFORE, caller.subject)
        if code is not None:
            return coded(code)
        throttle = self._line.draw(Fault.THROTTLE, caller.subject)
        if throttle is not None:
            return self._api.throttle(caller, throttle.retry_after_s)
        ban = self._line.draw(Fault.BAN, caller.subject)
        return None if ban is None else self._api.ban(caller, ban.retry_after_s)

    def _reply(self, request: Request, done: Done) -> None:
        method, connection = request.method, self._line.connection
        if self._line.draw(Fault.DROP_AFTER, method) is not None:
            connection.abort()
            return
        close = self._line.draw(Fault.CLOSE_AFTER, method)
        if close is not None:
            connection.close(close.close_code)
            return
        late = self._line.draw(Fault.LATE_ERROR, method)
        wrong = self._line.draw(Fault.CODE_AFTER, method) if late is None else late
        reply = self._written(request, done.answer if wrong is None else coded(wrong))
        delay = self._line.draw(Fault.REPLY_DELAY, method) if late is None else late
        held = self._line.draw(Fault.EVENT_WITH_REPLY, method) if done.subscription else None
        if delay is not None:
            connection.later(delay.delay_ms, partial(self._line.send, method, reply))
        elif held is not None and done.subscription is not None:
            done.subscription.hold_reply(reply, held)
        else:
            self._line.send(method, reply)
        for frame in done.then:
            connection.send(frame)

    def _written(self, request: Request, answer: Answer) -> str:
        wanted = request.return_limits
        with_limits = self._session.return_limits if wanted is None else wanted
        return write_reply(request.id, answer, with_limits=with_limits)
