import stat

import pytest
from aitrader_models.export.publication import check_target, publishing
from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import FILE_NAME


def publish(target, stop=None, *, replace=True, **files):
    with publishing(target, replace=replace) as folder:
        for name, content in files.items():
            (folder / name).write_text(content)
        (folder / FILE_NAME).write_text("{}")
        if stop is not None:
            raise stop


def test_a_new_folder_appears_whole_and_others_may_read_it(tmp_path):
    publish(tmp_path / "model", a="1", b="2")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"a", "b", FILE_NAME}
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o755


def test_a_folder_that_is_there_is_swapped_and_the_old_one_goes(tmp_path):
    publish(tmp_path / "model", a="old", b="old")
    publish(tmp_path / "model", a="new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"a", FILE_NAME}
    assert (tmp_path / "model" / "a").read_text() == "new"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ExportRefused, OSError])
def test_whatever_stops_it_leaves_what_was_there(tmp_path, stop):
    publish(tmp_path / "model", a="old")
    with pytest.raises(stop):
        publish(tmp_path / "model", stop, a="new")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model" / "a").read_text() == "old"


def test_who_publishes_first_is_not_overwritten(tmp_path):
    with pytest.raises(ExportRefused, match="say --replace"):
        publish_twice(tmp_path / "model")
    assert (tmp_path / "model" / "a").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def publish_twice(target):
    with publishing(target, replace=False) as folder:
        publish(target, replace=False, a="first")
        (folder / "a").write_text("second")


def test_only_a_model_folder_is_replaced(tmp_path):
    (tmp_path / "notes").mkdir()
    publish(tmp_path / "model")
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
