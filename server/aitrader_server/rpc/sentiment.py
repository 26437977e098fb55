"""SentimentService."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from aitrader.v1 import sentiment_pb2, sentiment_pb2_grpc

from aitrader_server.engine.ports import SentimentModel
from aitrader_server.rpc.convert.decisions import analysis_message

MS_PER_S = 1_000


class SentimentServicer(sentiment_pb2_grpc.SentimentServiceServicer):
    """Scores texts with the model that decides with."""

    def __init__(self, model: SentimentModel) -> None:
        self._model = model

    async def Analyze(
        self, request: sentiment_pb2.AnalyzeRequest, context: Any
    ) -> sentiment_pb2.AnalyzeResponse:
        return await self._analyze(request)

    async def AnalyzeBatch(
        self, request: sentiment_pb2.AnalyzeBatchRequest, context: Any
    ) -> sentiment_pb2.AnalyzeBatchResponse:
        results = [await self._analyze(item) for item in request.items]
        return sentiment_pb2.AnalyzeBatchResponse(results=results)

    async def StreamAnalyze(
        self, requests: AsyncIterator[sentiment_pb2.StreamAnalyzeRequest], context: Any
    ) -> AsyncIterator[sentiment_pb2.StreamAnalyzeResponse]:
        async for request in requests:
            yield sentiment_pb2.StreamAnalyzeResponse(
                item_id=request.item_id, result=await self._analyze(request.item)
            )

    async def GetModel(
        self, request: sentiment_pb2.GetModelRequest, context: Any
    ) -> sentiment_pb2.GetModelResponse:
        return sentiment_pb2.GetModelResponse(model=self._model.name, engine="rules")

    async def GetSymbolSentiment(
        self, request: sentiment_pb2.GetSymbolSentimentRequest, context: Any
    ) -> sentiment_pb2.GetSymbolSentimentResponse:
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED, "scores are not kept by symbol yet: use Analyze"
        )
        raise AssertionError("abort raises")

    async def _analyze(
        self, request: sentiment_pb2.AnalyzeRequest
    ) -> sentiment_pb2.AnalyzeResponse:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        view = await self._model.analyze(request.text, request.symbol)
        return analysis_message(view, (loop.time() - begun_s) * MS_PER_S)
