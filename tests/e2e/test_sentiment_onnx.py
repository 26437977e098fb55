"""ONNX weights that vanish, break and come back under a server that is asked all the time."""

import asyncio
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from aitrader.v1 import sentiment_pb2
from aitrader_server.domain.decision.news_text import normalize
from callers import Rpc, caller, eventually
from hostile_texts import CHARS_MAX, hostile_texts
from serving import Server
from tiny_onnx_models import make_folder

CALLERS = 4
ONNX = ("onnx", "")


class Crowd:
    """Callers that never stop asking; `heard` counts the answers, and a failed call ends them."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._numbers = count(1)
        self.heard: Counter[tuple[str, str]] = Counter()
        self.latest = ("", "")

    @asynccontextmanager
    async def asking(self) -> AsyncIterator["Crowd"]:
        async with asyncio.TaskGroup() as group:
            callers = [group.create_task(self._ask()) for _ in range(CALLERS)]
            yield self
            for caller in callers:
                caller.cancel()

    async def _ask(self) -> None:
        while True:
            text = f"bitcoin rally of the {next(self._numbers)} shares"
            request = sentiment_pb2.AnalyzeRequest(text=text)
            told = await self._rpc.sentiment.Analyze(request, **self._rpc.auth)
            self.latest = (told.engine, told.fallback_reason)
            self.heard[self.latest] += 1

    async def until(self, *answers: tuple[str, str]) -> None:
        """Until one of these answers is what is heard."""

        async def heard() -> bool:
            return self.latest in answers

        await eventually(heard, f"one of {answers}, after {dict(self.heard)}")


@pytest.fixture
def folder(tmp_path) -> Path:
    return make_folder(tmp_path / "tiny", precisions=("fp32",))


@pytest.fixture
def server(serve, folder) -> Server:
    return serve(
        "models.sentiment.name=onnx",
        f"models.sentiment.settings={{folder: {folder}, threads: 1, priority: normal}}",
    )


@pytest.fixture
async def rpc(server) -> AsyncIterator[Rpc]:
    async with Rpc(server) as connected:
        yield connected


async def backend(rpc: Rpc):
    """The chosen model as GetModel describes it."""
    told = await rpc.sentiment.GetModel(sentiment_pb2.GetModelRequest(), **rpc.auth)
    assert [each.engine for each in told.backends] == ["onnx", "rules"]
    return told, told.backends[0]


async def fallbacks(server: Server) -> dict[str, int]:
    """How often the chosen model left a text to the rules, by reason."""
    async with caller(server) as rest:
        told = (await rest.get("/metrics")).text
    line = r'^aitrader_sentiment_fallbacks_total\{engine="onnx",reason="(\w+)"\} (\S+)$'
    return {reason: int(float(number)) for reason, number in re.findall(line, told, re.MULTILINE)}


def model_pid(server: Server) -> int:
    """The process that scores, among those that the server started."""
    found = []
    waiting = [server.pid]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        if b"onnx.worker" in (folder / "cmdline").read_bytes():
            found.append(int(folder.name))
        for children in folder.glob("task/*/children"):
            waiting += map(int, children.read_text().split())
    (pid,) = found
    return pid


async def test_weights_that_vanish_break_and_come_back(server, rpc, folder):
    weights, kept = folder / "fp32.onnx", folder.parent / "kept.onnx"
    shutil.copy(weights, kept)
    async with Crowd(rpc).asking() as crowd:
        await crowd.until(ONNX)

        weights.unlink()
        await crowd.until(("rules", "MODEL_MISSING"))
        told, chosen = await backend(rpc)
        assert (told.engine, chosen.ready) == ("rules", False)
        assert "MODEL_MISSING" in told.fallback_reason
        assert "fp32.onnx" in chosen.why

        weights.write_bytes(os.urandom(kept.stat().st_size))
        await crowd.until(("rules", "MODEL_CORRUPT"))
        told, chosen = await backend(rpc)
        assert (told.engine, chosen.ready) == ("rules", False)
        assert "MODEL_CORRUPT" in told.fallback_reason

        shutil.copy(kept, folder / "new")
        (folder / "new").replace(weights)
        await crowd.until(ONNX)
        told, chosen = await backend(rpc)
        assert (told.engine, told.fallback_reason, chosen.ready) == ("onnx", "", True)
    counted = await fallbacks(server)
    assert counted.keys() >= {"MODEL_MISSING", "MODEL_CORRUPT"}
    for (engine, reason), heard in crowd.heard.items():
        # Whoever left before the answer was counted as well.
        assert engine == "onnx" or heard <= counted[reason] <= heard + CALLERS
    assert {engine for engine, _ in crowd.heard} == {"onnx", "rules"}
    assert "Traceback" not in server.log


async def test_a_model_that_is_killed_comes_back(server, rpc):
    async with Crowd(rpc).asking() as crowd:
        await crowd.until(ONNX)
        before = model_pid(server)
        os.kill(before, signal.SIGKILL)
        await crowd.until(("rules", "MODEL_DIED"), ("rules", "MODEL_STARTING"))
        await crowd.until(ONNX)
        after = model_pid(server)
    assert after != before
    counted = await fallbacks(server)
    assert sum(counted.values()) > 0
    assert set(counted) <= {"MODEL_DIED", "MODEL_STARTING"}
    assert "Traceback" not in server.log


async def test_hostile_texts_do_not_move_it(server, rpc):
    async with Crowd(rpc).asking() as crowd:
        await crowd.until(ONNX)
    before = model_pid(server)
    texts = [text for text in hostile_texts() if 0 < len(text) <= CHARS_MAX and normalize(text)]
    for text in texts[::10]:
        request = sentiment_pb2.AnalyzeRequest(text=text)
        told = await rpc.sentiment.Analyze(request, **rpc.auth)
        assert (told.engine, told.fallback_reason) == ONNX, text[:200]
        assert -1.0 <= told.score <= 1.0, text[:200]
    assert model_pid(server) == before
    assert "Traceback" not in server.log
