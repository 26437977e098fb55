"""What a caller is told of a text, over gRPC and over REST."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import grpc
import msgspec
import pytest
from aitrader_server.domain.decision.views import Latency, Probabilities, Span
from aitrader_server.engine.news_desk import Tier
from aitrader_server.errors import Overloaded, Unavailable
from scripted_models import START_NS, ScriptedModel, fails, hangs, says

MISSING = Unavailable("no weights", reason="MODEL_MISSING")
FULL = Overloaded("8000 of 8192 tokens wait; send fewer at a time", retry_after_s=1.2)
BODY = {"text": "Bitcoin rises"}
SHA256 = "ab" * 32


class Wordy(ScriptedModel):
    """Says everything that a view can say."""

    async def analyze(self, news, timeout_s):
        view = await super().analyze(news, timeout_s)
        return msgspec.structs.replace(
            view,
            raw=Probabilities(positive=0.25, neutral=0.5, negative=0.25),
            calibration="crypto-v1",
            precision="fp32",
            tokens=4,
            truncated=True,
            spans=(Span(8, 13, "rises", 1.5),),
            latency=Latency(queue_ms=1.0, tokenize_ms=2.0, infer_ms=3.0, batch_size=2),
        )


async def test_an_answer_says_all_that_is_known(bureau):
    async with bureau(Wordy(says(0.75), "finbert-1", engine="onnx", sha256=SHA256)) as desk:
        told = await desk.analyze()
        over_rest = (await desk.rest.post("/ai/sentiment", json=BODY)).json()
    assert (told.label, told.score, told.model, told.engine) == (
        "positive",
        0.75,
        "finbert-1",
        "onnx",
    )
    assert (told.model_sha256, told.precision, told.calibration) == (SHA256, "fp32", "crypto-v1")
    assert (told.token_count, told.truncated, told.cached) == (4, True, False)
    assert told.raw_probabilities.neutral == 0.5
    assert told.probabilities.positive == 0.75
    assert [(s.start, s.end, s.text, s.weight) for s in told.spans] == [(8, 13, "rises", 1.5)]
    assert list(told.reasons) == ["rises"]
    assert (told.latency.queue_ms, told.latency.batch_size) == (1.0, 2)
    assert 0 < told.latency_ms < 30_000
    assert over_rest["cached"] is True
    assert over_rest["score"] == 0.75
    assert over_rest["model_sha256"] == SHA256
    assert over_rest["spans"] == [{"start": 8, "end": 13, "text": "rises", "weight": 1.5}]


async def test_an_answer_that_stands_in_says_why(bureau):
    first = ScriptedModel(fails(MISSING), "finbert-1", engine="onnx")
    async with bureau(first, ScriptedModel(says(0.1), "rules-1", engine="rules")) as desk:
        told = await desk.analyze()
        over_rest = (await desk.rest.post("/ai/sentiment", json=BODY)).json()
        metrics = desk.room
    assert (told.engine, told.fallback_reason) == ("rules", "MODEL_MISSING")
    assert (over_rest["engine"], over_rest["fallback_reason"]) == ("rules", "MODEL_MISSING")
    fallbacks = "aitrader_sentiment_fallbacks_total"
    assert metrics.counted(fallbacks, engine="onnx", reason="MODEL_MISSING") == 2


async def test_a_full_queue_says_when_to_come_back(bureau, refused):
    async with bureau(ScriptedModel(fails(FULL)), ScriptedModel(says(0.1), "rules-1")) as desk:
        seen = await refused(desk.analyze())
        answer = await desk.rest.post("/ai/sentiment", json=BODY)
        in_batch = await refused(desk.batch("one", "two"))
    assert (seen.code, seen.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    assert seen.retry_after_s == 1.2
    assert "send fewer at a time" in seen.message
    assert (in_batch.code, in_batch.retry_after_s) == (seen.code, 1.2)
    assert (answer.status_code, answer.json()["code"]) == (429, 8)
    # Whole seconds, and never too early.
    assert answer.headers["retry-after"] == "2"


async def test_when_no_model_is_left_the_caller_learns_the_reason(bureau, refused):
    async with bureau(ScriptedModel(fails(MISSING))) as desk:
        seen = await refused(desk.analyze())
        answer = await desk.rest.post("/ai/sentiment", json=BODY)
    assert (seen.code, seen.reason) == (grpc.StatusCode.UNAVAILABLE, "MODEL_MISSING")
    assert answer.status_code == 503


async def test_a_bug_of_a_model_is_not_the_callers_business(bureau):
    broken = ScriptedModel(fails(ValueError("secret path")), "broken-1")
    async with bureau(broken, ScriptedModel(says(0.1), "rules-1")) as desk:
        told = await desk.analyze()
        ((what, error),) = desk.room.troubles
    assert (told.model, told.fallback_reason) == ("rules-1", "FAILED")
    assert (what, str(error)) == ("broken-1 failed", "secret path")


async def test_the_callers_deadline_reaches_the_model(bureau, refused):
    late = ScriptedModel(hangs())
    async with bureau(late) as desk:
        # Who spends the deadline on connecting never brings it to the model.
        await desk.channel.channel_ready()
        seen = await refused(desk.analyze(timeout_s=2.0))
        async with asyncio.timeout(10):
            while not late.cancelled:
                await asyncio.sleep(0.01)
    assert seen.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0 < late.asked[0][1] < 2.0


async def test_a_late_model_costs_the_caller_its_own_time_only(bureau):
    late = Tier(model=ScriptedModel(hangs(), "late-1"), timeout_s=0.05)
    async with bureau(late, ScriptedModel(says(0.1), "rules-1")) as desk:
        told = await desk.analyze()
    assert (told.model, told.fallback_reason) == ("rules-1", "TIMEOUT")


async def test_a_caller_who_leaves_ends_the_question(bureau):
    late = ScriptedModel(hangs())
    async with bureau(late) as desk:
        asking = asyncio.create_task(desk.analyze())
        async with asyncio.timeout(10):
            await late.came.acquire()
            asking.cancel()
            while not late.cancelled:
                await asyncio.sleep(0.01)
    assert asking.cancelled() or asking.done()


@pytest.mark.parametrize("text", [" ", "\x00", "\u200b\ufeff"])
async def test_a_text_without_a_visible_character_is_refused_by_name(bureau, refused, text):
    async with bureau(ScriptedModel(says(0.5))) as desk:
        seen = await refused(desk.analyze(text))
        answer = await desk.rest.post("/ai/sentiment", json={"text": text})
        in_batch = await refused(desk.batch("Bitcoin rises", text, "Bitcoin falls"))
    assert (seen.code, seen.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "EMPTY_TEXT")
    assert seen.fields == ("text",)
    assert "send a headline" in seen.message
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert in_batch.fields == ("items[1].text",)
    assert in_batch.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_many_texts_are_brought_no_faster_than_the_model_that_serves_takes_them(bureau):
    narrow = ScriptedModel(says(0.5), texts_at_once_max=2)

    async def refuse_a_third(news, timeout_s):
        if narrow.in_flight > 2:
            raise Overloaded("two at a time", retry_after_s=1.0)
        await asyncio.sleep(0.001)
        return 0.5

    narrow.act = refuse_a_third
    gone = ScriptedModel(fails(MISSING), "gone-1", ready=False, texts_at_once_max=7)
    async with bureau(gone, narrow) as desk:
        told = await desk.batch(*(f"text {number}" for number in range(40)))
    assert [result.score for result in told.results] == [0.5] * 40


async def test_a_batch_is_answered_in_its_order(bureau):
    async def slow_first(news, timeout_s):
        await asyncio.sleep(0.02 if news.text == "text 0" else 0.0)
        return int(news.text.split()[1]) / 1_000

    model = ScriptedModel(slow_first)
    texts = [f"text {number}" for number in range(256)]
    async with bureau(model) as desk:
        told = await desk.batch(*texts)
        over_rest = await desk.rest.post(
            "/ai/sentiment:batch", json={"items": [{"text": text} for text in texts]}
        )
    scores = [number / 1_000 for number in range(256)]
    assert [result.score for result in told.results] == scores
    assert [result["score"] for result in over_rest.json()["results"]] == scores
    assert model.in_flight_max <= 64


async def test_others_have_their_turn_between_the_texts_of_a_batch(bureau):
    model = ScriptedModel(says(0.1))
    seen = [0]

    async def look():
        while True:
            seen.append(len(model.asked))
            await asyncio.sleep(0)

    async with bureau(model) as desk:
        looking = asyncio.create_task(look())
        await desk.batch(*(f"text {number}" for number in range(256)))
        looking.cancel()
    assert seen[-1] == 256
    assert max(later - earlier for earlier, later in pairwise(seen)) <= 2


async def test_one_refusal_ends_a_batch_and_what_it_had_begun(bureau, refused):
    hanging = ScriptedModel(hangs())

    async def act(news, timeout_s):
        if news.text == "bad":
            raise FULL
        return await hanging.act(news, timeout_s)

    model = ScriptedModel(act)
    async with bureau(model) as desk:
        seen = await refused(desk.batch("one", "two", "bad"))
    assert seen.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert sorted(news.text for news in model.cancelled) == ["one", "two"]


async def test_the_models_are_described_in_the_order_in_which_they_are_asked(bureau):
    onnx = ScriptedModel(
        fails(MISSING),
        "finbert-1",
        engine="onnx",
        ready=False,
        why="MODEL_MISSING: /models/finbert is not there",
        queue_tokens=7,
        queue_tokens_max=100,
    )
    cloud = ScriptedModel(says(0.1), "gpt-1", engine="openai", remote=True, sha256=SHA256)
    rules = ScriptedModel(says(0.1), "rules-1", engine="rules", calibrations=("plain",))
    async with bureau(onnx, Tier(model=cloud, timeout_s=1.0, decides=False), rules) as desk:
        told = await desk.model()
        over_rest = (await desk.rest.get("/ai/sentiment/model")).json()
        onnx.described |= {"ready": True, "why": "", "precision": "fp32", "tokens_max": 128}
        healed = await desk.model()
    assert [b.model for b in told.backends] == ["finbert-1", "gpt-1", "rules-1"]
    assert [b.ready for b in told.backends] == [False, True, True]
    assert [b.decides for b in told.backends] == [True, False, True]
    assert [b.remote for b in told.backends] == [False, True, False]
    assert (told.backends[0].queue_tokens, told.backends[0].queue_tokens_max) == (7, 100)
    assert (told.model, told.engine, told.sha256) == ("gpt-1", "openai", SHA256)
    assert told.fallback_reason == "MODEL_MISSING: /models/finbert is not there"
    assert over_rest["fallback_reason"] == told.fallback_reason
    assert [b["engine"] for b in over_rest["backends"]] == ["onnx", "openai", "rules"]
    assert (healed.model, healed.fallback_reason) == ("finbert-1", "")
    assert (healed.precision, healed.tokens_max) == ("fp32", 128)


async def test_a_symbol_has_the_sentiment_of_its_texts(bureau):
    model = ScriptedModel(says(0.75))
    async with bureau(model) as desk:
        await desk.analyze("one", symbol="BTCUSDT")
        model.act = says(-0.25)
        await desk.analyze("two", symbol="BTCUSDT")
        told = await desk.of_symbol("BTCUSDT")
        over_rest = (await desk.rest.get("/ai/sentiment/symbols/BTCUSDT")).json()
        nothing = (await desk.rest.get("/ai/sentiment/symbols/ETHUSDT")).json()
    assert (told.symbol, told.label, told.count, told.stale) == ("BTCUSDT", "positive", 2, False)
    assert told.score == pytest.approx(0.25)
    assert told.weight == pytest.approx(2.0)
    assert told.half_life_s == 3_600.0
    assert told.updated_at.ToNanoseconds() == START_NS
    assert over_rest["score"] == pytest.approx(0.25)
    assert datetime.fromisoformat(over_rest["updated_at"]) == datetime.fromtimestamp(
        START_NS / 1e9, UTC
    )
    assert (nothing["count"], nothing["label"], nothing["stale"]) == (0, "neutral", True)
    assert nothing["updated_at"] is None


@pytest.mark.parametrize("symbol", ["btcusdt", "X" * 21, "B%20T"])
async def test_a_symbol_that_is_none_is_refused_by_name(bureau, symbol):
    async with bureau(ScriptedModel(says(0.75))) as desk:
        answer = await desk.rest.get(f"/ai/sentiment/symbols/{symbol}")
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert "symbol" in answer.json()["message"]


async def test_only_the_texts_of_those_who_may_trade_count_for_a_symbol(bureau):
    async with bureau(ScriptedModel(says(0.75))) as desk:
        told = await desk.analyze("one", role="viewer", symbol="BTCUSDT")
        assert told.score == 0.75
        assert (await desk.of_symbol("BTCUSDT")).count == 0
        await desk.analyze("one", role="trader", symbol="BTCUSDT")
        assert (await desk.of_symbol("BTCUSDT")).count == 1


@pytest.mark.parametrize(
    "published_at",
    [
        {"seconds": -(2**63), "nanos": -(2**31)},
        {"seconds": 2**63 - 1, "nanos": 2**31 - 1},
        {"seconds": 0, "nanos": -1},
        {"seconds": -62_135_596_801},
    ],
)
async def test_a_time_that_no_calendar_has_hurts_nobody(bureau, refused, published_at):
    async with bureau(ScriptedModel(says(0.75))) as desk:
        seen = await refused(desk.analyze(symbol="BTCUSDT", published_at=published_at))
        answer = await desk.rest.get("/ai/sentiment/symbols/BTCUSDT")
    assert (seen.code, seen.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("published_at",))
    assert answer.status_code == 200
    assert answer.json()["count"] == 0
