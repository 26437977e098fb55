"""The rules against somebody's labels, and the time that they take."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from aitrader_server.domain.decision.views import News

from aitrader_models.calibrating.reporting import score_lines
from aitrader_models.calibration import Score
from aitrader_models.manifest import LABELS
from aitrader_models.rules.engine import NAME, read
from aitrader_models.texts.labelled import read_texts
from aitrader_models.texts.scores import score

MS_PER_S: Final = 1_000


class Judgement(NamedTuple):
    """`p50_ms` and `p99_ms` are of the processor's time per text, not of the wall's."""

    texts: int
    score: Score
    p50_ms: float
    p99_ms: float


def judge(path: Path, source: str) -> Judgement:
    """What the rules make of the labelled texts in `path`. Raises UnfitTexts."""
    texts = read_texts(path, labels=True)
    given, spent_ms = [], []
    for text in texts:
        begun_s = time.thread_time()
        view = read(News(text=text.text, source=source))
        spent_ms.append((time.thread_time() - begun_s) * MS_PER_S)
        given.append(LABELS.index(view.label))
    p50_ms, p99_ms = np.percentile(spent_ms, (50, 99))
    true = [LABELS.index(text.label) for text in texts]
    return Judgement(len(texts), score(true, given), float(p50_ms), float(p99_ms))


def report(judgement: Judgement) -> Iterator[str]:
    """Lines of text."""
    yield from score_lines(NAME, judgement.score)
    yield (
        f"  {judgement.texts} texts, {judgement.p50_ms:.2f} ms each, 99 of 100 within"
        f" {judgement.p99_ms:.2f} ms"
    )
