"""Logs: JSON lines for machines, colour for a terminal; secrets never, the hot path hardly."""

import contextlib
import logging
import logging.handlers
import queue
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from aitrader_server.adapters.redaction import Redaction

QUEUE_SIZE_MAX: Final = 10_000
STOP_TIMEOUT_S: Final = 5.0
# All but tab and newline, which the renderer quotes.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
OURS: Final = ("aitrader_server", "aitrader_gateway", "aitrader_models")


class Logging:
    """All logs of the process, the libraries' too, on their way to one stream.

    Rendering and writing happen in a thread of their own. When that falls behind by 10 000 lines,
    lines are dropped and counted rather than trading being held up. `fields` are on every line.
    """

    def __init__(
        self, stream: TextIO, redaction: Redaction, *, human: bool, fields: Mapping[str, str]
    ) -> None:
        lines: queue.Queue[Any] = queue.Queue(QUEUE_SIZE_MAX)
        writer = logging.StreamHandler(stream)
        writer.setFormatter(_Formatter(redaction, human=human, fields=fields))
        self._handler = _BoundedQueueHandler(lines)
        self._listener = _Listener(lines, writer)
        self._levels_before: dict[str | None, int] = {}

    def start(self, level: str) -> None:
        """Takes over the root logger and structlog; `level` is ours, libraries keep to info.

        At debug they write down what they send and get, before anybody knows that it is a secret.
        """
        libraries = max(logging.getLevelNamesMapping()[level], logging.INFO)
        wanted_levels: dict[str | None, int | str] = {None: libraries, **dict.fromkeys(OURS, level)}
        for name, wanted in wanted_levels.items():
            logger = logging.getLogger(name)
            self._levels_before[name] = logger.level
            logger.setLevel(wanted)
        logging.getLogger().addHandler(self._handler)
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
        if not self._levels_before:
            return
        structlog.reset_defaults()
        logging.getLogger().removeHandler(self._handler)
        for name, level in self._levels_before.items():
            logging.getLogger(name).setLevel(level)
        self._levels_before = {}
        self._handler.confess()
        self._listener.stop()


def start_logging(
    *,
    level: str = "INFO",
    human: bool | None = None,
    stream: TextIO | None = None,
    redaction: Redaction | None = None,
    fields: Mapping[str, str] | None = None,
) -> Logging:
    """Logs to `stream`, stderr by default: JSON lines, or text for people.

    `human` None is text on a terminal only.
    """
    target = sys.stderr if stream is None else stream
    text = target.isatty() if human is None else human
    logs = Logging(target, redaction or Redaction(), human=text, fields=fields or {})
    logs.start(level)
    return logs


class Deferred(Protocol):
    """A line whose fields are worked out by the thread that writes it."""

    def fields(self) -> EventDict:
        """The fields; `event` says what happened."""
        ...


def log_later(name: str, level: int, line: Deferred) -> None:
    """Logs under `name` what costs the caller nothing but this call."""
    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        record = logging.LogRecord(name, level, "", 0, "", (), None)
        record.deferred = line
        logger.handle(record)


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
        self._lines = lines
        self._dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Keeps the trace of a library's record; ours carry theirs."""
        if not isinstance(record.msg, dict) and not hasattr(record, "deferred"):
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

    def confess(self) -> None:
        """Waits for room to say how many lines went lost at the very end, if any did."""
        if self._dropped:
            record = logging.LogRecord(__name__, logging.WARNING, "", 0, "lines lost", (), None)
            record.dropped_before = self._dropped
            with contextlib.suppress(queue.Full):
                self._lines.put(record, timeout=STOP_TIMEOUT_S)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Completes, renders and redacts, in this order: nothing is added to what was redacted."""

    def __init__(self, redaction: Redaction, *, human: bool, fields: Mapping[str, str]) -> None:
        renderer: list[Processor] = (
            [_disarm, structlog.dev.ConsoleRenderer()]
            if human
            else [structlog.processors.format_exc_info, _render_json]
        )
        super().__init__(
            processors=[
                _complete,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *renderer,
            ]
        )
        self._redaction = redaction
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        """The finished line."""
        deferred: Deferred | None = getattr(record, "deferred", None)
        if deferred is not None:
            record.msg = deferred.fields()
            # What the base class knows a line of structlog's by.
            record.__dict__ |= {"_logger": None, "_name": "info"}
        record.fields = self._fields
        return self._redaction.apply(super().format(record))


def _complete(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Adds what the record knows: when, how bad, where, for whom, and which trace."""
    record: Any = event["_record"]
    event["at"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
    event["level"] = record.levelname.lower()
    event["logger"] = record.name
    for key, value in (*record.fields.items(), *getattr(record, "trace", {}).items()):
        event.setdefault(key, value)
    dropped = getattr(record, "dropped_before", 0)
    if dropped:
        event["dropped_before"] = dropped
    return event


def _disarm(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Shows the control characters of what callers wrote: a terminal would obey them."""
    return {
        key: _CONTROL.sub(_shown, value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def _shown(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]


def _render_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    return orjson.dumps(event, default=repr).decode()
