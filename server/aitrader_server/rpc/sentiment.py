"""SentimentService."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from aitrader.v1 import sentiment_pb2, sentiment_pb2_grpc

from aitrader_server.engine.news_desk import NewsDesk
from aitrader_server.errors import AiTraderError, InvalidRequest, Overloaded
from aitrader_server.rpc.access import Role
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.convert.sentiment import (
    analysis_message,
    analyzed_news,
    model_message,
    symbol_message,
)
from aitrader_server.rpc.interceptors.validation import check_fields
from aitrader_server.rpc.refusals import DeadlineExceeded
from aitrader_server.rpc.services.answering import answers
from aitrader_server.rpc.services.caller import patience_s
from aitrader_server.rpc.status import code_of

MS_PER_S = 1_000
# Of one batch or stream; more would only wait further on, in the way of other callers.
TEXTS_AT_ONCE = 64
# When neither caller nor method bounds it.
TEXT_TIMEOUT_S = 15.0


class SentimentServicer(sentiment_pb2_grpc.SentimentServiceServicer):
    """Scores texts with the models that decide, and with others that the operator chose.

    A viewer may ask what a text means, but only the texts of those who may trade count for their
    symbol, because that may have its say in a decision.
    """

    def __init__(self, desk: NewsDesk, half_life_s: float) -> None:
        self._desk = desk
        self._half_life_s = half_life_s

    async def Analyze(
        self, request: sentiment_pb2.AnalyzeRequest, context: Any
    ) -> sentiment_pb2.AnalyzeResponse:
        return await self._analyze(request)

    async def AnalyzeBatch(
        self, request: sentiment_pb2.AnalyzeBatchRequest, context: Any
    ) -> sentiment_pb2.AnalyzeBatchResponse:
        room = asyncio.Semaphore(self._desk.at_once(TEXTS_AT_ONCE))

        async def analyze(
            at: int, item: sentiment_pb2.AnalyzeRequest
        ) -> sentiment_pb2.AnalyzeResponse:
            try:
                async with room:
                    return await self._analyze(item)
            except InvalidRequest as error:
                field = f"items[{at}].{error.field}"
                message = f"{field}: {error.message}"
                raise InvalidRequest(message, field=field, reason=error.reason) from None

        try:
            async with asyncio.TaskGroup() as group:
                tasks = []
                for at, item in enumerate(request.items):
                    tasks.append(group.create_task(analyze(at, item)))
                    # Models that compute here and now would hold up orders for the whole batch.
                    await asyncio.sleep(0)
        except* AiTraderError as failed:
            # Whatever else failed, failed for want of the same thing.
            raise failed.exceptions[0] from None
        return sentiment_pb2.AnalyzeBatchResponse(results=[task.result() for task in tasks])

    async def StreamAnalyze(
        self, requests: AsyncIterator[sentiment_pb2.StreamAnalyzeRequest], context: Any
    ) -> AsyncIterator[sentiment_pb2.StreamAnalyzeResponse]:
        at_once = self._desk.at_once(TEXTS_AT_ONCE)
        async with aclosing(answers(requests, self._answer, at_once)) as responses:
            async for response in responses:
                yield response

    async def GetModel(
        self, request: sentiment_pb2.GetModelRequest, context: Any
    ) -> sentiment_pb2.GetModelResponse:
        drift = self._desk.drift
        return model_message(
            self._desk.describe(), neutral_share=drift.neutral_share, drifting=drift.drifting
        )

    async def GetSymbolSentiment(
        self, request: sentiment_pb2.GetSymbolSentimentRequest, context: Any
    ) -> sentiment_pb2.GetSymbolSentimentResponse:
        return symbol_message(self._desk.of_symbol(request.symbol), self._half_life_s)

    async def _answer(
        self, request: sentiment_pb2.StreamAnalyzeRequest
    ) -> sentiment_pb2.StreamAnalyzeResponse:
        response = sentiment_pb2.StreamAnalyzeResponse(item_id=request.item_id)
        try:
            current_call().pay()
            check_fields(request)
            response.result.CopyFrom(await self._analyze(request.item))
        except AiTraderError as error:
            response.error.CopyFrom(_refusal(error))
        return response

    async def _analyze(
        self, request: sentiment_pb2.AnalyzeRequest
    ) -> sentiment_pb2.AnalyzeResponse:
        # The event loop's own clock counts in milliseconds.
        begun_s = time.perf_counter()
        role = current_call().caller.role
        try:
            view = await self._desk.analyze(
                analyzed_news(request),
                patience_s(TEXT_TIMEOUT_S),
                counts=role is not None and role >= Role.TRADER,
            )
        except TimeoutError as error:
            raise DeadlineExceeded(f"{error}; give it more time") from None
        return analysis_message(view, (time.perf_counter() - begun_s) * MS_PER_S)


def _refusal(error: AiTraderError) -> sentiment_pb2.SentimentError:
    number: int = code_of(error).value[0]
    return sentiment_pb2.SentimentError(
        code=number,
        message=error.message,
        reason=error.reason,
        retry_after_s=error.retry_after_s if isinstance(error, Overloaded) else 0.0,
    )
