"""The REST face: requests under /api become calls of the table, and answers become JSON.

Everything that can go wrong with one request and its reply is drawn here as well.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.mishaps import coded
from aitrader_gateway.sandbox.api.table import Answer, Caller
from aitrader_gateway.sandbox.faults import Fault, Faults, Injection
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.rest_replies import cut_short, dropped, page, redirected, reply
from aitrader_gateway.sandbox.wire.scalars import TIME_UNITS, TimeUnit

PREFIX: Final = "/api/v3/"
# Removed from the venue in February 2026; user events come over the WebSocket API.
_GONE: Final = "userDataStream"
_PAIRS_MAX: Final = 100
_BAD_TIME_UNIT: Final = Refusal(
    -1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
)
_TOO_MANY_PAIRS: Final = Refusal(-1101, "Too many parameters sent for this endpoint.")

# Method and path below the prefix: the operation.
ROUTES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("GET", "ping"): "ping",
        ("GET", "time"): "time",
        ("GET", "exchangeInfo"): "exchangeInfo",
        ("GET", "executionRules"): "executionRules",
        ("GET", "referencePrice"): "referencePrice",
        ("GET", "depth"): "depth",
        ("GET", "trades"): "trades.recent",
        ("GET", "historicalTrades"): "trades.historical",
        ("GET", "aggTrades"): "trades.aggregate",
        ("GET", "klines"): "klines",
        ("GET", "uiKlines"): "uiKlines",
        ("GET", "avgPrice"): "avgPrice",
        ("GET", "ticker"): "ticker",
        ("GET", "ticker/24hr"): "ticker.24hr",
        ("GET", "ticker/tradingDay"): "ticker.tradingDay",
        ("GET", "ticker/price"): "ticker.price",
        ("GET", "ticker/bookTicker"): "ticker.book",
        ("POST", "order"): "order.place",
        ("POST", "order/test"): "order.test",
        ("GET", "order"): "order.status",
        ("DELETE", "order"): "order.cancel",
        ("DELETE", "openOrders"): "openOrders.cancelAll",
        ("POST", "order/cancelReplace"): "order.cancelReplace",
        ("PUT", "order/amend/keepPriority"): "order.amend.keepPriority",
        ("GET", "order/amendments"): "order.amendments",
        ("POST", "order/oco"): "orderList.place",
        ("POST", "orderList/oco"): "orderList.place.oco",
        ("POST", "orderList/oto"): "orderList.place.oto",
        ("POST", "orderList/otoco"): "orderList.place.otoco",
        ("POST", "orderList/opo"): "orderList.place.opo",
        ("POST", "orderList/opoco"): "orderList.place.opoco",
        ("DELETE", "orderList"): "orderList.cancel",
        ("GET", "orderList"): "orderList.status",
        ("GET", "openOrderList"): "openOrderLists.status",
        ("GET", "allOrderList"): "allOrderLists",
        ("POST", "sor/order"): "sor.order.place",
        ("POST", "sor/order/test"): "sor.order.test",
        ("GET", "openOrders"): "openOrders.status",
        ("GET", "allOrders"): "allOrders",
        ("GET", "myTrades"): "myTrades",
        ("GET", "myPreventedMatches"): "myPreventedMatches",
        ("GET", "myAllocations"): "myAllocations",
        ("GET", "account"): "account.status",
        ("GET", "account/commission"): "account.commission",
        ("GET", "rateLimit/order"): "account.rateLimits.orders",
        ("GET", "myFilters"): "myFilters",
    }
)
_PATHS: Final = frozenset(path for _, path in ROUTES)


class RestFace:
    """Serves the operations of `api` over HTTP."""

    def __init__(self, api: Api, clock: Clock, faults: Faults) -> None:
        self._api = api
        self._clock = clock
        self._faults = faults

    def routes(self) -> tuple[web.RouteDef, ...]:
        """One route: which paths there are is for the table to say."""
        return (web.route("*", "/api/{path:.*}", self.serve),)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers one request."""
        arrived_ns = self._clock.now_ns()
        path = request.path.removeprefix(PREFIX)
        if path == _GONE or path.startswith(f"{_GONE}/"):
            return page(HTTPStatus.GONE)
        operation = ROUTES.get((request.method, path))
        if operation is None:
            known = path in _PATHS
            return page(HTTPStatus.METHOD_NOT_ALLOWED if known else HTTPStatus.NOT_FOUND)
        query = request.raw_path.partition("?")[2]
        body = "" if request.method == "GET" else (await request.read()).decode(errors="replace")
        unit = TIME_UNITS.get(request.headers.get("X-MBX-TIME-UNIT", ""))
        caller = Caller(
            ip=request.remote or "",
            subject=f"{request.method} {request.path}",
            arrived_ns=arrived_ns,
            api_key=request.headers.get("X-MBX-APIKEY", ""),
            signed=_without_signature(query) + _without_signature(body),
            unit=unit or TimeUnit.MILLISECOND,
        )
        spoiled = self._before(request, caller)
        if spoiled is not None:
            return spoiled
        params = _BAD_TIME_UNIT if unit is None else _read_pairs(query, body)
        if isinstance(params, Refusal):
            answer = self._api.refuse(params, caller)
        else:
            answer = self._api.call(operation, params, caller)
        return await self._after(request, caller, answer)

    def _before(self, request: web.Request, caller: Caller) -> web.StreamResponse | None:
        """What comes in the place of carrying the request out; None: it is carried out."""
        replies: tuple[tuple[Fault, Callable[[Injection], web.Response]], ...] = (
            (Fault.DROP_BEFORE, lambda _: dropped(request)),
            (Fault.REDIRECT, lambda _: redirected(f"{PREFIX}ping")),
            (Fault.HTML_BEFORE, lambda drawn: page(drawn.status)),
            (Fault.CODE_BEFORE, lambda drawn: reply(coded(drawn))),
            (
                Fault.THROTTLE,
                lambda drawn: reply(self._api.throttle(caller, drawn.retry_after_s)),
            ),
            (Fault.BAN, lambda drawn: reply(self._api.ban(caller, drawn.retry_after_s))),
        )
        return self._first(replies, caller)

    async def _after(
        self, request: web.Request, caller: Caller, answer: Answer
    ) -> web.StreamResponse:
        """The answer, or what becomes of it on its way."""
        late = self._faults.draw(Fault.LATE_ERROR, caller.subject)
        delay = late or self._faults.draw(Fault.REPLY_DELAY, caller.subject)
        if delay is not None:
            await asyncio.sleep(delay.delay_ms / 1_000)
        if late is not None:
            return reply(coded(late))
        replies: tuple[tuple[Fault, Callable[[Injection], web.Response]], ...] = (
            (Fault.DROP_AFTER, lambda _: dropped(request)),
            (Fault.HTML_AFTER, lambda drawn: page(drawn.status)),
            (Fault.CODE_AFTER, lambda drawn: reply(coded(drawn))),
            (Fault.HTML_OK, lambda _: page(HTTPStatus.OK)),
            (Fault.EMPTY_OK, lambda _: web.Response()),
            (Fault.BAD_JSON_OK, lambda _: cut_short(answer)),
        )
        spoiled = self._first(replies, caller)
        return reply(answer) if spoiled is None else spoiled

    def _first(
        self,
        replies: Iterable[tuple[Fault, Callable[[Injection], web.Response]]],
        caller: Caller,
    ) -> web.Response | None:
        for fault, make in replies:
            drawn = self._faults.draw(fault, caller.subject)
            if drawn is not None:
                return make(drawn)
        return None


def _read_pairs(query: str, body: str) -> dict[str, str] | Refusal:
    """The parameters of query and body; what is in both is taken from the query."""
    params: dict[str, str] = {}
    for part in (query, body):
        try:
            pairs = parse_qsl(part, keep_blank_values=True, max_num_fields=_PAIRS_MAX)
        except ValueError:
            return _TOO_MANY_PAIRS
        names: set[str] = set()
        for name, value in pairs:
            if name in names:
                return Refusal(-1101, f"Duplicate values for parameter '{name}'.")
            names.add(name)
            params.setdefault(name, value)
    return params


def _without_signature(part: str) -> bytes:
    """Query or body as it was sent, without the signature's pair."""
    pairs = [pair for pair in part.split("&") if not pair.startswith("signature=")]
    return "&".join(pairs).encode(errors="surrogateescape")
