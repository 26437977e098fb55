"""What a journal needs from the thing that keeps its records."""

from collections.abc import Callable, Sequence
from typing import Protocol

from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import JournalError


class Store(Protocol):
    """Synchronous and single-threaded; every method raises JournalError and nothing else.

    What a method returned or accepted is durable.
    """

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, verified."""
        ...

    def commit(self, records: Sequence[Record]) -> None:
        """Writes all of `records` or none; on return they are durable."""
        ...

    def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        """Records after `after_sequence`, verified and without a gap, at most `limit`."""
        ...

    def read_intent(self, intent: str) -> Sequence[Record]:
        """All records of `intent`, verified, in order."""
        ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Replaces older snapshots; on return it is durable."""
        ...

    def checkpoint_when_due(self) -> None:
        """Upkeep that no acknowledgement waits for.

        Called after each piece of work, and on lanes that say so while there is none.
        """
        ...

    def close(self) -> None:
        """Lets go of the lock; nothing is called afterwards."""
        ...


OpenStore = Callable[[], Store]


def verify_continues(records: Sequence[Record], last_sequence: int) -> None:
    """Raises unless `records` count on from `last_sequence` without a gap."""
    for expected, record in enumerate(records, start=last_sequence + 1):
        if record.sequence != expected:
            raise JournalError(f"record {record.sequence} was appended where {expected} belongs")


def verify_covered(snapshot: Snapshot, last_sequence: int) -> None:
    """Raises unless the journal reaches as far as `snapshot`."""
    if snapshot.sequence > last_sequence:
        raise JournalError(
            f"a snapshot at {snapshot.sequence} cannot precede its last record: "
            f"the journal ends at {last_sequence}"
        )
