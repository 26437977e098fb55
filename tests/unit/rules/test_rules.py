import pytest
from aitrader_models.rules.engine import read
from aitrader_server.domain.decision.views import News


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Operating profit rose to EUR 13.1 mn from EUR 8.7 mn .", "positive"),
        ("The company cut 500 jobs .", "negative"),
        ("The annual general meeting will be held on 3 May .", "neutral"),
        ("", "neutral"),
    ],
)
def test_a_text_has_the_label_that_an_investor_gives_it(text, label):
    assert read(News(text=text)).label == label
