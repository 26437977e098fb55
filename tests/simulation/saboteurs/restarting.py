"""Bugs of memory: what a restart forgets, and what a disk never had."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random

import msgspec
from aitrader_server.adapters.journal.queued import QueuedJournal
from aitrader_server.adapters.journal.storage import Store
from aitrader_server.domain.events import OrderRejected
from aitrader_server.domain.state import State, decode_state, encode_state
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.usage import Day
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.engine.reconciler import Reconciler
from aitrader_server.engine.writer import Writer

from simulation.disks import Disk, SimLane, SqliteDisk
from simulation.oracle import Oracle, Witness
from simulation.saboteurs.planting import forgetting, with_part, with_writer
from simulation.stage import Cast


class ForgetsWhatWasSent(Reconciler):
    """Starts as if nothing had been under way."""

    def take_over(self) -> None:
        pass


class RejectsWhatWasSent(Reconciler):
    """Starts by declaring that what was under way never arrived."""

    def take_over(self) -> None:
        for order in self._writer.book.working():
            if order.state is OrderState.SUBMITTED:
                event = OrderRejected(
                    request_id=order.request_id, code="RESTART", reason="the engine restarted"
                )
                self._reports.apply(order, (event,), answers=True)


class _HastyJournal(QueuedJournal):
    def append(self, records: Sequence[Record]) -> None:
        super().append(records)
        self._on_commit(records[-1].sequence)

    def _committed(self, sequence: int, count: int) -> None:
        self._queue_records -= count


def _hasty(open_store: Callable[[], Store], chance: Random, oracle: Oracle) -> QueuedJournal:
    """Acknowledges what waits for the disk."""
    return _HastyJournal(lambda: Witness(open_store(), oracle), SimLane(chance))


def _synchronous_normal(disk: Disk) -> Store:
    """Leaves the fsync to the next checkpoint."""
    store = disk.open_store()
    if isinstance(disk, SqliteDisk):
        store._connection.pragma("synchronous", 1)  # type: ignore[attr-defined]  # SQLite's own
    return store


class SnapsWithoutIntents(Writer):
    """Leaves out of snapshots which orders were asked for of late."""

    async def _save_snapshot(self) -> None:
        state = self.book.state
        self._snapshot_sequence = state.sequence
        kept = decode_state(encode_state(state))
        kept.recent = {}
        snapshot = Snapshot(sequence=state.sequence, state=encode_state(kept))
        await self.durable(snapshot.sequence)
        await self.journal.save_snapshot(snapshot)


def _forget_the_day(state: State) -> None:
    state.day = Day()


def _forget_the_halt(state: State) -> None:
    state.trading = msgspec.structs.replace(state.trading, state=TradingState.ACTIVE)


def _forget_limits(state: State) -> None:
    state.limits = Limits()


def _forget_switches(state: State) -> None:
    state.strategies = {}


def _forget_answers(state: State) -> None:
    state.answers = {}


def _forget_the_rate(state: State) -> None:
    state.conduct.sent_ns = []


def _forget_losses(state: State) -> None:
    state.conduct.losses = 0


def _forget_the_high(state: State) -> None:
    state.conduct.high = Decimal(0)


def _forget_executions(state: State) -> None:
    state.conduct.executions = {}


RESTARTING = {
    "a restart forgets what was sent": Cast(engine=with_part(ForgetsWhatWasSent)),
    "a restart rejects what was sent": Cast(engine=with_part(RejectsWhatWasSent)),
    "the day's counters begin anew at a restart": Cast(engine=forgetting(_forget_the_day)),
    "a restart ends a halt": Cast(engine=forgetting(_forget_the_halt)),
    "a restart goes back to other limits": Cast(engine=forgetting(_forget_limits)),
    "a restart enables every strategy": Cast(engine=forgetting(_forget_switches)),
    "a restart forgets what was answered": Cast(engine=forgetting(_forget_answers)),
    "the order rate begins anew at a restart": Cast(engine=forgetting(_forget_the_rate)),
    "losses in a row begin anew at a restart": Cast(engine=forgetting(_forget_losses)),
    "drawdown is measured since the restart": Cast(engine=forgetting(_forget_the_high)),
    "executions are counted since the restart": Cast(engine=forgetting(_forget_executions)),
    "a snapshot leaves out recent intents": Cast(engine=with_writer(SnapsWithoutIntents)),
    "records are acknowledged before the disk has them": Cast(open_journal=_hasty, pair=False),
    "synchronous=NORMAL": Cast(open_store=_synchronous_normal, pair=False),
}
