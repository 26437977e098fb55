"""The facade's way to an engine elsewhere, over TLS from files that may be renewed."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import grpc
import structlog

from aitrader_server.errors import ConfigError
from aitrader_server.rpc.access import STOPPING
from aitrader_server.rpc.server import is_loopback

# How soon a renewed certificate is shown: far before the old one's end.
LOOK_EVERY_S: Final = 1.0
# Time for the calls of a channel that is replaced.
OLD_CALLS_S: Final = 30.0
AUTHORIZATION: Final = "authorization"
# No scheme that an engine reads.
NOBODY: Final = "none"
# Else two channels to one engine would share a connection.
OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelFiles:
    """PEM files: the engine's authority, and a certificate of our own where it asks for one."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """Raises SSLError unless the files are certificates and the key is the certificate's."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)

    def read(self) -> tuple[bytes, bytes | None, bytes | None]:
        """Their contents, as credentials take them."""
        key = None if self.key is None else self.key.read_bytes()
        certificate = None if self.certificate is None else self.certificate.read_bytes()
        return self.ca.read_bytes(), key, certificate


def channel_files(
    target: str, ca: Path | None, certificate: Path | None, key: Path | None
) -> ChannelFiles | None:
    """What protects the way to `target`; None on this machine, where plain text will do.

    Raises ConfigError for an engine beyond this machine without an authority: tokens and orders
    would cross the network in plain text.
    """
    if (certificate is None) != (key is None):
        raise ConfigError(("gateway: --cert and --key belong together: give both",))
    if ca is not None:
        return ChannelFiles(ca, certificate, key)
    if certificate is not None:
        raise ConfigError(("gateway: --cert needs --ca with the engine's authority",))
    host = target.rpartition(":")[0].removeprefix("[").removesuffix("]")
    if not is_loopback(host):
        raise ConfigError(
            (f"gateway: {target} is another machine: give --ca with the engine's authority",)
        )
    return None


class EngineChannel:
    """A channel that is replaced when its files change; calls under way end on the old one.

    What stops trading has a connection of its own: an engine takes so many calls on each, and
    streams that fill the other must not keep anybody from halting.
    """

    def __init__(self, target: str, files: ChannelFiles | None) -> None:
        self._target = target
        self._files = files
        try:
            self._pems = None if files is None else files.read()
            if files is not None:
                files.check()
        except (OSError, ssl.SSLError) as error:
            raise ConfigError((f"gateway: {error}",)) from None
        self._channels = self._open(), self._open()
        self._following: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if self._files is not None:
            self._following = asyncio.create_task(self._follow(self._files))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        for closing in self._closing:
            closing.cancel()
        for channel in self._channels:
            await channel.close()

    def unary_unary(self, method: str) -> Callable[..., Any]:
        """Calls `method` over whichever channel is the newest then."""
        return partial(self._call, "unary_unary", method)

    def unary_stream(self, method: str) -> Callable[..., Any]:
        """The same for a method that answers with a stream."""
        return partial(self._call, "unary_stream", method)

    def _call(
        self, kind: str, method: str, request: bytes, *, metadata: grpc.aio.Metadata, **options: Any
    ) -> Any:
        if metadata.get(AUTHORIZATION) is None:
            # Else our own certificate would name whoever sent no token.
            metadata.add(AUTHORIZATION, NOBODY)
        channel = self._channels[method in STOPPING]
        return getattr(channel, kind)(method)(request, metadata=metadata, **options)

    def _open(self) -> grpc.aio.Channel:
        if self._pems is None:
            return grpc.aio.insecure_channel(self._target, OWN_CONNECTION)
        ca, key, certificate = self._pems
        credentials = grpc.ssl_channel_credentials(ca, key, certificate)
        return grpc.aio.secure_channel(self._target, credentials, OWN_CONNECTION)

    async def _follow(self, files: ChannelFiles) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                found = files.read()
                if found == self._pems:
                    continue
                files.check()
                if found != files.read():
                    continue
            except (OSError, ssl.SSLError) as error:
                # Half of a renewal: the next look may find it whole.
                log.warning("tls files cannot be used; the old ones stay", problem=str(error))
                continue
            replaced, self._pems = self._channels, found
            self._channels = self._open(), self._open()
            log.info("channel to the engine renewed", target=self._target)
            for old in replaced:
                closing = asyncio.create_task(old.close(OLD_CALLS_S))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
