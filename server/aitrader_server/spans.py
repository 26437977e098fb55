"""Pieces of a trace, for whoever keeps traces; nothing of trading depends on them."""

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Something that took time; ids are lower-case hex as in a W3C traceparent, times Unix ns.

    `parent_span_id` is empty for the first of a trace. `error` is empty unless it failed.
    """

    name: str
    trace_id: str
    span_id: str
    parent_span_id: str = ""
    trace_state: str = ""
    begun_ns: int
    ended_ns: int
    attributes: Mapping[str, str]
    error: str = ""
    served: bool = False


class Spans(Protocol):
    """Takes spans on without waiting and never fails."""

    def begin(self, trace_id: str, span_id: str, *, parent: bool) -> bool:
        """Whether the trace of a call is kept; `parent` says that its caller keeps it."""
        ...

    def span_of(self, trace_id: str) -> str | None:
        """The call's span, empty where it is not known; None for a trace that is not kept."""
        ...

    def take(self, span: Span) -> None:
        """Takes over a span that has ended, of a trace that is kept."""
        ...
