"""Logs: JSON lines for machines, colour for a terminal; secrets never, the hot path hardly."""

import logging
import logging.handlers
import queue
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

QUEUE_SIZE_MAX: Final = 10_000
STOP_TIMEOUT_S: Final = 5.0
HIDDEN: Final = "[hidden]"
# What looks like a secret wherever it came from: signed URLs, key headers, bearer tokens.
SECRET_PATTERNS: Final = re.compile(
    r"(?i)(signature=|api_?key=|x-mbx-apikey[\"']?[:=]\s*[\"']?|bearer\s+)[^\s&\"',;]+"
)
SHORTEST_SECRET: Final = 8


class Redaction:
    """Hides known secrets and what looks like one; works on the finished line, so nothing slips."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._known: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hides `secret` from now on; shorter than 8 characters it would hide plain words.

        Raises:
            ValueError: It is too short to be a secret.
        """
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
        # A line of JSON may show it escaped.
        self._secrets |= {secret, orjson.dumps(secret).decode()[1:-1]}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))

    def apply(self, line: str) -> str:
        """`line` without secrets."""
        if self._known is not None:
            line = self._known.sub(HIDDEN, line)
        return SECRET_PATTERNS.sub(rf"\g<1>{HIDDEN}", line)


class Logging:
    """All logs of the process, the libraries' too, on their way to one stream.

    Rendering and writing happen in a thread of their own. When that falls behind by 10 000 lines,
    lines are dropped and counted rather than trading being held up.
    """

    def __init__(self, stream: TextIO, redaction: Redaction, *, human: bool) -> None:
        self.redaction = redaction
        lines: queue.Queue[Any] = queue.Queue(QUEUE_SIZE_MAX)
        writer = logging.StreamHandler(stream)
        writer.setFormatter(_formatter(redaction, human=human))
        self._handler = _BoundedQueueHandler(lines)
        self._listener = _Listener(lines, writer)
        self._level_before: int | None = None

    def start(self, level: str) -> None:
        """Takes over the root logger and structlog."""
        root = logging.getLogger()
        self._level_before = root.level
        root.setLevel(level)
        root.addHandler(self._handler)
        self._listener.start()
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.contextvars.merge_contextvars,
                # The exception in progress is this thread's own; the writer could not see it.
                structlog.processors.format_exc_info,
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    def stop(self) -> None:
        """Writes what is queued and gives everything back; harmless when done before."""
        if self._level_before is None:
            return
        structlog.reset_defaults()
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level_before)
        self._listener.stop()
        self._level_before = None


def start_logging(
    *,
    level: str = "INFO",
    human: bool | None = None,
    stream: TextIO | None = None,
    secrets: Iterable[str] = (),
) -> Logging:
    """Logs to `stream`, stderr by default: JSON lines, or text for people.

    `human` None is text on a terminal only.
    """
    target = sys.stderr if stream is None else stream
    text = target.isatty() if human is None else human
    logs = Logging(target, Redaction(secrets), human=text)
    logs.start(level)
    return logs


class _Listener(logging.handlers.QueueListener):
    queue: "queue.Queue[Any]"

    def enqueue_sentinel(self) -> None:
        """Waits for room, which the library's own does not.

        Raises:
            queue.Full: The stream takes nothing any more.
        """
        self.queue.put(None, timeout=STOP_TIMEOUT_S)


class _BoundedQueueHandler(logging.handlers.QueueHandler):
    """Hands records over as they are: both ends are in this process."""

    def __init__(self, lines: "queue.Queue[Any]") -> None:
        super().__init__(lines)
        self._dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Keeps the trace of a library's record; ours carry theirs."""
        if not isinstance(record.msg, dict):
            record.trace = structlog.contextvars.get_contextvars()
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Never waits; the first line after a gap says how long the gap was."""
        try:
            if self._dropped:
                record.dropped_before = self._dropped
            self.queue.put_nowait(record)
            self._dropped = 0
        except queue.Full:
            self._dropped += 1


def _formatter(redaction: Redaction, *, human: bool) -> structlog.stdlib.ProcessorFormatter:
    def redact(_logger: WrappedLogger, _name: str, line: EventDict | str) -> str:
        return redaction.apply(str(line))

    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if human
        else [structlog.processors.format_exc_info, _render_json]
    )
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            _complete,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *renderer,
            redact,
        ]
    )


def _complete(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Adds what the record knows: when, how bad, where, and which trace."""
    record: logging.LogRecord = event["_record"]
    event["at"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
    event["level"] = record.levelname.lower()
    event["logger"] = record.name
    for key, value in getattr(record, "trace", {}).items():
        event.setdefault(key, value)
    dropped = getattr(record, "dropped_before", 0)
    if dropped:
        event["dropped_before"] = dropped
    return event


def _render_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    return orjson.dumps(event, default=repr).decode()
