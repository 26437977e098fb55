"""The user data streams that one connection listens to."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.faults import Fault, Injection
from aitrader_gateway.sandbox.line import Line
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.topics import Message, Topics
from aitrader_gateway.sandbox.wire.events import stream_terminated
from aitrader_gateway.sandbox.wire.scalars import TimeUnit
from aitrader_gateway.sandbox.ws_frames import write_event

ACTIVE_MAX: Final = 1_000
LIFETIME_MAX: Final = 65_535
# The site of faults that befall events.
SUBJECT: Final = "user"
ALREADY_ACTIVE: Final = Refusal(-2035, "User Data Stream subscription already active.")
NOT_ACTIVE: Final = Refusal(-2036, "User Data Stream subscription not active.")
TOO_MANY: Final = Refusal(-2042, "Maximum number of User Data Stream subscriptions reached.")


class UserSubscription:
    """Hears one account's events, and sends them on as its connection's faults let it."""

    def __init__(
        self,
        number: int,
        account: str,
        *,
        by_session: bool,
        line: Line,
        unit: TimeUnit,
        revoke: Callable[[], None],
    ) -> None:
        self.number = number
        self.account = account
        self.by_session = by_session
        self._line = line
        self._unit = unit
        self._revoke = revoke
        self._overtaken: str | None = None
        self._reply: str | None = None

    def hold_reply(self, reply: str, injection: Injection) -> None:
        """Keeps the reply to the subscription until an event can go with it, or time is up."""
        self._reply = reply
        self._line.connection.later(injection.delay_ms, self._release)

    def _release(self) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            self._line.connection.send(reply)

    def hear(self, topic: str, message: Message) -> None:  # noqa: ARG002 - what listeners are told
        """Sends an event, or lets happen to it what the faults want."""
        frame = write_event(message.text(self._unit), self.number)
        if self._reply is not None:
            reply, self._reply = self._reply, None
            self._line.connection.send_together(reply, frame)
            return
        if self._line.cut(SUBJECT) or self._line.draw(Fault.EVENT_LOST, SUBJECT) is not None:
            return
        overtaken, self._overtaken = self._overtaken, None
        if overtaken is None and self._line.draw(Fault.EVENT_REORDERED, SUBJECT) is not None:
            self._overtaken = frame
            return
        self._line.send(SUBJECT, frame)
        if overtaken is not None:
            self._line.send(SUBJECT, overtaken)
        if self._line.draw(Fault.EVENT_DUPLICATED, SUBJECT) is not None:
            self._line.send(SUBJECT, frame)
        if self._line.draw(Fault.SESSION_REVOKED, SUBJECT) is not None:
            self._revoke()


class UserSubscriptions:
    """Those of one connection; their numbers count up for as long as it stands."""

    def __init__(
        self,
        accounts: Topics,
        line: Line,
        clock: Clock,
        unit: TimeUnit,
        revoke: Callable[[], None],
    ) -> None:
        self._accounts = accounts
        self._line = line
        self._clock = clock
        self._unit = unit
        self._revoke = revoke
        self._active: dict[int, UserSubscription] = {}
        self._made = 0

    @property
    def numbers(self) -> Sequence[int]:
        """Of those that are active, oldest first."""
        return tuple(self._active)

    @property
    def by_session(self) -> Sequence[int]:
        """Of those that end with the session that made them."""
        return tuple(number for number, each in self._active.items() if each.by_session)

    def add(self, account: str, *, by_session: bool) -> UserSubscription | Refusal:
        """Listens to an account from now on."""
        if any(each.account == account for each in self._active.values()):
            return ALREADY_ACTIVE
        if len(self._active) >= ACTIVE_MAX or self._made >= LIFETIME_MAX:
            return TOO_MANY
        subscription = UserSubscription(
            self._made,
            account,
            by_session=by_session,
            line=self._line,
            unit=self._unit,
            revoke=self._revoke,
        )
        self._made += 1
        self._active[subscription.number] = subscription
        self._accounts.join(account, subscription)
        return subscription

    def end(self, numbers: Sequence[int]) -> Sequence[str]:
        """Ends active subscriptions; the frames that tell so."""
        event = orjson.dumps(stream_terminated(self._clock.now_ns(), self._unit)).decode()
        for number in numbers:
            subscription = self._active.pop(number)
            self._accounts.leave(subscription.account, subscription)
        return [write_event(event, number) for number in numbers]
