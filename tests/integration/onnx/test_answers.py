"""What callers get: the same answer alone and in a crowd, for any text."""

import asyncio
import math
import subprocess
import sys

import pytest
from aitrader_models.calibration import CRYPTO, RAW
from aitrader_models.manifest import PRECISIONS, read_manifest
from aitrader_models.onnx.scorer import Scorer
from aitrader_server.domain.decision.views import News
from aitrader_server.errors import Unavailable
from tiny_onnx_models import POISON, SPOKEN, TOKENS_MAX, make_folder

TIMEOUT_S = 30.0
CROWD = 64
TEXTS = [" ".join((SPOKEN * 15)[start : start + 1 + start]) for start in range(CROWD)]


@pytest.mark.parametrize("precision", PRECISIONS)
async def test_a_crowd_gets_what_each_gets_alone(pattern, start, precision):
    served = await start(pattern, precision=precision)
    await served.until_ready()
    crowd = await asyncio.gather(
        *(served.model.analyze(News(text=text), TIMEOUT_S) for text in TEXTS)
    )
    scorer = Scorer(pattern, read_manifest(pattern), precision, TOKENS_MAX)
    for text, view in zip(TEXTS, crowd, strict=True):
        encoded = scorer.encode(text)
        assert view.probabilities == RAW.apply(scorer.score([encoded.tokens])[0])
        assert (view.tokens, view.truncated) == (len(encoded.tokens), encoded.truncated)
        assert view.precision == precision
    assert any(view.truncated for view in crowd)
    sizes = {view.latency.batch_size for view in crowd}
    assert sizes == {1} if precision == "int8-dynamic" else max(sizes) > 1


async def test_a_model_that_batches_inexactly_serves_one_text_at_a_time(tmp_path, start):
    served = await start(make_folder(tmp_path, batchable=False), precision="fp32")
    await served.until_ready()
    crowd = await asyncio.gather(
        *(served.model.analyze(News(text="hack"), TIMEOUT_S) for _ in range(CROWD))
    )
    assert {view.latency.batch_size for view in crowd} == {1}
    assert any("one text at a time" in line for line in served.log)


async def test_an_answer_says_where_it_comes_from(pattern, start):
    served = await start(pattern, precision="fp32")
    await served.until_ready()
    view = await served.model.analyze(News(text="bitcoin rally", symbol="BTCUSDT"), TIMEOUT_S)
    described = served.model.describe()
    assert (view.engine, view.model) == ("onnx", "tiny")
    assert view.sha256 == read_manifest(pattern).weights["fp32"].sha256 == described.sha256
    assert described.calibrations == ("crypto-v1",)
    assert described.why == "fp32: as set"
    assert view.latency.infer_ms > 0.0
    assert view.latency.tokenize_ms > 0.0
    assert view.latency.queue_ms >= 0.0
    assert view.score == view.probabilities.positive - view.probabilities.negative


async def test_texts_about_crypto_are_calibrated(pattern, start):
    served = await start(pattern, precision="fp32")
    await served.until_ready()
    scorer = Scorer(pattern, read_manifest(pattern), "fp32", TOKENS_MAX)
    (logits,) = scorer.score([scorer.encode("loss of shares").tokens])
    raw = RAW.apply(logits)
    for source, symbol, calibration in (
        ("coindesk", "", "crypto-v1"),
        ("https://www.theblock.co/post", "", "crypto-v1"),
        ("Crypto Briefing", "", "crypto-v1"),
        ("crypto", "", "crypto-v1"),
        ("", "BTCUSDT", "crypto-v1"),
        ("", "", ""),
        ("reuters", "BTCUSDT", ""),
    ):
        news = News(text="loss of shares", source=source, symbol=symbol)
        view = await served.model.analyze(news, TIMEOUT_S)
        assert view.calibration == calibration, (source, symbol)
        expected = (CRYPTO.apply(logits), raw) if calibration else (raw, None)
        assert (view.probabilities, view.raw) == expected


async def test_calibration_can_be_switched_off(pattern, start):
    served = await start(pattern, crypto_calibration=None)
    await served.until_ready()
    view = await served.model.analyze(News(text="hack", source="coindesk"), TIMEOUT_S)
    assert view.calibration == ""
    assert view.raw is None


STRANGE = (
    "",
    " \t\n",
    "\U0001f680\U0001f680 to the moon \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u202eniocti\u202c \u05d1\u05d9\u05d8\u05e7\u05d5\u05d9\u05df \u0639\u0645\u0644\u0629",
    "\x00bitcoin\x07\x1b[31m rally\x7f",
    "lone \ud800 surrogate \udfff",
    "[CLS] [SEP] [PAD] [UNK] [MASK]",
    "a" * 10_000,
    "bitcoin " * 5_000,
    "\u0301" * 10_000,
    "\U0001f680" * 30_000,
)


async def test_no_text_is_too_strange(pattern, start):
    served = await start(pattern, precision="fp32")
    await served.until_ready()
    first, again = [
        await asyncio.gather(
            *(served.model.analyze(News(text=text), TIMEOUT_S) for text in STRANGE)
        )
        for _ in range(2)
    ]
    for text, one, other in zip(STRANGE, first, again, strict=True):
        assert one.probabilities == other.probabilities, text[:20]
        p = one.probabilities
        assert math.isclose(p.positive + p.neutral + p.negative, 1.0)
        assert one.tokens <= TOKENS_MAX
    assert first[STRANGE.index("bitcoin " * 5_000)].truncated


@pytest.mark.parametrize("precision", ["fp32", "int8-dynamic"])
async def test_a_text_that_fails_fails_alone(pattern, start, precision):
    served = await start(pattern, precision=precision, threads=1)
    await served.until_ready()
    texts = [f"hack {POISON}" if number % 8 == 5 else "hack loss" for number in range(48)]
    answers = await asyncio.gather(
        *(served.model.analyze(News(text=text), TIMEOUT_S) for text in texts),
        return_exceptions=True,
    )
    for text, answer in zip(texts, answers, strict=True):
        if POISON in text:
            assert isinstance(answer, Unavailable)
            assert answer.reason == "TEXT_FAILED"
        else:
            assert not isinstance(answer, BaseException), answer
    assert served.counts == {"scored": 42, "failed": 6}


def test_the_server_itself_loads_none_of_the_heavy_libraries():
    code = (
        "import sys, aitrader_models.onnx.plugin as plugin;"
        "print({'numpy', 'onnxruntime', 'tokenizers'} & set(sys.modules) or 'none')"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "none"
