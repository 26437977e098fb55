"""A journal that lasts as long as its object: for benchmarks and tests."""

from collections.abc import Sequence

from aitrader_server.adapters.journal.inline import InlineJournal
from aitrader_server.adapters.journal.storage import verify_continues, verify_covered
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import JournalError


class MemoryStore:
    """Keeps everything it was given, and forgets nothing when closed."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._intents: dict[str, list[Record]] = {}
        self._once: set[str] = set()
        self._snapshot: Snapshot | None = None

    def latest_snapshot(self) -> Snapshot | None:
        return self._snapshot

    def commit(self, records: Sequence[Record]) -> None:
        verify_continues(records, len(self._records))
        keys = [record.once for record in records if record.once]
        if len(set(keys)) < len(keys) or not self._once.isdisjoint(keys):
            raise JournalError(f"one of the `once` keys {keys} is there already")
        self._once.update(keys)
        self._records.extend(records)
        for record in records:
            if record.intent:
                self._intents.setdefault(record.intent, []).append(record)

    def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        return self._records[after_sequence : after_sequence + limit]

    def read_intent(self, intent: str) -> Sequence[Record]:
        return tuple(self._intents.get(intent, ()))

    def save_snapshot(self, snapshot: Snapshot) -> None:
        verify_covered(snapshot, len(self._records))
        self._snapshot = snapshot

    def checkpoint_when_due(self) -> None:
        """Has no log to shorten."""

    def close(self) -> None:
        """Keeps all, for the next open."""


class MemoryJournal(InlineJournal):
    """Commits on the next turn of the loop; may be closed and opened again."""

    def __init__(self) -> None:
        store = MemoryStore()
        super().__init__(lambda: store)
