"""Showing the same thing again and again until the person has seen enough."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import click

INTERVAL_S = 2.0


async def show(draw: Callable[[], Awaitable[None]], *, again: bool) -> None:
    """Draw once, or every `INTERVAL_S` on a cleared terminal until interrupted."""
    await draw()
    while again:
        await asyncio.sleep(INTERVAL_S)
        if sys.stdout.isatty():
            click.clear()
        await draw()
