"""Where a secret is found, and what is said when it is not."""

import pytest
from aitrader_server.adapters.secret_reference import resolve_secret
from aitrader_server.errors import ConfigError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    path.chmod(0o600)
    return path


def test_reads_a_variable():
    assert resolve_secret("env:PLACE", {"PLACE": "s3cret"}, "journal.url") == "s3cret"


def test_reads_a_file_without_its_last_newline(file):
    assert resolve_secret(f"file:{file}", {}, "journal.url") == "s3cret"
    file.write_text("two\nlines\n\n")
    assert resolve_secret(f"file:{file}", {}, "journal.url") == "two\nlines\n"


@pytest.mark.parametrize("environ", [{}, {"PLACE": ""}])
def test_a_missing_variable_is_named(environ):
    with pytest.raises(ConfigError, match=r"^journal\.url: the variable PLACE is not set"):
        resolve_secret("env:PLACE", environ, "journal.url")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused(file, mode):
    file.chmod(mode)
    with pytest.raises(ConfigError, match=rf"others may read {file}; run chmod 600") as refused:
        resolve_secret(f"file:{file}", {}, "journal.url")
    assert "s3cret" not in refused.value.message


def test_a_file_that_is_not_there_or_no_text_is_named(file):
    with pytest.raises(ConfigError, match="cannot read /nowhere/at/all: "):
        resolve_secret("file:/nowhere/at/all", {}, "journal.url")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=f"cannot read {file}: ") as refused:
        resolve_secret(f"file:{file}", {}, "journal.url")
    assert "xff" not in refused.value.message
    file.write_text("\n")
    with pytest.raises(ConfigError, match=f"{file} is empty"):
        resolve_secret(f"file:{file}", {}, "journal.url")
