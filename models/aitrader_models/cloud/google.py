"""Google Cloud Natural Language as a sentiment model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from aitrader_server.engine.ports import ModelContext
from pydantic import AfterValidator, Field

from aitrader_models.cloud.model import CloudModel
from aitrader_models.cloud.service import Failure, Service, load
from aitrader_models.cloud.settings import CloudSettings, Endpoint, require

ENGINE: Final = "google"
# The service does not say which model answers, so that its API stands for it.
MODEL: Final = "language-v2"


def _bare(url: str) -> str:
    """An address without a path, as gRPC wants it. Raises ValueError."""
    if url.count("/") > len("//"):
        raise ValueError("a gRPC endpoint has no path")
    return url


class GoogleSettings(CloudSettings):
    """`credentials_file` is a service account's key; without one, whatever the machine offers.

    Without `language` the service finds it out. An `http` endpoint is asked without credentials.
    """

    endpoint: Annotated[Endpoint, AfterValidator(_bare)] = "https://language.googleapis.com"
    credentials_file: Path | None = None
    language: Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")] = "en"


def create(settings: Mapping[str, object], context: ModelContext) -> CloudModel:
    """The model, not yet connected.

    Raises:
        ValueError: the SDK is not installed.
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    chosen = GoogleSettings.model_validate(settings)
    require("google-cloud-language", extra="google")

    async def connect() -> Service | Failure:
        module = await load("google_language")
        language: Service | Failure = await module.connect(chosen)
        return language

    return CloudModel(ENGINE, MODEL, chosen, context, connect)
