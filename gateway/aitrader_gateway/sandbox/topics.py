"""Who listens to what, and messages that are written once for all who listen."""

from collections.abc import Callable, Collection
from typing import Protocol

import orjson

from aitrader_gateway.sandbox.wire.scalars import TimeUnit


class Message:
    """Something to tell; written at most once per unit of time, by the first who asks."""

    def __init__(self, shape: Callable[[TimeUnit], object]) -> None:
        self._shape = shape
        self._texts: dict[TimeUnit, str] = {}

    def text(self, unit: TimeUnit) -> str:
        """JSON with its times in `unit`."""
        text = self._texts.get(unit)
        if text is None:
            text = self._texts[unit] = orjson.dumps(self._shape(unit)).decode()
        return text


class Listener(Protocol):
    """Takes messages at once, and raises nothing whatever becomes of its reader."""

    def hear(self, topic: str, message: Message) -> None: ...


class Topics:
    """Listeners by topic, each told in the order in which they came."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[Listener, None]] = {}

    def join(self, topic: str, listener: Listener) -> None:
        """From now on; joining twice is joining once."""
        self._listeners.setdefault(topic, {})[listener] = None

    def leave(self, topic: str, listener: Listener) -> None:
        """Nothing more is heard, whether it had joined or not."""
        listeners = self._listeners.get(topic)
        if listeners is None:
            return
        listeners.pop(listener, None)
        if not listeners:
            del self._listeners[topic]

    def wanted(self, topic: str) -> bool:
        """Whether anybody listens."""
        return topic in self._listeners

    @property
    def names(self) -> Collection[str]:
        """Every topic that somebody listens to."""
        return tuple(self._listeners)

    def tell(self, topic: str, message: Message) -> None:
        """Lets every listener hear it before it returns."""
        for listener in tuple(self._listeners.get(topic, ())):
            listener.hear(topic, message)
