"""What a servicer sees of a call that comes from this process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import grpc

from aitrader_server.rpc.peer import FORWARDED
from aitrader_server.rpc.status import DETAILS_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Metadata = tuple[tuple[str, str | bytes], ...]


class Failure(Protocol):
    """Makes the exception for a call that did not end with OK."""

    def __call__(
        self,
        code: int,
        message: str,
        *,
        details: bytes,
        initial_metadata: Metadata,
        trailing_metadata: Metadata,
    ) -> Exception:
        """`details` is a serialised `google.rpc.Status`, or empty."""
        ...


class InProcessContext(grpc.aio.ServicerContext[Any, Any]):
    """Keeps what grpc.aio would send; compression means nothing here."""

    def __init__(self, metadata: Metadata, timeout_s: float | None) -> None:
        self._metadata = metadata
        self._deadline_at_s = (
            None if timeout_s is None else asyncio.get_running_loop().time() + timeout_s
        )
        self._code: grpc.StatusCode | None = None
        self._details = ""
        self._trailing: Metadata = ()
        self._callbacks: list[Callable[[Any], None]] = []
        self._done = False
        self.initial: Metadata = ()
        self.initial_sent = asyncio.Event()

    @property
    def ok(self) -> bool:
        """Whether the call ended, or will end, well."""
        return self._code in (None, grpc.StatusCode.OK)

    def finish(self) -> None:
        """Marks the end of the call and tells those who asked to know."""
        self._done = True
        self.initial_sent.set()
        for callback in self._callbacks:
            callback(self)

    def failed(self, failure: Failure) -> Exception:
        """The exception for the status that the call has."""
        code = self._code or grpc.StatusCode.UNKNOWN
        details = next((value for key, value in self._trailing if key == DETAILS_KEY), b"")
        return failure(
            code.value[0],
            self._details,
            details=details if isinstance(details, bytes) else b"",
            initial_metadata=self.initial,
            trailing_metadata=self._trailing,
        )

    async def read(self) -> NoReturn:
        """Refuses: requests come as an argument."""
        raise NotImplementedError("requests come as the handler's argument")

    async def write(self, message: Any) -> NoReturn:
        """Refuses: responses are yielded."""
        raise NotImplementedError("yield responses instead")

    async def send_initial_metadata(self, initial_metadata: Any) -> None:
        """Makes the first metadata visible to the caller, once."""
        if self.initial_sent.is_set():
            raise grpc.aio.UsageError("initial metadata was sent already")
        self.initial = tuple(initial_metadata)
        self.initial_sent.set()

    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()
    ) -> NoReturn:
        """Ends the call with a status other than OK."""
        self._code = code
        self._details = details
        self._trailing = tuple(trailing_metadata) or self._trailing
        self._done = True
        raise grpc.aio.AbortError("aborted by the handler")

    async def abort_with_status(self, status: grpc.Status) -> NoReturn:
        """Ends the call with all of `status`."""
        await self.abort(status.code, status.details, status.trailing_metadata)

    def set_trailing_metadata(self, trailing_metadata: Any) -> None:
        """Replaces the metadata that goes with the status."""
        self._trailing = tuple(trailing_metadata)

    def trailing_metadata(self) -> Any:
        """What goes with the status."""
        return self._trailing

    def invocation_metadata(self) -> Any:
        """What the caller sent."""
        return self._metadata

    def set_code(self, code: grpc.StatusCode) -> None:
        """Sets the status code to end with."""
        self._code = code

    def code(self) -> Any:
        """The code that was set; None when there was none."""
        return self._code

    def set_details(self, details: str) -> None:
        """Sets the message to end with."""
        self._details = details

    def details(self) -> str:
        """The message that was set."""
        return self._details

    def set_compression(self, compression: grpc.Compression) -> None:
        """Does nothing: no bytes travel."""

    def disable_next_message_compression(self) -> None:
        """Does nothing: no bytes travel."""

    def peer(self) -> str:
        """The last hop, which the facade in this process saw itself; all before it are claims."""
        hops = next((str(value) for key, value in self._metadata if key == FORWARDED), "")
        address = hops.rpartition(",")[2].strip()
        kind = "ipv6" if ":" in address else "ipv4"
        return f"{kind}:{address}:0" if address else "inprocess"

    def peer_identities(self) -> Iterable[bytes] | None:
        """None: identity comes from tokens only."""
        return None

    def peer_identity_key(self) -> str | None:
        """None: there is no certificate."""
        return None

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Empty: there is no transport."""
        return {}

    def time_remaining(self) -> Any:
        """Seconds left, never negative; None without a deadline."""
        if self._deadline_at_s is None:
            return None
        return max(self._deadline_at_s - asyncio.get_running_loop().time(), 0.0)

    def add_done_callback(self, callback: Any) -> None:
        """Calls `callback(context)` when the call has ended."""
        self._callbacks.append(callback)

    def cancelled(self) -> bool:
        """Whether the call ended by cancellation."""
        return self._code is grpc.StatusCode.CANCELLED

    def done(self) -> bool:
        """Whether the call has ended."""
        return self._done
