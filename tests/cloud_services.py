"""Loopback stand-ins for the cloud services: they speak the real protocols and do as told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

import grpc
from aiohttp import web
from google.cloud.language_v2 import (
    AnalyzeSentimentRequest,
    AnalyzeSentimentResponse,
    Sentiment,
)
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

GOOD = (0.9, 0.08, 0.02)
STATUS_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    503: grpc.StatusCode.UNAVAILABLE,
}


@dataclass
class Score:
    """Answers with these probabilities; Google with the score that they come to."""

    parts: tuple[float, float, float] = GOOD


@dataclass
class Refuse:
    """Answers with an error that repeats key and text, as real ones do."""

    status: int
    retry_after: str = ""


@dataclass
class Say:
    """Answers with this body, word for word."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Hang:
    """Never answers."""


class Cut:
    """Drops the connection in the middle."""


Deed = Score | Refuse | Say | Hang | Cut


class Stand:
    """A service on loopback: what it does next, what it was asked, and who left it."""

    engine = ""
    endpoint = ""

    def __init__(self) -> None:
        self.deed: Deed = Score()
        self.texts: list[str] = []
        self.keys: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.asked = asyncio.Semaphore(0)
        self.left = asyncio.Semaphore(0)

    def note(self, text: str, key: str, body: dict[str, object]) -> None:
        self.texts.append(text)
        self.keys.append(key)
        self.bodies.append(body)
        self.asked.release()

    async def hang(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.left.release()


class RestStand(Stand):
    """What OpenAI and Azure have in common."""

    path = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post(self.path, self.answer)
        app.router.add_route("*", "/elsewhere", self.elsewhere)
        self._runner = web.AppRunner(app, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text, key = self.read(request, body)
        self.note(text, key, body)
        match self.deed:
            case Score(parts):
                return web.json_response(self.success(parts))
            case Refuse(status, retry_after):
                headers = {"Retry-After": retry_after} if retry_after else {}
                quoted = {"error": {"code": "x", "message": f"wrong key {key} for {text}"}}
                return web.json_response(quoted, status=status, headers=headers)
            case Say(said, status, headers):
                return web.Response(
                    body=said, status=status, headers={"Content-Type": "application/json"} | headers
                )
            case Cut():
                response = web.StreamResponse(headers={"Content-Length": "1000"})
                await response.prepare(request)
                await response.write(b'{"half":')
                request.transport.abort()
                return response
        await self.hang()
        raise AssertionError

    async def elsewhere(self, request: web.Request) -> web.Response:
        self.note(await request.text(), "", {})
        return web.json_response(self.success(GOOD))

    def read(self, request: web.Request, body: dict) -> tuple[str, str]:
        raise NotImplementedError

    def success(self, parts: tuple[float, float, float]) -> dict[str, object]:
        raise NotImplementedError


class OpenAiStand(RestStand):
    engine = "openai"
    path = "/v1/chat/completions"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def read(self, request, body):
        key = request.headers["Authorization"].removeprefix("Bearer ")
        return json.loads(body["messages"][-1]["content"])["text"], key

    def success(self, parts):
        positive, neutral, negative = parts
        label = ("positive", "neutral", "negative")[parts.index(max(parts))]
        verdict = {"label": label, "positive": positive, "neutral": neutral, "negative": negative}
        return self.completion(json.dumps(verdict))

    @staticmethod
    def completion(content, *, finish_reason="stop", refusal=None):
        message = {"role": "assistant", "content": content, "refusal": refusal}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_780_000_000,
            "model": "gpt-4.1-mini-2025-04-14",
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            "usage": {"prompt_tokens": 150, "completion_tokens": 27, "total_tokens": 177},
        }


class AzureStand(RestStand):
    engine = "azure"
    path = "/language/:analyze-text"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def read(self, request, body):
        (document,) = body["analysisInput"]["documents"]
        return document["text"], request.headers["Ocp-Apim-Subscription-Key"]

    def success(self, parts):
        scores = dict(zip(("positive", "neutral", "negative"), parts, strict=True))
        return self.results([{"id": "0", "sentiment": "mixed", "confidenceScores": scores}])

    @staticmethod
    def results(documents, errors=()):
        documents = [{"sentences": [], "warnings": []} | document for document in documents]
        results = {"documents": documents, "errors": list(errors), "modelVersion": "2022-11-01"}
        return {"kind": "SentimentAnalysisResults", "results": results}


class GoogleStand(Stand):
    engine = "google"

    async def __aenter__(self) -> Self:
        self._server = grpc.aio.server()
        method = grpc.unary_unary_rpc_method_handler(
            self.answer,
            request_deserializer=AnalyzeSentimentRequest.deserialize,
            response_serializer=lambda said: (
                said if isinstance(said, bytes) else AnalyzeSentimentResponse.serialize(said)
            ),
        )
        service = "google.cloud.language.v2.LanguageService"
        handlers = grpc.method_handlers_generic_handler(service, {"AnalyzeSentiment": method})
        self._server.add_generic_rpc_handlers((handlers,))
        self.port = self.listen(self._server)
        await self._server.start()
        return self

    def listen(self, server: grpc.aio.Server) -> int:
        return server.add_insecure_port("127.0.0.1:0")

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request, context):
        document = request.document
        key = dict(context.invocation_metadata()).get("authorization", "")
        self.note(document.content, key, AnalyzeSentimentRequest.to_dict(request))
        match self.deed:
            case Score(parts):
                score = parts[0] - parts[2]
                sentiment = Sentiment(score=score, magnitude=abs(score))
                return AnalyzeSentimentResponse(document_sentiment=sentiment, language_code="en")
            case Refuse(status, retry_after):
                await self.refuse(context, status, retry_after, f"not {document.content}")
            case Say(said):
                return said
            case Cut():
                self._stopping = asyncio.create_task(self._server.stop(None))
        await self.hang()
        raise AssertionError

    @staticmethod
    async def refuse(context, status, retry_after, message):
        code = STATUS_CODES[status]
        details = Status(code=code.value[0], message=message)
        if retry_after:
            delay = Duration(seconds=int(retry_after))
            packed = AnyMessage()
            packed.Pack(RetryInfo(retry_delay=delay))
            details.details.append(packed)
        trailers = (("grpc-status-details-bin", details.SerializeToString()),)
        await context.abort(code, message, trailers)


STANDS: dict[str, Callable[[], Stand]] = {
    "openai": OpenAiStand,
    "azure": AzureStand,
    "google": GoogleStand,
}


async def until(condition: Callable[[], bool]) -> None:
    """Polls, for a while."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.002)


async def within(awaitable: Awaitable, timeout_s: float = 20) -> object:
    """Bounds what a test waits for."""
    return await asyncio.wait_for(awaitable, timeout_s)
