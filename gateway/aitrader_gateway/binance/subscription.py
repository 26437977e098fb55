"""One connection with one subscription to the account's events, from its opening to its end."""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import msgspec
from aitrader_server.engine.ports import Clock
from binance import AsyncClient
from binance.exceptions import BinanceAPIException

from aitrader_gateway.binance.events import Shutdown, StreamEvent, Terminated, read_event
from aitrader_gateway.binance.ws_api import GatewayWsApi, NotSent, OutcomeUnknown, WireBounds

_NS_PER_MS: Final = 1_000_000
_UNAUTHORIZED: Final = 401
_BANNED: Final = frozenset({418, 429})


class Down(msgspec.Struct, frozen=True):
    """Why there is no subscription; the venue wants no attempt for `pause_s`."""

    cause: str
    pause_s: float = 0.0


class Subscription:
    """Signed with the client's key as it is when `open` is called; `venue_clock` is for that.

    `on_event(event)` gets every event from the very first. An event that cannot be read ends the
    connection, as what else was on it cannot be known.
    `lost` is done with the cause once events may be missing; `ending` once the connection should be
    replaced while it still works. After a `close` neither is done any more.
    """

    def __init__(
        self,
        client: AsyncClient,
        url: str,
        *,
        venue_clock: Clock,
        on_event: Callable[[StreamEvent], None],
        counts: Counter[str],
        bounds: WireBounds,
        probe_interval_s: float,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.ending: asyncio.Future[str] = loop.create_future()
        self.opened_s = loop.time()
        self.opened_ns = 0
        self.api_key = ""
        self._client = client
        self._venue_clock = venue_clock
        self._on_event = on_event
        self._counts = counts
        self._probe_interval_s = probe_interval_s
        self._id: int | None = None
        self._requests = count(1)
        self._prober: asyncio.Task[None] | None = None
        self.api = GatewayWsApi(url, self, bounds)

    async def open(self) -> Down | None:
        """Connects, subscribes and begins to probe; the caller closes, whatever comes of it."""
        try:
            await self.api.prepare()
            self.api_key = self._client.API_KEY
            result = await self.api.request(*self._signed("userDataStream.subscribe.signature"))
        except BinanceAPIException as error:
            return self._refused(error)
        except NotSent as error:
            return Down(error.message, error.pause_s)
        except OutcomeUnknown as error:
            return Down(error.message)
        try:
            self._id = result["subscriptionId"]
        except (TypeError, KeyError):
            return Down("the reply to the subscription names none")
        self.opened_s = asyncio.get_running_loop().time()
        self.opened_ns = self._venue_clock.now_ns()
        self._prober = asyncio.create_task(self._probe_now_and_then())
        return None

    async def confirm(self) -> bool:
        """Whether the venue says that this subscription is alive; if not, it is lost."""
        cause = await self._probe()
        if cause:
            self.lose(cause)
        return not self.lost.done()

    def lose(self, cause: str) -> None:
        """Gives the subscription up: from now on events may be missing."""
        if not self.lost.done():
            self.lost.set_result(cause)

    def end(self, cause: str) -> None:
        """Asks for a replacement while this one still works."""
        if not self.ending.done():
            self.ending.set_result(cause)

    async def close(self) -> None:
        """Ends the connection, and with it the subscription."""
        self.lost.cancel()
        self.ending.cancel()
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.wait((self._prober,))
        await self.api.close()

    def on_event(self, event: Any) -> None:
        """An event of the connection; raises MalformedEvent."""
        match read_event(event):
            case Shutdown():
                self.end("the venue is shutting down")
            case Terminated():
                self.lose("the venue ended the subscription")
            case told:
                self._on_event(told)

    def on_orphan(self, frame: dict[str, Any]) -> None:
        """A late reply is counted; a 401 that answers nothing means that the key is revoked."""
        self._counts["orphan_replies"] += 1
        if frame.get("status") == _UNAUTHORIZED:
            self.lose("the venue revoked the session (401)")

    def on_lost(self, cause: str) -> None:
        """The connection's end."""
        self.lose(cause)

    def _signed(self, method: str) -> tuple[str, dict[str, Any]]:
        """Id and frame of a request, to be sent at once: its receive window has begun."""
        params = self._client._sign_ws_params(  # noqa: SLF001 - python-binance signs nowhere else
            {"timestamp": self._venue_clock.now_ns() // _NS_PER_MS},
            self._client._generate_ws_api_signature,  # noqa: SLF001 - dito
        )
        return self._frame(method, params)

    def _refused(self, error: BinanceAPIException) -> Down:
        cause = f"the venue refused to subscribe: {error.code} {error.message}"
        if error.status_code not in _BANNED:
            return Down(cause)
        try:
            retry_after_ms = int(error.response["error"]["data"]["retryAfter"])
        except (KeyError, TypeError, ValueError):
            return Down(cause)
        return Down(cause, max(retry_after_ms - self._venue_clock.now_ns() // _NS_PER_MS, 0) / 1000)

    async def _probe_now_and_then(self) -> None:
        while await self.confirm():  # noqa: ASYNC110 - probing is a matter of time
            await asyncio.sleep(self._probe_interval_s)

    async def _probe(self) -> str:
        """Why the subscription must be taken as dead; empty when it lives."""
        try:
            alive = await self.api.request(*self._frame("session.subscriptions", {}))
        except BinanceAPIException as error:
            return f"the probe was refused: {error.code} {error.message}"
        except (NotSent, OutcomeUnknown) as error:
            return f"the probe failed: {error.message}"
        listed = alive if isinstance(alive, list) else []
        if any(isinstance(one, dict) and one.get("subscriptionId") == self._id for one in listed):
            return ""
        return "the venue does not list the subscription"

    def _frame(self, method: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        number = str(next(self._requests))
        return number, {"id": number, "method": method, "params": params}
