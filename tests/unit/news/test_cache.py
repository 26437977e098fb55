"""A text that comes again is answered from memory, but only by the model that scored it."""

import asyncio
import tracemalloc

import pytest
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.news_desk import DeskSettings, Tier
from aitrader_server.errors import Unavailable
from scripted_models import ScriptedModel, fails, newsroom, says

UP = News(text="Bitcoin rises", symbol="BTCUSDT", source="wire")


def room_of(model, size=10):
    return newsroom([model], DeskSettings(cache_texts_max=size))


async def test_the_same_text_is_scored_once():
    model = ScriptedModel(says(0.6))
    room = room_of(model)
    first = await room.desk.analyze(UP, 60)
    again = await room.desk.analyze(UP, 60)
    assert (first.cached, again.cached) == (False, True)
    assert first.score == again.score
    assert len(model.asked) == 1
    assert room.counted("aitrader_sentiment_cache_hits_total") == 1
    assert room.counted("aitrader_sentiment_texts_total", engine="scripted", label="positive") == 2
    assert room.counted("aitrader_sentiment_batch_size_count", engine="scripted") == 1


async def test_another_spelling_of_the_same_text_is_the_same_text():
    model = ScriptedModel(says(0.5))
    room = room_of(model)
    for text in ("Caf\u00e9 rises", " Cafe\u0301\n rises\u200b"):
        await room.desk.analyze(News(text=text), 60)
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        News(text="Bitcoin Rises", symbol="BTCUSDT", source="wire"),
        News(text="Bitcoin rises", symbol="ETHUSDT", source="wire"),
        News(text="Bitcoin rises", symbol="BTCUSDT", source="blog"),
        # What is one text and what another must not depend on where one field ends.
        News(text="risesBitcoin ", symbol="BTCUSDT", source="wire"),
        News(text="Bitcoin rises", symbol="BTCUSDTwire", source=""),
    ],
)
async def test_what_differs_is_scored_anew(other):
    model = ScriptedModel(says(0.5))
    room = room_of(model)
    await room.desk.analyze(UP, 60)
    assert not (await room.desk.analyze(other, 60)).cached
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "change", [{"model": "scripted-2"}, {"sha256": "b" * 64}, {"edition": "refitted"}]
)
async def test_another_model_does_not_answer_from_its_predecessors_memory(change):
    model = ScriptedModel(says(0.5), sha256="a" * 64)
    room = room_of(model)
    await room.desk.analyze(UP, 60)
    model.described |= change
    model.act = says(-0.5)
    view = await room.desk.analyze(UP, 60)
    assert (view.score, view.cached) == (-0.5, False)


async def test_a_score_that_was_made_while_the_model_changed_is_not_kept_for_the_old_one():
    model = ScriptedModel(says(0.5), sha256="a" * 64)

    async def change(news, timeout_s):
        model.described["sha256"] = "b" * 64
        return 0.5

    model.act = change
    room = room_of(model)
    await room.desk.analyze(UP, 60)
    model.described["sha256"] = "a" * 64
    assert not (await room.desk.analyze(UP, 60)).cached


async def test_a_failure_is_not_remembered():
    first = ScriptedModel(fails(Unavailable("loading", reason="LOADING")), "first-1")
    room = newsroom([first, ScriptedModel(says(0.1), "rules-1")])
    assert (await room.desk.analyze(UP, 60)).fallback_reason == "LOADING"
    first.act = says(0.9)
    view = await room.desk.analyze(UP, 60)
    assert (view.model, view.fallback_reason, view.cached) == ("first-1", "", False)


async def test_a_stand_in_from_memory_still_says_for_whom_it_stands_in():
    first = ScriptedModel(fails(Unavailable("loading", reason="LOADING")), "first-1")
    room = newsroom([first, ScriptedModel(says(0.1), "rules-1")])
    views = [await room.desk.analyze(UP, 60) for _ in range(2)]
    assert [(view.cached, view.fallback_reason) for view in views] == [
        (False, "LOADING"),
        (True, "LOADING"),
    ]


async def test_a_known_text_needs_no_time():
    model = ScriptedModel(says(0.5))
    room = newsroom([Tier(model=model, timeout_s=1.0)])
    await room.desk.analyze(UP, 60)
    assert (await room.desk.analyze(UP, 0.0)).cached
    with pytest.raises(TimeoutError):
        await room.desk.analyze(News(text="Bitcoin falls"), 0.0)


async def test_the_text_that_was_not_asked_for_longest_goes_first():
    model = ScriptedModel(says(0.5))
    room = room_of(model, size=2)
    for text in ("one", "two", "one", "three", "one", "two"):
        await room.desk.analyze(News(text=text), 60)
    assert model.texts == ["one", "two", "three", "two"]


async def test_no_memory_can_be_asked_for():
    model = ScriptedModel(says(0.5))
    room = room_of(model, size=0)
    for _ in range(3):
        assert not (await room.desk.analyze(UP, 60)).cached
    assert len(model.asked) == 3


async def test_a_text_that_comes_twice_at_a_time_is_answered_twice():
    model = ScriptedModel(says(0.5))
    room = room_of(model)
    views = await asyncio.gather(*(room.desk.analyze(UP, 60) for _ in range(5)))
    assert {view.score for view in views} == {0.5}


async def test_long_texts_do_not_fill_the_memory():
    model = ScriptedModel(says(0.5))
    room = room_of(model, size=1_000)
    tracemalloc.start()
    try:
        for number in range(50):
            # Four bytes for each of 10 000 characters: 2 MB in all.
            text = f"{number} " + "\U0001f680" * 9_990
            await room.desk.analyze(News(text=text, symbol="BTCUSDT"), 60)
        # What the model keeps of what it was asked is not the desk's.
        model.asked.clear()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
