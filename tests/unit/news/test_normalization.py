"""One spelling of a text."""

import unicodedata

import pytest
from aitrader_server.domain.decision.news_text import normalize
from hypothesis import given
from hypothesis import strategies as st

TEXT_CHARS_MAX = 10_000
any_text = st.text(st.characters(exclude_categories=()), max_size=60)
# Where order of composition, removal and blanks matters most.
tricky_text = st.text(
    "e\u0301\u0327\u200d\u200b \n\x00\u1100\u1161\u11a8\ud800\ufeff\u0344\u0f73", max_size=12
)


@pytest.mark.parametrize(
    ("given_text", "text"),
    [
        ("Bitcoin rises", "Bitcoin rises"),
        ("  Bitcoin \t\r\n\u00a0\u3000 rises  ", "Bitcoin rises"),
        ("Bitcoin\x00rises\x1b[31m", "Bitcoin rises [31m"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("B\u200bi\u200dt\ufeffc\u00adoin", "Bitcoin"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\ud800up\udfff", "up"),
        ("\U000e0041\U000e0042up", "up"),
        ("\ue000\uffffup", "up"),
        ("e\u200d\u0301", "\u00e9"),
        ("\U0001f680 to the moon", "\U0001f680 to the moon"),
        ("\x00\u200b \ud800", ""),
        ("", ""),
    ],
)
def test_what_is_not_seen_is_gone(given_text, text):
    assert normalize(given_text) == text


@given(any_text | tricky_text)
def test_a_normal_text_stays_as_it_is(text):
    normal = normalize(text)
    assert normalize(normal) == normal
    assert unicodedata.is_normalized("NFC", normal)


@given(any_text)
def test_every_character_left_can_be_seen_and_sent(text):
    normal = normalize(text)
    normal.encode()
    assert not {unicodedata.category(letter) for letter in normal} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert normal == " ".join(normal.split())


@pytest.mark.parametrize("marks", ["\u0301\u0327", "\u0301", "\u0344", "\u0f73", "\u0489"])
def test_a_tower_of_marks_is_cut(marks):
    text = normalize("Z" + marks * 5_000 + "algo rises")
    assert text.endswith("algo rises")
    assert len(text) <= len("Zalgo rises") + 30
    assert normalize(text) == text


def test_more_letters_than_are_remembered_are_read_all_the_same():
    every = "".join(map(chr, range(0x20000, 0x39000)))
    letters = "".join(letter for letter in every if unicodedata.category(letter) == "Lo")
    for _ in range(2):
        assert normalize(every) == unicodedata.normalize("NFC", letters)
