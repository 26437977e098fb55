"""How a process ends: when it is asked to, or when its engine may trade no more."""

import asyncio
from collections.abc import Callable
from typing import Final

import click

from aitrader_server.engine.writer import Writer

EX_TEMPFAIL: Final = 75


class Deposed(click.ClickException):
    """Ends the process with 75: started again, it becomes a standby."""

    exit_code = EX_TEMPFAIL


class Life:
    """One run of a process, from within its main task; `hide` keeps a secret out of its logs."""

    def __init__(self, hide: Callable[[str], None]) -> None:
        self.hide = hide
        self._is_ready: Callable[[], bool] = lambda: False
        self._over = asyncio.Event()
        # The task to break off; None once it waits to be told.
        self._starting = asyncio.current_task()

    def is_ready(self) -> bool:
        """Whether it does what it was started for."""
        return self._is_ready()

    def end(self) -> None:
        """Ends in good order; a start, which may wait for long, is broken off."""
        self._over.set()
        if self._starting is not None:
            self._starting.cancel()

    async def until_over(
        self, shared: Writer | None = None, is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        """Returns when it was asked to end.

        Raises JournalError once the journal of `shared` has failed: with standbys another engine
        may be active. Without them a halted engine stays, for its cancels and its answers.
        """
        self._starting = None
        self._is_ready = is_ready
        ends = [asyncio.create_task(self._over.wait())]
        if shared is not None:
            ends.append(asyncio.create_task(shared.failed.wait()))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if shared is not None and shared.failure is not None:
            raise shared.failure
