"""Tells of every request that was served: which route, how it ended, how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Route, method, status, seconds and trace id, empty where the answer names none.
Measure = Callable[[str, str, int, float, str], None]

# Whoever knows the route of a request writes its template here in the request's scope.
ROUTE_KEY = "aitrader.route"
# What callers may write freely is told under this word only.
OTHER = "other"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_TRACE_ID = b"x-trace-id"
# The caller left before there was an answer, as some servers write it.
_GONE = 499
_FAILED = 500


class Meter:
    """Serves `app`; of routes that it does not name itself only `paths` are known."""

    def __init__(self, app: ASGIApp, measure: Measure, paths: Container[str]) -> None:
        self._app = app
        self._measure = measure
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and tell of it at the end of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A loop's own clock may count whole milliseconds.
        began_s = time.perf_counter()
        status, trace_id = _GONE, ""

        async def send_noting(message: Message) -> None:
            nonlocal status, trace_id
            if message["type"] == "http.response.start":
                status = message["status"]
                found = [value for name, value in message["headers"] if name == _TRACE_ID]
                trace_id = found[0].decode("latin-1") if found else ""
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception:
            status = _FAILED
            raise
        finally:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            seconds = time.perf_counter() - began_s
            self._measure(self._route(scope), method, status, seconds, trace_id)

    def _route(self, scope: Scope) -> str:
        route: str | None = scope.get(ROUTE_KEY)
        if route is not None:
            return route
        return scope["path"] if scope["path"] in self._paths else OTHER
