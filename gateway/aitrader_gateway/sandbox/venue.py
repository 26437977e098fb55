"""The one place where commands meet the matching engine."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import VenueEvent

T = TypeVar("T")


class EventSink(Protocol):
    """Takes what the engine tells: the store, the tape, the hub, the limits."""

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:
        """Takes the events of one command; whatever is raised stops the command's caller."""
        ...


class Venue:
    """Runs commands one at a time, and hands on what came of each before it answers.

    `sinks` hear in their order, so that the one which makes events durable comes first.
    """

    def __init__(self, exchange: Exchange, clock: Clock, sinks: Sequence[EventSink] = ()) -> None:
        self.exchange = exchange
        self.clock = clock
        self.sinks = tuple(sinks)

    def run(self, command: Callable[[Exchange, int], T]) -> T:
        """Runs a command at this moment (UTC nanoseconds); nothing else runs meanwhile."""
        at_ns = self.clock.now_ns()
        result = command(self.exchange, at_ns)
        events = self.exchange.take_events()
        if events:
            for sink in self.sinks:
                sink.take(events, at_ns)
        return result
