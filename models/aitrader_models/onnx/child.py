"""The scoring process as its parent sees it: texts in, answers out, dead or alive."""

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, Self

import msgspec
from aitrader_server.errors import Overloaded, Unavailable

from aitrader_models.manifest import UnfitModel
from aitrader_models.onnx import frames
from aitrader_models.onnx.frames import Cancel, Dropped, Load, Ready, Score, Scored, Unfit

_COMMAND: Final = (sys.executable, "-P", "-m", "aitrader_models.onnx.worker")
# All that the process gets of the environment: no secrets, and nothing that makes a library call
# home or start threads of its own.
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")
_FIXED: Final = {
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_END_TIMEOUT_S: Final = 2.0
_UNSENT_BYTES_MAX: Final = 1_048_576
_STDERR_LINE_CHARS_MAX: Final = 500


class Child:
    """One process with one model; made by `start`, good until `died` is done."""

    def __init__(self, process: asyncio.subprocess.Process, report: Callable[[str], None]) -> None:
        self._process = process
        self._report = report
        self._waiting: dict[int, asyncio.Future[Scored | Dropped]] = {}
        self._texts = 0
        # When each text is due that the process has not said anything about.
        self._due_s: dict[int, float] = {}
        self._ready: asyncio.Future[Ready | Unfit] = asyncio.get_running_loop().create_future()
        self.died: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.idle = asyncio.Event()
        self.idle.set()
        self.queue_tokens = 0
        self.batch_max = 1
        self.counts: Counter[str] = Counter()
        self._readers = (
            asyncio.create_task(self._read_replies()),
            asyncio.create_task(self._read_errors()),
        )

    @classmethod
    async def start(
        cls, load: Load, environ: Mapping[str, str], report: Callable[[str], None], timeout_s: float
    ) -> Self:
        """A process that verified its model. Raises UnfitModel or OSError."""
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={key: environ[key] for key in _PASSED_ON if key in environ} | _FIXED,
        )
        child = cls(process, report)
        try:
            child._send(load)
            async with asyncio.timeout(timeout_s):
                verdict = await child._ready
        except TimeoutError:
            verdict = Unfit(
                "MODEL_RUNTIME",
                f"the model was not ready after {timeout_s:g} s; raise start_timeout_s or give the"
                " machine more time",
            )
        except BaseException:
            await child.end()
            raise
        if isinstance(verdict, Unfit):
            await child.end()
            raise UnfitModel(verdict.message, reason=verdict.reason)
        child.batch_max = verdict.batch_max
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    def silent_s(self) -> float:
        """For how long the oldest text is overdue without a word; 0 when none is."""
        oldest_s = next(iter(self._due_s.values()), None)
        return 0.0 if oldest_s is None else max(time.monotonic() - oldest_s, 0.0)

    @property
    def _unsent_bytes(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.transport.get_write_buffer_size()

    async def score(self, text: str, timeout_s: float) -> Scored:
        """Logits of `text`.

        Raises:
            Overloaded: the queue is full.
            Unavailable: the process died, or the model fails on this text.
            TimeoutError: there was no answer in time, or there would be none.
        """
        if self.died.done():
            raise self._death()
        if self._unsent_bytes > _UNSENT_BYTES_MAX:
            # Not a full queue, which would turn callers away while others could answer them.
            raise TimeoutError("the model's process does not read")
        self._texts += 1
        text_id = self._texts
        future: asyncio.Future[Scored | Dropped] = asyncio.get_running_loop().create_future()
        due_s = time.monotonic() + timeout_s
        self._waiting[text_id] = future
        self._due_s[text_id] = due_s
        self.idle.clear()
        try:
            self._send(Score(text_id, text, due_s))
            async with asyncio.timeout(timeout_s):
                reply = await future
        except (TimeoutError, asyncio.CancelledError):
            self._send(Cancel(text_id))
            raise
        finally:
            del self._waiting[text_id]
            if not self._waiting:
                self.idle.set()
        if isinstance(reply, Dropped):
            raise _refusal(reply)
        return reply

    async def drain(self, timeout_s: float) -> None:
        """Waits for what is on its way, then ends the process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.idle.wait()
        await self.end()

    async def end(self) -> None:
        """The process is gone when this returns, and who waited was told."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.close()
        try:
            async with asyncio.timeout(_END_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        finally:
            self.kill()
        await asyncio.gather(*self._readers)

    def kill(self) -> None:
        """At once; `died` is done soon after."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _send(self, frame: frames.Frame) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        if not stdin.is_closing():
            stdin.write(frames.encode(frame))

    async def _read_replies(self) -> None:
        """Until the process closes its output, which is when it ends."""
        stdout = self._process.stdout
        assert stdout is not None
        try:
            while True:
                prefix = await stdout.readexactly(frames.LENGTH_BYTES)
                body = await stdout.readexactly(frames.body_bytes(prefix))
                self._take(frames.decode_reply(body))
        except (asyncio.IncompleteReadError, OSError):
            self._tell_dead()
        except (ValueError, msgspec.DecodeError) as error:
            self._report(f"the model's process {self.pid} talks nonsense and is ended: {error}")
            self.kill()
            self._tell_dead()

    def _tell_dead(self) -> None:
        """Everyone who waits for the process."""
        self.died.set_result(None)
        death = self._death()
        if not self._ready.done():
            self._ready.set_result(Unfit(death.reason, death.message))
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(death)

    def _take(self, reply: frames.Reply) -> None:
        if isinstance(reply, Ready | Unfit):
            if not self._ready.done():
                self._ready.set_result(reply)
            return
        self.queue_tokens = reply.queue_tokens
        self._due_s.pop(reply.id, None)
        if not self._due_s:
            # Replies of several threads may come in another order than the queue was looked at.
            self.queue_tokens = 0
        self.counts["scored" if isinstance(reply, Scored) else reply.cause] += 1
        future = self._waiting.get(reply.id)
        if future is not None and not future.done():
            future.set_result(reply)

    async def _read_errors(self) -> None:
        """What the process says on standard error goes to the log."""
        stderr = self._process.stderr
        assert stderr is not None
        while chunk := await stderr.read(_STDERR_LINE_CHARS_MAX):
            text = chunk.decode(errors="replace").strip()
            if text:
                self._report(f"model process {self.pid}: {text}")

    def _death(self) -> Unavailable:
        return Unavailable(
            "the model's process died; it is started again by itself", reason="MODEL_DIED"
        )


def _refusal(dropped: Dropped) -> Exception:
    """What the caller of a text that was not scored is told."""
    match dropped.cause:
        case "full":
            return Overloaded(
                f"the model's queue is full: {dropped.message}",
                retry_after_s=dropped.retry_after_s,
            )
        case "too_long":
            return Unavailable(
                f"the text never fits: {dropped.message}; raise queue_tokens_max",
                reason="TEXT_TOO_LONG",
            )
        case "failed":
            return Unavailable(
                f"the model failed on this text: {dropped.message}", reason="TEXT_FAILED"
            )
        case "expired" | "abandoned":
            return TimeoutError("the text waited too long to be scored")
