"""Reading a request's body within its bounds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from google.rpc import code_pb2

from aitrader_gateway.rest.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive

_CLOSE = (("connection", "close"),)


DISCARDED_BYTES_MAX = 8 * 1024 * 1024
DISCARD_S_MAX = 2.0


class CallerGone(Exception):
    """The caller closed the connection before its request was whole."""


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], *, bytes_max: int, timeout_s: float
) -> bytes:
    """Read the whole body.

    Raises:
        CallError: Over `bytes_max` (HTTP 413, as Envoy answers), or not whole after `timeout_s`
            (HTTP 408).
        CallerGone: The connection closed.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > bytes_max:
        raise _too_large(bytes_max)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise CallerGone
                chunk = event.get("body", b"")
                size += len(chunk)
                if size > bytes_max:
                    raise _too_large(bytes_max)
                chunks.append(chunk)
                if not event.get("more_body", False):
                    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    except TimeoutError:
        raise CallError(
            code_pb2.DEADLINE_EXCEEDED,
            f"the body was not whole after {timeout_s:g} s",
            http_status=408,
            headers=_CLOSE,
        ) from None


async def discard(receive: Receive) -> None:
    """Read on and forget, within bounds, so that the caller hears why its body is refused."""
    left = DISCARDED_BYTES_MAX
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_S_MAX):
            while left > 0:
                event = await receive()
                if event["type"] == "http.disconnect" or not event.get("more_body", False):
                    return
                left -= len(event.get("body", b""))


def _too_large(bytes_max: int) -> CallError:
    return CallError(
        code_pb2.RESOURCE_EXHAUSTED,
        f"the body is larger than {bytes_max} bytes",
        http_status=413,
        headers=_CLOSE,
    )
