"""`aitrader` as a process of its own, for benches that time it from outside."""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from aitrader.v1 import trading_pb2, trading_pb2_grpc

SCRIPT = str(Path(sys.executable).with_name("aitrader"))
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.05
# Room for every order of a bench: none may be denied for want of money or of open orders.
SETTINGS = (
    "execution.gateway=paper",
    'execution.paper={balances: {USDT: "1000000000", BTC: "100000"}, quote_period_ms: 1000}',
    "risk.max_open_orders=10000",
    "risk.max_quote_age_ms=60000",
    "logging.level=warning",
)
ORDER = {"symbol": "BTCUSDT", "side": 1, "order_type": 1, "quantity": "0.001"}


@dataclass(frozen=True)
class Served:
    """Where a started process listens, and what it takes to be let in."""

    endpoint: str
    url: str
    token: str
    pid: int

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"),)


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A state folder on the disk of the working folder, since /tmp may be in memory."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as path:
        yield Path(path)


@asynccontextmanager
async def running(command: str, state: Path, *settings: str) -> AsyncIterator[Served]:
    """Runs `aitrader COMMAND` until the context ends; raises when it does not get ready."""
    chosen = ("grpc.port=0", "rest.port=0", f"state={state}", *SETTINGS, *settings)
    words = [word for value in chosen for word in ("--set", value)]
    process = await asyncio.create_subprocess_exec(
        SCRIPT, command, *words, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            said = await _said(process)
        endpoint, url = _found(r"gRPC +(\S+)", said), _found(r"REST +(\S+)", said)
        yield Served(endpoint, url, (state / "token").read_text().strip(), process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _said(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = ""
    while not said.endswith("\nready\n"):
        line = await process.stderr.readline()
        assert line, f"aitrader ended before it was ready:\n{said}"
        said += line.decode()
    return said


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    return found.group(1) if found else ""


@asynccontextmanager
async def connected(served: Served) -> AsyncIterator[grpc.aio.Channel]:
    """A connection of its own to an engine whose gate is open."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(served.endpoint, options=options) as channel:
        stub = trading_pb2_grpc.TradingServiceStub(channel)
        async with asyncio.timeout(START_TIMEOUT_S):
            while not await _is_open(stub, served):
                await asyncio.sleep(POLL_S)
        yield channel


async def _is_open(stub: trading_pb2_grpc.TradingServiceStub, served: Served) -> bool:
    status = await stub.GetStatus(trading_pb2.GetStatusRequest(), metadata=served.metadata)
    return all(part.ok for part in status.ready.values())


def cpu_s(pid: int | str) -> float:
    """Processor seconds that the process has used, system time included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mib(pid: int | str) -> float:
    """Memory that the process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4 / 1024
