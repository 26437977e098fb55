"""Keeps one verified process serving what is in the folder, and nothing else."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from aitrader_models.manifest import FP32, INT8_STATIC, UnfitModel
from aitrader_models.onnx.child import Child
from aitrader_models.onnx.folder import FileIdentity, Model, survey
from aitrader_models.onnx.frames import Load
from aitrader_models.onnx.settings import OnnxSettings

POLL_S: Final = 0.5
DRAIN_TIMEOUT_S: Final = 10.0
_BACKOFF_FIRST_S: Final = 0.5
_BACKOFF_MAX_S: Final = 30.0
_FAILURES_COUNTED_MAX: Final = 10
# A process that served this long did not die of the model: the next death starts from the first.
_STEADY_S: Final = 60.0

# Answers of these do not depend on what else is in the batch.
_BATCHED: Final = frozenset({FP32, INT8_STATIC})


class Serving(NamedTuple):
    """The process that answers, and what it answers with."""

    child: Child
    model: Model
    identity: frozenset[FileIdentity]
    since_s: float


class Supervisor:
    """`serving` is None while nothing may answer; then `reason` and `why` tell what is missing."""

    def __init__(
        self, settings: OnnxSettings, environ: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._report = report
        self.serving: Serving | None = None
        self.reason = "MODEL_STARTING"
        self.why = "the model is being loaded"
        self._failures = 0
        self._retry_at_s = 0.0
        self._starting: asyncio.Task[Child] | None = None
        self._leaving: dict[asyncio.Task[None], Child] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to watch the folder; returns at once."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Ends every process; who still waits is told at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._give_up_start()
        self.reason, self.why = "MODEL_STOPPED", "the model was stopped"
        self._dismiss(drain_timeout_s=0.0)
        await asyncio.gather(*(child.end() for child in self._leaving.values()), *self._leaving)

    async def _watch(self) -> None:
        while True:
            try:
                await self._follow_folder()
            except Exception as error:  # noqa: BLE001 - whoever keeps the model up must stay up
                await self._give_up_start()
                self._fail("MODEL_RUNTIME", f"{type(error).__name__}: {error}")
                await asyncio.sleep(POLL_S)

    async def _follow_folder(self) -> None:
        seen: frozenset[FileIdentity] | None = None
        while True:
            now = await asyncio.to_thread(survey, self._settings)
            if now.identity != seen:
                await self._give_up_start()
                self._failures, self._retry_at_s = 0, 0.0
                seen = now.identity
            self._bury()
            if isinstance(now.model, UnfitModel):
                await self._give_up_start()
                self._withdraw(now.model.reason, str(now.model))
            elif self._starting is not None and self._starting.done():
                # Looked at once more since: what was verified is what lies there now.
                self._adopt(self._starting, now.model, now.identity)
            elif self._starting is None and self._is_due(now.identity):
                self._starting = asyncio.create_task(self._start(now.model))
            await self._pause()

    def _is_due(self, identity: frozenset[FileIdentity]) -> bool:
        """Whether a process should be started for what is in the folder."""
        served = self.serving is not None and self.serving.identity == identity
        return not served and time.monotonic() >= self._retry_at_s

    async def _start(self, model: Model) -> Child:
        settings = self._settings
        load = Load(
            folder=str(model.folder),
            precision=model.choice.precision,
            tokens_max=model.tokens_max,
            threads=settings.worker_threads(),
            queue_tokens_max=settings.queue_tokens_max,
            batch_max=settings.batch_max if model.choice.precision in _BATCHED else 1,
            idle=settings.priority == "idle",
        )
        return await Child.start(load, self._environ, self._report, settings.start_timeout_s)

    def _adopt(
        self, started: asyncio.Task[Child], model: Model, identity: frozenset[FileIdentity]
    ) -> None:
        """The new process takes over, or says why it cannot; either way the old one leaves."""
        self._starting = None
        error = started.exception()
        if isinstance(error, UnfitModel):
            self._fail(error.reason, str(error))
            return
        if error is not None:
            self._fail("MODEL_RUNTIME", f"{type(error).__name__}: {error}")
            return
        self._dismiss(DRAIN_TIMEOUT_S)
        self.serving = Serving(started.result(), model, identity, time.monotonic())
        self.reason = self.why = ""
        batch_max = self.serving.child.batch_max
        self._report(
            f"{model.manifest.name} serves from {model.folder}, {model.choice.precision}"
            f" ({model.choice.why}),"
            f" {'one text at a time' if batch_max == 1 else f'batches to {batch_max}'}"
        )

    def _bury(self) -> None:
        """Notices that the process died, and ends one that answers nothing any more."""
        if self.serving is None:
            return
        if self.serving.child.silent_s() > self._settings.stuck_timeout_s:
            self.serving.child.kill()
        if not self.serving.child.died.done():
            return
        if time.monotonic() - self.serving.since_s > _STEADY_S:
            self._failures = 0
        self._fail("MODEL_DIED", "the model's process died; it is started again by itself")

    def _fail(self, reason: str, why: str) -> None:
        wait_s = min(_BACKOFF_FIRST_S * 2**self._failures, _BACKOFF_MAX_S)
        self._failures = min(self._failures + 1, _FAILURES_COUNTED_MAX)
        self._retry_at_s = time.monotonic() + wait_s
        self._withdraw(reason, why)

    def _withdraw(self, reason: str, why: str) -> None:
        if self.why != why:
            self._report(f"the model does not serve: {why}")
        self.reason, self.why = reason, why
        self._dismiss(DRAIN_TIMEOUT_S)

    def _dismiss(self, drain_timeout_s: float) -> None:
        """The process answers what it has taken and ends."""
        if self.serving is None:
            return
        child, self.serving = self.serving.child, None
        leaving = asyncio.create_task(self._see_off(child, drain_timeout_s))
        self._leaving[leaving] = child
        leaving.add_done_callback(self._leaving.pop)

    async def _see_off(self, child: Child, drain_timeout_s: float) -> None:
        await child.drain(drain_timeout_s)
        if child.counts:
            counts = ", ".join(f"{count} {what}" for what, count in child.counts.items())
            self._report(f"the model's process {child.pid} ended: {counts}")

    async def _give_up_start(self) -> None:
        """Ends a process that was started for files that are no longer there."""
        starting, self._starting = self._starting, None
        if starting is None:
            return
        starting.cancel()
        (child,) = await asyncio.gather(starting, return_exceptions=True)
        if isinstance(child, Child):
            await child.end()

    async def _pause(self) -> None:
        """Until the next look: soon, or at once when a process got ready or died."""
        events: set[asyncio.Future[Any]] = set()
        if self._starting is not None:
            events.add(self._starting)
        if self.serving is not None:
            events.add(self.serving.child.died)
        if events:
            await asyncio.wait(events, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(POLL_S)
