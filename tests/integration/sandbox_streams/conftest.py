from collections.abc import AsyncIterator

import pytest
from sandbox_faces import Faces, running_faces


@pytest.fixture
async def faces() -> AsyncIterator[Faces]:
    async with running_faces() as faces:
        yield faces
