"""A manifest vouches for files of its own folder, and costs little to read."""

import msgspec
import pytest
from aitrader_models.manifest import (
    FILE_NAME,
    SMALL_FILE_BYTES_MAX,
    UnfitModel,
    read_manifest,
    read_small,
)
from tiny_onnx_models import change_manifest, make_folder


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def folder(tmp_path, pattern):
    (tmp_path / FILE_NAME).write_bytes((pattern / FILE_NAME).read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    "name", ["../fp32.onnx", "/etc/passwd", "deeper/fp32.onnx", "..", ".", "", "fp32.onnx\n"]
)
@pytest.mark.parametrize("part", ["weights", "tokenizer"])
def test_a_file_elsewhere_is_refused(folder, part, name):
    manifest = read_manifest(folder)
    spoilt = (
        {"fp32": msgspec.structs.replace(manifest.weights["fp32"], file=name)}
        if part == "weights"
        else msgspec.structs.replace(manifest.tokenizer, file=name)
    )
    change_manifest(folder, **{part: spoilt})
    with pytest.raises(UnfitModel, match=rf"{part}.*file") as refused:
        read_manifest(folder)
    assert refused.value.reason == "MODEL_FORMAT"


@pytest.mark.parametrize("tokens_max", [-1, 0, 1_000_000_000])
def test_a_length_that_no_model_has_is_refused(folder, tokens_max):
    change_manifest(folder, tokens_max=tokens_max)
    with pytest.raises(UnfitModel, match="tokens_max"):
        read_manifest(folder)


def test_a_manifest_without_an_end_is_not_read_to_it(folder):
    change_manifest(folder, source="x" * SMALL_FILE_BYTES_MAX)
    with pytest.raises(UnfitModel) as refused:
        read_manifest(folder)
    assert refused.value.reason == "MODEL_FORMAT"
    assert len(read_small(folder / FILE_NAME)) == SMALL_FILE_BYTES_MAX
