"""Orders that have left memory, read back from the journal."""

import msgspec

from aitrader_server.domain.book import Book
from aitrader_server.domain.order import Order, release
from aitrader_server.domain.state import Kept, decode_event
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.writer import Writer


class Archive:
    """Finds any order that ever was; those in memory without waiting."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def find(self, order_id: str) -> Kept | None:
        """The order of a request_id, or of the venue's id while it is in memory."""
        book = self._writer.book
        order = book.find(order_id)
        if order is not None:
            return book.kept(order.request_id)
        if order_id not in book.state.archived:
            return None
        return await self.load(order_id)

    async def load(self, request_id: str) -> Kept:
        """Folds the order's own events; the id must be in the archive."""
        await self._writer.settle()
        scratch = Book()
        for record in await self._writer.journal.read_intent(request_id):
            event = decode_event(record.payload)
            if record.kind != "OrderRecalled":
                scratch.evolve(event, at_ns=record.at_ns, trace_id=record.trace_id)
        kept = scratch.kept(request_id)
        assert kept is not None, f"the journal lost {request_id}"
        if await self._was_released(kept.order):
            return msgspec.structs.replace(kept, order=release(kept.order))
        return kept

    async def _was_released(self, order: Order) -> bool:
        """Whether the first of its list had filled while the order lived: no event of its own."""
        if not order.waits or order.spec.place is None:
            return False
        first = await self.find(order.spec.place.list_id)
        return (
            first is not None
            and first.order.state is OrderState.FILLED
            and first.order.updated_at_ns <= order.updated_at_ns
        )
