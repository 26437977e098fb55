"""The sandbox on its port: every face of the venue on one address of this machine."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

from aiohttp import WSCloseCode, web
from aitrader_server.errors import ConfigError

from aitrader_gateway.sandbox.credentials import (
    Credentials,
    read_or_make_credentials,
    read_public_key,
)
from aitrader_gateway.sandbox.keys import ApiKey, KeyRing
from aitrader_gateway.sandbox.recording import read_recording, replay
from aitrader_gateway.sandbox.settings import SandboxSettings
from aitrader_gateway.sandbox.world import World

# The only address there is: what is served here asks for no password and knows no TLS.
HOST: Final = "127.0.0.1"
KEY_FILE: Final = "sandbox.key"
# How long requests under way may take to end, once the sandbox is told to.
_SHUTDOWN_S: Final = 1.0
# An address may name as many streams as one connection may have, and a query a whole signed order.
_LINE_BYTES_MAX: Final = 65_536


class RunningSandbox:
    """Where the sandbox is, how to log in, and the venue itself for tests to look into."""

    def __init__(
        self,
        world: World,
        port: int,
        credentials: Credentials,
        public_keys: Mapping[Path, ApiKey],
        tasks: tuple[asyncio.Task[None], ...],
    ) -> None:
        self.world = world
        self.settings = world.settings
        self.rest_url = f"http://{HOST}:{port}"
        self.ws_api_url = f"ws://{HOST}:{port}/ws-api/v3"
        self.stream_url = f"ws://{HOST}:{port}"
        self.key_file = (world.settings.state / KEY_FILE).resolve()
        self.credentials = credentials
        self.public_keys = public_keys
        self._tasks = tasks

    def ready_line(self) -> dict[str, str | int | dict[str, str]]:
        """What a program needs to know that started the sandbox."""
        return {
            "rest": self.rest_url,
            "ws_api": self.ws_api_url,
            "stream": self.stream_url,
            "key_file": str(self.key_file),
            "public_keys": {str(path): key.key for path, key in self.public_keys.items()},
            "pid": os.getpid(),
        }

    async def failure(self) -> None:
        """Waits until a part of the sandbox fails, and raises what it failed with."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()


@asynccontextmanager
async def running_sandbox(settings: SandboxSettings) -> AsyncIterator[RunningSandbox]:
    """A sandbox that serves until the context ends.

    Raises:
        ConfigError: the state folder, a key, the recording or the port cannot be used.
    """
    credentials = read_or_make_credentials(settings.state / KEY_FILE)
    public_keys = {path: read_public_key(path, settings.account) for path in settings.public_keys}
    own = ApiKey(key=credentials.api_key, account=settings.account, secret=credentials.api_secret)
    world = World(settings, KeyRing((own, *public_keys.values())))
    tasks: tuple[asyncio.Task[None], ...] = ()
    runner = web.AppRunner(
        world.app(),
        access_log=None,
        shutdown_timeout=_SHUTDOWN_S,
        max_line_size=_LINE_BYTES_MAX,
    )
    try:
        world.open()
        await runner.setup()
        port = await _listen(runner, settings.port)
        tasks = tuple(asyncio.create_task(work) for work in _works(world))
        yield RunningSandbox(world, port, credentials, public_keys, tasks)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        world.disconnect(WSCloseCode.GOING_AWAY)
        await runner.cleanup()
        world.close()
    for end in ends:
        if isinstance(end, Exception):
            raise end


def _works(world: World) -> list[Coroutine[None, None, None]]:
    """What goes on whether anybody asks or not."""
    works = [world.hub.run(), world.crowd.run()]
    if world.settings.replay is not None:
        works.append(_replay(world, world.settings.replay))
    return works


async def _replay(world: World, path: Path) -> None:
    with closing(read_recording(path)) as trades:
        await replay(trades, world.venue, world.crowd, world.settings.speed)


async def _listen(runner: web.AppRunner, port: int) -> int:
    """The port that is served from now on."""
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        raise ConfigError((f"{HOST}:{port}: {error.strerror}: choose another port",)) from error
    address: tuple[str, int] = runner.addresses[0]
    return address[1]
