"""An unusual share of neutral labels is noticed, and said once."""

from random import Random

import pytest
from aitrader_server.domain.decision.drift import LABELS_MIN, DriftSettings, DriftWatch
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.news_desk import DeskSettings, Tier
from aitrader_server.errors import Unavailable
from scripted_models import ScriptedModel, fails, newsroom, says

MANY = 500
NOT_SERVING = Unavailable("no weights", reason="MODEL_MISSING")


def seen(watch: DriftWatch, labels) -> list[int]:
    """The places of the labels that began or ended a drift."""
    return [at for at, label in enumerate(labels) if watch.see(label)]


@pytest.mark.parametrize("label", ["neutral", "positive"])
def test_a_few_labels_say_nothing(label):
    watch = DriftWatch(DriftSettings())
    assert seen(watch, [label] * (LABELS_MIN - 1)) == []
    assert not watch.drifting
    assert watch.see(label)
    assert watch.drifting


def test_a_drift_begins_once_and_ends_once():
    watch = DriftWatch(DriftSettings(labels_max=200))
    assert seen(watch, ["neutral", "negative"] * 100) == []
    assert len(seen(watch, ["neutral"] * 1_000)) == 1
    assert (watch.drifting, watch.neutral_share) == (True, 1.0)
    assert len(seen(watch, ["positive", "neutral"] * 500)) == 1
    assert (watch.drifting, watch.neutral_share) == (False, 0.5)


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_share_that_wavers_about_a_bound_is_no_news_each_time(share):
    watch, chance = DriftWatch(DriftSettings()), Random(7)
    labels = ["neutral" if chance.random() < share else "negative" for _ in range(10_000)]
    assert len(seen(watch, labels)) <= 4


def test_bounds_of_zero_and_one_are_never_left():
    watch = DriftWatch(DriftSettings(neutral_min=0.0, neutral_max=1.0))
    assert seen(watch, ["neutral"] * MANY + ["positive"] * MANY) == []


def test_only_the_latest_labels_count():
    watch = DriftWatch(DriftSettings(labels_max=100))
    for label in ["neutral"] * 1_000 + ["positive"] * 40:
        watch.see(label)
    assert watch.neutral_share == 0.6


def room_of(*models):
    return newsroom(models, DeskSettings(cache_texts_max=10))


async def score_many(room, count=MANY, start=0):
    for number in range(start, start + count):
        await room.desk.analyze(News(text=f"text {number}"), 60)


async def test_the_desk_says_when_it_begins_and_when_it_ends():
    model = ScriptedModel(says(0.0))
    room = room_of(model)
    await score_many(room)
    assert room.reports == [
        "sentiment drifts: 100% of the latest texts are neutral; look at the texts and at the model"
    ]
    assert room.desk.drift.drifting
    model.act = says(0.9)
    await score_many(room, MANY // 2, start=MANY)
    assert len(room.reports) == 2
    assert room.reports[1].startswith("sentiment is as usual again: ")
    assert not room.desk.drift.drifting


async def test_texts_from_memory_do_not_count_twice():
    room = room_of(ScriptedModel(says(0.0)))
    for _ in range(2 * LABELS_MIN):
        await room.desk.analyze(News(text="the same"), 60)
    assert not room.desk.drift.drifting


async def test_what_stands_in_says_nothing_of_the_chosen_model():
    room = room_of(ScriptedModel(fails(NOT_SERVING)), ScriptedModel(says(0.0), "rules-1"))
    await score_many(room)
    assert room.reports == []
    assert room.desk.drift.neutral_share == 0.0


async def test_what_orders_ask_instead_says_nothing_of_the_chosen_model():
    cloud = Tier(model=ScriptedModel(says(0.5), "cloud-1"), timeout_s=1.0, decides=False)
    room = room_of(cloud, ScriptedModel(says(0.0), "rules-1"))
    for number in range(MANY):
        await room.desk.analyze(News(text=f"text {number}"), 60, deciding=True)
    assert room.reports == []
    assert room.desk.drift.neutral_share == 0.0
