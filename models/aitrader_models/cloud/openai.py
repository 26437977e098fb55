"""OpenAI's models as a sentiment model, and gateways that speak its API."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final

from aitrader_server.engine.ports import ModelContext
from pydantic import Field

from aitrader_models.cloud.model import CloudModel
from aitrader_models.cloud.service import Failure, Service, key_in, load
from aitrader_models.cloud.settings import CloudSettings, Endpoint, VariableName, require

ENGINE: Final = "openai"


class OpenAiSettings(CloudSettings):
    """Which model is asked, and how.

    `temperature` null leaves it out for models that refuse one; `answer_tokens_max` also bounds
    what a reasoning model may think.
    """

    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,100}$")] = "gpt-4.1-mini"
    endpoint: Endpoint = "https://api.openai.com/v1"
    api_key_env: VariableName = "OPENAI_API_KEY"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    answer_tokens_max: Annotated[int, Field(ge=50, le=10_000)] = 200


def create(settings: Mapping[str, object], context: ModelContext) -> CloudModel:
    """The model, not yet connected.

    Raises:
        ValueError: the SDK is not installed.
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    chosen = OpenAiSettings.model_validate(settings)
    require("openai", extra="openai")

    async def connect() -> Service | Failure:
        key = key_in(context.environ, chosen.api_key_env)
        if isinstance(key, Failure):
            return key
        module = await load("openai_chat")
        chat: Service = await asyncio.to_thread(module.OpenAiChat, chosen, key)
        return chat

    return CloudModel(ENGINE, chosen.model, chosen, context, connect)
