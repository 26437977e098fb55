"""Puts a new connection in the place of one that is to end, without a moment between."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec

from aitrader_gateway.binance.subscription import Subscription


class Replaced(msgspec.Struct, frozen=True):
    """`seamless`: everything that the old connection had for us was read before its end."""

    by: Subscription
    seamless: bool


async def replace(
    old: Subscription, opening: Coroutine[Any, Any, Subscription], overlap_s: float
) -> Replaced | None:
    """Make before break: the successor is subscribed first, then `old` is read to its end.

    The caller closes `old`. None when `old` was lost before there was a successor.
    """
    attempt = asyncio.create_task(opening)
    try:
        await asyncio.wait((attempt, old.lost), return_when=asyncio.FIRST_COMPLETED)
    finally:
        attempt.cancel()
        await asyncio.wait((attempt,))
    if attempt.cancelled():
        return None
    return Replaced(attempt.result(), await _read_out(old, overlap_s))


async def _read_out(old: Subscription, overlap_s: float) -> bool:
    """Whether `old` was still well when all from before its successor's time had been read.

    Events and replies take different ways inside the venue, so the stragglers get `overlap_s`;
    the reply after it shows that the connection was read to that point.
    """
    await asyncio.wait((old.lost,), timeout=overlap_s)
    return not old.lost.done() and await old.confirm()
