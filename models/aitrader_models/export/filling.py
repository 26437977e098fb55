"""The stages from an opened source to a full folder."""

from pathlib import Path

from aitrader_models.export.draft import Draft
from aitrader_models.export.order import Order, Texts
from aitrader_models.export.original import Original
from aitrader_models.export.quality import check_original
from aitrader_models.export.source import Source
from aitrader_models.export.stages import Stages
from aitrader_models.manifest import FP32, PRECISIONS, Manifest
from aitrader_models.onnx.processor import has_dot_product


def fill(folder: Path, order: Order, source: Source, texts: Texts, stages: Stages) -> Manifest:
    """Writes everything but the manifest, which it returns."""
    seven_bits = order.any_processor or not has_dot_product()
    with stages.stage(f"read {source.origin}"):
        original = Original(source.folder, order.tokens_max)
    with stages.stage(f"ask the original about {len(texts.gate)} texts"):
        expected = original.logits([text.text for text in texts.gate])
    stages.say(check_original(texts.gate, expected))
    draft = Draft(folder, source, original, name=order.name, opset=order.opset, gate=order.gate)
    # Eight bits are made from floats, so that these are made and measured in any case.
    eight_bits = [p for p in PRECISIONS if p in order.precisions and p != FP32]
    for precision in (FP32, *eight_bits):
        note = " (weights of seven bits, exact on any processor)" if seven_bits else ""
        with stages.stage(f"make {precision}{note if precision != FP32 else ''}"):
            draft.make(precision, texts.calibration, seven_bits=seven_bits)
        with stages.stage(f"hold {precision} against the original"):
            quality = draft.judge(precision, texts.gate, expected)
        stages.say(
            f"{precision}: a logit is off by {quality.logit_error_max:.2g} at most, "
            f"{quality.agreement:.1%} of labels agree, {quality.macro_f1_loss:.3f} of macro-F1 lost"
        )
    if FP32 not in order.precisions:
        draft.drop(FP32)
    with stages.stage("write golden texts and manifest"):
        return draft.finish(texts.gate)
