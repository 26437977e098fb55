"""Counts outlive the process; a file that tells nothing is told of, and counting begins anew."""

import json

import pytest
from aitrader_server.objectives.history import History
from aitrader_server.objectives.judge import Count
from aitrader_server.objectives.memory import FILE_NAME, Memory, Remembered
from structlog.testing import capture_logs

AT_S = 1_700_000_000.0


def kept(folder):
    """The memory of a life of ten minutes, and its history."""
    memory, history = Memory(folder), History()
    for minute in range(10):
        history.add(AT_S + 60 * minute, {"one": Count(minute, 2 * minute)})
    memory.keep(Remembered(counts={"one": Count(9, 18)}, samples=history.dump()))
    return memory, history


def test_the_next_life_goes_on(tmp_path):
    _, history = kept(tmp_path)
    later = History()
    assert Memory(tmp_path).recall(later) == {"one": Count(9, 18)}
    assert later.dump() == history.dump()
    assert later.within(300, AT_S + 600, {"one": Count(9, 20)}, "one") == Count(4, 10)


def test_the_first_life_has_nothing_to_tell(tmp_path):
    with capture_logs() as said:
        assert Memory(tmp_path).recall(History()) == {}
    assert said == []


BROKEN = {
    "cut off": lambda text: text[:-40],
    "empty": lambda _: "",
    "no JSON": lambda _: "\x00\x01",
    "another shape": lambda _: '{"counts": 1, "samples": []}',
    "brackets": lambda _: '{"samples":' + "[" * 100_000,
    "fewer resolutions": lambda text: json.dumps(json.loads(text) | {"samples": []}),
    "out of order": lambda text: json.dumps(
        {"counts": {}, "samples": [one[::-1] for one in json.loads(text)["samples"]]}
    ),
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_of(tmp_path, damage):
    kept(tmp_path)
    path = tmp_path / FILE_NAME
    path.write_text(damage(path.read_text()))
    history = History()
    with capture_logs() as said:
        assert Memory(tmp_path).recall(history) == {}
    assert [line["event"] for line in said] == ["objectives begin anew"]
    assert not any(history.dump())


def test_the_file_is_replaced_whole_and_nobody_else_s(tmp_path):
    memory, _ = kept(tmp_path)
    inode = (tmp_path / FILE_NAME).stat().st_ino
    memory.keep(Remembered(counts={}, samples=History().dump()))
    assert (tmp_path / FILE_NAME).stat().st_ino != inode
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / FILE_NAME]


def test_a_disk_that_fails_is_told_of_once(tmp_path):
    memory, nothing = Memory(tmp_path / "gone"), Remembered(counts={}, samples=[])
    with capture_logs() as said:
        memory.keep(nothing)
        memory.keep(nothing)
        (tmp_path / "gone").mkdir()
        memory.keep(nothing)
    assert [line["event"] for line in said] == ["objectives not kept"]
    assert (tmp_path / "gone" / FILE_NAME).exists()
