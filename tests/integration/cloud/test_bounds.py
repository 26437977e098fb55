"""What a model sends at most, and when it leaves a service alone."""

import asyncio
import time

import pytest
from aitrader_server.domain.decision.views import News
from aitrader_server.errors import Overloaded, Unavailable
from cloud_services import Hang, Refuse, Say, Score, within

NEWS = News(text="Profit falls")


async def ask(model, timeout_s=3.0, news=NEWS):
    """The label, or the reason for its absence."""
    try:
        return (await model.analyze(news, timeout_s)).label
    except Unavailable as error:
        return error.reason
    except TimeoutError:
        return "TIMEOUT"


async def test_calls_of_a_day_are_bounded_until_midnight(bench, clock):
    model = await bench.model(calls_per_day_max=2)
    assert [await ask(model) for _ in range(3)] == ["positive", "positive", "BUDGET_SPENT"]
    with pytest.raises(Unavailable, match=r"2 calls are spent; they renew at 20\d\d-.*T00:00:00Z"):
        await model.analyze(NEWS, 3.0)
    described = model.describe()
    assert not described.ready
    assert "renew at" in described.why
    clock.pass_s(43_199)
    assert await ask(model) == "BUDGET_SPENT"
    clock.pass_s(1)
    assert model.describe().ready
    assert await ask(model) == "positive"
    clock.pass_s(-86_400)
    assert [await ask(model) for _ in range(2)] == ["positive", "BUDGET_SPENT"]
    assert len(bench.stand.texts) == 4


async def test_characters_of_a_day_are_bounded(bench):
    model = await bench.model(characters_per_day_max=10_000, characters_max=5_000)
    sizes = (5_000, 4_999, 2, 1, 1)
    said = [await ask(model, news=News(text="x" * size)) for size in sizes]
    assert said == ["positive", "positive", "BUDGET_SPENT", "positive", "BUDGET_SPENT"]
    assert "10000 characters" in model.describe().why


async def test_failed_calls_are_paid_for(bench):
    bench.stand.deed = Refuse(500)
    model = await bench.model(calls_per_day_max=2)
    said = [await ask(model) for _ in range(3)]
    assert said == ["SERVICE_FAILED", "SERVICE_FAILED", "BUDGET_SPENT"]


async def test_the_circuit_opens_tries_once_and_closes(bench, clock):
    model = await bench.model(failures_max=3, cool_down_s=60)
    bench.stand.deed = Refuse(500)
    said = [await ask(model) for _ in range(4)]
    assert said == ["SERVICE_FAILED"] * 3 + ["CIRCUIT_OPEN"]
    assert model.describe().why == "the circuit is open; the service is tried in 60 s"
    clock.pass_s(59.9)
    assert await ask(model) == "CIRCUIT_OPEN"
    clock.pass_s(0.1)
    assert await ask(model) == "SERVICE_FAILED"
    assert await ask(model) == "CIRCUIT_OPEN"
    clock.pass_s(60)
    bench.stand.deed = Score()
    assert [await ask(model) for _ in range(2)] == ["positive", "positive"]
    assert len(bench.stand.texts) == 6
    assert [line.split(": ")[1] for line in bench.reports] == [
        "the service failed (status 500)",
        "the service failed (status 500); the circuit is open; the service is tried in 60 s",
        "the service answers again",
    ]


async def test_late_answers_open_the_circuit(bench):
    bench.stand.deed = Hang()
    model = await bench.model(failures_max=2)
    said = [await ask(model, timeout_s=0.05) for _ in range(3)]
    assert said == ["TIMEOUT", "TIMEOUT", "CIRCUIT_OPEN"]


async def test_a_caller_with_the_same_deadline_does_not_hide_a_late_service(bench):
    bench.stand.deed = Hang()
    model = await bench.model(failures_max=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await model.analyze(NEWS, 0.05)
    assert await ask(model) == "CIRCUIT_OPEN"


async def test_nor_does_one_that_gives_up_at_the_same_moment(bench):
    bench.stand.deed = Hang()
    model = await bench.model(failures_max=1)
    # Both deadlines have passed before the loop gets to either.
    asyncio.get_running_loop().call_later(0.03, time.sleep, 0.05)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await model.analyze(NEWS, 0.05)
    assert await ask(model) == "CIRCUIT_OPEN"


async def test_one_success_forgives_failures(bench):
    model = await bench.model(failures_max=2)
    said = []
    for deed in (Refuse(500), Score(), Refuse(500), Score()):
        bench.stand.deed = deed
        said.append(await ask(model))
    assert said == ["SERVICE_FAILED", "positive"] * 2


async def test_one_call_at_a_time_tries_an_open_circuit(bench, clock):
    bench.stand.deed = Refuse(500)
    model = await bench.model(failures_max=1, cool_down_s=10)
    await ask(model)
    clock.pass_s(10)
    bench.stand.deed = Hang()
    trial = asyncio.create_task(ask(model, timeout_s=30.0))
    await within(bench.stand.asked.acquire())
    await within(bench.stand.asked.acquire())
    assert await ask(model) == "CIRCUIT_OPEN"
    assert "one call tries the service" in model.describe().why
    trial.cancel()
    await asyncio.wait([trial])
    bench.stand.deed = Score()
    assert await ask(model) == "positive"


async def test_the_service_is_left_alone_for_as_long_as_it_asks(bench, clock):
    bench.stand.deed = Refuse(429, retry_after="120")
    model = await bench.model(failures_max=5, cool_down_s=10)
    assert [await ask(model) for _ in range(2)] == ["RATE_LIMITED", "CIRCUIT_OPEN"]
    bench.stand.deed = Score()
    clock.pass_s(119)
    assert await ask(model) == "CIRCUIT_OPEN"
    clock.pass_s(1)
    assert await ask(model) == "positive"
    assert len(bench.stand.texts) == 2


async def test_what_is_wrong_with_a_text_does_not_open_the_circuit(bench):
    model = await bench.model(failures_max=1)
    bench.stand.deed = Refuse(400)
    assert [await ask(model) for _ in range(2)] == ["REQUEST_REFUSED"] * 2
    assert model.describe().ready


async def test_calls_at_a_time_are_bounded(bench):
    bench.stand.deed = Hang()
    model = await bench.model(concurrency_max=3, timeout_ms=30_000)
    assert model.describe().texts_at_once_max == 3
    calls = [asyncio.create_task(model.analyze(NEWS, 20.0)) for _ in range(3)]
    for _ in calls:
        await within(bench.stand.asked.acquire())
    with pytest.raises(Overloaded) as caught:
        await model.analyze(NEWS, 20.0)
    assert caught.value.retry_after_s == pytest.approx(20, abs=0.1)
    calls.pop().cancel()
    await within(bench.stand.left.acquire())
    bench.stand.deed = Score()
    assert await ask(model) == "positive"
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    assert len(bench.stand.texts) == 4


@pytest.mark.parametrize("engine", ["openai", "azure"], indirect=True)
async def test_an_unreadable_answer_is_no_answer(bench):
    model = await bench.model(failures_max=1)
    for body in (b"\xff", b"", b"null", b"[]", b'{"results": 1}', b"{" * 9, b"[" * 100_000):
        bench.stand.deed = Say(body)
        assert await ask(model) == "BAD_ANSWER", body
