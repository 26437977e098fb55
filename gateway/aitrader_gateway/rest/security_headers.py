"""Headers that tell browsers to keep out of trouble; no CORS header is ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
# The documentation pages hold one inline script each and no data of ours.
_DOCS_POLICY = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)
# A year; not for subdomains, which are somebody else's.
_HTTPS_ONLY = b"max-age=31536000"
_DOCS = ("/docs", "/redoc", "/static-offline-docs/")
_ALWAYS = {
    b"cache-control": b"no-store",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"cross-origin-resource-policy": b"same-origin",
}


class SecurityHeaders:
    """Adds the headers that an answer does not already carry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _DOCS_POLICY if scope["path"].startswith(_DOCS) else _API_POLICY
        wanted = {**_ALWAYS, b"content-security-policy": policy}
        if scope["scheme"] == "https":
            wanted[b"strict-transport-security"] = _HTTPS_ONLY

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                given = {name.lower() for name, _ in headers}
                headers += [pair for pair in wanted.items() if pair[0] not in given]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)
