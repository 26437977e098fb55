"""The paper venue's memory on disk: a killed process finds its orders and money as they were.

SQLite in WAL with synchronous=NORMAL: what was written before a kill is there after it; a power cut
may take the last moments, which the account audit then shows, as it would for a venue that rolled
back. One process only: the file stays locked while it is open.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import apsw
import msgspec
from aitrader_server.domain.events import Fill
from aitrader_server.domain.money import ZERO, text
from aitrader_server.domain.venue import Absent, AccountSnapshot, Acknowledged, VenueReport
from aitrader_server.errors import ConfigError

from aitrader_gateway.paper.exchange import PaperExchange
from aitrader_gateway.paper.orders import PaperOrder

_LOCK_TIMEOUT_MS: Final = 3000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, request_id TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS orders_by_request ON orders (request_id);
CREATE TABLE IF NOT EXISTS fills (
    trade INTEGER PRIMARY KEY, number INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS fills_by_order ON fills (number);
CREATE TABLE IF NOT EXISTS balances (
    asset TEXT PRIMARY KEY, free TEXT NOT NULL, locked TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


class PaperStore:
    """Rows are the exchange's own structures as JSON, so that nothing is translated twice."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: apsw.Connection | None = None
        self._encode = msgspec.json.Encoder().encode
        self._decode_order = msgspec.json.Decoder(PaperOrder).decode
        self._decode_fill = msgspec.json.Decoder(Fill).decode

    def open(self, exchange: PaperExchange) -> None:
        """Locks the file and brings `exchange` to where it was; a new file takes its balances.

        Raises:
            ConfigError: another process has the file.
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
        account = self._read_balances()
        if account is not None:
            exchange.restore(self._read_orders(), self._read_fills(), account)
            return
        with connection:
            self._write_balances(exchange.account(0), exchange.account(0).assets)

    def close(self) -> None:
        """Lets go of the file; closing twice is the same as once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def save(self, exchange: PaperExchange, reports: Sequence[VenueReport]) -> None:
        """Writes what `reports` tell of as one transaction; after an apsw.Error nothing of it."""
        if not reports:
            return
        connection = self._opened()
        orders = {int(report.venue_order_id): None for report in reports}
        assets: dict[str, None] = {}
        for symbol in {report.symbol: None for report in reports}:
            instrument = exchange.instruments[symbol]
            assets[instrument.base] = assets[instrument.quote] = None
        with connection:
            connection.executemany(
                "INSERT INTO orders VALUES (?, ?, ?)"
                " ON CONFLICT (number) DO UPDATE SET body = excluded.body",
                [
                    (order.number, order.spec.request_id, self._encode(order))
                    for order in map(exchange.register.orders.__getitem__, orders)
                ],
            )
            connection.executemany(
                "INSERT INTO fills VALUES (?, ?, ?)",
                [
                    (int(fill.trade_id), int(report.venue_order_id), self._encode(fill))
                    for report in reports
                    for fill in report.fills
                ],
            )
            self._write_balances(exchange.account(0), list(assets))

    def find(self, symbol: str, request_id: str, since_ns: int) -> Acknowledged | Absent:
        """The newest order of that client id accepted at `since_ns` or later, with executions."""
        rows = self._opened().execute(
            "SELECT body FROM orders WHERE request_id = ? ORDER BY number DESC", (request_id,)
        )
        for (body,) in rows:
            order = self._decode_order(body)
            if order.spec.symbol == symbol and order.created_at_ns >= since_ns:
                return Acknowledged(order.report(self._fills_of(order.number)))
        return Absent()

    def _fills_of(self, number: int) -> tuple[Fill, ...]:
        rows = self._opened().execute(
            "SELECT body FROM fills WHERE number = ? ORDER BY trade", (number,)
        )
        return tuple(self._decode_fill(body) for (body,) in rows)

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            raise AssertionError("the paper venue's store is not open")
        return self._connection

    def _write_balances(self, account: AccountSnapshot, assets: Sequence[str]) -> None:
        self._opened().executemany(
            "INSERT OR REPLACE INTO balances VALUES (?, ?, ?)",
            [
                (asset, text(account.free.get(asset, ZERO)), text(account.locked.get(asset, ZERO)))
                for asset in assets
            ],
        )

    def _read_balances(self) -> AccountSnapshot | None:
        rows = self._opened().execute("SELECT asset, free, locked FROM balances").fetchall()
        if not rows:
            return None
        return AccountSnapshot(
            free={str(asset): Decimal(str(free)) for asset, free, _ in rows},
            locked={str(asset): Decimal(str(locked)) for asset, _, locked in rows},
            at_ns=0,
        )

    def _read_orders(self) -> Sequence[PaperOrder]:
        rows = self._opened().execute("SELECT body FROM orders ORDER BY number")
        return [self._decode_order(body) for (body,) in rows]

    def _read_fills(self) -> Mapping[int, Sequence[Fill]]:
        fills: dict[int, list[Fill]] = {}
        for number, body in self._opened().execute("SELECT number, body FROM fills ORDER BY trade"):
            fills.setdefault(number, []).append(self._decode_fill(body))
        return fills
