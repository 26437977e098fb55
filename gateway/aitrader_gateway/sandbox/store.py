"""The venue's memory on disk: a killed process finds its accounts as they were.

What a command did to the accounts that are kept is written before the command is answered. SQLite
in WAL with synchronous=NORMAL: what was written before a kill is there after it; a power cut may
take the last moments, as of a venue that rolled back. Other accounts, such as those of market
makers, leave no trace but the numbers that they used up, and the last prices.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

import apsw
import msgspec
from aitrader_server.domain.money import text
from aitrader_server.errors import ConfigError

from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    AccountTrade,
    ExecutionReport,
    Fees,
    ListStatus,
    MarketTrade,
    Numbers,
    Order,
    OrderList,
    VenueEvent,
)
from aitrader_gateway.sandbox.matching.words import ListOrderStatus

T = TypeVar("T")
_LOCK_TIMEOUT_MS: Final = 3000
# Numbers are written this far ahead, so that most commands leave them alone.
_NUMBERS_AHEAD: Final = 10_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS orders (
  account TEXT, number INTEGER, ended INTEGER, body BLOB, PRIMARY KEY (account, number)) STRICT;
CREATE TABLE IF NOT EXISTS lists (
  account TEXT, number INTEGER, ended INTEGER, body BLOB, PRIMARY KEY (account, number)) STRICT;
CREATE TABLE IF NOT EXISTS trades (
  account TEXT, order_number INTEGER, number INTEGER, body BLOB,
  PRIMARY KEY (account, order_number, number)) STRICT;
CREATE TABLE IF NOT EXISTS balances (
  account TEXT, asset TEXT, free TEXT, locked TEXT, PRIMARY KEY (account, asset)) STRICT;
CREATE TABLE IF NOT EXISTS prices (symbol TEXT PRIMARY KEY, price TEXT) STRICT;
CREATE TABLE IF NOT EXISTS numbers (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB) STRICT;
"""
_PUT_ORDER: Final = "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)"
_PUT_LIST: Final = "INSERT OR REPLACE INTO lists VALUES (?, ?, ?, ?)"
_PUT_TRADE: Final = "INSERT OR REPLACE INTO trades VALUES (?, ?, ?, ?)"
_PUT_BALANCE: Final = (
    "INSERT INTO balances VALUES (?, ?, ?, ?) ON CONFLICT (account, asset)"
    " DO UPDATE SET free = excluded.free, locked = excluded.locked"
)
_PUT_PRICE: Final = "INSERT OR REPLACE INTO prices VALUES (?, ?)"
_PUT_NUMBERS: Final = "INSERT OR REPLACE INTO numbers VALUES (1, ?)"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How an account begins."""

    balances: Mapping[str, Decimal]
    fees: Fees = Fees()


class Store:
    """An event sink that keeps the accounts it was opened with; one process only.

    Of the orders and lists that ended, the newest `ended_max` are kept from one start to the next.
    """

    def __init__(self, path: Path, ended_max: int = 50_000) -> None:
        self._path = path
        self._ended_max = ended_max
        self._connection: apsw.Connection | None = None
        self._accounts: Mapping[str, Opening] = {}
        self._exchange: Exchange | None = None
        self._promised: Numbers | None = None
        self._unwritten_prices: dict[str, Decimal] = {}
        self._encode = msgspec.json.Encoder().encode

    def open(self) -> None:
        """Locks the file.

        Raises:
            ConfigError: another process has the file, it is none of ours, or cannot be written.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as undo:
            try:
                connection = apsw.Connection(str(self._path))
                undo.callback(connection.close)
                connection.set_busy_timeout(_LOCK_TIMEOUT_MS)
                connection.pragma("locking_mode", "exclusive")
                connection.pragma("journal_mode", "wal")
                connection.pragma("synchronous", "normal")
                connection.execute(_SCHEMA)
            except apsw.BusyError as error:
                advice = "stop it first, or choose another state folder"
                problem = f"{self._path}: another process has this sandbox: {advice}"
                raise ConfigError((problem,)) from error
            except apsw.NotADBError as error:
                raise ConfigError((f"{self._path}: is no sandbox's file",)) from error
            except apsw.Error as error:
                raise ConfigError((f"{self._path}: {error}",)) from error
            undo.pop_all()
        self._connection = connection

    def fill(self, exchange: Exchange, accounts: Mapping[str, Opening]) -> None:
        """Opens the accounts in `exchange` as they were, or as they begin; keeps them from now on.

        Raises:
            ConfigError: an order works on a symbol that is gone.
        """
        self._exchange, self._accounts = exchange, accounts
        self._forget_old()
        self._restore_numbers(exchange)
        for account, opening in accounts.items():
            if not self._restore(account, opening, exchange):
                exchange.open_account(account, opening.balances, opening.fees)
                self._keep_balances(account, exchange.balances(account))

    def clear(self) -> None:
        """Forgets everything that was kept."""
        with self._opened() as connection:
            for table in ("orders", "lists", "trades", "balances", "prices", "numbers"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        self._promised = None
        self._unwritten_prices.clear()

    def last_prices(self) -> dict[str, Decimal]:
        """Where each market was left; after a kill, where it was when a kept account last moved."""
        rows = self._opened().execute("SELECT symbol, price FROM prices")
        return {symbol: Decimal(price) for symbol, price in rows}

    def close(self) -> None:
        """Lets go of the file; closing twice is the same as once."""
        if self._connection is not None:
            self._keep_prices()
            self._connection.close()
            self._connection = None

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:  # noqa: ARG002 - what sinks are told
        """Keeps what `events` tell of the kept accounts, whole or, with an apsw.Error, not at all.

        What a later event of the same command replaced is written once.
        """
        orders: dict[int, Order] = {}
        trades: list[AccountTrade] = []
        lists: dict[int, OrderList] = {}
        balances: dict[str, Mapping[str, tuple[Decimal, Decimal]]] = {}
        for event in events:
            if isinstance(event, ExecutionReport) and event.order.account in self._accounts:
                orders[event.order.number] = event.order
                if event.trade is not None:
                    trades.append(event.trade)
            elif isinstance(event, ListStatus) and event.list.account in self._accounts:
                lists[event.list.number] = event.list
            elif isinstance(event, AccountPosition) and event.account in self._accounts:
                balances[event.account] = event.balances
            elif isinstance(event, MarketTrade):
                self._unwritten_prices[event.symbol] = event.price
        numbers = self._outgrown()
        if not (orders or lists or balances or numbers):
            return
        encode = self._encode
        with self._opened() as connection:
            connection.executemany(
                _PUT_ORDER,
                [(o.account, o.number, o.ended, encode(o)) for o in orders.values()],
            )
            connection.executemany(
                _PUT_TRADE,
                [(t.account, t.order_number, t.number, encode(t)) for t in trades],
            )
            connection.executemany(
                _PUT_LIST,
                [(li.account, li.number, _done(li), encode(li)) for li in lists.values()],
            )
            for account, amounts in balances.items():
                self._keep_balances(account, amounts)
            self._keep_prices()
            if numbers is not None:
                connection.execute(_PUT_NUMBERS, (encode(numbers),))
                self._promised = numbers

    def _outgrown(self) -> Numbers | None:
        """Numbers well above all in use, if those that were written are not any more."""
        assert self._exchange is not None
        used, promised = self._exchange.numbers, self._promised
        if promised is not None and not _above(used, promised):
            return None
        return Numbers(
            order=used.order + _NUMBERS_AHEAD,
            order_list=used.order_list + _NUMBERS_AHEAD,
            execution=used.execution + _NUMBERS_AHEAD,
            trades={name: number + _NUMBERS_AHEAD for name, number in used.trades.items()},
            prevented={name: number + _NUMBERS_AHEAD for name, number in used.prevented.items()},
        )

    def _keep_balances(self, account: str, amounts: Mapping[str, tuple[Decimal, Decimal]]) -> None:
        self._opened().executemany(
            _PUT_BALANCE,
            [
                (account, asset, text(free), text(locked))
                for asset, (free, locked) in amounts.items()
            ],
        )

    def _keep_prices(self) -> None:
        rows = [(symbol, text(price)) for symbol, price in self._unwritten_prices.items()]
        self._opened().executemany(_PUT_PRICE, rows)
        self._unwritten_prices.clear()

    def _restore_numbers(self, exchange: Exchange) -> None:
        self._promised = None
        for (body,) in self._opened().execute("SELECT body FROM numbers"):
            self._promised = msgspec.json.decode(body, type=Numbers)
            exchange.number_from(self._promised)

    def _restore(self, account: str, opening: Opening, exchange: Exchange) -> bool:
        """False: nothing is known of the account."""
        run = self._opened().execute
        balances = {
            asset: (Decimal(free), Decimal(locked))
            for asset, free, locked in run(
                "SELECT asset, free, locked FROM balances WHERE account = ? ORDER BY rowid",
                (account,),
            )
        }
        if not balances:
            return False
        orders = self._bodies("orders", account, Order)
        for order in orders:
            if not order.ended and order.symbol not in exchange.listings:
                raise ConfigError(
                    (f"{self._path}: order {order.number} works on {order.symbol}: list it again",)
                )
        exchange.restore_account(
            account,
            balances,
            orders=[order for order in orders if order.symbol in exchange.listings],
            trades=self._bodies("trades", account, AccountTrade),
            lists=self._bodies("lists", account, OrderList),
            fees=opening.fees,
        )
        return True

    def _bodies(self, table: str, account: str, kind: type[T]) -> list[T]:
        rows = self._opened().execute(
            f"SELECT body FROM {table} WHERE account = ? ORDER BY number",  # noqa: S608 - our own
            (account,),
        )
        decode = msgspec.json.Decoder(kind).decode
        return [decode(body) for (body,) in rows]

    def _forget_old(self) -> None:
        """Keeps of what ended the newest only, and no trade without its order."""
        with self._opened() as connection:
            for table in ("orders", "lists"):
                connection.execute(
                    f"DELETE FROM {table} WHERE ended AND number NOT IN ("  # noqa: S608 - our own
                    f"SELECT number FROM {table} WHERE ended ORDER BY number DESC LIMIT ?)",
                    (self._ended_max,),
                )
            connection.execute(
                "DELETE FROM trades WHERE order_number NOT IN (SELECT number FROM orders)"
            )

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            raise AssertionError("the sandbox's store is not open")
        return self._connection


def _done(order_list: OrderList) -> bool:
    return order_list.order_status is not ListOrderStatus.EXECUTING


def _above(used: Numbers, promised: Numbers) -> bool:
    """Whether a number was given out that another life would give out again."""
    return (
        used.order > promised.order
        or used.order_list > promised.order_list
        or used.execution > promised.execution
        or any(number > promised.trades.get(name, 0) for name, number in used.trades.items())
        or any(number > promised.prevented.get(name, 0) for name, number in used.prevented.items())
    )
