"""Answers to the requests of a stream, each in a task of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

from aitrader_server.errors import AiTraderError

Request = TypeVar("Request")
Response = TypeVar("Response")


async def answers(
    requests: AsyncIterator[Request],
    answer: Callable[[Request], Awaitable[Response]],
    in_flight_max: int,
) -> AsyncGenerator[Response, None]:
    """What `answer` makes of each request, in the order in which it is known.

    A stream with `in_flight_max` requests whose answers have not been taken is not read from until
    one has. A request that cannot be read ends the stream once what came before it is answered.
    """
    ready: asyncio.Queue[Response | None] = asyncio.Queue()
    room = asyncio.Semaphore(in_flight_max)

    async def run(request: Request) -> None:
        ready.put_nowait(await answer(request))

    async def read() -> None:
        refusal: AiTraderError | None = None
        try:
            async with asyncio.TaskGroup() as running:
                try:
                    async for request in requests:
                        await room.acquire()
                        running.create_task(run(request))
                except AiTraderError as error:
                    refusal = error
        finally:
            ready.put_nowait(None)
        if refusal is not None:
            raise refusal

    reader = asyncio.create_task(read())
    try:
        while (answered := await ready.get()) is not None:
            yield answered
            room.release()
        await reader
    finally:
        reader.cancel()
