"""Looks at the account every second, and stops trading when it must not go on."""

import asyncio

from aitrader_server.domain.risk.tripwires import ACTORS, Automatic, trips
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.approval import Approval
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.control import LOST_DISK, Control
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.ports import Clock
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.venue_epoch import VENUE_RESET
from aitrader_server.engine.writer import Writer

INTERVAL_S = 1.0
# While one of these holds trading back, no entry is to rest.
CLEARING = ACTORS | {LOST_DISK, VENUE_RESET}
# At most so long is waited before entries that could not be cancelled are tried again.
PAUSE_S_MAX = 30.0


class Sentinel:
    """Its moves are journalled like a person's, with the code of what was met as their actor."""

    def __init__(
        self,
        *,
        writer: Writer,
        clock: Clock,
        account: AccountBook,
        gatekeeper: Gatekeeper,
        control: Control,
        cancellation: Cancellation,
        approval: Approval,
        tasks: TaskSet,
        automatic: Automatic,
        answer_timeout_s: float,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._account = account
        self._gatekeeper = gatekeeper
        self._control = control
        self._cancellation = cancellation
        self._approval = approval
        self._tasks = tasks
        self._automatic = automatic
        self._answer_timeout_s = answer_timeout_s
        self._clearing: asyncio.Task[None] | None = None
        self._pause_s = 0.0

    async def watch(self) -> None:
        """Looks until it is cancelled; one that fails counts as a standstill until one does not."""
        failed = False
        while True:
            if not failed:
                self._gatekeeper.dead_man.tick()
            try:
                if self._writer.failure is None:
                    self.look()
                failed = False
            except Exception as error:  # noqa: BLE001 -- told, and the next look may succeed
                failed = True
                self._tasks.on_crash(error)
            await asyncio.sleep(INTERVAL_S)

    def look(self) -> None:
        """Turns the day, marks the account, and moves trading where something was met."""
        self._account.keep()
        self._approval.expire()
        gates = self._gatekeeper.gates()
        book, now_ns = self._writer.book, self._clock.now_ns()
        standing = trips(book, self._account.view(), gates, self._automatic, now_ns)
        for trip in standing:
            self._control.move(trip)
        self._gatekeeper.dead_man.acknowledge()
        self._control.disable_worn_out()
        trading = book.state.trading
        moved = [trip.code for trip in standing if trip.state is not TradingState.ACTIVE]
        if trading.state is not TradingState.ACTIVE and trading.actor in CLEARING:
            moved.append(trading.actor)
        if moved:
            self._clear_entries(moved[0])

    def _clear_entries(self, actor: str) -> None:
        """Cancels what could still grow a position, again and again while some of it is left.

        The less often the longer that takes: each time is journalled.
        """
        if self._clearing is None or self._clearing.done():
            self._clearing = self._tasks.spawn(self._clear(Caller(name=actor, trace_id="")))

    async def _clear(self, caller: Caller) -> None:
        asked = await self._cancellation.cancel_entries(caller, self._answer_timeout_s)
        if all(one.order.terminal for one in asked):
            self._pause_s = 0.0
            return
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(max(self._pause_s * 2, INTERVAL_S), PAUSE_S_MAX)
