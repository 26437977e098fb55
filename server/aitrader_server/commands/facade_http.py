"""HTTP connections of the facade: uvicorn's, where a head is bounded in time and size."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX: Final = 64 * 1024
# Half of the files that a process may commonly open: the engine needs some, too.
CONNECTIONS_MAX: Final = 512
# How long what comes after a refusal is taken and forgotten.
LINGER_S: Final = 2.0
REFUSAL: Final = (
    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}"
)
TOO_LATE: Final = (
    "408 Request Timeout",
    '{"code":4,"message":"the request\'s head was not whole in time","details":[]}',
)
TOO_LARGE: Final = (
    "431 Request Header Fields Too Large",
    '{"code":8,"message":"the request\'s head is too large","details":[]}',
)


class BoundedHttp(HttpToolsProtocol):
    """One connection; `head_timeout_s` is set by whoever serves.

    uvicorn bounds how long a connection idles between requests, but neither the time before the
    first nor the time and the size of a head that never ends.
    """

    head_timeout_s: float
    connections_max = CONNECTIONS_MAX

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._head_due: asyncio.TimerHandle | None = None
        self._refused = False
        # When its last request was whole, or it began.
        self._asked_s = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, in the place of another where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            self._make_room()
        if not transport.is_closing():
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._cease()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, within the bounds."""
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        # A body that goes on after its answer is nobody's to wait for: the next head is due.
        if self._in_head or self.cycle.response_complete:
            self._expect_head()
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(*TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begins a request, which may have come with the one before."""
        super().on_message_begin()
        self._head_bytes = max(self._head_bytes, 1)
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Knows what is asked; how long its body may take is the application's to say."""
        self._in_head = False
        self._head_bytes = 0
        self._cease()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Waits for the next request."""
        super().on_message_complete()
        self._in_head = True
        self._asked_s = self.loop.time()

    def _make_room(self) -> None:
        """Ends the connection that has asked for nothing for longest, or itself if all are at work.

        Else whoever holds many, and needs no token for it, would keep everybody from halting.
        """
        others = [
            other
            for other in self.connections
            if isinstance(other, BoundedHttp)
            and other is not self
            and not other.transport.is_closing()
            and not other.is_at_work
        ]
        min(others, key=BoundedHttp.worth, default=self).transport.abort()

    @property
    def is_at_work(self) -> bool:
        """Whether its request is whole and its answer has not begun."""
        return self._answers and not (self.cycle.more_body or self.cycle.response_started)

    def worth(self) -> tuple[bool, float]:
        """A stream goes only where all are streams, and who asked last goes last."""
        return self._answers, self._asked_s

    @property
    def _answers(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._head_due is None:
            self._head_due = self.loop.call_later(self.head_timeout_s, self._refuse, *TOO_LATE)

    def _cease(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _refuse(self, status: str, body: str) -> None:
        """Closes the connection, with a word unless it is silent or an answer is under way."""
        self._cease()
        if self.transport.is_closing():
            return
        if self._head_bytes and (self.cycle is None or self.cycle.response_complete):
            answer = REFUSAL.format(status=status, length=len(body), body=body)
            self.transport.write(answer.encode("ascii"))
            # A socket that closes on unread data takes the answer with it.
            self._refused = True
            self._head_due = self.loop.call_later(LINGER_S, self.transport.close)
            if self.transport.can_write_eof():
                self.transport.write_eof()
        else:
            self.transport.close()
