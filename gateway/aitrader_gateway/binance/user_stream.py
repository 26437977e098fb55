"""Keeps the account's events coming: subscribes, watches, replaces and never gives up."""

import asyncio
from collections import Counter
from random import Random
from typing import Final

import msgspec
import structlog
from aitrader_server.engine.ports import Clock, VenueListener
from binance import AsyncClient

from aitrader_gateway.binance.echoes import Echoes
from aitrader_gateway.binance.intake import Intake
from aitrader_gateway.binance.pacing import Pacing
from aitrader_gateway.binance.rotation import replace
from aitrader_gateway.binance.subscription import Down, Subscription
from aitrader_gateway.binance.ws_api import WireBounds

log = structlog.get_logger(__name__)

_NS_PER_MS: Final = 1_000_000
# What was acknowledged from just before a subscription may have had its event before it.
_CLOCK_ERROR_NS_MAX: Final = 1_000_000_000


class UserStreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of the user data stream; the venue ends every connection after 24 h.

    A subscription is taken as deaf when an acknowledged change has no event `deaf_after_s` later.
    While one connection replaces another both are read for `overlap_s`. `kept_max` events, and as
    many orders, are remembered to tell what comes twice and what does not come.

    Waits between attempts to connect double from `wait_s_min` to `wait_s_max`, until a connection
    lived for `stable_s`; a longer pause that the venue asks for is kept up to `pause_s_max`.
    """

    start_timeout_s: float = 15.0
    wire: WireBounds = WireBounds()
    probe_interval_s: float = 30.0
    rotation_age_s: float = 23 * 3600.0
    overlap_s: float = 2.0
    deaf_after_s: float = 5.0
    wait_s_min: float = 0.2
    wait_s_max: float = 30.0
    pause_s_max: float = 3600.0
    stable_s: float = 60.0
    connects_max: int = 100
    connects_window_s: float = 300.0
    kept_max: int = 10_000


class UserStreamHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the stream is; counts are since the start.

    `last_event_ns` is by the venue's clock. `event_lag_ms` is from the venue's sending of the
    newest event to us, `ack_lag_ms` from an acknowledgement to its event, 0 when the event came
    first; None until there was one. `awaited` acknowledged changes have no event yet.
    """

    up: bool
    detail: str
    last_event_ns: int
    event_lag_ms: float | None
    ack_lag_ms: float | None
    awaited: int
    connects: int
    losses: int
    rotations: int
    repeats: int
    orphan_replies: int
    unknown_events: int


class UserStream:
    """One account's events, whatever becomes of the connections that carry them.

    The listener gets events also while it reads a snapshot of the account after a loss, and none
    is held back for it: applying a report is commutative and idempotent over replies, snapshots
    and events, so that any order of arrival, and any repeat, ends in the same state. What matters
    is that the subscription stands before the snapshot is asked for: `on_stream` says when.

    `venue_clock` is the venue's time as far as it is known; requests are signed with it. `random`
    draws the jitter of the waits between attempts to connect, which never end.
    """

    def __init__(
        self,
        client: AsyncClient,
        url: str,
        venue_clock: Clock,
        random: Random,
        settings: UserStreamSettings,
    ) -> None:
        self._client = client
        self._url = url
        self._venue_clock = venue_clock
        self._settings = settings
        self._pacing = Pacing(
            random,
            wait_s_min=settings.wait_s_min,
            wait_s_max=settings.wait_s_max,
            stable_s=settings.stable_s,
            connects_max=settings.connects_max,
            window_s=settings.connects_window_s,
        )
        self._counts = Counter[str]()
        self._echoes = Echoes(
            self._on_deaf, timeout_s=settings.deaf_after_s, orders_max=settings.kept_max
        )
        self._intake = Intake(
            self._echoes, self._counts, self._venue_clock, kept_max=settings.kept_max
        )
        self._supervisor: asyncio.Task[None] | None = None
        self._live: list[Subscription] = []
        self._current: Subscription | None = None
        self._up = asyncio.Event()
        self._told_down = False
        self._detail = "not started"

    async def start(self, listener: VenueListener) -> None:
        """Returns once subscribed, or after `start_timeout_s`, when the listener has been told."""
        self._intake.listener = listener
        self._detail = "connecting"
        self._supervisor = asyncio.create_task(self._supervise())
        self._supervisor.add_done_callback(self._on_supervisor_done)
        try:
            async with asyncio.timeout(self._settings.start_timeout_s):
                await self._up.wait()
        except TimeoutError:
            self._told_down = True
            listener.on_stream(up=False, detail=self._detail)

    async def stop(self) -> None:
        """Closes every connection within about two seconds; the listener hears nothing more."""
        self._intake.listener = None
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait((self._supervisor,))
        self._echoes.forget()
        self._up.clear()
        self._detail = "stopped"

    def expect(self, symbol: str, venue_order_id: str, at_ns: int) -> None:
        """To be called when the venue acknowledged a change of an order that it made `at_ns`.

        When no event follows, the stream is deaf and is opened anew.
        """
        current = self._current
        if current is not None and at_ns > current.opened_ns + _CLOCK_ERROR_NS_MAX:
            # Events carry no more than milliseconds.
            self._echoes.expect((symbol, venue_order_id), at_ns - at_ns % _NS_PER_MS)

    @property
    def api_keys(self) -> frozenset[str]:
        """The keys under which connections stand, or are being made."""
        return frozenset(subscription.api_key for subscription in self._live)

    def heed_key(self) -> None:
        """Moves to a connection under the key that signs now, if the one in use has another."""
        if self._current is not None and self._current.api_key != self._client.API_KEY:
            self.rotate("the key has changed")

    def rotate(self, cause: str) -> None:
        """Moves to a new connection without a gap."""
        if self._current is not None:
            self._current.end(cause)

    def health(self) -> UserStreamHealth:
        """How the stream is right now."""
        counts = self._counts
        return UserStreamHealth(
            up=self._up.is_set(),
            detail=self._detail,
            last_event_ns=self._intake.last_event_ns,
            event_lag_ms=self._intake.lag_ms,
            ack_lag_ms=self._echoes.lag_ms,
            awaited=self._echoes.awaited,
            connects=counts["connects"],
            losses=counts["losses"],
            rotations=counts["rotations"],
            repeats=counts["repeats"],
            orphan_replies=counts["orphan_replies"],
            unknown_events=counts["unknown_events"],
        )

    async def _supervise(self) -> None:
        try:
            while True:
                opened = await self._open_at_last()
                self._use(opened)
                self._tell_up()
                lost = await self._keep(opened)
                self._tell_down(lost.lost.result())
                await self._retire(lost)
                await asyncio.sleep(self._pacing.next_wait_s())
        finally:
            self._current = None
            for subscription in list(self._live):
                await self._retire(subscription)

    async def _keep(self, current: Subscription) -> Subscription:
        """The subscription that was lost at last, after any number of rotations."""
        loop, settings = asyncio.get_running_loop(), self._settings
        while True:
            age_left_s = current.opened_s + settings.rotation_age_s - loop.time()
            await asyncio.wait(
                (current.lost, current.ending),
                timeout=max(age_left_s, 0.0),
                return_when=asyncio.FIRST_COMPLETED,
            )
            replaced = None
            if not current.lost.done():
                replaced = await replace(current, self._open_at_last(), settings.overlap_s)
            if replaced is None:
                return current
            self._counts["rotations"] += 1
            if not replaced.seamless:
                self._tell_down(f"lost while it was being replaced: {current.lost.result()}")
                self._tell_up()
            self._use(replaced.by)
            await self._retire(current)
            current = replaced.by

    async def _open_at_last(self) -> Subscription:
        """A new subscription, however often it takes."""
        while isinstance(opened := await self._open(), Down):
            log.warning("user stream not opened", cause=opened.cause)
            if self._current is None:
                self._detail = opened.cause
            pause_s = min(opened.pause_s, self._settings.pause_s_max)
            await asyncio.sleep(max(self._pacing.next_wait_s(), pause_s))
        return opened

    async def _open(self) -> Subscription | Down:
        """A new subscription, or why there is none."""
        settings = self._settings
        # Nothing but the budget holds back a rotation.
        await asyncio.sleep(self._pacing.until_room_s())
        self._pacing.spend()
        self._counts["connects"] += 1
        subscription = Subscription(
            self._client,
            self._url,
            venue_clock=self._venue_clock,
            on_event=self._intake.take,
            counts=self._counts,
            bounds=settings.wire,
            probe_interval_s=settings.probe_interval_s,
        )
        self._live.append(subscription)
        opened = False
        try:
            down = await subscription.open()
            opened = down is None
        finally:
            if not opened:
                await self._retire(subscription)
        return subscription if down is None else down

    def _use(self, subscription: Subscription) -> None:
        self._current = subscription
        self._client.ws_api = subscription.api

    async def _retire(self, subscription: Subscription) -> None:
        self._pacing.lived(asyncio.get_running_loop().time() - subscription.opened_s)
        await subscription.close()
        # Not before: a stop in the middle closes again what is still here.
        self._live.remove(subscription)

    def _tell_up(self) -> None:
        self._up.set()
        self._detail = ""
        if self._told_down:
            self._told_down = False
            log.info("user stream up")
            self._intake.tell(lambda listener: listener.on_stream(up=True, detail=""))

    def _tell_down(self, cause: str) -> None:
        self._counts["losses"] += self._up.is_set()
        self._up.clear()
        self._detail = cause
        self._told_down = True
        self._current = None
        self._echoes.forget()
        self._intake.forget()
        log.warning("user stream down", cause=cause)
        self._intake.tell(lambda listener: listener.on_stream(up=False, detail=cause))

    def _on_deaf(self, detail: str) -> None:
        if self._current is not None:
            self._current.lose(detail)

    def _on_supervisor_done(self, supervisor: asyncio.Task[None]) -> None:
        """Nothing ends the supervisor but `stop`; anything else is a bug and is told as one."""
        if not supervisor.cancelled():
            self._tell_down("the supervisor of the user stream crashed")
            supervisor.result()
