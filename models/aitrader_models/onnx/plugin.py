"""How the server makes the model that runs ONNX weights on this machine."""

from collections.abc import Mapping
from typing import Final

from aitrader_server.domain.decision.news_text import normalize
from aitrader_server.domain.decision.views import (
    Latency,
    ModelDescription,
    News,
    SentimentView,
    label_of,
)
from aitrader_server.engine.ports import ModelContext
from aitrader_server.errors import Unavailable

from aitrader_models.calibration import RAW, Calibration
from aitrader_models.onnx.folder import Model
from aitrader_models.onnx.frames import Scored
from aitrader_models.onnx.settings import OnnxSettings, bare_source
from aitrader_models.onnx.supervisor import Supervisor

ENGINE: Final = "onnx"
TEXT_CHARS_MAX: Final = 10_000
_CRYPTO: Final = "crypto"


class OnnxModel:
    """Scores in a process of its own; serves whenever the folder holds a model that fits."""

    def __init__(self, settings: OnnxSettings, context: ModelContext) -> None:
        self._settings = settings
        self._crypto_sources = frozenset(settings.crypto_sources)
        self._supervisor = Supervisor(settings, context.environ, context.report)

    def describe(self) -> ModelDescription:
        serving = self._supervisor.serving
        if serving is None:
            return ModelDescription(
                engine=ENGINE,
                model=self._settings.folder.name,
                ready=False,
                why=f"{self._supervisor.reason}: {self._supervisor.why}",
                queue_tokens_max=self._settings.queue_tokens_max,
            )
        model = serving.model
        calibrations = (model.crypto_calibration, model.calibration)
        return ModelDescription(
            engine=ENGINE,
            model=model.manifest.name,
            why=f"{model.choice.precision}: {model.choice.why}",
            sha256=model.sha256,
            edition=model.edition,
            precision=model.choice.precision,
            calibrations=tuple(c.id for c in calibrations if c is not None),
            tokens_max=model.tokens_max,
            queue_tokens=serving.child.queue_tokens,
            queue_tokens_max=self._settings.queue_tokens_max,
        )

    async def start(self) -> None:
        self._supervisor.start()

    async def stop(self) -> None:
        await self._supervisor.stop()

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        serving = self._supervisor.serving
        if serving is None:
            raise Unavailable(self._supervisor.why, reason=self._supervisor.reason)
        text = normalize(news.text)
        scored = await serving.child.score(text[:TEXT_CHARS_MAX], timeout_s)
        calibration = (
            serving.model.crypto_calibration if self._is_crypto(news) else serving.model.calibration
        )
        return _view(serving.model, scored, calibration, cut=len(text) > TEXT_CHARS_MAX)

    def _is_crypto(self, news: News) -> bool:
        """A text of unknown source about a symbol is: the symbols here are coins."""
        if not news.source:
            return bool(news.symbol)
        source = bare_source(news.source)
        return source in self._crypto_sources or source.startswith(_CRYPTO)


def create(settings: Mapping[str, object], context: ModelContext) -> OnnxModel:
    """Entry point. Raises pydantic.ValidationError."""
    return OnnxModel(OnnxSettings.model_validate(settings), context)


def _view(
    model: Model, scored: Scored, calibration: Calibration | None, *, cut: bool
) -> SentimentView:
    raw = RAW.apply(scored.logits)
    probabilities = raw if calibration is None else calibration.apply(scored.logits)
    return SentimentView(
        label=label_of(probabilities),
        score=probabilities.positive - probabilities.negative,
        probabilities=probabilities,
        model=model.manifest.name,
        engine=ENGINE,
        raw=None if calibration is None else raw,
        calibration="" if calibration is None else calibration.id,
        sha256=model.sha256,
        precision=model.choice.precision,
        tokens=scored.tokens,
        truncated=scored.truncated or cut,
        latency=Latency(
            queue_ms=scored.queue_ms,
            tokenize_ms=scored.tokenize_ms,
            infer_ms=scored.infer_ms,
            batch_size=scored.batch_size,
            padding_ratio=scored.padding_ratio,
        ),
    )
