"""A sentiment plug-in of a small package of its own: a file says what it does."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from aitrader_server.domain.decision.views import ModelDescription, News, SentimentView
from aitrader_server.engine.ports import ModelContext
from aitrader_server.errors import Overloaded, Unavailable
from pydantic import BaseModel, ConfigDict, Field
from scripted_models import scored

ENTRY_POINTS = """\
[aitrader.sentiment_models]
steered = steered_model:create
"""
RETRY_AFTER_S = 2.5


def install(folder: Path) -> str:
    """The PYTHONPATH with which `aitrader` finds the plug-in."""
    info = folder / "steered-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steered\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return f"{folder}:{Path(__file__).parent}"


class SteeredSettings(BaseModel):
    """`wheel` is the file that is read for every text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wheel: Path
    size: Annotated[int, Field(ge=1)] = 1


class SteeredModel:
    """Gives the score that stands in the file, or does what it says."""

    def __init__(self, wheel: Path) -> None:
        self._wheel = wheel

    def describe(self) -> ModelDescription:
        said = self._wheel.read_text()
        why = said if said.isupper() else ""
        return ModelDescription(
            engine="steered", model="steered-1", ready=not why, why=why, sha256="ab" * 32
        )

    async def start(self) -> None:
        if self._wheel.read_text() == "does not start":
            raise OSError("there is no ignition")

    async def stop(self) -> None:
        """There is nothing to let go of."""

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        said = self._wheel.read_text()
        if said == "hangs":
            self._wheel.with_suffix(".asked").touch()
            await asyncio.Event().wait()
        if said == "full":
            raise Overloaded("the queue is full", retry_after_s=RETRY_AFTER_S)
        if said.isupper():
            raise Unavailable("the file says so", reason=said)
        return scored(float(said), self.describe())


def create(settings: Mapping[str, object], context: ModelContext) -> SteeredModel:
    """Entry point."""
    del context
    return SteeredModel(SteeredSettings.model_validate(settings).wheel)
