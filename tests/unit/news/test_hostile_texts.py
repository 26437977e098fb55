"""The rules read whatever there is to read, soon, and leave nothing behind."""

import resource
import time

from aitrader_models.rules.engine import read
from aitrader_server.domain.decision.news_text import normalize
from aitrader_server.domain.decision.views import News
from hostile_texts import COUNT, hostile_texts

TEXT_S_MAX = 1.0
GROWTH_BYTES_MAX = 64 * 1024 * 1024


def test_the_rules_answer_ten_thousand_hostile_texts():
    read(News(text="Bitcoin rises"))
    slowest_s, slowest = 0.0, ""
    texts = list(hostile_texts())
    assert len(texts) == COUNT
    before = peak_bytes()
    for text in texts:
        begun_s = time.thread_time()
        normalize(text)
        view = read(News(text=text, symbol="BTCUSDT"))
        took_s = time.thread_time() - begun_s
        if took_s > slowest_s:
            slowest_s, slowest = took_s, text[:60]
        said = view.probabilities
        shares = (said.positive, said.neutral, said.negative)
        assert all(0.0 <= share <= 1.0 for share in shares), text[:200]
        assert abs(sum(shares) - 1.0) < 1e-9, text[:200]
        assert -1.0 <= view.score <= 1.0, text[:200]
    assert slowest_s < TEXT_S_MAX, f"{slowest!r} took {slowest_s:.2f} s"
    assert peak_bytes() - before < GROWTH_BYTES_MAX


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
