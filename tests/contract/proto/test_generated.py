"""What is committed under proto/gen is what the contract generates, byte for byte."""

import os
from importlib.resources import files
from pathlib import Path
from shutil import which

import pytest

ROOT = Path(__file__).parents[3]
GENERATED = ROOT / "proto/gen"
TYPESCRIPT_PLUGIN = ROOT / "clients/typescript/node_modules/@bufbuild/protoc-gen-es"
VERBATIM = sorted(path.name for path in (ROOT / "proto/google/api").iterdir())


def contents(folder: Path, *trees: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for tree in trees
        for path in sorted((folder / tree).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(committed: dict[str, bytes], fresh: dict[str, bytes]) -> list[str]:
    return sorted(
        name for name in committed.keys() | fresh.keys() if committed.get(name) != fresh.get(name)
    )


@pytest.fixture(scope="module")
def fresh(buf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which everything was generated anew."""
    folder = tmp_path_factory.mktemp("generated")
    answer = buf("generate", "--output", str(folder))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return folder / "proto/gen"


def test_regenerating_the_python_changes_nothing(fresh: Path):
    trees = ("aitrader", "buf")
    committed = contents(GENERATED, *trees)
    assert len(committed) > 20
    assert differences(committed, contents(fresh, *trees)) == []


def test_regenerating_the_typescript_changes_nothing(request: pytest.FixtureRequest):
    if not (which("node") and TYPESCRIPT_PLUGIN.is_dir()):
        missing = "needs node and `npm ci` in clients/typescript"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    committed = contents(GENERATED, "typescript")
    assert len(committed) > 5
    anew = contents(request.getfixturevalue("fresh"), "typescript")
    assert differences(committed, anew) == []


def test_nothing_else_lies_among_the_generated_files():
    known = {"aitrader", "buf", "released", "typescript"}
    assert {path.name for path in GENERATED.iterdir() if path.name != "__pycache__"} == known


def test_an_edited_a_missing_and_a_stale_file_are_each_a_difference():
    committed = {"same": b"1", "edited": b"1", "stale": b"1"}
    assert differences(committed, {"same": b"1", "edited": b"2", "missing": b"1"}) == [
        "edited",
        "missing",
        "stale",
    ]


@pytest.mark.parametrize("name", VERBATIM)
def test_the_google_protos_are_verbatim(name: str):
    copy = ROOT / "proto/google/api" / name
    assert copy.read_bytes() == files("google.api").joinpath(name).read_bytes()
