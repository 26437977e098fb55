"""Every limits store, behind the same door."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from aitrader_server.adapters.limits_store.memory import MemoryLimitsStore
from aitrader_server.adapters.limits_store.redis import RedisLimitsStore
from redis_server import RedisServer, running_redis

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def key() -> str:
    """Of an account that no other test has."""
    return f"aitrader:limits:a{next(_numbers)}:paper/paper"


@pytest.fixture(params=["memory", "redis"])
async def connect(request) -> Callable[[], object]:
    """Makes one engine's store after the other, all at the same place."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            shelf = {}

            def make():
                return MemoryLimitsStore(shelf)
        else:
            server = request.getfixturevalue("redis_server")

            def make():
                return RedisLimitsStore(server.url)

        def connected():
            store = make()
            stack.push_async_callback(store.close)
            return store

        yield connected
