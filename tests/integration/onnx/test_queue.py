"""The queue is bounded, and what nobody waits for is not scored."""

import asyncio
import os
import signal
import time

import pytest
from aitrader_server.domain.decision.views import News
from aitrader_server.errors import Overloaded, Unavailable

TIMEOUT_S = 60.0
WORDS = 30
# Between the two marks.
TOKENS = WORDS + 2
SLOW = {"precision": "fp32", "threads": 1, "batch_max": 1}


async def busy(served, texts: int) -> list[asyncio.Task]:
    """Texts that keep the only thread busy and wait as long as it takes; in order, and taken in."""
    tasks = [
        asyncio.create_task(served.model.analyze(News(text="hack " * WORDS), TIMEOUT_S))
        for _ in range(texts)
    ]
    await asyncio.sleep(0)
    return tasks


async def test_a_full_queue_refuses_and_says_when_to_come_back(slow_pattern, start):
    served = await start(slow_pattern, **SLOW, queue_tokens_max=10 * TOKENS)
    await served.until_ready()
    begin_s = time.monotonic()
    answers = await asyncio.gather(*await busy(served, 200), return_exceptions=True)
    took_s = time.monotonic() - begin_s
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    scored = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(refused) + len(scored) == len(answers)
    assert served.counts == {"scored": len(scored), "full": len(refused)}
    assert len(scored) >= 10
    # What waited then was scored in this time; the promise must be of that order.
    assert all(0.0 < refusal.retry_after_s < 10 * took_s for refusal in refused)
    assert refused[0].retry_after_s > took_s / 10
    assert f"{TOKENS} tokens into a queue of {10 * TOKENS}" in str(refused[0])
    await served.model.analyze(News(text="hack"), TIMEOUT_S)


async def test_the_queue_is_seen_from_outside(slow_pattern, start):
    served = await start(slow_pattern, **SLOW)
    await served.until_ready()
    tasks = await busy(served, 20)
    await served.until(lambda: served.model.describe().queue_tokens > 0)
    await asyncio.gather(*tasks)
    assert served.model.describe().queue_tokens == 0


async def test_a_queue_that_everybody_left_is_empty(slow_pattern, start):
    served = await start(slow_pattern)
    await served.until_ready()
    tasks = await busy(served, 300)
    await served.until(lambda: served.model.describe().queue_tokens > 0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await served.until(lambda: served.counts.total() == len(tasks))
    assert served.model.describe().queue_tokens == 0


async def test_a_process_that_does_not_read_is_not_written_to_without_end(pattern, start):
    served = await start(pattern)
    await served.until_ready()
    os.kill(served.pid, signal.SIGSTOP)
    texts = (News(text="a" * 10_000) for _ in range(200))
    answers = await asyncio.gather(
        *(served.model.analyze(text, 0.5) for text in texts), return_exceptions=True
    )
    # Late and not overloaded: the next model of a chain answers, and nobody is turned away.
    assert {type(answer) for answer in answers} == {TimeoutError}
    unwritten = sum("does not read" in str(answer) for answer in answers)
    # What the pipe and the buffer hold, a megabyte and a little.
    assert 100 <= len(answers) - unwritten <= 130


async def test_a_text_that_can_never_wait_is_told_so(slow_pattern, start):
    served = await start(slow_pattern, **SLOW, queue_tokens_max=8)
    await served.until_ready()
    with pytest.raises(Unavailable, match="raise queue_tokens_max") as refused:
        await served.model.analyze(News(text="hack " * 7), TIMEOUT_S)
    assert refused.value.reason == "TEXT_TOO_LONG"
    await served.model.analyze(News(text="hack " * 6), TIMEOUT_S)


async def test_texts_whose_time_is_up_are_not_scored(slow_pattern, start):
    served = await start(slow_pattern, **SLOW)
    await served.until_ready()
    ahead = await busy(served, 10)
    late = await asyncio.gather(
        *(served.model.analyze(News(text="loss"), 0.01) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(answer, TimeoutError) for answer in late)
    await asyncio.gather(*ahead)
    await served.until(lambda: sum(served.counts.values()) == 30)
    assert served.counts["scored"] == 10


async def test_texts_that_nobody_waits_for_are_not_scored(slow_pattern, start):
    served = await start(slow_pattern, **SLOW)
    await served.until_ready()
    ahead = await busy(served, 10)
    given_up = await busy(served, 20)
    for task in given_up:
        task.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)
    await asyncio.gather(*ahead)
    await served.until(lambda: sum(served.counts.values()) == 30)
    assert served.counts == {"scored": 10, "abandoned": 20}


async def test_the_oldest_text_is_scored_first(slow_pattern, start):
    served = await start(slow_pattern, **SLOW)
    await served.until_ready()
    ended: list[int] = []

    async def ask(number: int) -> None:
        await served.model.analyze(News(text="hack " * (1 + number % 5)), TIMEOUT_S)
        ended.append(number)

    await asyncio.gather(*(ask(number) for number in range(20)))
    assert ended == list(range(20))
