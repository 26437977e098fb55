"""Where lives begin and end: each is a copy of one process, and is killed from outside."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
from aitrader_server.domain.words import OrderState

from evidence import mortal
from evidence.mortal import Life, Word

LIFE_S_MAX = 120


@dataclass(frozen=True)
class Moment:
    """When a life is killed: so long after its process began, or after it was `at_work`."""

    after_s: float
    at_work: bool


class Cradle:
    """The process that lives begin in, one after the other; `told` fills with what they say."""

    def __init__(
        self, process: asyncio.subprocess.Process, told: dict[str, OrderState | None]
    ) -> None:
        self._process = process
        self._told = told

    async def lived(self, life: Life, end: Moment | None = None) -> bool:
        """Whether a life came to its own end before it was killed."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(life) + b"\n")
        async with asyncio.timeout(LIFE_S_MAX):
            born = await self._next()
            assert born.kind == "born", born
            at_work = asyncio.Event()
            killing = asyncio.create_task(_kill(born.number, at_work, end))
            try:
                return await self._follow(at_work)
            finally:
                killing.cancel()

    async def _follow(self, at_work: asyncio.Event) -> bool:
        survived = False
        while (word := await self._next()).kind != "ended":
            assert word.kind != "failed", word.text
            if word.kind == "fit":
                at_work.set()
            elif word.kind == "placed":
                self._told[word.text] = word.state
            survived = survived or word.kind == "survived"
        assert survived or word.number == -signal.SIGKILL, f"it ended with {word.number}"
        return survived

    async def _next(self) -> Word:
        assert self._process.stdout is not None
        return msgspec.json.decode(await self._process.stdout.readline(), type=Word)


async def _kill(pid: int, at_work: asyncio.Event, end: Moment | None) -> None:
    if end is not None:
        if end.at_work:
            await at_work.wait()
        await asyncio.sleep(end.after_s)
        os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def cradled(told: dict[str, OrderState | None]) -> AsyncIterator[Cradle]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, mortal.__file__, stdin=PIPE, stdout=PIPE, start_new_session=True
    )
    try:
        yield Cradle(process, told)
    finally:
        # With all that it has given life to.
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
