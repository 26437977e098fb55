"""How a bug is planted: one part of the engine is of a subclass, or forgets something."""

from collections.abc import Callable, Iterator
from typing import Any

from aitrader_server.domain.state import State
from aitrader_server.engine.engine import Engine, Parts
from aitrader_server.engine.writer import Writer

Change = Callable[[State], None]


def with_part(kind: type[Any]) -> type[Engine]:
    """An engine one of whose parts is of the subclass `kind`."""

    class Sabotaged(Engine):
        def _build(self, instruments: Any) -> Parts:
            parts = super()._build(instruments)
            _find(parts, self._reports, kind).__class__ = kind
            return parts

    return Sabotaged


def _find(parts: Parts, reports: Any, kind: type[Any]) -> Any:
    return next(part for part in _reachable(parts, reports) if type(part) is kind.__base__)


def _reachable(parts: Parts, reports: Any) -> Iterator[Any]:
    yield from (getattr(parts, name) for name in parts.__struct_fields__)
    yield reports
    yield parts.submission._admission
    yield parts.reconciler._resolver
    yield parts.gatekeeper.dead_man


def forgetting(change: Change) -> type[Engine]:
    """An engine that loses a part of its state whenever it starts."""

    class Forgetful(Writer):
        async def open(self, version: str) -> None:
            await super().open(version)
            change(self.book.state)

    return with_writer(Forgetful)


def with_writer(kind: type[Writer]) -> type[Engine]:
    """An engine whose writer is of the subclass `kind`."""

    class Sabotaged(Engine):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.writer.__class__ = kind

    return Sabotaged


def opened(change: Callable[[Parts], None]) -> type[Engine]:
    """An engine whose parts are changed once, as they are built."""

    class Sabotaged(Engine):
        def _build(self, instruments: Any) -> Parts:
            parts = super()._build(instruments)
            change(parts)
            return parts

    return Sabotaged
