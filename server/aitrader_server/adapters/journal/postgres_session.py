"""One connection to PostgreSQL for one thread, which is checked when made and never renewed."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from aitrader_server.errors import ConfigError, JournalError

_T = TypeVar("_T")

# What each must be so that an acknowledged record outlives the server's power.
_DURABLE = (("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on"))
# Errors that no second try heals.
_MISCONFIGURED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedObjectError,  # a parameter of the address that is none
    asyncpg.ClientConfigurationError,
    asyncpg.ProtocolViolationError,  # a pooler knows few settings of a session
)


class PostgresSession:
    """Raises JournalError when the server refuses or is silent for `timeout_s`.

    Making one raises JournalError when the server cannot be reached now, and ConfigError when it
    must not hold a journal.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._place = _place(url)
        # The driver knows asyncio only: its loop runs while this thread waits for an answer.
        self._runner = asyncio.Runner()
        with ExitStack() as stack:
            stack.callback(self._runner.close)
            with self._explained(), self._configured():
                self._connection = self._runner.run(self._connect(url))
            stack.callback(self._connection.terminate)
            self._verify()
            stack.pop_all()

    @property
    def place(self) -> str:
        """The server's address, without user and password."""
        return self._place

    def rows(self, query: str, *arguments: object) -> Sequence[Any]:
        return self._run(self._connection.fetch(query, *arguments, timeout=self._timeout_s))

    def value(self, query: str, *arguments: object) -> Any:
        """The first column of the first row; None when there is none."""
        return self._run(self._connection.fetchval(query, *arguments, timeout=self._timeout_s))

    def script(self, statements: str) -> None:
        """Runs all of `statements` in one transaction; ConfigError when the role may not."""
        with self._explained(), self._configured():
            self._runner.run(self._connection.execute(statements, timeout=self._timeout_s))

    def close(self) -> None:
        """Waits for nobody: a server that is there sees at once that we are gone."""
        self._connection.terminate()
        self._runner.close()

    async def _connect(self, url: str) -> "asyncpg.Connection[asyncpg.Record]":
        milliseconds = str(int(self._timeout_s * 1_000))
        return await asyncpg.connect(
            url,
            timeout=self._timeout_s,
            server_settings={
                "application_name": "aitrader",
                "synchronous_commit": "on",
                "statement_timeout": milliseconds,
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "1",
                "tcp_keepalives_count": "5",
                "tcp_user_timeout": "10000",
            },
        )

    def _verify(self) -> None:
        """Raises ConfigError when the server could lose what it acknowledges, or forget us."""
        if self.value("SELECT pg_backend_pid()") != self._connection.get_server_pid():
            raise self._refusal("a pooler answers; give the address of PostgreSQL itself")
        if self.value("SELECT pg_is_in_recovery()"):
            raise self._refusal("this is a read-only copy; give the address of the primary")
        for name, expected in _DURABLE:
            actual = self.value("SELECT current_setting($1)", name)
            if actual != expected:
                raise self._refusal(f"{name} is {actual}; it must be {expected}")

    def _refusal(self, why: str) -> ConfigError:
        return ConfigError((f"journal.url: {self._place}: {why}",))

    def _run(self, call: Coroutine[Any, Any, _T]) -> _T:
        with self._explained():
            return self._runner.run(call)

    @contextmanager
    def _configured(self) -> Iterator[None]:
        try:
            yield
        except _MISCONFIGURED as error:
            raise self._refusal(str(error)) from error
        except ValueError:
            raise _unreadable() from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the driver's errors into ours."""
        try:
            yield
        except TimeoutError as error:
            raise JournalError(
                f"{self._place} gave no answer within {self._timeout_s:g} s"
            ) from error
        except asyncpg.UniqueViolationError as error:
            advice = _ONCE if error.constraint_name == "event_once_key" else ""
            raise JournalError(f"{self._place}: {error}{advice}") from error
        except asyncpg.PostgresConnectionError as error:
            raise JournalError(f"the connection to {self._place} was lost: {error}") from error
        except asyncpg.PostgresError as error:
            raise JournalError(f"{self._place}: {error}") from error
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise JournalError(f"the connection to {self._place} was lost: {error}") from error


_ONCE = "; a record with this `once` key is there already"


def _place(url: str) -> str:
    """`url` without what is secret in it; raises ConfigError when it is no such address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _unreadable() from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise _unreadable()
    return f"PostgreSQL at {parts.netloc.rpartition('@')[2] or 'a local socket'}{parts.path}"


def _unreadable() -> ConfigError:
    """Shows nothing of it: what cannot be read may be a part of the password."""
    problem = "it must be postgresql://USER:PASSWORD@HOST:PORT/NAME, the password percent-encoded"
    return ConfigError((f"journal.url: {problem}",))
