"""Log lines as an operator finds them."""

import io
import json
import logging
import threading

import pytest
import structlog
from aitrader_server.adapters.logs import QUEUE_SIZE_MAX, start_logging
from aitrader_server.adapters.redaction import Redaction

log = structlog.get_logger("aitrader_server.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Stuck(io.StringIO):
    """A disk that stands still until it is freed."""

    def __init__(self, last: str) -> None:
        super().__init__()
        self.free = threading.Event()
        self.reached = threading.Event()
        self.done = threading.Event()
        self._last = last

    def write(self, text: str) -> int:
        self.reached.set()
        self.free.wait(10)
        written = super().write(text)
        if self._last in text:
            self.done.set()
        return written


@pytest.fixture
def logged():
    """Runs `act` with logging on and returns what was written."""

    def run(act, stream=None, **options) -> str:
        stream = stream or io.StringIO()
        logs = start_logging(stream=stream, **options)
        try:
            act()
        finally:
            logs.stop()
        return stream.getvalue()

    return run


def test_a_line_is_json_with_its_trace(logged):
    def act():
        with structlog.contextvars.bound_contextvars(trace_id="t1", span_id="s1"):
            log.info("order placed", request_id="a-1")
            logging.getLogger("library").warning("cannot reach %s", "venue")
        log.debug("not at this level")

    ours, library = map(json.loads, logged(act).splitlines())
    assert ours["event"] == "order placed"
    assert (ours["request_id"], ours["trace_id"], ours["level"]) == ("a-1", "t1", "info")
    assert ours["at"].endswith("+00:00")
    assert (library["event"], library["trace_id"]) == ("cannot reach venue", "t1")
    assert (library["logger"], library["level"]) == ("library", "warning")


def test_an_exception_brings_its_traceback(logged):
    def act():
        try:
            int("the pump is dry")
        except ValueError:
            log.exception("failed")

    line = json.loads(logged(act))
    assert line["exception"].endswith("literal for int() with base 10: 'the pump is dry'")


def test_a_terminal_gets_text_for_people(logged):
    text = logged(lambda: log.info("order placed", request_id="a-1"), Terminal())
    assert "order placed" in text
    assert not text.startswith("{")


def test_no_caller_steers_the_terminal(logged):
    text = logged(lambda: log.info("halted", reason="\x1b[2J\x9b2J\r\u2028"), Terminal())
    assert r"\x1b[2J\x9b2J\r\u2028" in text


SECRET = 'canary-"quoted"-secret'
SENTENCE = f"signed with {SECRET}"


@pytest.mark.parametrize(
    "act",
    [
        lambda: log.info("signed", key=SECRET),
        lambda: log.info(SENTENCE),
        lambda: log.info("GET /api?symbol=X&signature=canary123&timestamp=1"),
        lambda: log.info("GET /api?apiKey=canary123"),
        lambda: log.info("headers", headers={"X-MBX-APIKEY": "canary123"}),
        lambda: log.info("headers", headers={"authorization": "Bearer canary123"}),
        lambda: logging.getLogger("library").error("using %s", SECRET),
    ],
)
@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_secrets_are_hidden_wherever_they_stand(logged, act, kind):
    text = logged(act, kind(), redaction=Redaction([SECRET]))
    assert "[hidden]" in text
    assert "canary" not in text


def test_a_secret_in_a_traceback_is_hidden(logged):
    def act():
        try:
            int(SECRET)
        except ValueError:
            log.exception("failed")

    assert "canary" not in logged(act, redaction=Redaction([SECRET]))


def test_what_is_hidden_leaves_the_rest(logged):
    line = json.loads(logged(lambda: log.info("GET /a?signature=canary&symbol=BTCUSDT", n=1)))
    assert line["event"] == "GET /a?signature=[hidden]&symbol=BTCUSDT"
    assert line["n"] == 1


def test_a_secret_that_would_hide_plain_words_is_refused():
    with pytest.raises(ValueError, match="at least 8"):
        Redaction(["short"])


def test_a_stuck_disk_holds_nobody_up_and_the_gap_is_counted(logged):
    stream = Stuck(last=f'"number":{QUEUE_SIZE_MAX - 1},')

    def act():
        log.info("first")
        assert stream.reached.wait(10)
        for number in range(QUEUE_SIZE_MAX + 5):
            log.info("more", number=number)
        stream.free.set()
        assert stream.done.wait(30)
        log.info("last")

    lines = [json.loads(line) for line in logged(act, stream).splitlines()]
    assert len(lines) == 1 + QUEUE_SIZE_MAX + 1
    assert lines[-1]["event"] == "last"
    assert lines[-1]["dropped_before"] == 5


def test_what_is_lost_at_the_end_is_said_too(logged):
    stream = Stuck(last="never")

    def act():
        log.info("first")
        assert stream.reached.wait(10)
        for number in range(QUEUE_SIZE_MAX + 5):
            log.info("more", number=number)
        stream.free.set()

    lines = [json.loads(line) for line in logged(act, stream).splitlines()]
    assert (lines[-1]["event"], lines[-1]["dropped_before"]) == ("lines lost", 5)


def test_libraries_keep_what_they_send_to_themselves(logged):
    def act():
        logging.getLogger("botocore.parsers").debug("Response body: canary")
        logging.getLogger("urllib3.connectionpool").debug("GET /canary")
        logging.getLogger("httpx").info("said at info")
        log.debug("ours")

    text = logged(act, level="DEBUG")
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["said at info", "ours"]
