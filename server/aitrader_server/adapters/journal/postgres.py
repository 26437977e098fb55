"""The journal for more than one engine: PostgreSQL elects the active one, the others wait."""

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from aitrader_server.adapters.journal.postgres_schema import CREATE_LEADER, DEPOSE, TAKE, WHO
from aitrader_server.adapters.journal.postgres_session import PostgresSession
from aitrader_server.adapters.journal.postgres_store import PostgresStore
from aitrader_server.adapters.journal.queued import QUEUE_RECORDS_MAX, QueuedJournal
from aitrader_server.adapters.journal.threaded import ThreadLane
from aitrader_server.engine.ports import Snapshot
from aitrader_server.errors import JournalError

POLL_S = 0.5
# What PostgreSQL takes to end a connection, about.
ENDING_S = 0.05
REPORT_INTERVAL_S = 10.0
# A leader that lives is heard of this often in the time after which it counts as gone.
BEATS_A_LEASE = 5


class Standby:
    """Waits until it leads, however long that takes, and says now and then for whom or what.

    `report` is called on the thread that waits.
    """

    def __init__(self, url: str, *, lease_s: float, report: Callable[[str], None]) -> None:
        self._url = url
        self._lease_s = lease_s
        self._report = report
        self._given_up = threading.Event()
        self._reported_s: float | None = None

    def begin(self) -> None:
        """Lets the next `lead` wait, after one that was given up."""
        self._given_up.clear()

    def give_up(self) -> None:
        """Ends the wait, from any thread; `lead` then raises JournalError."""
        self._given_up.set()

    def lead(self) -> PostgresStore:
        """Returns as the only writer; raises ConfigError for what waiting does not mend."""
        while not self._given_up.is_set():
            try:
                store = self._campaign()
            except JournalError as error:
                self._say(f"standby: {error.message}; trying again")
            else:
                if store is not None:
                    return store
            self._given_up.wait(POLL_S)
        raise JournalError("given up before this engine was active")

    def _campaign(self) -> PostgresStore | None:
        """Outlasts the active engine on one connection; None when given up."""
        with ExitStack() as stack:
            session = PostgresSession(self._url, timeout_s=self._lease_s)
            stack.callback(session.close)
            session.script(CREATE_LEADER)
            while not self._given_up.is_set():
                epoch = session.value(TAKE, socket.gethostname(), os.getpid())
                if epoch is not None:
                    beat_s = self._lease_s / BEATS_A_LEASE
                    store = PostgresStore(session, epoch=epoch, beat_s=beat_s)
                    stack.pop_all()
                    return store
                active, host, pid, silent_s = session.rows(WHO)[0]
                self._say(
                    f"standby: the engine with pid {pid} on {host} is active, epoch {active}, "
                    f"heard of {silent_s:.1f} s ago"
                )
                deposed = session.rows(DEPOSE, self._lease_s)
                self._given_up.wait(ENDING_S if deposed else POLL_S)
        return None

    def _say(self, line: str) -> None:
        now_s = time.monotonic()
        if self._reported_s is None or now_s - self._reported_s >= REPORT_INTERVAL_S:
            self._reported_s = now_s
            self._report(line)


class PostgresJournal(QueuedJournal):
    """`open` returns once this engine leads; cancelling or closing it ends the wait."""

    def __init__(
        self,
        url: str,
        *,
        lease_s: float,
        report: Callable[[str], None],
        queue_records_max: int = QUEUE_RECORDS_MAX,
    ) -> None:
        self._standby = Standby(url, lease_s=lease_s, report=report)
        super().__init__(
            self._standby.lead,
            ThreadLane(idle_s=lease_s / BEATS_A_LEASE),
            queue_records_max=queue_records_max,
        )

    async def open(
        self, on_commit: Callable[[int], None], on_failure: Callable[[JournalError], None]
    ) -> Snapshot | None:
        self._standby.begin()
        return await super().open(on_commit, on_failure)

    async def close(self) -> None:
        self._standby.give_up()
        await super().close()
