"""What the command line shows of scores, their models, and their part in a trade."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from aitrader.v1 import sentiment_pb2, trading_pb2

SHA256 = "5f0c1d2e3b4a" + "0" * 52
HEADLINE = "Bridge drained of $90M"
PUBLISHED = "2026-11-22T14:05:00+02:00"


def scored(**fields):
    defaults = {
        "label": "negative",
        "score": -0.61,
        "engine": "onnx",
        "model": "finbert-7",
        "precision": "int8-dynamic",
        "model_sha256": SHA256,
        "calibration": "crypto-v1",
        "probabilities": {"positive": 0.08, "neutral": 0.23, "negative": 0.69},
        "raw_probabilities": {"positive": 0.03, "neutral": 0.77, "negative": 0.2},
        "token_count": 9,
        "latency_ms": 12.5,
        "latency": {"queue_ms": 0.25, "tokenize_ms": 0.04, "infer_ms": 11, "batch_size": 3},
    }
    return sentiment_pb2.AnalyzeResponse(**(defaults | fields))


def cells(line):
    return re.split(r" {2,}", line.strip())


async def test_a_score_names_who_made_it(engine, aitrader):
    engine.answers["Analyze"] = scored()
    ran = await aitrader("sentiment", HEADLINE)
    head, row = map(cells, ran.out.splitlines())
    assert dict(zip(head, row, strict=True)) == {
        "label": "negative",
        "score": "-0.610",
        "engine": "onnx",
        "model": "finbert-7",
        "calibration": "crypto-v1",
        "notes": "-",
        "text": HEADLINE,
    }


async def test_a_score_says_what_is_not_as_ordered(engine, aitrader):
    engine.answers["Analyze"] = scored(
        fallback_reason="MODEL_MISSING", truncated=True, cached=True, calibration=""
    )
    ran = await aitrader("sentiment", HEADLINE)
    row = cells(ran.out.splitlines()[1])
    assert row[4:6] == ["-", "fallback MODEL_MISSING, truncated, cached"]


@pytest.mark.parametrize("why", [[], ["--why"]])
async def test_a_text_can_neither_steer_a_terminal_nor_forge_a_line(engine, aitrader, why):
    text = "hack\x1b[2J\x9b31m\u202e\nscore positive"
    spans = [{"text": text[:8], "weight": -1.6, "start": 0, "end": 8}]
    engine.answers["Analyze"] = scored(spans=spans)
    ran = await aitrader("sentiment", text, *why)
    assert all(letter.isprintable() for letter in ran.out.replace("\n", ""))
    assert not any(line.startswith("score positive") for line in ran.out.splitlines())


async def test_why_shows_all_that_made_a_score(engine, aitrader):
    engine.answers["Analyze"] = scored()
    ran = await aitrader("sentiment", HEADLINE, "--why")
    assert ran.out.splitlines() == [
        "text        Bridge drained of $90M",
        "score       negative -0.610",
        "model       onnx finbert-7 int8-dynamic",
        "sha256      5f0c1d2e3b4a",
        "raw         positive 0.030  neutral 0.770  negative 0.200",
        "calibrated  positive 0.080  neutral 0.230  negative 0.690  by crypto-v1",
        "tokens      9",
        "time        12.500 ms; queue 0.250, tokenize 0.040, infer 11.000 in a batch of 3",
    ]


async def test_why_shows_the_words_that_spoke(engine, aitrader):
    rules = scored(
        engine="rules",
        model="rules-1",
        precision="",
        model_sha256="",
        calibration="",
        fallback_reason="TIMEOUT",
        cached=True,
        spans=[
            {"start": 0, "end": 6, "text": "Bridge", "weight": 0.1},
            {"start": 7, "end": 14, "text": "drained", "weight": -0.71},
        ],
    )
    rules.ClearField("raw_probabilities")
    engine.answers["AnalyzeBatch"] = sentiment_pb2.AnalyzeBatchResponse(results=[rules, rules])
    ran = await aitrader("sentiment", HEADLINE, "Another", "--why")
    first, second = (block.splitlines() for block in ran.out.split("\n\n"))
    assert first[0].endswith(HEADLINE)
    assert second[0].endswith("Another")
    assert first[2:5] == [
        "model       rules rules-1",
        "notes       fallback TIMEOUT, cached",
        "raw         positive 0.080  neutral 0.230  negative 0.690",
    ]
    assert "calibrated" not in ran.out
    assert first[6].endswith("infer 11.000 when it was made")
    assert first[-2:] == ["+0.100      Bridge  (0-6)", "-0.710      drained  (7-14)"]


async def test_json_leaves_nothing_out(engine, aitrader):
    engine.answers["Analyze"] = scored(fallback_reason="TIMEOUT")
    ran = await aitrader("sentiment", HEADLINE, "--json")
    answer = json.loads(ran.out)
    assert set(answer) == set(sentiment_pb2.AnalyzeResponse.DESCRIPTOR.fields_by_name)
    assert answer["raw_probabilities"]["neutral"] == 0.77


async def test_a_text_carries_where_and_when_it_was_published(engine, aitrader):
    said = ("--symbol", "ethusdt", "--source", "coindesk", "--published-at", PUBLISHED)
    ran = await aitrader("sentiment", HEADLINE, *said)
    assert ran.code == 0, ran.err
    (request,) = engine.requests("Analyze")
    assert (request.symbol, request.source) == ("ETHUSDT", "coindesk")
    assert request.published_at.ToJsonString() == "2026-11-22T12:05:00Z"


async def test_a_text_without_a_date_has_none(engine, aitrader):
    await aitrader("sentiment", HEADLINE)
    assert not engine.requests("Analyze")[0].HasField("published_at")


async def test_the_models_stand_in_the_order_in_which_they_are_asked(engine, aitrader):
    backend = sentiment_pb2.SentimentBackend
    engine.answers["GetModel"] = sentiment_pb2.GetModelResponse(
        model="rules-1",
        engine="rules",
        fallback_reason="MODEL_MISSING: there is no model",
        neutral_share=0.4567,
        backends=[
            backend(engine="onnx", why="MODEL_MISSING: there is no model", queue_tokens_max=512),
            backend(engine="openai", model="gpt", ready=True, remote=True, model_sha256=SHA256),
            backend(engine="rules", model="rules-1", ready=True, decides=True),
        ],
    )
    ran = await aitrader("sentiment", "--model")
    first, fallback, share, head, *backends, why = ran.out.splitlines()
    assert first == "rules  rules-1"
    assert fallback == "a fallback serves"
    assert share == "neutral share 46%: no drift"
    assert cells(head) == [
        "engine", "model", "serves", "remote", "for orders", "sha256", "queued tokens"
    ]  # fmt: skip
    assert list(map(cells, backends)) == [
        ["onnx", "-", "no", "no", "no", "-", "0/512"],
        ["openai", "gpt", "yes", "yes", "no", "5f0c1d2e3b4a", "-"],
        ["rules", "rules-1", "yes", "no", "yes", "-", "-"],
    ]
    assert why == "onnx: MODEL_MISSING: there is no model"


async def test_a_model_says_what_it_reads_and_that_it_drifts(engine, aitrader):
    engine.answers["GetModel"] = sentiment_pb2.GetModelResponse(
        model="finbert-7",
        engine="onnx",
        precision="int8-static",
        calibrations=["crypto-v1", "desk-v2"],
        tokens_max=128,
        neutral_share=0.97,
        drifting=True,
    )
    lines = (await aitrader("sentiment", "--model")).out.splitlines()
    assert lines[0] == "onnx  finbert-7  int8-static  crypto-v1, desk-v2  reads 128 tokens"
    assert lines[1].startswith("neutral share 97%: DRIFTING")


async def test_a_symbol_says_how_old_its_news_are(engine, aitrader):
    answer = sentiment_pb2.GetSymbolSentimentResponse(
        symbol="BTCUSDT", score=0.2, label="positive", count=3, half_life_s=3600, weight=1.254
    )
    answer.updated_at.FromDatetime(datetime.now(UTC) - timedelta(hours=9))
    engine.answers["GetSymbolSentiment"] = answer
    fresh = (await aitrader("sentiment", "--symbol", "btcusdt")).out.splitlines()
    assert fresh[0] == "BTCUSDT  positive +0.200  texts 3  weight 1.25, halved every 3600 s"
    assert 32_400 <= int(re.fullmatch(r"newest \S+Z  age (\d+) s", fresh[1])[1]) <= 32_430
    answer.stale = True
    stale = (await aitrader("sentiment", "--symbol", "btcusdt")).out.splitlines()
    assert stale[1].endswith("STALE: too old to have a say")


async def test_a_symbol_that_nobody_wrote_of_says_so(engine, aitrader):
    engine.answers["GetSymbolSentiment"] = sentiment_pb2.GetSymbolSentimentResponse(
        symbol="BTCUSDT", stale=True
    )
    ran = await aitrader("sentiment", "--symbol", "BTCUSDT")
    assert ran.out == "BTCUSDT  nothing was said of it since the engine started\n"


async def test_a_trade_carries_where_and_when_its_news_were_published(engine, aitrader):
    said = ("--news-source", "coindesk", "--news-published-at", PUBLISHED)
    ran = await aitrader("trade", "BTCUSDT", "--news", HEADLINE, *said)
    assert ran.code == 0, ran.err
    (request,) = engine.requests("Trade")
    assert (request.news_text, request.news_source) == (HEADLINE, "coindesk")
    assert request.news_published_at.ToJsonString() == "2026-11-22T12:05:00Z"


@pytest.mark.parametrize(
    ("sentiment", "line"),
    [
        (
            {
                "label": "negative",
                "score": -0.61,
                "origin": "news",
                "engine": "rules",
                "model": "rules-1",
                "fallback_reason": "MODEL_DIED",
            },
            "negative -0.610  of the news  rules  rules-1  fallback MODEL_DIED",
        ),
        (
            {
                "label": "positive",
                "score": 0.3,
                "origin": "symbol",
                "model": "mean of 4 texts",
                "unused_because": "stale: long ago",
            },
            "positive +0.300  of the symbol  mean of 4 texts  had no say: stale: long ago",
        ),
        (
            {"origin": "news", "unused_because": "late: no model was done in time"},
            "had no say: late: no model was done in time",
        ),
    ],
    ids=["fallback", "stale", "late"],
)
async def test_a_decision_says_what_part_the_news_had(engine, aitrader, sentiment, line):
    said = trading_pb2.Sentiment(**sentiment)
    engine.answers["Trade"].decision.sentiment.CopyFrom(said)
    engine.answers["GetOrderTrace"].decision.sentiment.CopyFrom(said)
    traded = await aitrader("trade", "BTCUSDT", "--news", HEADLINE)
    assert f"  sentiment {line}" in traded.out.splitlines()
    traced = await aitrader("trace", "q-77")
    assert f"sentiment {line}" in traced.out.splitlines()


async def test_a_decision_without_news_says_nothing_of_them(engine, aitrader):
    ran = await aitrader("trade", "BTCUSDT")
    assert len(re.findall("sentiment", ran.out)) == 1
    assert "sentiment -" in ran.out
