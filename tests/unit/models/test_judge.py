"""`aitrader models judge` on a person's own file."""

from aitrader_models.command import models
from click.testing import CliRunner

TEXTS = """\
text,label
Operating profit rose to EUR 13.1 mn from EUR 8.7 mn,positive
Exchange halts withdrawals after a hack,negative
The annual meeting is on 24 April,neutral
The annual meeting is on 25 April,negative
"""


def run(tmp_path, text, name="own.csv"):
    path = tmp_path / name
    path.write_text(text)
    return CliRunner().invoke(models, ["judge", str(path)])


def test_right_and_wrong_labels_are_counted(tmp_path):
    done = run(tmp_path, TEXTS)
    assert done.exit_code == 0
    lines = [line.split() for line in done.output.splitlines()]
    assert lines[0] == ["rules-1", "accuracy", "0.750", "macro-F1", "0.778"]
    assert lines[2:5] == [
        ["positive", "1", "0", "0"],
        ["neutral", "0", "1", "0"],
        ["negative", "0", "1", "1"],
    ]
    assert lines[5][:2] == ["4", "texts,"]


def test_a_file_that_does_not_fit_is_named_line_by_line(tmp_path):
    done = run(tmp_path, TEXTS + "No label here,\nA strange one,fine\n")
    assert done.exit_code == 1
    assert "own.csv:6: " in done.output
    assert "own.csv:7: " in done.output


def test_the_kind_of_file_must_be_known(tmp_path):
    assert "name it .csv, .tsv or .jsonl" in run(tmp_path, TEXTS, "own.txt").output
