"""Processes that simulate side by side."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from simulation.campaign import CORES, pool


@pytest.fixture(scope="module")
def executor() -> Iterator[ProcessPoolExecutor]:
    with pool(CORES) as executor:
        yield executor
        executor.shutdown(cancel_futures=True)
