"""The sandbox in a test's own process: real sockets, real files, and the venue to look into."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aitrader_gateway.sandbox.server import RunningSandbox
from aitrader_gateway.sandbox.server import running_sandbox as serving
from aitrader_gateway.sandbox.settings import SandboxSettings


@asynccontextmanager
async def running_sandbox(folder: Path, **settings: Any) -> AsyncIterator[RunningSandbox]:
    """A sandbox whose state is in `folder`; its books are full, have no past, and stand still.

    `settings` are those of SandboxSettings. `running.rest_url`, `.ws_api_url`, `.stream_url` and
    `.credentials` are what a client needs; `running.world` is the venue: its faults, its crowd of
    market makers, its exchange.
    """
    told = {"state": folder / "sandbox", "pace_per_s": 0.0, "past_minutes": 0, **settings}
    async with serving(SandboxSettings(**told)) as running:
        yield running
