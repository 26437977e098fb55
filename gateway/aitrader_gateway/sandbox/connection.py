"""One WebSocket as the venue keeps it: frames in order, pings, a limited life, and its mishaps."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

# Closes without a close frame; no code of this number is ever sent.
ABORTED: Final = 1006
_POLICY: Final = WSCloseCode.POLICY_VIOLATION
_INBOUND_WINDOW_S: Final = 1.0
_BYTES_IN_MAX: Final = 2**20
# How long a peer may take to answer a close frame.
_CLOSE_WITHIN_S: Final = 2.0
# Where the system can hold back what is written until all of it is there.
_CORK: Final[int | None] = getattr(socket, "TCP_CORK", None)


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Binance Spot API, "General WSS information".

    `frames_max` may wait to be sent; a peer that lets more gather is cut off. `inbound_max_per_s`
    counts pings and pongs too; 0 for no bound.
    """

    ping_every_s: float = 20.0
    pong_within_s: float = 60.0
    lives_s: float = 86_400.0
    frames_max: int = 10_000
    inbound_max_per_s: int = 0


class _Close(msgspec.Struct, frozen=True):
    code: int
    reason: str


class _Together(msgspec.Struct, frozen=True):
    """Frames that leave in one segment."""

    frames: tuple[str, ...]


class Connection:
    """Sends without waiting; a peer that does not keep up is cut off, in nobody else's way."""

    def __init__(self, request: web.Request, settings: ConnectionSettings) -> None:
        self.ip = request.remote or ""
        self._request = request
        self._settings = settings
        self._socket = web.WebSocketResponse(
            timeout=_CLOSE_WITHIN_S,
            autoping=False,
            autoclose=False,
            compress=False,
            max_msg_size=_BYTES_IN_MAX,
        )
        self._frames: deque[str | _Close | _Together] = deque()
        self._ready = asyncio.Event()
        self._inbound: deque[float] = deque(maxlen=settings.inbound_max_per_s or None)
        self._ping: bytes = b""
        self._unanswered_s: float | None = None
        self._silent = False
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None

    def send(self, frame: str) -> None:
        """Sends text after all that was sent before; nothing once the connection is ending."""
        self._put(frame)

    def send_together(self, *frames: str) -> None:
        """Sends texts so that they arrive at once, where the system can do that."""
        self._put(_Together(frames))

    def close(self, code: int, reason: str = "") -> None:
        """Ends the connection: at once for ABORTED, else after what was sent before.

        One that fell silent says no more, and is aborted whatever the code.
        """
        if code == ABORTED or self._silent:
            self.abort()
        else:
            self._put(_Close(code, reason))

    def abort(self) -> None:
        """Ends the connection at once, without a close frame."""
        transport = self._request.transport
        if transport is not None:
            transport.abort()

    def fall_silent(self) -> None:
        """From now on answers nothing and sends nothing, pings included."""
        self._silent = True
        self._frames.clear()

    def later(self, delay_ms: int, act: Callable[[], None]) -> None:
        """Acts after a while, if the connection, which is served now, still stands then."""
        self._start(self._act_after(delay_ms / 1000, act))

    async def open(self) -> None:
        """Shakes hands; HTTPException: the peer did not ask for a WebSocket."""
        await self._socket.prepare(self._request)

    async def serve(self, hear: Callable[[str], None]) -> web.WebSocketResponse:
        """Lets `hear` have every text of the peer, until either side ends the connection."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            writer = group.create_task(self._write())
            self._start(self._ping_on())
            self.later(int(self._settings.lives_s * 1000), self._expire)
            try:
                await self._read(hear)
            finally:
                self._group = None
            if not self._closing:
                writer.cancel()
            for task in self._tasks:
                task.cancel()
        return self._socket

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if self._group is None:
            # The connection has ended, and with it what it would have done.
            work.close()
            return
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _act_after(delay_s: float, act: Callable[[], None]) -> None:
        await asyncio.sleep(delay_s)
        act()

    def _expire(self) -> None:
        self.close(WSCloseCode.OK)

    def _put(self, item: str | _Close | _Together) -> None:
        if self._silent:
            return
        if len(self._frames) >= self._settings.frames_max:
            self.abort()
            return
        self._frames.append(item)
        self._ready.set()

    async def _write(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._frames:
                item = self._frames.popleft()
                if isinstance(item, _Close):
                    self._closing = True
                    await self._socket.close(code=item.code, message=item.reason.encode())
                    return
                try:
                    await self._send(item)
                except ConnectionError:
                    # The reader is told of it too, and ends the connection.
                    return

    async def _send(self, item: str | _Together) -> None:
        if isinstance(item, str):
            await self._socket.send_str(item)
            return
        self._cork(on=True)
        for frame in item.frames:
            await self._socket.send_str(frame)
        self._cork(on=False)

    def _cork(self, *, on: bool) -> None:
        transport = self._request.transport
        if transport is not None and not transport.is_closing() and _CORK is not None:
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _CORK, on)

    async def _ping_on(self) -> None:
        loop = asyncio.get_running_loop()
        sent = 0
        while True:
            await asyncio.sleep(self._settings.ping_every_s)
            if self._silent:
                continue
            now_s = loop.time()
            waited_s = 0.0 if self._unanswered_s is None else now_s - self._unanswered_s
            if waited_s >= self._settings.pong_within_s:
                self.close(_POLICY, "Pong timeout")
                return
            if self._unanswered_s is None:
                self._unanswered_s = now_s
            sent += 1
            self._ping = str(sent).encode()
            try:
                await self._socket.ping(self._ping)
            except ConnectionError:
                return

    async def _read(self, hear: Callable[[str], None]) -> None:
        while True:
            message = await self._socket.receive()
            if message.type in {WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
                return
            if self._silent:
                if message.type is WSMsgType.CLOSE:
                    self.abort()
                    return
                continue
            if message.type is WSMsgType.CLOSE:
                # A close frame without a code is answered by one like it.
                await self._socket.close(code=message.data or WSCloseCode.OK)
                return
            if self._too_many():
                self.close(_POLICY, "Too many requests")
                continue
            if message.type is WSMsgType.TEXT:
                hear(message.data)
                # A peer that sends without a pause leaves the others their turn.
                await asyncio.sleep(0)
            elif message.type is WSMsgType.PING:
                await self._pong(message.data)
            elif message.type is WSMsgType.PONG and message.data == self._ping:
                self._unanswered_s = None

    async def _pong(self, payload: bytes) -> None:
        with suppress(ConnectionError):
            # The next read tells that the peer is gone.
            await self._socket.pong(payload)

    def _too_many(self) -> bool:
        if not self._settings.inbound_max_per_s:
            return False
        now_s = asyncio.get_running_loop().time()
        full = len(self._inbound) == self._settings.inbound_max_per_s
        too_many = full and now_s - self._inbound[0] < _INBOUND_WINDOW_S
        self._inbound.append(now_s)
        return too_many


class Connections:
    """Those that stand, so that they can be told of the end."""

    def __init__(self) -> None:
        self._standing: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._standing)

    async def serve(
        self, connection: Connection, hear: Callable[[str], None]
    ) -> web.WebSocketResponse:
        """Serves an open connection, known for as long as it stands."""
        self._standing[connection] = None
        try:
            return await connection.serve(hear)
        finally:
            del self._standing[connection]

    def close(self, code: int, ip: str | None = None) -> int:
        """Closes all of them, or those of one address; how many there were."""
        chosen = [each for each in self._standing if ip is None or each.ip == ip]
        for connection in chosen:
            connection.close(code)
        return len(chosen)
