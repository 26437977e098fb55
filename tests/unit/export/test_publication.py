import stat

import pytest
from aitrader_models.export.publication import check_target, publishing
from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import FILE_NAME


def publish(target, stop=None, **files):
    with publishing(target) as folder:
        for name, content in files.items():
            (folder / name).write_text(content)
        if stop is not None:
            raise stop


def test_a_new_folder_appears_whole_and_others_may_read_it(tmp_path):
    publish(tmp_path / "model", a="1", b="2")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"a", "b"}
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o755


def test_a_folder_that_is_there_is_swapped_and_the_old_one_goes(tmp_path):
    publish(tmp_path / "model", a="old", b="old")
    publish(tmp_path / "model", a="new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert [path.read_text() for path in (tmp_path / "model").iterdir()] == ["new"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ExportRefused, OSError])
def test_whatever_stops_it_leaves_what_was_there(tmp_path, stop):
    publish(tmp_path / "model", a="old")
    with pytest.raises(stop):
        publish(tmp_path / "model", stop, a="new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model" / "a").read_text() == "old"


def test_only_a_model_folder_is_replaced(tmp_path):
    publish(tmp_path / "notes", a="mine")
    publish(tmp_path / "model", **{FILE_NAME: "{}"})
    (tmp_path / "link").symlink_to(tmp_path / "model")
    check_target(tmp_path / "new", replace=False)
    check_target(tmp_path / "model", replace=True)
    for target, replace, problem in [
        ("model", False, "say --replace"),
        ("notes", True, "is no model folder"),
        ("link", True, "is a link"),
        ("nowhere/model", False, "does not exist"),
    ]:
        with pytest.raises(ExportRefused, match=problem):
            check_target(tmp_path / target, replace=replace)
