"""What a process does not give away when it dies: no memory on disk, no secret in a traceback."""

import ctypes
import resource
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from aitrader_server.adapters.redaction import Redaction

PR_SET_DUMPABLE: Final = 4
FAILURE: Final = 1


def forbid_core_dumps() -> None:
    """No core file is written, and no other process of this user may read our memory."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0 if most != 0 else most))
    if sys.platform == "linux":
        # A pipe in /proc/sys/kernel/core_pattern takes dumps whatever the limit is.
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


@contextmanager
def redacted_tracebacks(redaction: Redaction) -> Iterator[None]:
    """What goes unhandled is shown without secrets; out of the block it ends the process with 1."""

    def show(
        kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lines = traceback.format_exception(kind, error, trace)
        sys.stderr.write(redaction.apply("".join(lines)))

    def in_thread(crash: threading.ExceptHookArgs) -> None:
        show(crash.exc_type, crash.exc_value, crash.exc_traceback)

    hooks_before = threading.excepthook, sys.unraisablehook
    threading.excepthook = in_thread
    sys.unraisablehook = lambda lost: show(lost.exc_type, lost.exc_value, lost.exc_traceback)
    try:
        yield
    except Exception as error:
        if hasattr(error, "exit_code"):
            raise  # click's: its message is for people.
        show(type(error), error, error.__traceback__)
        raise SystemExit(FAILURE) from None
    finally:
        threading.excepthook, sys.unraisablehook = hooks_before
