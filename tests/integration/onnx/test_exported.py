"""What the export tool makes is what this model serves."""

import asyncio

import pytest
from aitrader_models.calibration import RAW
from aitrader_models.manifest import PRECISIONS, read_manifest
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.texts.headlines import packaged
from aitrader_server.domain.decision.views import News
from exported_models import tiny_model

TIMEOUT_S = 60.0
# The first test of a run waits for the tool, which loads much and trains a little.
pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("precision", PRECISIONS)
async def test_a_crowd_gets_what_each_gets_alone(start, precision):
    folder = tiny_model()
    served = await start(folder, precision=precision, tokens_max=128)
    await served.until_ready()
    texts = [headline.text for headline in packaged()][:64]
    crowd = await asyncio.gather(
        *(served.model.analyze(News(text=text), TIMEOUT_S) for text in texts)
    )
    scorer = Scorer(folder, read_manifest(folder), precision, 128)
    for text, view in zip(texts, crowd, strict=True):
        (logits,) = scorer.score([scorer.encode(text).tokens])
        assert view.probabilities == RAW.apply(logits)
    sizes = {view.latency.batch_size for view in crowd}
    assert sizes == {1} if precision == "int8-dynamic" else max(sizes) > 1
