"""Takes orders back over REST alone: for the watchdog, which needs neither prices nor streams."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aitrader_server.domain.venue import Acknowledged, Refused
from aitrader_server.domain.words import Side
from aitrader_server.engine.ports import Clock
from aitrader_server.errors import ConfigError
from aitrader_server.watchdog.ports import OpenOrder, Trouble

from aitrader_gateway.binance.attempts import VENUE_TIMEOUT_MS, Attempts
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.key_change import KeyChange, VenueKeys
from aitrader_gateway.binance.operations import ALL_OPEN_ORDERS, OPEN_ORDERS
from aitrader_gateway.binance.order_entry import OrderEntry
from aitrader_gateway.binance.outcome import Failure
from aitrader_gateway.binance.plugin import BinanceSettings, read_keys
from aitrader_gateway.binance.reports import OrderRecord, read_all

# Up to here asking symbol by symbol weighs less than asking for all.
ASKED_ONE_BY_ONE_MAX: Final = ALL_OPEN_ORDERS.weight // OPEN_ORDERS.weight
# It was executed or cancelled meanwhile: the next sweep shows.
NOT_OPEN: Final = "-2011"
_MS_PER_S: Final = 1_000


class BinanceCanceller:
    """Reads and cancels the orders of `symbols`."""

    def __init__(
        self,
        calls: Calls,
        clock: Clock,
        symbols: Sequence[str],
        *,
        recv_window_ms: int,
        keys: VenueKeys | None = None,
    ) -> None:
        self._calls = calls
        self._keys = keys
        self._key_change = KeyChange(calls, symbols[0])
        self._follower: asyncio.Task[None] | None = None
        self._symbols = tuple(symbols)
        self._recv_window_ms = recv_window_ms
        self._entry = OrderEntry(
            calls, Attempts(calls, clock, recv_window_ms=recv_window_ms), clock
        )

    @property
    def fence_s(self) -> float:
        """The window in which an order is admitted, and the time that the venue may take for it."""
        return (self._recv_window_ms + VENUE_TIMEOUT_MS) / _MS_PER_S

    async def start(self) -> None:
        """Reads clock and orders once. Raises ConfigError when the venue refuses the key."""
        self._calls.open()
        await self._calls.sync()
        await self.open_orders()
        if self._calls.key_refusal:
            places = " and ".join(self._calls.credentials.places)
            raise ConfigError((f"watchdog: {self._calls.key_refusal} Look at {places}",))
        if self._keys is not None:
            self._follower = self._key_change.follow(self._keys)

    async def stop(self) -> None:
        """Closes the connections."""
        if self._follower is not None:
            self._follower.cancel()
        await self._calls.close()

    async def open_orders(self) -> Sequence[OpenOrder] | Trouble:
        """Every order of the symbols that works."""
        self._key_change.retire()
        found: list[OrderRecord] = []
        for operation, parameters in self._questions():
            records = read_all(await self._calls.call(operation, parameters), OrderRecord)
            if isinstance(records, Failure):
                return Trouble(f"open orders: {records.reason}")
            found += records
        return [
            OpenOrder(
                symbol=record.symbol,
                venue_order_id=str(record.order_id),
                request_id=record.request_id,
                # Whatever does not plainly sell is taken for an entry.
                side=Side.SELL if record.side == Side.SELL else Side.BUY,
            )
            for record in found
            if record.symbol in self._symbols
        ]

    async def cancel(self, order: OpenOrder) -> Trouble | None:
        """Cancels one order; a leg of a list takes the list with it."""
        outcome = await self._entry.cancel(order.symbol, "", order.venue_order_id)
        gone = isinstance(outcome, Refused) and outcome.code == NOT_OPEN
        if gone or isinstance(outcome, Acknowledged):
            return None
        why = outcome.reason if isinstance(outcome, Refused) else outcome.cause
        return Trouble(f"cancelling {order.name}: {why}")

    def _questions(self) -> list[tuple[Any, dict[str, str]]]:
        if len(self._symbols) > ASKED_ONE_BY_ONE_MAX:
            return [(ALL_OPEN_ORDERS, {})]
        return [(OPEN_ORDERS, {"symbol": symbol}) for symbol in self._symbols]


def create_canceller(
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    clock: Clock,
    keys: VenueKeys | None = None,
) -> BinanceCanceller:
    """The canceller of a `binance` section whose key is the watchdog's; `keys` instead of names.

    Raises:
        ConfigError: a key is missing or cannot sign.
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    binance = BinanceSettings.model_validate(settings)
    credentials = read_keys(binance, environ, keys)
    return BinanceCanceller(
        Calls(binance.endpoints, credentials, clock),
        clock,
        binance.symbols,
        recv_window_ms=binance.order_recv_window_ms,
        keys=keys,
    )
