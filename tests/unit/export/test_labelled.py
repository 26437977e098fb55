import pytest
from aitrader_models.texts.headlines import GOLDEN, KINDS, packaged
from aitrader_models.texts.labelled import Labelled, UnfitTexts, read_texts


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


GOOD = (Labelled("Profit rose, again", "positive"), Labelled('A "quiet" day', "neutral"))


CSV = 'text,label\n"Profit rose, again",positive\n"A ""quiet"" day",neutral\n'
EXCEL = """\ufeffLabel,Text\r
Positive,"Profit rose,\r
again"\r
\r
neutral,"A ""quiet"" day"\r
"""
TSV = 'label\ttext\npositive\tProfit rose, again\nneutral\tA "quiet" day\n'
JSONL = r"""
{"text": "Profit  rose, again", "label": "POSITIVE"}

{"id": 7, "label": "neutral", "text": "A \"quiet\" day"}
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", CSV), ("a.csv", EXCEL), ("a.tsv", TSV), ("a.jsonl", JSONL)],
)
def test_three_formats_say_the_same(written, name, content):
    assert read_texts(written(name, content), labels=True) == GOOD


def test_labels_may_be_left_out_where_they_are_not_needed(written):
    path = written("a.csv", "text\nBitcoin slips\n")
    assert read_texts(path, labels=False) == (Labelled("Bitcoin slips"),)
    with pytest.raises(UnfitTexts, match=r"a\.csv:2: no label"):
        read_texts(path, labels=True)


def test_a_text_that_comes_again_counts_once(written):
    path = written("a.tsv", "text\tlabel\nUp\tpositive\nUp \tpositive\n")
    assert read_texts(path, labels=True) == (Labelled("Up", "positive"),)


def test_every_bad_line_is_named(written):
    path = written(
        "a.csv",
        'text,label\n"one\ntwo",bullish\n,positive\nalone\nUp,positive\nup,neutral\nUp,negative\n',
    )
    with pytest.raises(UnfitTexts) as refused:
        read_texts(path, labels=True)
    assert [line.removeprefix(f"{path}:") for line in str(refused.value).splitlines()] == [
        "2: the label bullish is none of positive, neutral, negative",
        "4: no text",
        "5: 1 columns, but the first line names 2",
        "8: the text of line 6 again, but with the label positive",
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", "Up", "name it .csv, .tsv or .jsonl"),
        ("a.csv", "Up,positive\n", "the first line must name the columns"),
        ("a.csv", "", "the first line must name the columns"),
        ("a.csv", "text,label\n", "there are no texts"),
        ("a.csv", b"text,label\nz\xfcrich,neutral\n", "is not UTF-8"),
        ("a.csv", 'text,label\n"Up,positive\n', "a.csv:2: unexpected end of data"),
        ("a.jsonl", '{"text": "Up"\n', "a.jsonl:1: not JSON"),
        ("a.jsonl", '["Up"]\n', "a.jsonl:1: not a JSON object"),
        ("a.jsonl", '{"text": 5}\n', "a.jsonl:1: no text"),
        ("a.jsonl", '{"text": "Up", "label": 1}\n', "the label 1 is none of"),
        ("a.tsv", "text\tlabel\n" + "x" * 10_001 + "\tneutral\n", "10001 characters"),
    ],
)
def test_what_cannot_be_read_is_said(written, name, content, problem):
    with pytest.raises(UnfitTexts, match=problem):
        read_texts(written(name, content), labels=True)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnfitTexts, match=r"none\.csv: No such file"):
        read_texts(tmp_path / "none.csv", labels=True)


def test_packaged_headlines_hold_every_label_and_every_kind_anywhere():
    headlines = packaged()
    assert len(headlines) == len({headline.text for headline in headlines}) >= 400
    assert len(KINDS) == 3
    for half in (headlines[: len(headlines) // 2], headlines[0::2], headlines[1::2]):
        assert {headline.label for headline in half} == {"positive", "neutral", "negative"}


def test_golden_texts_are_of_every_length():
    lengths = sorted(len(text.split()) for text in GOLDEN)
    assert lengths[0] == 0
    assert lengths[-1] > 128
    assert len(set(GOLDEN)) == len(GOLDEN) >= 12
