"""Callers of a real engine: over REST and over gRPC, with the operator's token."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from callers import Rpc, caller
from serving import Server


@pytest.fixture
async def rest(served: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(served) as client:
        yield client


@pytest.fixture
async def rpc(served: Server) -> AsyncIterator[Rpc]:
    async with Rpc(served) as connected:
        yield connected


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Request ids that nobody has used."""
    run, numbers = secrets.token_hex(4), itertools.count(1)
    return lambda: f"e2e-{run}-{next(numbers)}"
