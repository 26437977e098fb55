"""What a connection of the WebSocket API is logged on as, and what it is subscribed to."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.table import Answer, Body, Caller
from aitrader_gateway.sandbox.keys import ApiKey, KeyKind
from aitrader_gateway.sandbox.line import Line
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.parameters import NUMBER, Parameter, Values, read
from aitrader_gateway.sandbox.topics import Topics
from aitrader_gateway.sandbox.user_subscriptions import (
    NOT_ACTIVE,
    UserSubscription,
    UserSubscriptions,
)
from aitrader_gateway.sandbox.wire.scalars import TimeUnit
from aitrader_gateway.sandbox.ws_frames import refused, write_revocation

_WEIGHT: Final = 2
_NEVER_NS: Final = -1
_SUBSCRIPTION: Final = (Parameter("subscriptionId", NUMBER),)
_NO_SESSION: Final = refused(
    Refusal(-2015, "Invalid API-key, IP, or permissions for action."), status=401
)
_ED25519_ONLY: Final = refused(Refusal(-4056, "Only Ed25519 API keys are supported."))


class Done(msgspec.Struct, frozen=True):
    """An answer, the frames that follow it, and what it subscribed to."""

    answer: Answer
    then: tuple[str, ...] = ()
    subscription: UserSubscription | None = None


class Session:
    """The operations that belong to one connection."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        accounts: Topics,
        line: Line,
        unit: TimeUnit,
        *,
        return_limits: bool,
    ) -> None:
        self._api = api
        self._clock = clock
        self._line = line
        self._unit = unit
        self.return_limits = return_limits
        self._connected_ns = clock.now_ns()
        self._authorized_ns = _NEVER_NS
        self._key: ApiKey | None = None
        self._signed_by: dict[int, str] = {}
        self._subscriptions = UserSubscriptions(accounts, line, clock, unit, self.revoke)
        self._operations: Mapping[str, Callable[[Mapping[str, str], Caller], Done]] = {
            "session.logon": self._log_on,
            "session.status": self._status,
            "session.logout": self._log_out,
            "session.subscriptions": self._list,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_signed,
            "userDataStream.unsubscribe": self._unsubscribe,
        }

    @property
    def account(self) -> str:
        """Whose session it is; empty without one, or once its key was revoked."""
        if self._key is not None and self._api.keys.find(self._key.key) is None:
            self.revoke()
        return "" if self._key is None else self._key.account

    def offers(self, method: str) -> bool:
        return method in self._operations

    def call(self, method: str, params: Mapping[str, str], caller: Caller) -> Done:
        """Carries out one of the session's own operations."""
        turned_away = self._api.charge(caller, _WEIGHT)
        if turned_away is not None:
            return Done(turned_away)
        return self._operations[method](params, caller)

    def revoke(self) -> None:
        """Ends the session from the venue's side, and tells."""
        self._line.connection.send(write_revocation())
        for frame in self._end_session():
            self._line.connection.send(frame)

    def end(self) -> None:
        """The connection is gone; nobody is told."""
        self._api.keys.unwatch(self._key_revoked)
        self._subscriptions.end(self._subscriptions.numbers)

    def _key_revoked(self, key: str) -> None:
        """Ends what was subscribed to under that key."""
        active = self._subscriptions.numbers
        ended = [number for number in active if self._signed_by.get(number) == key]
        for frame in self._subscriptions.end(ended):
            self._line.connection.send(frame)

    def _end_session(self) -> tuple[str, ...]:
        self._key, self._authorized_ns = None, _NEVER_NS
        return tuple(self._subscriptions.end(self._subscriptions.by_session))

    def _log_on(self, params: Mapping[str, str], caller: Caller) -> Done:
        key = self._api.authenticate(params, caller)
        if isinstance(key, Answer):
            return Done(key)
        if key.kind is not KeyKind.ED25519:
            return Done(_ED25519_ONLY)
        self._key, self._authorized_ns = key, self._clock.now_ns()
        return self._status(params, caller)

    def _log_out(self, params: Mapping[str, str], caller: Caller) -> Done:
        ended = self._end_session()
        return msgspec.structs.replace(self._status(params, caller), then=ended)

    def _status(self, _: Mapping[str, str], caller: Caller) -> Done:
        logged_on = bool(self.account)
        return self._answered(
            caller,
            {
                "apiKey": self._key.key if logged_on and self._key else None,
                "authorizedSince": self._unit.of(self._authorized_ns) if logged_on else None,
                "connectedSince": self._unit.of(self._connected_ns),
                "returnRateLimits": self.return_limits,
                "serverTime": self._unit.of(self._clock.now_ns()),
                "userDataStream": bool(self._subscriptions.by_session),
            },
        )

    def _list(self, _: Mapping[str, str], caller: Caller) -> Done:
        numbers = self._subscriptions.numbers
        return self._answered(caller, [{"subscriptionId": number} for number in numbers])

    def _subscribe(self, _: Mapping[str, str], caller: Caller) -> Done:
        account = self.account
        if not account:
            return Done(_NO_SESSION)
        return self._subscribe_to(account, caller, by_session=True)

    def _subscribe_signed(self, params: Mapping[str, str], caller: Caller) -> Done:
        key = self._api.authenticate(params, caller)
        if isinstance(key, Answer):
            return Done(key)
        done = self._subscribe_to(key.account, caller, by_session=False)
        if done.subscription is not None:
            self._signed_by[done.subscription.number] = key.key
            self._api.keys.watch(self._key_revoked)
        return done

    def _subscribe_to(self, account: str, caller: Caller, *, by_session: bool) -> Done:
        subscription = self._subscriptions.add(account, by_session=by_session)
        if isinstance(subscription, Refusal):
            return Done(refused(subscription))
        done = self._answered(caller, {"subscriptionId": subscription.number})
        return msgspec.structs.replace(done, subscription=subscription)

    def _unsubscribe(self, params: Mapping[str, str], caller: Caller) -> Done:
        values = read(_SUBSCRIPTION, params)
        if not isinstance(values, Values):
            return Done(refused(values))
        number = values.number("subscriptionId")
        numbers = self._subscriptions.numbers
        if number is not None and number not in numbers:
            return Done(refused(NOT_ACTIVE))
        ended = self._subscriptions.end(numbers if number is None else (number,))
        return msgspec.structs.replace(self._answered(caller, {}), then=tuple(ended))

    def _answered(self, caller: Caller, body: Body | dict[str, Any]) -> Done:
        return Done(Answer(status=200, body=body, usage=self._api.usage(caller)))
