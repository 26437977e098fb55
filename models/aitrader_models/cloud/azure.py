"""Azure AI Language as a sentiment model."""

from collections.abc import Mapping
from typing import Annotated, Final

from aitrader_server.engine.ports import ModelContext
from pydantic import Field

from aitrader_models.cloud.model import CloudModel
from aitrader_models.cloud.service import Failure, Service, key_in, load
from aitrader_models.cloud.settings import CloudSettings, Endpoint, VariableName, require

ENGINE: Final = "azure"


class AzureSettings(CloudSettings):
    """`endpoint` is the resource's own; `model` a version of the model or `latest`.

    The service takes 5,120 text elements of one document, so that as many characters fit.
    """

    endpoint: Endpoint
    api_key_env: VariableName = "AZURE_LANGUAGE_KEY"
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,50}$")] = "latest"
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    characters_max: Annotated[int, Field(ge=1, le=5_120)] = 2_000


def create(settings: Mapping[str, object], context: ModelContext) -> CloudModel:
    """The model, not yet connected.

    Raises:
        ValueError: the SDK is not installed.
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    chosen = AzureSettings.model_validate(settings)
    require("azure-ai-textanalytics", extra="azure")

    async def connect() -> Service | Failure:
        key = key_in(context.environ, chosen.api_key_env)
        if isinstance(key, Failure):
            return key
        module = await load("azure_language")
        language: Service = module.AzureLanguage(chosen, key)
        return language

    return CloudModel(ENGINE, chosen.model, chosen, context, connect)
