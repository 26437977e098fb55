"""Answers that a service should not give."""

import json

import pytest
from aitrader_server.domain.decision.views import News
from aitrader_server.errors import Unavailable
from cloud_services import AzureStand, OpenAiStand, Say
from google.cloud.language_v2 import AnalyzeSentimentResponse, Sentiment

NEWS = News(text="Canary-Text-55d0 plunges")
WHOLE = {"label": "negative", "positive": 0.1, "neutral": 0.2, "negative": 0.7}
completion = OpenAiStand.completion


async def failure_of(bench, body):
    bench.stand.deed = Say(body if isinstance(body, bytes) else json.dumps(body).encode())
    model = await bench.model()
    with pytest.raises(Unavailable) as caught:
        await model.analyze(NEWS, 3.0)
    assert "Canary" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("engine", ["openai"], indirect=True)
@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "positive",
        "[]",
        json.dumps(WHOLE)[:-1],
        json.dumps(WHOLE) + "{}",
        json.dumps(WHOLE | {"label": "mixed"}),
        json.dumps(WHOLE | {"label": "positive"}),
        json.dumps(WHOLE | {"note": "Canary"}),
        json.dumps({key: WHOLE[key] for key in ("label", "positive", "neutral")}),
        json.dumps(WHOLE | {"negative": "0.7"}),
        json.dumps(WHOLE | {"negative": None}),
        json.dumps(WHOLE | {"negative": float("nan")}),
        json.dumps(WHOLE | {"negative": float("inf")}),
        json.dumps(WHOLE).replace("0.7", "1e999"),
        json.dumps(WHOLE | {"negative": 0.65}),
        json.dumps(WHOLE | {"negative": 0.75}),
        json.dumps(WHOLE | {"positive": -0.1, "negative": 0.9}),
        json.dumps(WHOLE | {"positive": 0, "neutral": -0.5, "negative": 1.5}),
    ],
)
async def test_a_completion_that_is_no_verdict_is_refused(bench, content):
    assert (await failure_of(bench, completion(content))).reason == "BAD_ANSWER"


@pytest.mark.parametrize("engine", ["openai"], indirect=True)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (completion(None, refusal="I cannot rate Canary"), "refused to rate"),
        (completion(json.dumps(WHOLE), refusal="no"), "refused to rate"),
        (completion(json.dumps(WHOLE), finish_reason="length"), "cut off"),
        (completion(json.dumps(WHOLE), finish_reason="content_filter"), "cut off"),
        (completion(json.dumps(WHOLE)) | {"choices": []}, "not a chat completion"),
        (completion(json.dumps(WHOLE)) | {"model": 7}, "not a chat completion"),
    ],
)
async def test_a_refusal_or_a_half_answer_is_no_verdict(bench, body, message):
    failure = await failure_of(bench, body)
    assert failure.reason == "BAD_ANSWER"
    assert message in failure.message


@pytest.mark.parametrize("engine", ["openai"], indirect=True)
@pytest.mark.parametrize("negative", [0.68, 0.72])
async def test_a_rounded_verdict_is_made_to_sum_to_one(bench, negative):
    content = json.dumps(WHOLE | {"negative": negative})
    bench.stand.deed = Say(json.dumps(completion(content)).encode())
    parts = (await (await bench.model()).analyze(NEWS, 3.0)).probabilities
    assert parts.positive + parts.neutral + parts.negative == pytest.approx(1, abs=1e-12)
    assert parts.negative == pytest.approx(negative / (0.3 + negative))


@pytest.mark.parametrize("engine", ["openai"], indirect=True)
async def test_a_name_without_end_is_cut(bench):
    body = completion(json.dumps(WHOLE)) | {"model": "m" * 10_000, "usage": None}
    bench.stand.deed = Say(json.dumps(body).encode())
    view = await (await bench.model()).analyze(NEWS, 3.0)
    assert (view.model, view.tokens) == ("m" * 100, 0)


@pytest.mark.parametrize("engine", ["azure"], indirect=True)
@pytest.mark.parametrize(
    "body",
    [
        AzureStand.results([]),
        AzureStand.results([], [{"id": "0", "error": {"code": "InvalidArgument", "message": "x"}}]),
        AzureStand.results([{"id": "0", "sentiment": "positive"}]),
        AzureStand.results(
            [
                {
                    "id": "0",
                    "sentiment": "positive",
                    "confidenceScores": {"positive": 0.9, "neutral": 0.9, "negative": 0.9},
                }
            ]
        ),
    ],
)
async def test_an_analysis_without_scores_is_refused(bench, body):
    assert (await failure_of(bench, body)).reason == "BAD_ANSWER"


@pytest.mark.parametrize("engine", ["google"], indirect=True)
@pytest.mark.parametrize(
    "sentiment",
    [
        None,
        Sentiment(score=1.5, magnitude=1),
        Sentiment(score=float("nan"), magnitude=1),
        Sentiment(score=0.5, magnitude=-1),
        Sentiment(score=0.5, magnitude=float("inf")),
    ],
)
async def test_a_sentiment_out_of_range_is_refused(bench, sentiment):
    body = AnalyzeSentimentResponse.serialize(
        AnalyzeSentimentResponse(document_sentiment=sentiment, language_code="en")
    )
    assert (await failure_of(bench, body)).reason == "BAD_ANSWER"


@pytest.mark.parametrize("engine", ["google"], indirect=True)
async def test_bytes_that_are_no_message_are_refused(bench):
    assert (await failure_of(bench, b"\xff\xff\xff")).reason == "BAD_ANSWER"
