"""Who is asked for a text, in which order, and what becomes of one who fails."""

import asyncio

import pytest
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.news_desk import RESERVE_S, Tier
from aitrader_server.errors import InvalidRequest, Overloaded, Unavailable
from scripted_models import ScriptedModel, fails, hangs, newsroom, says

UP = News(text="Bitcoin rises")
FULL = Overloaded("the queue is full", retry_after_s=1.5)
MISSING = Unavailable("no weights", reason="MODEL_MISSING")


async def ask(room, news=UP, timeout_s=60.0, **how):
    return await room.desk.analyze(news, timeout_s, **how)


async def test_the_first_model_answers_and_no_other_is_asked():
    first, second = ScriptedModel(says(0.6), "first-1"), ScriptedModel(says(-0.5), "second-1")
    room = newsroom([first, second])
    view = await ask(room)
    assert (view.model, view.score, view.fallback_reason) == ("first-1", 0.6, "")
    assert second.asked == []
    assert room.counted("aitrader_sentiment_texts_total", engine="scripted", label="positive") == 1
    assert room.counted("aitrader_sentiment_seconds_count", engine="scripted") == 1
    assert room.counted("aitrader_sentiment_batch_size_count", engine="scripted") == 1


@pytest.mark.parametrize(
    ("error", "reason", "is_a_bug"),
    [
        (MISSING, "MODEL_MISSING", False),
        (TimeoutError(), "TIMEOUT", False),
        (ValueError("what?"), "FAILED", True),
        (ExceptionGroup("two", [ValueError("a"), KeyError("b")]), "FAILED", True),
        (InvalidRequest("not mine to say", field="text"), "INVALID_REQUEST", True),
    ],
)
async def test_a_model_that_fails_is_stood_in_for_and_counted(error, reason, is_a_bug):
    room = newsroom(
        [
            ScriptedModel(fails(error), "first-1", engine="onnx"),
            ScriptedModel(says(-0.5), "rules-1", engine="rules"),
        ]
    )
    view = await ask(room)
    assert (view.engine, view.score, view.fallback_reason) == ("rules", -0.5, reason)
    fallbacks = "aitrader_sentiment_fallbacks_total"
    assert room.counted(fallbacks, engine="onnx", reason=reason) == 1
    assert room.counted("aitrader_model_failures_total", model="first-1") == is_a_bug
    assert room.troubles == ([("first-1 failed", error)] if is_a_bug else [])


async def test_the_answer_says_why_the_chosen_model_did_not_give_it():
    room = newsroom(
        [
            ScriptedModel(fails(MISSING)),
            ScriptedModel(fails(ValueError("what?")), "second-1", engine="openai"),
            ScriptedModel(says(0.0), "third-1", engine="rules"),
        ]
    )
    view = await ask(room)
    assert (view.model, view.fallback_reason) == ("third-1", "MODEL_MISSING")
    fallbacks = "aitrader_sentiment_fallbacks_total"
    assert room.counted(fallbacks, engine="scripted", reason="MODEL_MISSING") == 1
    assert room.counted(fallbacks, engine="openai", reason="FAILED") == 1


async def test_a_late_model_is_abandoned_after_its_own_time():
    late = ScriptedModel(hangs())
    room = newsroom([Tier(model=late, timeout_s=0.01), ScriptedModel(says(0.5), "rules-1")])
    view = await ask(room)
    assert (view.model, view.fallback_reason) == ("rules-1", "TIMEOUT")
    assert late.cancelled == [UP]


async def test_a_model_is_given_no_more_than_the_caller_has_less_what_the_next_one_needs():
    first, last = ScriptedModel(fails(MISSING)), ScriptedModel(says(0.5), "rules-1")
    room = newsroom([Tier(model=first, timeout_s=2.0), last])
    await ask(room, News(text="one"), timeout_s=60.0)
    await ask(room, News(text="two"), timeout_s=1.0)
    assert first.asked[0][1] == 2.0
    assert 0.0 < first.asked[1][1] <= 1.0 - RESERVE_S
    assert 0.0 < last.asked[1][1] <= 1.0


async def test_when_all_are_late_the_caller_is_told_so():
    room = newsroom([ScriptedModel(hangs(), "first-1"), ScriptedModel(hangs(), "rules-1")])
    with pytest.raises(TimeoutError, match=r"no sentiment model answered within 0\.02 s"):
        await ask(room, timeout_s=0.02)


async def test_when_none_serves_the_caller_gets_the_last_ones_reason():
    room = newsroom([ScriptedModel(fails(ValueError()), "a-1"), ScriptedModel(fails(MISSING))])
    with pytest.raises(Unavailable) as caught:
        await ask(room)
    assert caught.value.reason == "MODEL_MISSING"


async def test_who_can_wait_is_told_to_come_back_when_a_queue_is_full():
    full, second = ScriptedModel(fails(FULL)), ScriptedModel(says(0.5), "rules-1")
    room = newsroom([full, second])
    with pytest.raises(Overloaded) as caught:
        await ask(room)
    assert caught.value.retry_after_s == 1.5
    assert second.asked == []
    assert room.counted("aitrader_sentiment_refusals_total") == 1
    fallbacks = "aitrader_sentiment_fallbacks_total"
    assert room.counted(fallbacks, engine="scripted", reason="OVERLOADED") == 0


async def test_an_order_does_not_wait_for_a_full_queue():
    room = newsroom([ScriptedModel(fails(FULL)), ScriptedModel(says(0.5), "rules-1")])
    view = await ask(room, deciding=True)
    assert (view.model, view.fallback_reason) == ("rules-1", "OVERLOADED")
    assert room.counted("aitrader_sentiment_refusals_total") == 0
    fallbacks = "aitrader_sentiment_fallbacks_total"
    assert room.counted(fallbacks, engine="scripted", reason="OVERLOADED") == 1
    assert room.troubles == []


async def test_an_order_waits_only_for_models_that_decide():
    cloud = ScriptedModel(says(0.9), "cloud-1", remote=True)
    local = ScriptedModel(says(0.1), "rules-1")
    room = newsroom([Tier(model=cloud, timeout_s=1.0, decides=False), local])
    assert (await ask(room, deciding=True)).model == "rules-1"
    assert cloud.asked == []
    assert (await ask(room)).model == "cloud-1"


class Speechless(ScriptedModel):
    """A plug-in with a bug where nobody looks for one."""

    def describe(self):
        raise KeyError("name")


async def test_a_model_that_cannot_describe_itself_is_stood_in_for():
    first = Speechless(says(0.6))
    room = newsroom([first, ScriptedModel(says(-0.5), "rules-1")])
    await room.desk.start()
    view = await ask(room, deciding=True)
    await room.desk.stop()
    assert (view.model, view.fallback_reason) == ("rules-1", "FAILED")
    assert first.calls == ["start", "stop"]
    assert not room.desk.first.ready
    assert [described.ready for _, described in room.desk.describe()] == [False, True]
    assert {type(error) for _, error in room.troubles} == {KeyError}


async def test_a_caller_who_leaves_takes_the_question_along():
    first, second = ScriptedModel(hangs()), ScriptedModel(says(0.5), "rules-1")
    room = newsroom([first, second])
    asking = asyncio.create_task(ask(room))
    await first.came.acquire()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert first.cancelled == [UP]
    assert second.asked == []
    assert room.desk.of_symbol("").count == 0


async def test_a_model_that_was_itself_cancelled_has_failed():
    room = newsroom(
        [ScriptedModel(fails(asyncio.CancelledError())), ScriptedModel(says(0.5), "rules-1")]
    )
    view = await ask(room)
    assert (view.model, view.fallback_reason) == ("rules-1", "FAILED")


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 1.01, -1.01])
async def test_a_score_that_is_none_is_a_failure(score):
    room = newsroom([ScriptedModel(says(score), "first-1"), ScriptedModel(says(0.5), "rules-1")])
    view = await ask(room)
    assert (view.model, view.score, view.fallback_reason) == ("rules-1", 0.5, "FAILED")
    ((what, error),) = room.troubles
    assert what == "first-1 failed"
    assert str(score) in str(error)


async def test_what_a_model_is_asked_is_normalised():
    model = ScriptedModel(says(0.5))
    view = await ask(
        newsroom([model]), News(text="  Bitcoin\u200b \x00\n ri\u202eses ", source="x")
    )
    assert model.asked[0][0] == News(text="Bitcoin rises", source="x")
    assert view.score == 0.5


@pytest.mark.parametrize("text", ["", " ", "\x00\x07", "\u200b\u200d\ufeff", "\ud800", "\u202e"])
async def test_a_text_that_nobody_can_see_is_refused(text):
    model = ScriptedModel(says(0.5))
    with pytest.raises(InvalidRequest, match="send a headline or a sentence") as caught:
        await ask(newsroom([model]), News(text=text))
    assert (caught.value.field, caught.value.reason) == ("text", "EMPTY_TEXT")
    assert model.asked == []


async def test_models_start_and_stop_once_in_order():
    models = [ScriptedModel(says(0.0), "a-1"), ScriptedModel(says(0.0), "b-1")]
    room = newsroom(models)
    await room.desk.start()
    assert [model.calls for model in models] == [["start"], ["start"]]
    await room.desk.stop()
    assert [model.calls for model in models] == [["start", "stop"]] * 2
    assert room.troubles == []


async def test_a_model_that_does_not_start_leaves_the_others_alone():
    broken, rules = ScriptedModel(fails(MISSING), "a-1"), ScriptedModel(says(0.5), "rules-1")
    broken.trouble["start"] = OSError("no folder")
    room = newsroom([broken, rules])
    await room.desk.start()
    assert rules.calls == ["start"]
    assert room.troubles == [("a-1 did not start", broken.trouble["start"])]
    assert (await ask(room)).fallback_reason == "MODEL_MISSING"


async def test_a_model_that_does_not_stop_leaves_the_others_alone():
    broken, rules = ScriptedModel(says(0.5), "a-1"), ScriptedModel(says(0.5), "rules-1")
    broken.trouble["stop"] = OSError("no process")
    room = newsroom([broken, rules])
    await room.desk.stop()
    assert rules.calls == ["stop"]
    assert room.troubles == [("a-1 did not stop", broken.trouble["stop"])]
