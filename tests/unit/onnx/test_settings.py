"""What the operator may set, and what is said when it makes no sense."""

from pathlib import Path

import pytest
from aitrader_models.onnx.settings import OnnxSettings, bare_source
from pydantic import ValidationError


def test_a_folder_is_enough():
    settings = OnnxSettings.model_validate({"folder": "models/finbert"})
    assert settings.folder == Path("models/finbert")
    assert settings.precision == "auto"
    assert settings.worker_threads() >= 1


def test_texts_of_the_configuration_become_numbers():
    settings = OnnxSettings.model_validate({"folder": "f", "threads": "2", "tokens_max": "64"})
    assert settings.worker_threads() == 2
    assert settings.tokens_max == 64


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "folder"),
        ({"folder": "f", "model": "x"}, "model"),
        ({"folder": "f", "precision": "fp16"}, "int8-dynamic"),
        ({"folder": "f", "threads": 0}, "threads"),
        ({"folder": "f", "queue_tokens_max": 32, "tokens_max": 64}, "cannot hold one text"),
        ({"folder": "f", "crypto_sources": [""]}, "crypto_sources"),
    ],
)
def test_a_wrong_setting_is_named(wrong, said):
    with pytest.raises(ValidationError, match=said):
        OnnxSettings.model_validate(wrong)


@pytest.mark.parametrize(
    "spelling",
    ["CoinDesk", "coindesk.com", "www.coindesk.com", "https://www.coindesk.com/markets/"],
)
def test_one_source_has_many_spellings(spelling):
    assert bare_source(spelling) == "coindesk"


def test_the_sources_that_come_with_it_are_found_however_they_are_spelt():
    sources = OnnxSettings(folder=Path("f")).crypto_sources
    for spelling in ("CoinDesk", "https://www.bitcoin.com/news", "U.Today", "watcher.guru"):
        assert bare_source(spelling) in sources
