"""A client that keeps texts in flight, in a process of its own at the lowest priority.

    AITRADER_TOKEN=... sentiment_crowd.py ENDPOINT

A line `on` begins and is answered once the first of them came back; `off` ends, and the answer
counts what came back from `on` until then, by who scored it.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle
from random import Random
from typing import Any

import grpc
import uvloop
from aitrader.v1 import sentiment_pb2, sentiment_pb2_grpc
from aitrader_models.texts.headlines import packaged
from processes import Served

IN_FLIGHT = 64
ANSWER_TIMEOUT_S = 120.0


class Crowd:
    """The process, seen from the bench."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def begin(self) -> None:
        await self._ask("on")

    async def end(self) -> dict[str, float]:
        """Texts a second by who scored them."""
        rates: dict[str, float] = json.loads(await self._ask("off"))
        return rates

    async def _ask(self, line: str) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            answer = await self._process.stdout.readline()
        assert answer, "the process ended before it answered; what it said before tells why"
        return answer


@asynccontextmanager
async def crowd(served: Served) -> AsyncIterator[Crowd]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        served.endpoint,
        env={**os.environ, "AITRADER_TOKEN": served.token},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Crowd(process)
    finally:
        process.kill()
        await process.communicate()


def requests() -> Iterator[sentiment_pb2.StreamAnalyzeRequest]:
    """Headlines with their words shuffled: as many tokens, and none that is known."""
    shuffled = Random(1)
    for item_id, headline in enumerate(cycle(packaged()), start=1):
        words = headline.text.split()
        shuffled.shuffle(words)
        item = sentiment_pb2.AnalyzeRequest(text=" ".join(words))
        yield sentiment_pb2.StreamAnalyzeRequest(item_id=item_id, item=item)


class Stream:
    """Texts in flight until it is told to stop."""

    def __init__(self, stream: Any, texts: Iterator[sentiment_pb2.StreamAnalyzeRequest]) -> None:
        self._stream = stream
        self._texts = texts
        self._answers: Counter[str] = Counter()
        self._stopping = False
        self._begun = time.perf_counter()
        self.answered = asyncio.Event()

    async def run(self) -> None:
        for _ in range(IN_FLIGHT):
            await self._stream.write(next(self._texts))
        async for answer in self._stream:
            self.answered.set()
            if self._stopping:
                continue
            self._answers[answer.result.engine or answer.error.reason] += 1
            await self._stream.write(next(self._texts))

    async def stop(self) -> dict[str, float]:
        self._stopping = True
        elapsed_s = time.perf_counter() - self._begun
        await self._stream.done_writing()
        return {who: count / elapsed_s for who, count in self._answers.items()}


async def main(endpoint: str) -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    texts = requests()
    metadata = (("authorization", f"Bearer {os.environ['AITRADER_TOKEN']}"),)
    async with grpc.aio.insecure_channel(endpoint) as channel:
        stub = sentiment_pb2_grpc.SentimentServiceStub(channel)
        while await asyncio.to_thread(sys.stdin.readline) == "on\n":
            stream = Stream(stub.StreamAnalyze(metadata=metadata), texts)
            running = asyncio.create_task(stream.run())
            await stream.answered.wait()
            print("on", flush=True)  # noqa: T201 -- its output
            assert await asyncio.to_thread(sys.stdin.readline) == "off\n"
            rates = await stream.stop()
            await running
            print(json.dumps(rates), flush=True)  # noqa: T201 -- its output


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
