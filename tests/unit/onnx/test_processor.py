"""The weights that serve are exact on the processor they serve on."""

import msgspec
import pytest
from aitrader_models.manifest import FP32, INT8_DYNAMIC, INT8_STATIC, Manifest, UnfitModel, Weights
from aitrader_models.onnx.processor import choose, dot_product_in

X86 = "processor\t: 0\nflags\t\t: fpu sse avx2 {}\nbogomips: 1\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd {}\n"


def manifest(**needs_vnni: bool) -> Manifest:
    """`int8_dynamic=True` is a file that saturates without VNNI."""
    text = {
        "format": 1,
        "name": "m",
        "source": "",
        "id2label": ["positive", "neutral", "negative"],
        "tokens_max": 128,
        "weights": {},
        "tokenizer": {
            "file": "t",
            "sha256": "",
            "vocabulary_sha256": "",
            "vocabulary_size": 1,
        },
        "golden": [],
        "quality": {},
        "versions": {},
    }
    weights = {
        key.replace("_", "-"): Weights(
            file=key, sha256="", size_bytes=1, opset=18, needs_vnni=needed
        )
        for key, needed in needs_vnni.items()
    }
    return msgspec.structs.replace(msgspec.convert(text, Manifest), weights=weights)


@pytest.mark.parametrize(
    ("cpuinfo", "found"),
    [
        (X86.format("avx512_vnni"), True),
        (X86.format("avx_vnni"), True),
        (ARM.format("asimddp"), True),
        (X86.format("avx512f"), False),
        (ARM.format(""), False),
        ("", False),
    ],
)
def test_reads_the_flags_of_the_processor(cpuinfo, found):
    assert dot_product_in(cpuinfo) is found


@pytest.mark.parametrize(
    ("weights", "dot_product", "taken"),
    [
        ({"int8_dynamic": True, "fp32": False}, True, INT8_DYNAMIC),
        ({"int8_dynamic": True, "fp32": False}, False, FP32),
        ({"int8_dynamic": False, "fp32": False}, False, INT8_DYNAMIC),
        ({"int8_dynamic": True, "int8_static": False, "fp32": False}, False, INT8_STATIC),
        ({"fp32": False}, True, FP32),
    ],
)
def test_auto_takes_the_fastest_that_is_exact(weights, dot_product, taken):
    choice = choose(manifest(**weights), "auto", dot_product=dot_product)
    assert choice.precision == taken
    assert choice.why


def test_auto_says_what_it_passed_over():
    choice = choose(manifest(int8_dynamic=True, fp32=False), "auto", dot_product=False)
    assert "without VNNI int8-dynamic would saturate" in choice.why


@pytest.mark.parametrize(
    ("wanted", "reason", "said"),
    [
        ("int8-dynamic", "MODEL_RUNTIME", "set precision to auto or fp32"),
        ("int8-static", "MODEL_MISSING", "has no int8-static"),
    ],
)
def test_what_would_saturate_or_is_not_there_is_refused(wanted, reason, said):
    with pytest.raises(UnfitModel, match=said) as refused:
        choose(manifest(int8_dynamic=True, fp32=False), wanted, dot_product=False)
    assert refused.value.reason == reason


def test_auto_refuses_a_folder_without_exact_weights():
    with pytest.raises(UnfitModel, match="export it with fp32"):
        choose(manifest(int8_dynamic=True), "auto", dot_product=False)
