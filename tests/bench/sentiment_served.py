"""The `onnx` plug-in as the engine has it: its process, its pipe, its queue."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aitrader_models.onnx.plugin import OnnxModel, create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.decision.views import News, SentimentView
from aitrader_server.engine.ports import ModelContext
from aitrader_server.errors import Unavailable

ANSWER_TIMEOUT_S = 60.0
START_TIMEOUT_S = 120.0
POLL_S = 0.002


class Served:
    """A model that was started; `ready_s` is from there to its first answer."""

    def __init__(self, model: OnnxModel, pid: int, ready_s: float) -> None:
        self._model = model
        self.pid = pid
        self.ready_s = ready_s

    async def score(self, text: str) -> SentimentView:
        return await self._model.analyze(News(text=text), ANSWER_TIMEOUT_S)


@asynccontextmanager
async def served(folder: Path, text: str, **settings: object) -> AsyncIterator[Served]:
    """Starts the plug-in and waits for its score of `text`.

    What it is measured against runs at the usual priority, and so does it: at the lowest, which is
    its default, a neighbour on the machine would slow it alone.
    """
    # What keeps it from serving is raised as well.
    context = ModelContext(environ=os.environ, clock=SystemClock(), report=lambda line: None)
    others = children(os.getpid())
    model = create({"folder": folder, "priority": "normal", **settings}, context)
    begun = time.perf_counter()
    await model.start()
    try:
        await first_answer(model, text)
        ready_s = time.perf_counter() - begun
        (pid,) = children(os.getpid()) - others
        yield Served(model, pid, ready_s)
    finally:
        await model.stop()


async def first_answer(model: OnnxModel, text: str) -> None:
    """Asks until the model serves; raises what keeps it from that."""
    async with asyncio.timeout(START_TIMEOUT_S):
        while True:
            try:
                await model.analyze(News(text=text), ANSWER_TIMEOUT_S)
            except Unavailable as error:
                if error.reason != "MODEL_STARTING":
                    raise
                await asyncio.sleep(POLL_S)
            else:
                return


def children(pid: int) -> set[int]:
    """Processes that `pid` started and that are there."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}
