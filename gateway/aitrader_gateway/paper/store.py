"""The paper venue's memory on disk: a killed process finds its orders and money as they were.

One row is one change of the venue, and the venue is their fold: a row a change is what keeps the
write short enough to stand in an order's way. SQLite in WAL with synchronous=NORMAL: what was
written before a kill is there after it; a power cut may take the last moments, which the account
audit then shows, as it would for a venue that rolled back.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import apsw
import msgspec
from aitrader_server.domain.events import Fill
from aitrader_server.domain.venue import AccountSnapshot, VenueReport
from aitrader_server.errors import ConfigError

from aitrader_gateway.paper.exchange import PaperExchange
from aitrader_gateway.paper.orders import PaperOrder

_LOCK_TIMEOUT_MS: Final = 3000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT
"""


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one call did to the venue: orders as they then were, executions by order, balances.

    `numbers` are those of the next order and the next trade.
    """

    numbers: tuple[int, int]
    orders: list[PaperOrder] = []
    fills: list[tuple[int, Fill]] = []
    free: dict[str, Decimal] = {}
    locked: dict[str, Decimal] = {}


class PaperStore:
    """One process only: the file stays locked while it is open.

    More than `rows_max` rows, about a second's reading, are folded into what they come to.
    """

    def __init__(self, path: Path, rows_max: int = 100_000) -> None:
        self._path = path
        self._rows_max = rows_max
        self._connection: apsw.Connection | None = None
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(Change).decode

    def open(self, exchange: PaperExchange) -> None:
        """Locks the file and brings `exchange` to where it was; a new file takes its balances.

        Raises:
            ConfigError: another process has the file, or an order works on a symbol that is gone.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(self._path))
        connection.set_busy_timeout(_LOCK_TIMEOUT_MS)
        try:
            connection.pragma("locking_mode", "exclusive")
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", "normal")
            connection.execute(_SCHEMA)
        except apsw.BusyError as error:
            connection.close()
            raise ConfigError((f"{self._path}: another process has this paper venue",)) from error
        self._connection = connection
        rows = self._restore(exchange)
        if not rows:
            account = exchange.account(0)
            self._write(Change(numbers=exchange.numbers, free=account.free, locked=account.locked))
        elif rows > self._rows_max:
            self._compact(exchange)

    def close(self) -> None:
        """Lets go of the file; closing twice is the same as once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def save(self, exchange: PaperExchange, reports: Sequence[VenueReport]) -> None:
        """Writes what `reports` tell of, whole or, with an apsw.Error, not at all."""
        if not reports:
            return
        numbers = {int(report.venue_order_id): None for report in reports}
        instruments = [exchange.instruments[report.symbol] for report in reports]
        assets = {asset: None for item in instruments for asset in (item.base, item.quote)}
        account = exchange.account(0)
        self._write(
            Change(
                numbers=exchange.numbers,
                orders=[exchange.register.orders[number] for number in numbers],
                fills=[
                    (int(report.venue_order_id), fill)
                    for report in reports
                    for fill in report.fills
                ],
                free=_only(assets, account.free),
                locked=_only(assets, account.locked),
            )
        )

    def _write(self, change: Change) -> None:
        self._opened().execute("INSERT INTO changes (body) VALUES (?)", (self._encode(change),))

    def _restore(self, exchange: PaperExchange) -> int:
        """Folds every row into `exchange`; how many there were."""
        orders: dict[int, PaperOrder] = {}
        fills: dict[int, list[Fill]] = {}
        free: dict[str, Decimal] = {}
        locked: dict[str, Decimal] = {}
        rows, numbers = 0, exchange.numbers
        for (body,) in self._opened().execute("SELECT body FROM changes ORDER BY number"):
            rows += 1
            change = self._decode(body)
            numbers = change.numbers
            orders.update((order.number, order) for order in change.orders)
            for number, fill in change.fills:
                fills.setdefault(number, []).append(fill)
            free.update(change.free)
            locked.update(change.locked)
        for order in orders.values():
            if not order.terminal and order.spec.symbol not in exchange.instruments:
                symbol, request_id = order.spec.symbol, order.spec.request_id
                raise ConfigError(
                    (f"execution.symbols: keep {symbol} until its order {request_id} has ended",)
                )
        if rows:
            account = AccountSnapshot(free=free, locked=locked, at_ns=0)
            exchange.restore(orders.values(), fills, account, numbers)
        return rows

    def _compact(self, exchange: PaperExchange) -> None:
        """Writes what is remembered in the place of all that happened."""
        account, register = exchange.account(0), exchange.register
        with self._opened() as connection:
            connection.execute("DELETE FROM changes")
            numbers = exchange.numbers
            self._write(Change(numbers=numbers, free=account.free, locked=account.locked))
            for number, order in register.orders.items():
                fills = [(number, fill) for fill in register.fills(number)]
                self._write(Change(numbers=numbers, orders=[order], fills=fills))

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            raise AssertionError("the paper venue's store is not open")
        return self._connection


def _only(assets: Iterable[str], amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {asset: amounts[asset] for asset in assets if asset in amounts}
