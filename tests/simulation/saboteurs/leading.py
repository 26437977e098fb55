"""Bugs of two engines: a leader that others know nothing of, or that knows nothing of them."""

import asyncio
from collections.abc import Sequence

from aitrader_server.domain.order import Order
from aitrader_server.domain.venue import Approved
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.ports import Record
from aitrader_server.engine.reconciler import Reconciler
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import JournalError

from simulation.saboteurs.planting import with_part, with_writer
from simulation.saboteurs.restarting import ForgetsWhatWasSent, RejectsWhatWasSent
from simulation.shared import Session, SharedJournal, SharedServer
from simulation.stage import Cast


class TakesFromAnybody(SharedServer):
    """Writes whatever comes, whoever leads, behind what is there."""

    def admit(self, session: Session) -> None:
        pass

    def commit(self, session: Session, records: Sequence[Record]) -> None:
        self.store._records.extend(records)
        self._oracle.on_written(session.number, records)


class GivesAwayTheLead(SharedServer):
    """Takes whoever asks for the leader, without waiting for the lease."""

    def free(self) -> bool:
        return True


class GoesOnInMemory(Writer):
    """Takes what the store does not take for written."""

    def _failed(self, error: JournalError) -> None:
        self._committed(self.book.state.sequence)


class FoldsEarly(SharedJournal):
    """Reads the journal while it waits, and not again once it leads."""

    async def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        seen = vars(self).get("_seen", ())
        return seen[after_sequence : after_sequence + limit]

    async def open(self, *callbacks: object) -> object:  # type: ignore[override]  # passed through
        await asyncio.sleep(0.0)
        vars(self)["_seen"] = tuple(self._server.store.read(0, 10**9))
        return await super().open(*callbacks)  # type: ignore[arg-type]  # as above


class AcknowledgesAtOnce(SharedJournal):
    """Acknowledges what the server has not answered yet."""

    def append(self, records: Sequence[Record]) -> None:
        super().append(records)
        self._on_commit(records[-1].sequence)

    def _committed(self, sequence: int, count: int) -> None:
        self._queue_records -= count


class SendsAgainAtTakeover(Reconciler):
    """Sends what the last leader may have sent."""

    def take_over(self) -> None:
        sent = [o for o in self._writer.book.working() if o.state is OrderState.SUBMITTED]
        super().take_over()
        for order in sent:
            asyncio.get_running_loop().create_task(self._send(order))

    async def _send(self, order: Order) -> None:
        number, now_ns = order.attempts[-1].number, self._clock.now_ns()
        attempt = self._broker.prepare(order.spec, number, now_ns)
        await self._broker.submit(Approved(order.spec, attempt))


LEADING = {
    "a store takes records from anybody": Cast(server=TakesFromAnybody, pair=True),
    "a standby does not wait for the lease": Cast(server=GivesAwayTheLead, pair=True),
    "a leader that was deposed goes on": Cast(engine=with_writer(GoesOnInMemory), pair=True),
    "a takeover forgets what was sent": Cast(engine=with_part(ForgetsWhatWasSent), pair=True),
    "a takeover rejects what was sent": Cast(engine=with_part(RejectsWhatWasSent), pair=True),
    "a standby folds before it leads": Cast(shared_journal=FoldsEarly, pair=True),
    "a leader acknowledges before the store": Cast(shared_journal=AcknowledgesAtOnce, pair=True),
    "a takeover sends again": Cast(engine=with_part(SendsAgainAtTakeover), pair=True),
}
