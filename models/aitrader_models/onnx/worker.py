"""The process that scores: reads requests, writes replies, ends when its parent does.

It is a process of its own so that inference can neither hold the interpreter that trades nor take
it down, and so that it may run at the lowest priority.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from typing import BinaryIO, Final

from aitrader_models.onnx import frames

_PR_SET_PDEATHSIG: Final = 1
_NICEST: Final = 19


class Channel:
    """Standard input and output as frames; what libraries print goes to standard error."""

    def __init__(self) -> None:
        self._input: BinaryIO = sys.stdin.buffer
        self._output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = threading.Lock()

    def receive(self) -> frames.Request | None:
        """The next request; None when there is no parent any more."""
        prefix = self._input.read(frames.LENGTH_BYTES)
        if len(prefix) < frames.LENGTH_BYTES:
            return None
        size = frames.body_bytes(prefix)
        body = self._input.read(size)
        return frames.decode_request(body) if len(body) == size else None

    def send(self, reply: frames.Frame) -> None:
        """Any thread may call it; a parent that is gone misses nothing."""
        data = frames.encode(reply)
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._output.write(data)
            self._output.flush()


def main() -> None:
    """Serves until standard input ends."""
    _live_with_parent()
    channel = Channel()
    load = channel.receive()
    if not isinstance(load, frames.Load):
        return
    if load.idle:
        _yield_processor()
    # Only now: threads that the libraries start inherit the priority.
    from aitrader_models.onnx.service import Service  # noqa: PLC0415

    service = Service(load, channel.send)
    service.start()
    while (request := channel.receive()) is not None:
        service.handle(request)
    # Threads in the middle of an inference are not waited for: nobody listens to them.
    os._exit(0)


def _live_with_parent() -> None:
    """Ends with the parent, and by nothing that a terminal sends to all its processes."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _yield_processor() -> None:
    """Runs only when nothing else wants to; where that cannot be said, as late as may be."""
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            return
    if hasattr(os, "nice"):
        os.nice(_NICEST)


if __name__ == "__main__":
    main()
