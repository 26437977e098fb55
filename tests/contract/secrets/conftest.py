"""Every keeper of secrets, behind the same door."""

import pytest
from keepers import KINDS, KINDS_WITH_OUTAGES, Keeper, keeping


@pytest.fixture(params=KINDS)
async def keeper(request, tmp_path, monkeypatch) -> Keeper:
    async with keeping(request.param, tmp_path, monkeypatch) as keeper:
        yield keeper


@pytest.fixture(params=KINDS_WITH_OUTAGES)
async def outages(request, tmp_path, monkeypatch) -> Keeper:
    """A keeper that can be down."""
    async with keeping(request.param, tmp_path, monkeypatch) as keeper:
        yield keeper
