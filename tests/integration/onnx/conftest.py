"""The model of the `onnx` plug-in on a tiny folder, with its real process."""

import asyncio
import os
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aitrader_models.onnx.plugin import OnnxModel, create
from aitrader_server.engine.ports import ModelContext
from tiny_onnx_models import make_folder

# A machine that others use may be slow: this ends a test that hangs, it never paces one.
PATIENCE_S = 60.0

Open = Callable[..., Awaitable["Served"]]


class WallClock:
    def now_ns(self) -> int:
        return time.time_ns()


class Served:
    """A started model and what it said to the log."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.log: list[str] = []
        self.clock = WallClock()
        context = ModelContext(environ=os.environ, clock=self.clock, report=self.log.append)
        self.model: OnnxModel = create(settings, context)

    @property
    def pid(self) -> int:
        serving = self.model._supervisor.serving
        assert serving is not None, self.log
        return serving.child.pid

    @property
    def counts(self) -> Counter[str]:
        """What the process that serves now did with its texts."""
        serving = self.model._supervisor.serving
        assert serving is not None, self.log
        return Counter(serving.child.counts)

    async def until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        deadline_s = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < deadline_s, (self.model.describe(), self.log)
            await asyncio.sleep(0.01)

    async def until_ready(self, patience_s: float = PATIENCE_S) -> None:
        await self.until(lambda: self.model.describe().ready, patience_s)

    async def until_withdrawn(self, reason: str) -> None:
        await self.until(lambda: self.model.describe().why.startswith(f"{reason}: "))


@pytest.fixture(scope="session")
def pattern(tmp_path_factory) -> Path:
    return make_folder(tmp_path_factory.mktemp("pattern"))


@pytest.fixture(scope="session")
def slow_pattern(tmp_path_factory) -> Path:
    """Each call takes some ten milliseconds."""
    return make_folder(tmp_path_factory.mktemp("slow"), work=700)


@pytest.fixture
def folder(tmp_path, pattern) -> Path:
    """One to spoil."""
    return shutil.copytree(pattern, tmp_path / "model")


@pytest.fixture
async def start() -> AsyncIterator[Open]:
    """Starts models; whatever runs at the end is stopped.

    They run at the usual priority: other work on the machine must not decide how a test ends.
    """
    started: list[Served] = []

    async def start_one(folder: Path, **settings: Any) -> Served:
        served = Served({"folder": folder, "threads": 2, "priority": "normal", **settings})
        started.append(served)
        await served.model.start()
        return served

    yield start_one
    for served in started:
        await served.model.stop()
