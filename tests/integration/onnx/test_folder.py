"""What lies in the folder serves, or nothing does; callers of a chain never fail."""

import asyncio
import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aitrader_models.manifest import FILE_NAME, read_manifest
from aitrader_models.rules.engine import Rules
from aitrader_server.domain.decision.views import News, SentimentView
from aitrader_server.engine.news_desk import DeskSettings, NewsDesk, Tier
from aitrader_server.errors import Unavailable
from tiny_onnx_models import change_manifest, make_folder

TIMEOUT_S = 60.0
CALLERS = 8


class Uncounted:
    """Metrics that nobody reads."""

    def count(self, name, labels, trace_id="") -> None:
        pass

    def observe(self, name, value, labels, trace_id="") -> None:
        pass


class Load:
    """Callers that ask a chain of this model and the rules, without a pause."""

    def __init__(self, served) -> None:
        self.failed: list[BaseException] = []
        self.answers: Counter[tuple[str, str]] = Counter()
        self.latest: dict[str, SentimentView] = {}
        tiers = [Tier(model=served.model, timeout_s=TIMEOUT_S), Tier(model=Rules(), timeout_s=1.0)]
        self._desk = NewsDesk(
            tiers,
            DeskSettings(),
            clock=served.clock,
            metrics=Uncounted(),
            on_trouble=lambda what, error: self.failed.append(error),
            report=served.log.append,
        )

    async def ask(self, caller: int) -> None:
        number = 0
        while True:
            number += 1
            # As a socket would: rules answer without ever giving way.
            await asyncio.sleep(0)
            try:
                view = await self._desk.analyze(
                    News(text=f"hack {caller} {number}"), TIMEOUT_S, counts=False
                )
            except Exception as error:
                self.failed.append(error)
                raise
            self.latest[view.engine] = view
            self.answers[view.engine, view.sha256] += 1

    def more(self, engine: str, sha256: str = ""):
        """Whether another such answer came since this was called."""
        before = self.answers[engine, sha256]
        return lambda: self.answers[engine, sha256] > before


@asynccontextmanager
async def under_load(served) -> AsyncIterator[Load]:
    load = Load(served)
    callers = [asyncio.create_task(load.ask(caller)) for caller in range(CALLERS)]
    yield load
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert not load.failed


def sha_of(folder: Path) -> str:
    return read_manifest(folder).weights["fp32"].sha256


def replace_folder(folder: Path, other: Path) -> None:
    """Another model in the same place, file by file, as a copy does it."""
    shutil.copytree(other, folder, dirs_exist_ok=True)


async def test_another_model_takes_over_under_load(folder, tmp_path, start):
    other = make_folder(tmp_path / "other", seed=2, name="other")
    served = await start(folder, precision="fp32")
    await served.until_ready()
    old, new = sha_of(folder), sha_of(other)
    async with under_load(served) as load:
        await served.until(load.more("onnx", old))
        replace_folder(folder, other)
        await served.until(load.more("onnx", new))
        before = load.answers["onnx", old]
        await served.until(load.more("onnx", new))
        assert load.answers["onnx", old] == before
    assert served.model.describe().model == "other"


async def test_a_link_is_switched_under_load(folder, tmp_path, start):
    other = make_folder(tmp_path / "other", seed=2)
    link, fresh = tmp_path / "current", tmp_path / "fresh"
    link.symlink_to(folder)
    fresh.symlink_to(other)
    served = await start(link, precision="fp32")
    await served.until_ready()
    async with under_load(served) as load:
        await served.until(load.more("onnx", sha_of(folder)))
        fresh.replace(link)
        await served.until(load.more("onnx", sha_of(other)))
        # Both folders were right all the time: nobody was sent to the rules.
        assert load.answers["rules", ""] == 0


async def test_weights_are_removed_and_restored_under_load(folder, pattern, start):
    served = await start(folder, precision="fp32")
    await served.until_ready()
    async with under_load(served) as load:
        await served.until(load.more("onnx", sha_of(pattern)))
        (folder / "fp32.onnx").unlink()
        await served.until(load.more("rules"))
        assert load.latest["rules"].fallback_reason == "MODEL_MISSING"
        shutil.copy(pattern / "fp32.onnx", folder)
        await served.until(load.more("onnx", sha_of(pattern)))


async def test_weights_are_spoiled_and_mended_under_load(folder, pattern, start):
    served = await start(folder, precision="fp32")
    await served.until_ready()
    async with under_load(served) as load:
        path = folder / "fp32.onnx"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        await served.until(load.more("rules"))
        assert load.latest["rules"].fallback_reason == "MODEL_CORRUPT"
        assert "copy it again" in served.model.describe().why
        shutil.copy(pattern / "fp32.onnx", path)
        await served.until(load.more("onnx", sha_of(pattern)))


async def test_the_process_is_killed_under_load(folder, start):
    served = await start(folder, precision="fp32")
    await served.until_ready()
    async with under_load(served) as load:
        await served.until(load.more("onnx", sha_of(folder)))
        os.kill(served.pid, signal.SIGKILL)
        await served.until(load.more("rules"))
        assert load.latest["rules"].fallback_reason == "MODEL_DIED"
        await served.until(load.more("onnx", sha_of(folder)))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (shutil.rmtree, "MODEL_MISSING"),
        (lambda folder: (folder / FILE_NAME).unlink(), "MODEL_MISSING"),
        (lambda folder: (folder / FILE_NAME).write_text("{"), "MODEL_FORMAT"),
        (lambda folder: change_manifest(folder, format=99), "MODEL_FORMAT"),
        (lambda folder: change_manifest(folder, id2label=("up", "down")), "MODEL_LABELS"),
        (
            lambda folder: change_manifest(folder, id2label=("neutral", "negative", "positive")),
            "MODEL_GOLDEN",
        ),
        (lambda folder: change_manifest(folder, weights={}), "MODEL_RUNTIME"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "MODEL_CORRUPT"),
    ],
)
async def test_an_unfit_folder_is_refused_and_taken_when_it_is_right(
    folder, pattern, start, spoil, reason
):
    spoil(folder)
    served = await start(folder, precision="auto")
    await served.until_withdrawn(reason)
    assert not served.model.describe().ready
    with pytest.raises(Unavailable) as refused:
        await served.model.analyze(News(text="hack"), TIMEOUT_S)
    assert refused.value.reason == reason
    replace_folder(folder, pattern)
    await served.until_ready()
    assert (await served.model.analyze(News(text="hack"), TIMEOUT_S)).engine == "onnx"


async def test_a_folder_that_cannot_be_followed_says_so(folder, tmp_path, start):
    link = tmp_path / "current"
    link.symlink_to(link)
    served = await start(link)
    await served.until(lambda: "loop" in served.model.describe().why)
    link.unlink()
    link.symlink_to(folder)
    await served.until_ready()


async def test_an_unknown_calibration_is_named(folder, start):
    served = await start(folder, calibration="mine-v1")
    await served.until_withdrawn("MODEL_CALIBRATION")
    assert "no calibration mine-v1, only crypto-v1" in served.model.describe().why


async def test_a_model_that_is_not_ready_in_time_is_given_up(slow_pattern, start):
    served = await start(slow_pattern, start_timeout_s=0.05)
    await served.until_withdrawn("MODEL_RUNTIME")
    assert "raise start_timeout_s" in served.model.describe().why
