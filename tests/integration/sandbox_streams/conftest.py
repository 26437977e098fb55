from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sandbox_faces import Faces, running_faces


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with running_faces(tmp_path) as faces:
        yield faces
