"""What the desk says of itself and of a text that was not read to its end."""

import msgspec
import pytest
from aitrader_server.domain.decision.views import News
from scripted_models import ScriptedModel, newsroom, says


class Cutting(ScriptedModel):
    """Reads the beginning of every text only."""

    async def analyze(self, news, timeout_s):
        view = await super().analyze(news, timeout_s)
        return msgspec.structs.replace(view, truncated=True)


@pytest.mark.parametrize(
    ("first", "second", "at_once"),
    [
        ({"texts_at_once_max": 4}, {}, 4),
        ({"texts_at_once_max": 4, "ready": False}, {"texts_at_once_max": 2}, 2),
        ({"texts_at_once_max": 40}, {}, 16),
        ({}, {"texts_at_once_max": 4}, 16),
        ({"ready": False}, {"ready": False}, 16),
    ],
)
def test_a_caller_brings_as_many_texts_as_the_model_that_serves_takes(first, second, at_once):
    models = [ScriptedModel(says(0.5), **described) for described in (first, second)]
    assert newsroom(models).desk.at_once(16) == at_once


async def test_a_text_that_was_cut_is_counted_when_it_was_read_and_not_when_remembered():
    room = newsroom([Cutting(says(0.5))])
    views = [await room.desk.analyze(News(text="Bitcoin rises"), 60.0) for _ in range(2)]
    assert [view.cached for view in views] == [False, True]
    assert room.counted("aitrader_sentiment_truncated_total", engine="scripted") == 1
