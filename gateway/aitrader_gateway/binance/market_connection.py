"""One connection to the market streams, from its opening to its end."""

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import msgspec
from aitrader_server.engine.ports import Clock
from binance.ws.constants import WSListenerState
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from aitrader_gateway.binance.market_events import (
    Malformed,
    MarketEvent,
    Shutdown,
    Subscriptions,
    decode,
)
from aitrader_gateway.binance.subscription import Down

FRAME_BYTES_MAX: Final = 2**24
# python-binance calls every lost connection an error, four times; `lost` says it once.
_SILENT: Final = logging.getLogger(f"{__name__}.silent")
_SILENT.disabled = True


class MarketSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a connection and of what replaces it; the venue ends each after 24 h.

    Every `heartbeat_s` the venue is asked what the connection carries: it takes at most 5 requests
    a second. A connection on which nothing came for `silence_s_max`, answers included, is dead.
    """

    connect_timeout_s: float = 10.0
    ping_interval_s: float = 10.0
    heartbeat_s: float = 2.0
    silence_s_max: float = 10.0
    drain_timeout_s: float = 2.0
    rotation_age_s: float = 23 * 3600.0
    wait_s_min: float = 0.2
    wait_s_max: float = 30.0
    stable_s: float = 60.0
    connects_max: int = 150
    connects_window_s: float = 300.0


class _Socket(ReconnectingWebsocket):  # type: ignore[misc] # python-binance has no types
    """Gives every frame to `on_frame` as it is read, so that no queue can overflow.

    It ends with its connection: whoever made it makes the next one.
    """

    MAX_RECONNECTS = 0

    def __init__(
        self,
        url: str,
        streams: frozenset[str],
        settings: MarketSettings,
        on_frame: Callable[[str | bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        super().__init__(
            url=url,
            path="streams=" + "/".join(sorted(streams)),
            prefix="stream?",
            # A proxy of the environment is none of python-binance's REST client either.
            proxy=None,
            open_timeout=settings.connect_timeout_s,
            ping_interval=settings.ping_interval_s,
            ping_timeout=settings.ping_interval_s,
            max_size=FRAME_BYTES_MAX,
        )
        self._log = _SILENT
        self._on_frame = on_frame
        self._on_end = on_end

    async def send(self, text: str) -> bool:
        """Sends one frame; False when the connection is no more."""
        if self.ws is None:
            return False
        try:
            await self.ws.send(text)
        except ConnectionClosed:
            return False
        return True

    async def close(self) -> None:
        """Closes first: the reader would notice its end only at its next frame or time-out."""
        self.ws_state = WSListenerState.EXITING
        if self.ws is not None:
            await self.ws.close()
        await super().close()

    def _handle_message(self, evt: str | bytes) -> None:
        self._on_frame(evt)

    async def _propagate_error(self, error_msg: dict[str, Any]) -> None:
        self._on_end(f"{error_msg['type']} {error_msg['m']}".strip())


class MarketConnection:
    """The combined streams `streams`.

    `on_event` gets every event, `on_gap` the cause when a frame could not be understood. `lost` is
    done with the cause once events may be missing; `ending` once it should be replaced while it
    still works. `alive_ns` is when a frame last came, an event or the answer to a heartbeat.
    """

    def __init__(
        self,
        url: str,
        streams: frozenset[str],
        settings: MarketSettings,
        *,
        clock: Clock,
        on_event: Callable[[MarketEvent], None],
        on_gap: Callable[[str], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self.ending: asyncio.Future[str] = self._loop.create_future()
        self.opened_s = self._heard_s = self._loop.time()
        self.alive_ns = 0
        self._streams = streams
        self._settings = settings
        self._clock = clock
        self._on_event = on_event
        self._on_gap = on_gap
        self._numbers = count(1)
        self._awaited: dict[int, asyncio.Future[None]] = {}
        self._watch: asyncio.Task[None] | None = None
        self._socket = _Socket(url, streams, settings, self._take, self.lose)

    async def open(self) -> Down | None:
        """Connects; whatever fails has closed everything again."""
        opened = False
        try:
            await self._socket.connect()
            opened = True
        except InvalidStatus as error:
            response = error.response
            wait = response.headers.get("Retry-After", "")
            pause_s = float(wait) if wait.isdecimal() else 0.0
            return Down(f"the venue answered HTTP {response.status_code}", pause_s)
        except (OSError, InvalidHandshake) as error:
            return Down(f"{type(error).__name__} {error}".strip())
        finally:
            if not opened:
                await self.close()
        self.opened_s = self._heard_s = self._loop.time()
        self._watch = asyncio.create_task(self._keep_watch(), name="market heartbeat")
        return None

    async def drain(self) -> bool:
        """Whether everything that the venue sent until now was received."""
        answered: asyncio.Future[None] = self._loop.create_future()
        number = next(self._numbers)
        self._awaited[number] = answered
        if await self._ask(number):
            await asyncio.wait(
                (answered, self.lost),
                timeout=self._settings.drain_timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        del self._awaited[number]
        return answered.done() and not self.lost.done()

    def lose(self, cause: str) -> None:
        """Gives the connection up: from now on events may be missing."""
        if not self.lost.done():
            self.lost.set_result(cause)

    async def close(self) -> None:
        """Ends the connection; a close is no loss."""
        self.lost.cancel()
        self.ending.cancel()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait((self._watch,))
        await self._socket.close()

    def _take(self, frame: str | bytes) -> None:
        self._heard_s = self._loop.time()
        try:
            said = decode(frame)
        except Malformed as error:
            self._on_gap(f"malformed frame: {error}")
            return
        self.alive_ns = self._clock.now_ns()
        match said:
            case Subscriptions():
                self._compare(said)
            case Shutdown():
                if not self.ending.done():
                    self.ending.set_result("the venue shuts the connection down")
            case _:
                self._on_event(said)

    def _compare(self, answer: Subscriptions) -> None:
        if missing := self._streams - answer.streams:
            self.lose(f"the venue does not list {', '.join(sorted(missing)[:3])}")
        awaited = self._awaited.get(answer.number)
        if awaited is not None and not awaited.done():
            awaited.set_result(None)

    async def _keep_watch(self) -> None:
        while not self.lost.done():
            if self._loop.time() - self._heard_s > self._settings.silence_s_max:
                self.lose(f"nothing came for {self._settings.silence_s_max} s")
                return
            if not await self._ask(next(self._numbers)):
                self.lose("the connection is closed")
                return
            await asyncio.sleep(self._settings.heartbeat_s)

    async def _ask(self, number: int) -> bool:
        """Asks what the connection carries; the answer comes after everything sent before it."""
        return await self._socket.send(f'{{"method":"LIST_SUBSCRIPTIONS","id":{number}}}')
