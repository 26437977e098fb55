"""Keeps the limits store at what the journal says, and entries out while it is not."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec

from aitrader_server.domain.remembered import (
    Remembered,
    decode_remembered,
    encode_remembered,
    remember,
    restoring,
)
from aitrader_server.engine.ports import LimitsStore, Record
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import AiTraderError, ConfigError, JournalError, LimitsStoreError

# What is not confirmed by then closes the gate.
CONFIRM_LIMIT_S = 1.0
# Changes that follow each other sooner are written together.
PACE_S = 0.05
# A store that has nothing to take is looked at this often, and so is one that failed.
LOOK_S = 0.5
SILENT = f"nothing was confirmed for {CONFIRM_LIMIT_S:g} s"


class LimitsKeeper:
    """One write under way at most, of the newest state; nothing but a gate waits for it.

    When the store knew more than the journal and the book has taken it in, it is `restored` and
    `on_restored` is called.
    """

    def __init__(
        self,
        *,
        writer: Writer,
        store: LimitsStore,
        account: str,
        venue: str,
        on_restored: Callable[[], None],
        on_trouble: Callable[[str, BaseException], None],
    ) -> None:
        self._writer = writer
        self._store = store
        self._account = account
        self._venue = venue
        self._on_restored = on_restored
        self._on_trouble = on_trouble
        self._key = f"aitrader:limits:{account}:{venue}"
        self._last: Record | None = None
        self._changed = asyncio.Event()
        self._opened = False
        self.restored = False
        self._saved = b""
        self._unconfirmed_s: float | None = None
        self._cause = SILENT
        self._told = False
        writer.on_durable = self._on_durable

    @property
    def trouble(self) -> str:
        """Why the store may not know what it must; empty while it does."""
        since_s = self._unconfirmed_s
        if self._opened and (since_s is None or _now_s() - since_s <= CONFIRM_LIMIT_S):
            return ""
        return self._cause

    async def start(self) -> None:
        """Takes the store over; one that cannot be reached keeps the gate closed until it can.

        Raises ConfigError for what trying again does not mend.
        """
        try:
            await self._confirm()
        except LimitsStoreError as error:
            self._note(error)

    async def keep(self) -> None:
        """Writes every change until it is cancelled, or the journal takes none any more."""
        while self._writer.failure is None:
            if await self._try_to_confirm():
                await self._await_change()
            else:
                await asyncio.sleep(LOOK_S)

    async def stop(self) -> None:
        """Writes what was not written yet, if the store takes it."""
        if self._opened and self._writer.failure is None:
            await self._try_to_confirm()
        await self._store.close()

    def _on_durable(self, record: Record) -> None:
        self._last = record
        self._changed.set()
        if self._unconfirmed_s is None:
            self._unconfirmed_s = _now_s()

    async def _await_change(self) -> None:
        await asyncio.sleep(PACE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._changed.wait()

    async def _try_to_confirm(self) -> bool:
        try:
            await self._confirm()
        except JournalError:
            # Its loss has been told, and closes more than this gate.
            return False
        except (LimitsStoreError, ConfigError) as error:
            self._note(error)
            return False
        return True

    async def _confirm(self) -> None:
        """Sees to it that the store holds the state of now, or a newer one."""
        if not self._opened:
            await self._open()
        began_s = _now_s()
        if self._unconfirmed_s is None:
            self._unconfirmed_s = began_s
        self._changed.clear()
        state, last = self._writer.book.state, self._last
        assert last is not None, "a journal that was opened has a record"
        remembered = remember(state, account=self._account, venue=self._venue)
        content, sequence = encode_remembered(remembered), state.sequence
        # The last durable record may be older than the state: never newer.
        document = encode_remembered(
            msgspec.structs.replace(remembered, sequence=last.sequence, at_ns=last.at_ns)
        )
        if content != self._saved or not await self._store.holds():
            await self._writer.durable(sequence)
            await self._store.save(document, sequence)
            self._saved = content
        # What changed meanwhile is younger than this.
        self._unconfirmed_s = began_s if self._changed.is_set() else None
        self._cause, self._told = SILENT, False

    async def _open(self) -> None:
        document = await self._store.open(self._key)
        if document is not None:
            await self._restore(document)
        self._opened = True

    async def _restore(self, document: bytes) -> None:
        """Takes in what was remembered, unless the journal knows it all."""
        try:
            remembered = decode_remembered(document)
        except msgspec.DecodeError as error:
            problem = (
                f"limits_store: {self._key} cannot be read: {error}; did a newer program write it?"
            )
            raise ConfigError((problem,)) from error
        if await self._is_past(remembered):
            return
        events = restoring(self._writer.book.state, remembered)
        await self._writer.durable(self._writer.commit(events, trace_id=""))
        self.restored = True
        self._on_restored()

    async def _is_past(self, remembered: Remembered) -> bool:
        """Whether the journal has the record up to which the document was written."""
        found = await self._writer.journal.read(remembered.sequence - 1, 1)
        position = (remembered.sequence, remembered.at_ns)
        return [(record.sequence, record.at_ns) for record in found] == [position]

    def _note(self, error: AiTraderError) -> None:
        """Keeps why, and says it once for each outage."""
        self._cause = error.message
        if not self._told:
            self._told = True
            self._on_trouble("the limits store does not take what it must remember", error)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
