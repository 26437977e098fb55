"""Who may open a WebSocket, and in which unit its times are."""

from collections import OrderedDict, deque
from typing import Final

from aiohttp import web
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.mishaps import coded
from aitrader_gateway.sandbox.api.table import Answer, Caller
from aitrader_gateway.sandbox.connection import Connections
from aitrader_gateway.sandbox.faults import Fault, Faults
from aitrader_gateway.sandbox.wire.scalars import TIME_UNITS, TimeUnit

# Binance Spot API, "Websocket Limits": attempts of one address.
_ATTEMPTS_WINDOW_NS: Final = 300 * 1_000_000_000
_CONNECT_WEIGHT: Final = 2
# All at once, of whatever address.
CONNECTIONS_MAX: Final = 1_000
# Addresses remembered; whoever was quiet for longest is forgotten first.
_REMEMBERED_MAX: Final = 10_000
_BAD_UNIT: Final = Answer(
    status=400,
    body={
        "code": -1194,
        "msg": "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
    },
)


class Entrance:
    """Admits connections, whichever face they are for, and knows those that stand."""

    def __init__(self, api: Api, clock: Clock, faults: Faults, attempts_max: int) -> None:
        self.clock = clock
        self.faults = faults
        self.connections = Connections()
        self._api = api
        self._attempts_max = attempts_max
        self._attempts: OrderedDict[str, deque[int]] = OrderedDict()

    def admit(self, request: web.Request) -> TimeUnit | web.Response:
        """The unit of a connection's times, or the response in the connection's place.

        What the response to an aborted connection says is heard by nobody.
        """
        ip, subject = request.remote or "", f"GET {request.path}"
        now_ns = self.clock.now_ns()
        if self.faults.draw(Fault.DROP_BEFORE, subject) is not None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        injected = self.faults.draw(Fault.CODE_BEFORE, subject)
        if injected is not None:
            return _response(coded(injected))
        if len(self.connections) >= CONNECTIONS_MAX:
            return web.Response(status=503)
        if self._too_often(ip, now_ns):
            return web.Response(status=429)
        caller = Caller(ip=ip, subject=subject, arrived_ns=now_ns)
        turned_away = self._api.charge(caller, _CONNECT_WEIGHT)
        if turned_away is not None:
            return _response(turned_away)
        return TIME_UNITS.get(request.query.get("timeUnit", "")) or _response(_BAD_UNIT)

    def _too_often(self, ip: str, now_ns: int) -> bool:
        attempts = self._attempts.setdefault(ip, deque(maxlen=self._attempts_max))
        self._attempts.move_to_end(ip)
        if len(self._attempts) > _REMEMBERED_MAX:
            self._attempts.popitem(last=False)
        too_often = (
            len(attempts) == self._attempts_max and now_ns - attempts[0] < _ATTEMPTS_WINDOW_NS
        )
        if not too_often:
            attempts.append(now_ns)
        return too_often


def _response(answer: Answer) -> web.Response:
    headers = {} if answer.retry_after_s is None else {"Retry-After": str(answer.retry_after_s)}
    return web.json_response(answer.body, status=answer.status, headers=headers)
