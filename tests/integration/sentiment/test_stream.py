"""A stream of texts: each is answered or refused by itself."""

import asyncio

import grpc
import pytest
from aitrader.v1 import sentiment_pb2
from aitrader_server.domain.decision.views import News
from aitrader_server.errors import Overloaded
from aitrader_server.rpc.sentiment import TEXTS_AT_ONCE
from scripted_models import ScriptedModel, fails, hangs, says

FULL = Overloaded("8000 of 8192 tokens wait; send fewer at a time", retry_after_s=1.5)
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT.value[0]
RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]


def item(number: int, text: str | None = None, **fields) -> sentiment_pb2.StreamAnalyzeRequest:
    text = f"text {number}" if text is None else text
    return sentiment_pb2.StreamAnalyzeRequest(item_id=number, item={"text": text, **fields})


async def talk(call, requests) -> dict[int, sentiment_pb2.StreamAnalyzeResponse]:
    """The answers by number, read while the requests are written."""

    async def write():
        for request in requests:
            await call.write(request)
        await call.done_writing()

    writing = asyncio.create_task(write())
    answers = {}
    async for answer in call:
        assert answer.item_id not in answers
        answers[answer.item_id] = answer
    await writing
    return answers


def tasks_of_streams() -> list[asyncio.Task]:
    return [task for task in asyncio.all_tasks() if "answers." in task.get_coro().__qualname__]


async def read_all(call):
    while await call.read() is not grpc.aio.EOF:
        pass


async def until(check):
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.01)


async def test_a_thousand_texts_have_a_thousand_answers(bureau):
    async def act(news, timeout_s):
        number = int(news.text.split()[1])
        # Out of order, as with models that batch.
        for _ in range(number % 7):
            await asyncio.sleep(0)
        return number / 1_000

    model = ScriptedModel(act)
    async with bureau(model) as desk:
        answers = await talk(desk.stream(), (item(number) for number in range(1_000)))
        assert tasks_of_streams() == []
    assert {number: answer.result.score for number, answer in answers.items()} == {
        number: number / 1_000 for number in range(1_000)
    }
    assert 1 < model.in_flight_max <= TEXTS_AT_ONCE


async def test_an_answer_does_not_wait_for_an_earlier_text(bureau):
    let_go = asyncio.Event()

    async def act(news, timeout_s):
        if news.text == "text 1":
            await let_go.wait()
        return 0.5

    async with bureau(ScriptedModel(act)) as desk:
        call = desk.stream()
        await call.write(item(1))
        await call.write(item(2))
        assert (await call.read()).item_id == 2
        let_go.set()
        assert (await call.read()).item_id == 1
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF


async def test_bad_texts_are_refused_one_by_one(bureau):
    requests = [
        item(1),
        sentiment_pb2.StreamAnalyzeRequest(item_id=2),
        item(3, ""),
        item(4, "x" * 10_001),
        item(5, "\u200b \x00"),
        item(6, "good", symbol="btc"),
        item(7, "good", source="s" * 101),
        item(8, "good", published_at={"nanos": -1}),
        item(9),
    ]
    async with bureau(ScriptedModel(says(0.5))) as desk:
        call = desk.stream()
        answers = await talk(call, requests)
        assert await call.code() is grpc.StatusCode.OK
    assert [number for number in sorted(answers) if answers[number].HasField("result")] == [1, 9]
    refusals = {number: answer.error for number, answer in answers.items() if 1 < number < 9}
    assert {refusal.code for refusal in refusals.values()} == {INVALID_ARGUMENT}
    named = {
        2: "item: is missing",
        3: "item.text",
        4: "item.text",
        5: "the text has no visible characters",
        6: "item.symbol",
        7: "item.source",
        8: "published_at",
    }
    assert {
        number: words for number, words in named.items() if words not in refusals[number].message
    } == {}
    assert refusals[5].reason == "EMPTY_TEXT"


async def test_a_full_queue_refuses_a_text_and_not_the_stream(bureau):
    model = ScriptedModel(fails(FULL))
    async with bureau(model) as desk:
        call = desk.stream()
        await call.write(item(1))
        refused = (await call.read()).error
        model.act = says(0.5)
        await call.write(item(2))
        answered = await call.read()
        call.cancel()
    assert (refused.code, refused.reason) == (RESOURCE_EXHAUSTED, "OVERLOADED")
    assert refused.retry_after_s == 1.5
    assert (answered.item_id, answered.result.score) == (2, 0.5)


async def test_a_stream_that_is_ahead_of_its_answers_is_not_read(bureau):
    model = ScriptedModel(hangs())
    async with bureau(model) as desk:
        call = desk.stream()

        async def write():
            for number in range(10 * TEXTS_AT_ONCE):
                await call.write(item(number))

        writing = asyncio.create_task(write())
        await until(lambda: model.in_flight == TEXTS_AT_ONCE)
        # Whatever can still move has moved when another text has been answered meanwhile.
        other = ScriptedModel(says(0.5), "scripted-1")
        model.act, hanging = other.act, model.act
        assert (await desk.analyze("meanwhile")).score == 0.5
        model.act = hanging
        assert model.in_flight == TEXTS_AT_ONCE
        call.cancel()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def test_a_stream_that_is_cancelled_leaves_nothing_behind(bureau):
    model = ScriptedModel(hangs())
    async with bureau(model) as desk:
        call = desk.stream()
        for number in range(10):
            await call.write(item(number))
        await until(lambda: model.in_flight == 10)
        call.cancel()
        await until(lambda: model.in_flight == 0)
        await until(lambda: tasks_of_streams() == [])
        assert len(model.cancelled) == 10
        # And the service goes on.
        model.act = says(0.5)
        assert (await desk.analyze("another")).score == 0.5


async def test_the_deadline_of_a_stream_is_that_of_its_texts(bureau):
    model = ScriptedModel(hangs())
    async with bureau(model) as desk:
        call = desk.stream(timeout_s=0.5)
        await call.write(item(1))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await read_all(call)
        await until(lambda: tasks_of_streams() == [])
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert model.asked[0][0] == News(text="text 1")
    assert model.asked[0][1] < 0.5


async def test_bytes_that_are_no_request_end_the_stream_after_what_came_before(bureau):
    async with bureau(ScriptedModel(says(0.5))) as desk:
        method = "/aitrader.v1.SentimentService/StreamAnalyze"
        call = desk.channel.stream_stream(
            method, response_deserializer=sentiment_pb2.StreamAnalyzeResponse.FromString
        )(metadata=desk.stream_metadata, timeout=30)
        await call.write(item(1).SerializeToString())
        assert (await call.read()).item_id == 1
        await call.write(b"\xff\xff")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
