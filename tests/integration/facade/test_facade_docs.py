"""The facade describes itself where the engine does, and nowhere else."""

import pytest

PATHS = ("/docs", "/redoc", "/openapi.json", "/static-offline-docs/swagger-ui.css")


@pytest.mark.parametrize(
    ("reflection", "status"), [(None, b"200"), (True, b"200"), (False, b"404")]
)
async def test_it_goes_by_reflection(open_port, reflection, status):
    async with open_port(reflection=reflection) as port:
        for path in PATHS:
            async with port.wire() as wire:
                asked = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                await wire.send(asked.encode())
                assert (await wire.read_to_end()).split(b" ")[1] == status, path
        async with port.wire() as wire:
            await wire.send(b"GET /live/status HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 200 " in await wire.read_answer()
