"""What a model makes of what a service says."""

import asyncio
import logging
import traceback

import pytest
from aitrader_server.domain.decision.views import News
from aitrader_server.errors import AiTraderError, Unavailable
from cloud_services import Cut, Hang, Refuse, Say, Score, within

NEWS = News(text="Shares of Acme jump after record profit")
SECRET = News(text="Canary-Text-55d0 plunges")
MODELS = {"openai": "gpt-4.1-mini-2025-04-14", "azure": "2022-11-01", "google": "language-v2"}
REASONS = {
    400: "REQUEST_REFUSED",
    401: "KEY_REFUSED",
    403: "KEY_REFUSED",
    404: "SERVICE_FAILED",
    429: "RATE_LIMITED",
    500: "SERVICE_FAILED",
    503: "SERVICE_FAILED",
}


async def failure_of(model, news=NEWS, timeout_s=3.0):
    with pytest.raises(AiTraderError) as caught:
        await model.analyze(news, timeout_s)
    return caught.value


async def test_a_score_is_told_with_its_origin(bench, engine):
    model = await bench.model()
    view = await model.analyze(NEWS, 3.0)
    assert view.label == "positive"
    assert view.score == pytest.approx(0.88, abs=1e-6)
    assert view.engine == engine
    assert view.model == MODELS[engine] == model.describe().model
    assert view.tokens == (177 if engine == "openai" else 0)
    assert view.latency.infer_ms > 0
    assert not view.truncated
    parts = view.probabilities
    assert parts.positive + parts.neutral + parts.negative == pytest.approx(1)
    assert bench.stand.texts == [NEWS.text]
    described = model.describe()
    assert (described.ready, described.remote, described.engine) == (True, True, engine)


@pytest.mark.parametrize(
    ("parts", "label"), [((0.1, 0.2, 0.7), "negative"), ((0.05, 0.9, 0.05), "neutral")]
)
async def test_bad_and_no_news_are_told_apart(bench, parts, label):
    bench.stand.deed = Score(parts)
    model = await bench.model()
    view = await model.analyze(NEWS, 3.0)
    assert view.label == label
    assert view.score == pytest.approx(parts[0] - parts[2], abs=1e-6)


@pytest.mark.parametrize("status", REASONS)
async def test_a_refusal_has_a_reason_and_is_not_repeated(bench, engine, status):
    bench.stand.deed = Refuse(status)
    model = await bench.model()
    failure = await failure_of(model)
    expected = "UNREACHABLE" if (engine, status) == ("google", 503) else REASONS[status]
    assert (type(failure), failure.reason) == (Unavailable, expected)
    assert len(bench.stand.texts) == 1


async def test_late_is_late_and_lets_the_connection_go(bench):
    bench.stand.deed = Hang()
    model = await bench.model()
    with pytest.raises(TimeoutError, match=r"did not answer within 0\.495 s"):
        await model.analyze(NEWS, 0.5)
    await within(bench.stand.left.acquire())


async def test_its_own_timeout_holds_for_a_patient_caller(bench):
    bench.stand.deed = Hang()
    model = await bench.model(timeout_ms=50)
    with pytest.raises(TimeoutError, match=r"0\.050 s"):
        await model.analyze(NEWS, 60.0)


async def test_no_time_left_sends_nothing(bench):
    model = await bench.model()
    with pytest.raises(TimeoutError, match="no time"):
        await model.analyze(NEWS, 0.004)
    assert bench.stand.texts == []


async def test_a_cut_connection_is_unreachable(bench):
    bench.stand.deed = Cut()
    model = await bench.model()
    assert (await failure_of(model)).reason == "UNREACHABLE"
    assert len(bench.stand.texts) == 1


async def test_a_refused_connection_is_unreachable(bench):
    model = await bench.model()
    await bench.stand.__aexit__()
    assert (await failure_of(model)).reason == "UNREACHABLE"


async def test_a_caller_that_leaves_takes_the_connection_along(bench):
    bench.stand.deed = Hang()
    model = await bench.model(concurrency_max=1)
    call = asyncio.create_task(model.analyze(NEWS, 30.0))
    await within(bench.stand.asked.acquire())
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await within(bench.stand.left.acquire())
    bench.stand.deed = Score()
    assert (await model.analyze(NEWS, 3.0)).label == "positive"


async def test_a_stopped_model_asks_nobody(bench):
    model = await bench.model()
    await model.stop()
    failure = await failure_of(model)
    assert failure.reason == "LOADING"
    assert not model.describe().ready
    assert bench.stand.texts == []


@pytest.mark.parametrize("engine", ["openai", "azure"], indirect=True)
async def test_a_redirect_is_not_followed(bench):
    bench.stand.deed = Say(b"", status=307, headers={"Location": "/elsewhere"})
    model = await bench.model()
    assert (await failure_of(model)).reason == "SERVICE_FAILED"
    assert len(bench.stand.texts) == 1


async def test_a_long_text_is_cut_and_says_so(bench):
    model = await bench.model(characters_max=40)
    view = await model.analyze(News(text="Losses widen. " * 10), 3.0)
    assert view.truncated
    assert bench.stand.texts == [("Losses widen. " * 10)[:40]]


async def test_an_empty_text_is_no_news_and_costs_nothing(bench):
    model = await bench.model()
    view = await model.analyze(News(text=" \u200b\n"), 3.0)
    assert (view.label, view.score) == ("neutral", 0)
    assert bench.stand.texts == []


@pytest.mark.parametrize("deed", [*(Refuse(status) for status in REASONS), Cut(), Hang()], ids=str)
async def test_neither_key_nor_text_is_repeated(bench, caplog, deed):
    bench.stand.deed = deed
    model = await bench.model()
    with pytest.raises((Unavailable, TimeoutError)) as caught:
        await model.analyze(SECRET, 0.3 if isinstance(deed, Hang) else 3.0)
    said = [
        *traceback.format_exception(caught.value, chain=True),
        repr(caught.value.__context__),
        repr(caught.value.__cause__),
        repr(model),
        str(model.describe()),
        caplog.text,
        *bench.reports,
    ]
    assert isinstance(deed, Hang) or bench.stand.texts == [SECRET.text]
    assert "Canary" not in "\n".join(said)


async def test_success_is_not_logged_either(bench, caplog):
    model = await bench.model()
    await model.analyze(SECRET, 3.0)
    assert "Canary" not in caplog.text


@pytest.mark.parametrize("engine", ["google"], indirect=True)
async def test_the_log_of_whole_requests_is_switched_off(bench, caplog):
    logger = logging.getLogger("google")
    logger.addHandler(caplog.handler)
    logger.setLevel(logging.DEBUG)
    try:
        model = await bench.model()
        await model.analyze(SECRET, 3.0)
    finally:
        logger.removeHandler(caplog.handler)
    assert bench.stand.texts == [SECRET.text]
    assert "Canary" not in caplog.text
