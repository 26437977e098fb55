"""Keeps the market streams of some symbols coming: connects, replaces and never gives up."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any, Protocol

import structlog
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.market_connection import MarketConnection, MarketSettings
from aitrader_gateway.binance.market_events import MarketEvent, streams_of
from aitrader_gateway.binance.pacing import Pacing
from aitrader_gateway.binance.subscription import Down

log = structlog.get_logger(__name__)


class MarketListener(Protocol):
    """Where a stream delivers; a frame may come twice while one connection replaces another."""

    def on_event(self, event: MarketEvent) -> None:
        """One event."""
        ...

    def on_up(self) -> None:
        """Events come from now on; what was before them must be caught up with."""
        ...

    def on_down(self, cause: str) -> None:
        """No event comes until `on_up`."""
        ...

    def on_gap(self, cause: str) -> None:
        """Something may have been missed, and events go on."""
        ...


class MarketStream:
    """One connection after another; the next one is open before an old one is given up."""

    def __init__(
        self,
        url: str,
        symbols: Sequence[str],
        listener: MarketListener,
        *,
        clock: Clock,
        random: Random,
        settings: MarketSettings,
    ) -> None:
        self._current: MarketConnection | None = None
        self._url = url
        self._streams = frozenset(stream for symbol in symbols for stream in streams_of(symbol))
        self._listener = listener
        self._clock = clock
        self._settings = settings
        self._open: list[MarketConnection] = []
        self._pacing = Pacing(
            random,
            wait_s_min=settings.wait_s_min,
            wait_s_max=settings.wait_s_max,
            stable_s=settings.stable_s,
            connects_max=settings.connects_max,
            window_s=settings.connects_window_s,
        )

    @property
    def up(self) -> bool:
        """Whether events come."""
        return self._current is not None

    @property
    def alive_ns(self) -> int:
        """When a frame last came, by our clock; a successor counts once it has taken over."""
        return 0 if self._current is None else self._current.alive_ns

    async def run(self) -> None:
        """Runs until cancelled."""
        lost = False
        try:
            while True:
                connection = await self._connect()
                self._current = connection
                if lost:
                    log.info("market stream up again")
                self._listener.on_up()
                cause = await self._keep(connection)
                self._current, lost = None, True
                log.warning("market stream lost", cause=cause)
                self._listener.on_down(cause)
                await asyncio.sleep(self._pacing.next_wait_s())
        finally:
            self._current = None
            for connection in tuple(self._open):
                await self._close(connection)

    def restart(self, cause: str) -> None:
        """Gives the connection up, for a reason that shows only in what it carries."""
        for connection in self._open:
            connection.lose(cause)

    async def _connect(self) -> MarketConnection:
        """Tries until one is open."""
        # A venue is tried again: there is nothing here to wait on but time.
        while isinstance(opened := await self._try(), Down):  # noqa: ASYNC110 - as said above
            await asyncio.sleep(max(self._pacing.next_wait_s(), opened.pause_s))
        return opened

    async def _try(self) -> MarketConnection | Down:
        connection = MarketConnection(
            self._url,
            self._streams,
            self._settings,
            clock=self._clock,
            on_event=self._listener.on_event,
            on_gap=self._gap,
        )
        await asyncio.sleep(self._pacing.until_room_s())
        self._pacing.spend()
        down = await connection.open()
        if down is None:
            self._open.append(connection)
            return connection
        log.warning("market stream not connected", cause=down.cause)
        return down

    async def _keep(self, connection: MarketConnection) -> str:
        """Replaces `connection` whenever it is due, and returns why the last one was lost."""
        while (successor := await self._outlive(connection)) is not None:
            whole = await connection.drain()
            await self._close(connection)
            self._current = connection = successor
            if not whole:
                self._gap("a connection ended before its successor had taken over")
        cause = connection.lost.result()
        await self._close(connection)
        return cause

    async def _outlive(self, connection: MarketConnection) -> MarketConnection | None:
        """The open successor of `connection`; None if that was lost before there was one."""
        over = {connection.lost, connection.ending}
        await asyncio.wait(
            over, timeout=self._settings.rotation_age_s, return_when=asyncio.FIRST_COMPLETED
        )
        self._pacing.lived(asyncio.get_running_loop().time() - connection.opened_s)
        if connection.lost.done():
            return None
        log.info("market stream is being replaced")
        return await self._succeed(connection)

    async def _succeed(self, connection: MarketConnection) -> MarketConnection | None:
        """The first successor that opens while `connection` still works."""
        attempt = asyncio.create_task(self._reconnect(), name="market stream successor")
        try:
            over: set[asyncio.Future[Any]] = {attempt, connection.lost}
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
        finally:
            attempt.cancel()
            await asyncio.wait((attempt,))
        return None if attempt.cancelled() else attempt.result()

    async def _reconnect(self) -> MarketConnection:
        await asyncio.sleep(self._pacing.next_wait_s())
        return await self._connect()

    async def _close(self, connection: MarketConnection) -> None:
        self._open.remove(connection)
        await connection.close()

    def _gap(self, cause: str) -> None:
        log.warning("market events missed", cause=cause)
        self._listener.on_gap(cause)
