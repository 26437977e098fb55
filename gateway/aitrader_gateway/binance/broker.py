"""The Broker port in front of Binance Spot: live, testnet, or a sandbox of our own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Final, Protocol

import msgspec
import structlog
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.terms import Attempt, Fill, OrderSpec
from aitrader_server.domain.venue import (
    AccountSnapshot,
    AmendOutcome,
    Approved,
    ApprovedList,
    ApprovedReplacement,
    CancelOutcome,
    ListOutcome,
    QueryOutcome,
    Replacement,
    ReplaceOutcome,
    SubmitOutcome,
    VenueReport,
)
from aitrader_server.engine.ports import Clock, StreamHealth, VenueListener

from aitrader_gateway.binance.attempts import Attempts
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import Environment
from aitrader_gateway.binance.flights import Flights
from aitrader_gateway.binance.key_change import KeyChange, VenueKeys
from aitrader_gateway.binance.keys import make_credentials
from aitrader_gateway.binance.opening import Opening
from aitrader_gateway.binance.order_entry import OrderEntry
from aitrader_gateway.binance.order_lists import OrderLists
from aitrader_gateway.binance.order_reads import OrderReads
from aitrader_gateway.binance.outcome import Failure
from aitrader_gateway.binance.replacement import Replacing
from aitrader_gateway.binance.user_stream import UserStream, UserStreamSettings

log = structlog.get_logger(__name__)

NAME: Final = "binance"
# So soon is it noticed that our clock was set.
CLOCK_LOOK_S: Final = 1.0
# So soon does the stream move after a change of the key, and is the old one let go.
KEY_LOOK_S: Final = 0.5


class Feed(Protocol):
    """Prices that the venue turns on and off with itself."""

    @property
    def detail(self) -> str:
        """What is not well; empty when nothing is."""
        ...

    async def start(self) -> None:
        """Begins to quote."""
        ...

    async def stop(self) -> None:
        """Ends quoting."""
        ...


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one gateway; orders and cancels hold at the venue for `order_recv_window_ms`."""

    symbols: tuple[str, ...]
    ws_api_url: str
    order_recv_window_ms: int = 2_500
    clock_refresh_s: float = 120.0
    instruments_refresh_s: float = 600.0
    start_timeout_s: float = 60.0
    stop_timeout_s: float = 15.0
    user_stream: UserStreamSettings = UserStreamSettings()


class BinanceBrokerGateway:
    """One account at Binance Spot; every request is sent once, and what it proved is a value."""

    def __init__(
        self,
        environment: Environment,
        calls: Calls,
        feed: Feed,
        clock: Clock,
        settings: GatewaySettings,
        *,
        keys: VenueKeys | None = None,
    ) -> None:
        self._environment = environment
        self._calls = calls
        self._feed = feed
        self._clock = clock
        self._settings = settings
        attempts = Attempts(calls, clock, recv_window_ms=settings.order_recv_window_ms)
        self._entry = OrderEntry(calls, attempts, clock)
        self._replacing = Replacing(attempts, clock)
        self._lists = OrderLists(attempts)
        self._reads = OrderReads(calls, clock, settings.symbols)
        self._keys = keys
        self._key_change = KeyChange(calls, settings.symbols[0])
        self._opening = Opening(calls, self._reads, environment, settings.symbols)
        self._instruments: dict[str, Instrument] = {}
        self._listener: VenueListener | None = None
        self._stream: UserStream | None = None
        self._keepers: list[asyncio.Task[None]] = []
        self._flights = Flights(self._expect_echo, self._tell)
        self._trouble = "not started"

    @property
    def name(self) -> str:
        """Constant."""
        return NAME

    @property
    def environment(self) -> str:
        """As configured."""
        return self._environment

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        """Reaches the venue, checks keys and symbols, then listens to the account.

        The instruments stay current: their mapping changes when the venue changes them.

        Raises:
            ConfigError: the venue cannot be reached, or refuses the keys or the symbols.
        """
        settings, keys = self._settings, self._keys
        # It may have been long since it was read: others may have led until now.
        now = None if keys is None else make_credentials(keys.names, *await keys.look())
        self._calls.open(now)
        try:
            self._instruments.update(await self._opening.open(settings.start_timeout_s))
            self._listener = listener
            self._stream = UserStream(
                self._calls.client,
                settings.ws_api_url,
                self._calls.server_time,
                Random(),  # noqa: S311 - spreads waits, nothing secret
                settings.user_stream,
            )
            await self._stream.start(listener)
            await self._feed.start()
        except BaseException:
            await self.stop()
            raise
        self._trouble = ""
        self._keep(settings.clock_refresh_s, self._calls.sync)
        self._keep(CLOCK_LOOK_S, self._calls.server_time.heed_steps)
        self._keep(settings.instruments_refresh_s, self._refresh_instruments)
        if keys is not None:
            self._keep(KEY_LOOK_S, self._heed_key)
            self._keepers.append(self._key_change.follow(keys))
        return self._instruments

    async def stop(self) -> None:
        """Hears out what is under way, then closes; orders stay as they are."""
        self._trouble = self._trouble or "not started"
        for keeper in self._keepers:
            keeper.cancel()
        self._keepers.clear()
        await self._flights.land(self._settings.stop_timeout_s)
        await self._feed.stop()
        if self._stream is not None:
            await self._stream.stop()
        await self._calls.close()

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        """Signs the order; the attempt holds the body that leaves."""
        return self._entry.prepare(spec, number, now_ns)

    async def submit(self, approved: Approved) -> SubmitOutcome:
        """Sends the attempt; refused as NOT_SENT when no byte of it left."""
        return await self._flights.see_through(self._entry.submit(approved))

    def prepare_list(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        """Signs an OCO, OTO or OTOCO."""
        return self._lists.prepare(specs, now_ns)

    async def submit_list(self, approved: ApprovedList) -> ListOutcome:
        """Sends the attempt; the venue takes all orders or none."""
        return await self._flights.see_through(self._lists.submit(approved))

    def prepare_replacement(self, replacement: Replacement, now_ns: int) -> Attempt:
        """Signs a cancel together with a new order."""
        return self._replacing.prepare(replacement, now_ns)

    async def replace(self, approved: ApprovedReplacement) -> ReplaceOutcome:
        """Sends the attempt; the new order is placed only if the old one is cancelled."""
        return await self._flights.see_through(self._replacing.replace(approved))

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> AmendOutcome:
        """Lowers the quantity of an order that keeps its place."""
        amending = self._replacing.amend(symbol, request_id, venue_order_id, quantity)
        return await self._flights.see_through(amending)

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        """Asks the venue's test endpoint, which knows no balances."""
        return await self._entry.test(spec)

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        """Cancels an order, and with a leg of a list the whole list."""
        return await self._flights.see_through(
            self._entry.cancel(symbol, request_id, venue_order_id)
        )

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        """The order, without its executions."""
        return await self._reads.query(symbol, request_id, venue_order_id)

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        """The order by the account's history, with its executions."""
        return await self._reads.query_history(symbol, request_id, since_ns)

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        """All executions of one order, oldest first."""
        return await self._reads.trades(symbol, venue_order_id)

    async def open_orders(self) -> Sequence[VenueReport] | None:
        """Every order of the configured symbols that works, oldest first."""
        return await self._reads.open_orders()

    async def account(self) -> AccountSnapshot | None:
        """All balances that are not zero."""
        snapshot = await self._reads.account()
        return None if isinstance(snapshot, Failure) else snapshot

    def health(self) -> StreamHealth:
        """How stream, clock and budgets are right now."""
        calls, stream = self._calls, None if self._stream is None else self._stream.health()
        details = (
            self._trouble,
            "" if stream is None or stream.up else stream.detail,
            self._feed.detail,
            calls.server_time.step_detail,
            calls.budgets.trouble,
            calls.key_refusal,
        )
        lag_ms = None if stream is None else stream.event_lag_ms
        return StreamHealth(
            connected=not self._trouble,
            stream_up=stream is not None and stream.up,
            last_event_ns=0 if stream is None else stream.last_event_ns,
            stream_lag_ms=0 if lag_ms is None else max(0, round(lag_ms)),
            environment_matches=not calls.key_refusal,
            clock_offset_ms=calls.server_time.offset_ms,
            detail="; ".join(filter(None, details)),
            banned_until_ns=calls.budgets.banned_until_ns,
            budgets=calls.budgets.snapshot(),
        )

    def _expect_echo(self, report: VenueReport) -> None:
        """What the venue acknowledged must come back on the account stream."""
        if self._stream is not None:
            self._stream.expect(report.symbol, report.venue_order_id, report.at_ns)

    def _tell(self, report: VenueReport) -> None:
        if self._listener is not None:
            self._listener.on_report(report)

    async def _heed_key(self) -> None:
        assert self._stream is not None
        self._stream.heed_key()
        self._key_change.retire(self._stream.api_keys)

    async def _refresh_instruments(self) -> None:
        instruments = await self._opening.read_instruments()
        if isinstance(instruments, Failure):
            log.warning("instruments not refreshed", cause=instruments.reason)
            return
        for symbol, instrument in self._instruments.items():
            gone = msgspec.structs.replace(instrument, trading=False)
            self._instruments[symbol] = instruments.get(symbol, gone)

    def _keep(self, interval_s: float, action: Callable[[], Awaitable[object]]) -> None:
        """Does `action` now and then until the stop."""

        async def repeat() -> None:
            while True:
                await asyncio.sleep(interval_s)
                await action()

        keeper = asyncio.create_task(repeat())
        keeper.add_done_callback(self._on_keeper_done)
        self._keepers.append(keeper)

    def _on_keeper_done(self, keeper: asyncio.Task[None]) -> None:
        """Nothing ends a keeper but the stop; anything else is a bug and is told as one."""
        if not keeper.cancelled():
            self._trouble = "a part of the gateway crashed"
            keeper.result()
