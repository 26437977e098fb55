"""A server under attack: what it must still be afterwards."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from callers import Rpc, caller, reconciled
from serving import Server

# What it may have grown by, beside what it keeps of the orders that were good by chance.
GROWTH_MIB_MAX = 96
KIB_PER_MIB = 1024


@dataclass
class Siege:
    """`rss_mib` gives the server's resident memory, now."""

    server: Server
    rpc: Rpc
    rss_mib: Callable[[], int]
    grown_mib: int = 0


@asynccontextmanager
async def besieged() -> AsyncIterator[Siege]:
    """A server on the paper venue; afterwards it is the same one, as quick and not much larger."""
    with tempfile.TemporaryDirectory() as folder:
        # What is refused would fill the log.
        server = Server(Path(folder), "logging.level=warning")
        try:
            await asyncio.to_thread(server.start)
            async with caller(server) as rest, Rpc(server) as rpc:
                before = await reconciled(rest)
                siege = Siege(server, rpc, lambda: _rss_mib(server.pid))
                begun_mib = siege.rss_mib()
                yield siege
                assert server.alive, server.log[-5_000:]
                after = (await rest.get("/live/status")).json()
                assert after["started_at"] == before["started_at"]
                siege.grown_mib = siege.rss_mib() - begun_mib
                assert siege.grown_mib < GROWTH_MIB_MAX, f"it grew by {siege.grown_mib} MiB"
                assert not (crashes := _crashes(server.log)), crashes[0]
        finally:
            server.kill9()


def _rss_mib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) // KIB_PER_MIB


def _crashes(log: str) -> list[str]:
    """Entries with a stack in them."""
    return [line for line in log.splitlines() if "Traceback" in line]
