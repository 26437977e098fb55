"""Ten thousand hostile texts at a running server: each has an answer or a clear refusal."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import orjson
import pytest
from aitrader.v1 import sentiment_pb2
from aitrader_server.domain.decision.news_text import normalize
from callers import Rpc
from hostile_texts import CHARS_MAX, COUNT, HUGE, hostile_texts

BODY_BYTES_MAX = 1_048_576
CALLERS = 4
BATCH_ITEMS_MAX = 64
WARM_UP = 300
TEXT_MS_MAX = 1_000
GROWTH_BYTES_MAX = 64 * 1024 * 1024
LABELS = {"positive", "neutral", "negative"}
# As JSON escapes halves of a character, which UTF-8 cannot carry.
SURROGATES = (
    r"\ud800",
    r"\udfff",
    r"\ud83d",
    r"\ud800 \udc00",
    r"\udc00\ud800",
    r"up \ud83d rises",
)


def is_text(text: str) -> bool:
    return 1 <= len(text) <= CHARS_MAX and bool(normalize(text))


def resident_bytes(pid: int) -> int:
    """Of the process and of those that it started."""
    total, waiting = 0, [pid]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        total += int((folder / "statm").read_text().split()[1]) * 4096
        for children in folder.glob("task/*/children"):
            waiting += map(int, children.read_text().split())
    return total


def batches(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), BATCH_ITEMS_MAX):
        yield texts[start : start + BATCH_ITEMS_MAX]


async def in_turns(ask, things) -> None:
    """Asks about each of `things`, a few at a time."""
    waiting = iter(things)

    async def caller():
        for thing in waiting:
            await ask(thing)

    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(caller())


class Critics:
    """Each way to ask, with what must come of it; `answered` counts the texts."""

    def __init__(self, rest: httpx.AsyncClient, rpc: Rpc) -> None:
        self._rest = rest
        self._rpc = rpc
        self.answered = 0

    async def ask_over_grpc(self, text: str) -> None:
        self.answered += 1
        call = self._rpc.sentiment.Analyze(
            sentiment_pb2.AnalyzeRequest(text=text), **self._rpc.auth
        )
        if is_text(text):
            self._check(await call, text)
        else:
            await self._refused(call, "text")

    async def ask_over_rest(self, text: str) -> None:
        self.answered += 1
        body = orjson.dumps({"text": text})
        answer = await self._rest.post("/ai/sentiment", content=body)
        told = answer.json()
        if is_text(text):
            assert answer.status_code == 200, (told, text[:200])
            assert told["label"] in LABELS
            assert -1.0 <= told["score"] <= 1.0
            assert told["latency_ms"] < TEXT_MS_MAX, text[:200]
        elif len(body) > BODY_BYTES_MAX:
            assert (answer.status_code, told["code"]) == (413, 8), told
            assert str(BODY_BYTES_MAX) in told["message"]
        else:
            assert (answer.status_code, told["code"]) == (400, 3), told
            assert "text" in told["message"]

    async def ask_in_a_batch(self, texts: list[str]) -> None:
        self.answered += len(texts)
        good = [text for text in texts if is_text(text)]
        told = await self._batch(good)
        for text, result in zip(good, told.results, strict=True):
            self._check(result, text)
        at = len(good) // 2
        for bad in (text for text in texts if not is_text(text)):
            await self._refused(self._batch([*good[:at], bad, *good[at:]]), f"items[{at}].text")

    def _batch(self, texts):
        items = [{"text": text} for text in texts]
        request = sentiment_pb2.AnalyzeBatchRequest(items=items)
        return self._rpc.sentiment.AnalyzeBatch(request, **self._rpc.auth)

    def _check(self, told, text: str) -> None:
        assert told.label in LABELS, text[:200]
        assert -1.0 <= told.score <= 1.0, text[:200]
        assert told.latency_ms < TEXT_MS_MAX, text[:200]
        assert told.fallback_reason == "", text[:200]
        seen = normalize(text) if told.spans else ""
        assert [seen[span.start : span.end] for span in told.spans] == list(told.reasons)

    async def _refused(self, call, field: str) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert field in (caught.value.details() or "")


async def test_ten_thousand_hostile_texts(served, rest, rpc):
    texts = list(hostile_texts())
    critics = Critics(rest, rpc)
    ordinary = texts[len(HUGE) :]
    await in_turns(critics.ask_over_grpc, ordinary[:WARM_UP])
    before = resident_bytes(served.pid)
    await in_turns(critics.ask_over_grpc, [*HUGE, *ordinary[WARM_UP::3]])
    await in_turns(critics.ask_over_rest, [*HUGE, *ordinary[WARM_UP + 1 :: 3]])
    await in_turns(critics.ask_in_a_batch, batches(ordinary[WARM_UP + 2 :: 3]))
    grown = resident_bytes(served.pid) - before
    assert critics.answered == COUNT + len(HUGE)
    assert grown < GROWTH_BYTES_MAX, f"{grown / 2**20:.0f} MiB"
    assert "Traceback" not in served.log
    assert (await rest.get("/live/status")).status_code == 200


@pytest.mark.parametrize("escaped", SURROGATES)
async def test_half_a_character_is_an_answer_or_a_refusal(rest, escaped):
    body = b'{"text": "%s"}' % escaped.encode()
    answer = await rest.post("/ai/sentiment", content=body)
    told = answer.json()
    assert answer.status_code in (200, 400), told
    if answer.status_code == 400:
        assert told["code"] == 3
        assert told["message"]


async def test_a_message_over_the_bound_is_refused(rest, rpc):
    request = sentiment_pb2.AnalyzeRequest(text="x" * 5_000_000)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc.sentiment.Analyze(request, **rpc.auth)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
