"""One connection to Binance's WebSocket API, over python-binance without its reconnecting.

Private names of python-binance 1.0.37 are overridden here and nowhere else for this purpose; its
own class goes silent for good after a drop, a late reply or a frame without an id.
"""

import asyncio
import logging
from typing import Any, Final, Protocol

import msgspec
from aitrader_server.errors import AiTraderError
from binance.exceptions import BinanceWebsocketUnableToConnect
from binance.ws.constants import WSListenerState
from binance.ws.websocket_api import WebsocketAPI
from websockets.exceptions import ConnectionClosed, InvalidStatus

# A full exchangeInfo has several MiB.
FRAME_BYTES_MAX: Final = 2**24
# The closing handshake gets 0.1 s from python-binance; this bounds everything around it.
CLOSE_TIMEOUT_S: Final = 1.0

# At DEBUG both libraries print frames, and a subscription's frame holds the key and a signature.
# What python-binance says above that is told to the sink, or raised.
_library_log = logging.getLogger("aitrader_gateway.binance.python_binance")
_library_log.setLevel(logging.CRITICAL)
_socket_log = logging.getLogger("aitrader_gateway.binance.socket")
_socket_log.setLevel(logging.INFO)


class NotSent(AiTraderError):
    """The request never left: there was no connection to send it on.

    The venue wants no further attempt for `pause_s`.
    """

    def __init__(self, cause: str, pause_s: float = 0.0) -> None:
        super().__init__(cause, reason="NOT_SENT")
        self.pause_s = pause_s


class OutcomeUnknown(AiTraderError):
    """The request left, or may have, and its reply is lost."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause, reason="OUTCOME_UNKNOWN")


class WireBounds(msgspec.Struct, frozen=True, kw_only=True):
    """The venue itself gives up on a request after 10 s; its answer then is worth waiting for.

    A peer that is gone without a word is noticed after the ping's interval and timeout.
    """

    connect_timeout_s: float = 5.0
    request_timeout_s: float = 12.0
    ping_interval_s: float = 10.0
    ping_timeout_s: float = 10.0


class FrameSink(Protocol):
    """Where a connection delivers what is no reply; called between two awaits, in wire order."""

    def on_event(self, event: Any) -> None:
        """The `event` of a frame, as decoded from JSON; what it raises ends the connection."""
        ...

    def on_orphan(self, frame: dict[str, Any]) -> None:
        """A reply that nobody waits for: it came too late, or answers no request."""
        ...

    def on_lost(self, cause: str) -> None:
        """The connection can no longer be read; told once, and not after `close`."""
        ...


class GatewayWsApi(WebsocketAPI):  # type: ignore[misc] # python-binance has no types
    """One connection that lives once: after it is lost every request fails as not sent.

    A pending request fails at once when the connection is lost, and never opens a second one.
    """

    MAX_RECONNECTS = 0

    def __init__(self, url: str, sink: FrameSink, bounds: WireBounds) -> None:
        super().__init__(url=url)
        self.TIMEOUT = bounds.request_timeout_s
        self._log = _library_log
        self._ws_kwargs = {
            # The proxy of the environment is for the web; REST does not go through it either.
            "proxy": None,
            "open_timeout": bounds.connect_timeout_s,
            "ping_interval": bounds.ping_interval_s,
            "ping_timeout": bounds.ping_timeout_s,
            "max_size": FRAME_BYTES_MAX,
            "logger": _socket_log,
        }
        self._sink = sink
        self._cause = ""
        self._reader: asyncio.Task[None] | None = None
        self._reading = asyncio.Event()

    async def connect(self) -> None:
        """Opens the connection; raises NotSent when this one has been open before."""
        if self._reader is not None:
            raise NotSent(self._cause or "the connection was lost")
        await super().connect()
        await self._reading.wait()

    async def prepare(self) -> None:
        """Connects if that was not done, so that what is signed next leaves at once.

        Raises NotSent.
        """
        if self._cause:
            raise NotSent(self._cause)
        try:
            await self._ensure_ws_connection()
        except BinanceWebsocketUnableToConnect as error:
            raise NotSent(str(error), _pause_s(error.__context__)) from error

    async def request(self, id: str, payload: dict[str, Any]) -> Any:  # noqa: A002 - inherited name
        """The `result` of the reply.

        Raises:
            NotSent: nothing left.
            OutcomeUnknown: no reply came in time, or the connection was lost before it.
            BinanceAPIException: the venue refused.
        """
        await self.prepare()
        waiting = self._responses[id] = asyncio.get_running_loop().create_future()
        try:
            # Not the library's own wait_for: before Python 3.12 it can lose a cancellation.
            async with asyncio.timeout(self.TIMEOUT):
                await self.ws.send(self.json_dumps(payload))
                return (await waiting)["result"]
        except TimeoutError as error:
            raise OutcomeUnknown(f"no reply within {self.TIMEOUT:g} s") from error
        except ConnectionClosed as error:
            raise OutcomeUnknown(str(error)) from error
        except KeyError as error:
            raise OutcomeUnknown("a reply without a result") from error
        finally:
            self._responses.pop(id, None)
            if waiting.done() and not waiting.cancelled():
                # The connection may have been lost before anybody waited for the reply.
                waiting.exception()

    async def close(self) -> None:
        """Ends the connection within `CLOSE_TIMEOUT_S`, whatever the other side does."""
        self._cause = self._cause or "closed by us"
        if self._handle_read_loop is not None:
            await self._reading.wait()
        # The library's own way waits until a read times out, and may lose the cancellation; then
        # its loop ends by this state.
        self.ws_state = WSListenerState.EXITING
        if self._reader is not None and not self._reader.done():
            self._reader.cancel()
            await asyncio.wait((self._reader,))
        connection = self.ws
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await super().close()
        except TimeoutError:
            connection.transport.abort()

    async def _read_loop(self) -> None:
        self._reader = asyncio.current_task()
        self._reading.set()
        await super()._read_loop()

    def _handle_message(self, raw: str | bytes) -> None:
        """Delivers events as they come, and gives the library only replies that it can place."""
        frame = self.json_loads(raw)
        if "event" in frame:
            self._sink.on_event(frame["event"])
            return
        waiting = self._responses.get(frame.get("id"))
        if waiting is None or waiting.done():
            self._sink.on_orphan(frame)
            return
        super()._handle_message(raw)

    async def _propagate_error(self, error_msg: dict[str, Any]) -> None:
        if self._cause:
            return
        self._cause = f"{error_msg['type']}: {error_msg['m']}"
        for waiting in list(self._responses.values()):
            if not waiting.done():
                waiting.set_exception(OutcomeUnknown(self._cause))
        self._sink.on_lost(self._cause)


def _pause_s(error: BaseException | None) -> float:
    """What a venue that refuses the connection itself says in Retry-After, in seconds."""
    if not isinstance(error, InvalidStatus):
        return 0.0
    retry_after = error.response.headers.get("Retry-After", "")
    return float(retry_after) if retry_after.isdecimal() else 0.0
