"""An engine for tests of one part: the paper venue, a journal of the test's choice."""

import asyncio
from types import SimpleNamespace

from aitrader_gateway.paper.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.engine.assembly import Ports
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.errors import JournalError

CALLER = Caller(name="tester", trace_id="a" * 32)


class NoMetrics:
    def count(self, name, labels, trace_id=""):
        pass

    def observe(self, name, value, labels, trace_id=""):
        pass


class BreakableJournal(MemoryJournal):
    """Refuses every append once `broken`."""

    broken = False

    def append(self, records):
        if self.broken:
            raise JournalError("no space left on device")
        super().append(records)


def fail(what, error):
    raise AssertionError(what) from error


def build(tmp_path, journal, on_trouble=fail, limits_store=None, **settings):
    """An engine on the paper venue, not started."""
    context = SimpleNamespace(state_dir=tmp_path, clock=SystemClock(), environ={}, keys=None)
    broker, quotes = create({"symbols": ["BTCUSDT"]}, context)
    ports = Ports(
        clock=SystemClock(),
        ids=RandomIds(),
        journal=journal,
        broker=broker,
        quotes=quotes,
        models=None,
        metrics=NoMetrics(),
        limits_store=limits_store,
    )
    chosen = EngineSettings(
        account="a",
        quote_asset="USDT",
        version="0",
        query_interval_s=0.01,
        record_lag_s=0.01,
        **settings,
    )
    return Engine(ports, chosen, on_trouble)


async def ready(engine):
    """The engine, started and reconciled."""
    await engine.start()
    async with asyncio.timeout(10):
        while engine.parts.gatekeeper.reconciling:
            await asyncio.sleep(0.01)
    return engine
