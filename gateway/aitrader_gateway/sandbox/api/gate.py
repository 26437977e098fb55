"""Where every request comes in, over REST or the WebSocket API, and is admitted or turned away."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from aitrader_server.engine.ports import Clock

from aitrader_gateway.sandbox.api.past import LAG_MAX_NS
from aitrader_gateway.sandbox.api.table import (
    Answer,
    Body,
    Call,
    Caller,
    Failure,
    Operation,
    Security,
)
from aitrader_gateway.sandbox.faults import Fault, Faults
from aitrader_gateway.sandbox.keys import ApiKey, KeyRing, signed_by
from aitrader_gateway.sandbox.limits import Limits, Throttled, Usage
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.parameters import (
    MOMENT,
    TEXT,
    WINDOW,
    Parameter,
    Values,
    mandatory,
    read,
)

_MS_NS: Final = 1_000_000
_AHEAD_MAX_NS: Final = 1_000 * _MS_NS
_WINDOW_DEFAULT_MS: Final = 5_000
_WINDOW_MAX_MS: Final = 60_000

# What comes with the parameters of a signed request; the signature is missing after a logon.
FRAMING: Final = (
    Parameter("timestamp", MOMENT, required=True),
    Parameter("recvWindow", WINDOW),
    Parameter("signature", TEXT),
)


class _Admitted(msgspec.Struct, frozen=True):
    account: str
    values: Values


class Api:
    """The operations of the venue, by name.

    Checks in their order: ban and limits, API key, parameters, time, signature, unfilled orders,
    and the time once more, now that nothing stands between the request and the engine.
    """

    def __init__(
        self,
        operations: Iterable[Operation],
        *,
        keys: KeyRing,
        limits: Limits,
        clock: Clock,
        faults: Faults,
    ) -> None:
        self.operations = MappingProxyType({item.name: item for item in operations})
        self.keys = keys
        self.limits = limits
        self._clock = clock
        self._faults = faults

    def call(self, name: str, params: Mapping[str, str], caller: Caller) -> Answer:
        """Carries out one operation of the table; `params` leave the API key out."""
        operation = self.operations[name]
        signed = operation.security is not Security.NONE
        parameters = (*operation.parameters, *FRAMING) if signed else operation.parameters
        values = read(parameters, params)
        # What cannot be read cannot be weighed either, and costs the least.
        weight = 1 if isinstance(values, Refusal) else operation.weight(values)
        at_ns = self._clock.now_ns()
        throttled = self.limits.charge(caller.ip, weight, at_ns)
        if throttled is not None:
            return self._turn_away(throttled, caller, "")
        skew_ns = self._skew_ns(caller.subject)
        admitted = self._admit(operation, values, caller, skew_ns)
        if not isinstance(admitted, _Admitted):
            return self._answer(admitted, caller, "")
        account = admitted.account
        if operation.orders:
            throttled = self.limits.admit_orders(account, operation.orders, at_ns)
            if throttled is not None:
                return self._turn_away(throttled, caller, account)
        if signed:
            late = _out_of_time(admitted.values, at_ns + skew_ns)
            if late is not None:
                self.limits.count_orders(account, operation.orders, at_ns)
                return self._answer(late, caller, account if operation.orders else "")
        # Counted first, because a fill may give it back before the handler is done.
        self.limits.count_orders(account, operation.orders, at_ns)
        result = operation.handler(
            Call(
                values=admitted.values,
                account=account,
                at_ns=at_ns + skew_ns,
                as_of_ns=at_ns + skew_ns - self._lag_ns(operation, caller.subject),
                unit=caller.unit,
            )
        )
        return self._settle(operation, result, weight, caller, account)

    def refuse(self, refusal: Refusal, caller: Caller) -> Answer:
        """Turns away a request that could not even be read; it counts like the lightest one."""
        return self.charge(caller, 1) or self._answer(refusal, caller, "")

    def authenticate(self, params: Mapping[str, str], caller: Caller) -> ApiKey | Answer:
        """Whose key signed a request that is bound to its connection, such as a logon.

        `params` hold no more than the timestamp, the signature and, if sent, the receive window.
        """
        key = self._key(caller)
        if isinstance(key, Failure):
            return self._answer(key, caller, "")
        values = read(FRAMING, params)
        if isinstance(values, Refusal):
            return self._answer(values, caller, "")
        refusal = self._verify(key, values, caller, self._skew_ns(caller.subject))
        return key if refusal is None else self._answer(refusal, caller, "")

    def charge(self, caller: Caller, weight: int) -> Answer | None:
        """Counts what is no operation, such as a connection; an answer turns it away."""
        throttled = self.limits.charge(caller.ip, weight, self._clock.now_ns())
        return None if throttled is None else self._turn_away(throttled, caller, "")

    def throttle(self, caller: Caller, retry_after_s: int) -> Answer:
        """Turns a request away as if too much had been asked for."""
        at_ns = self._clock.now_ns()
        return self._turn_away(self.limits.weight_used_up(at_ns, retry_after_s), caller, "")

    def ban(self, caller: Caller, lasts_s: int) -> Answer:
        """Bans the peer, and turns its request away."""
        at_ns = self._clock.now_ns()
        return self._turn_away(self.limits.ban(caller.ip, lasts_s, at_ns), caller, "")

    def usage(self, caller: Caller, account: str = "") -> tuple[Usage, ...]:
        """What the caller has used, and the account if one is named."""
        at_ns = self._clock.now_ns()
        orders = self.limits.order_usage(account, at_ns) if account else ()
        return (*orders, self.limits.request_usage(caller.ip, at_ns))

    def _admit(
        self, operation: Operation, values: Values | Refusal, caller: Caller, skew_ns: int
    ) -> _Admitted | Refusal | Failure:
        key = self._key_for(operation, caller)
        if isinstance(key, Failure):
            return key
        if isinstance(values, Refusal):
            return values
        if operation.security is Security.NONE:
            return _Admitted("", values)
        refusal = self._verify(key, values, caller, skew_ns)
        if refusal is not None:
            return refusal
        return _Admitted(caller.account if key is None else key.account, values)

    def _key_for(self, operation: Operation, caller: Caller) -> ApiKey | Failure | None:
        """None: no signature is asked for, of anybody or of a session that logged on."""
        logged_on = bool(caller.account) and not caller.api_key
        if operation.security is Security.NONE or logged_on:
            return None
        key = self._key(caller)
        if isinstance(key, Failure) or key.can_trade or operation.security is Security.SIGNED:
            return key
        return _NO_PERMISSION

    def _key(self, caller: Caller) -> ApiKey | Failure:
        if not caller.api_key:
            return _BAD_KEY
        return self.keys.use(caller.api_key) or _NO_PERMISSION

    def _verify(
        self, key: ApiKey | None, values: Values, caller: Caller, skew_ns: int
    ) -> Refusal | None:
        signature = values.text("signature")
        if key is not None and not signature:
            return mandatory("signature")
        late = _out_of_time(values, caller.arrived_ns + skew_ns)
        if late is not None:
            return late
        if key is not None and not signed_by(key, caller.signed, signature):
            return Refusal(-1022, "Signature for this request is not valid.")
        return None

    def _settle(
        self,
        operation: Operation,
        result: Body | Refusal | Failure,
        weight: int,
        caller: Caller,
        account: str,
    ) -> Answer:
        at_ns = self._clock.now_ns()
        refused = isinstance(result, Refusal | Failure)
        if operation.free and not refused:
            self.limits.refund(caller.ip, weight, at_ns)
        counted = isinstance(result, Failure) and result.counted
        if refused and not counted:
            self.limits.count_orders(account, -operation.orders, at_ns)
        tells_orders = operation.orders and (counted or not refused)
        return self._answer(result, caller, account if tells_orders else "")

    def _answer(self, result: Body | Refusal | Failure, caller: Caller, account: str) -> Answer:
        usage = self.usage(caller, account)
        if isinstance(result, Refusal):
            body: Body = {"code": result.code, "msg": result.message}
            return Answer(status=400, body=body, usage=usage)
        if isinstance(result, Failure):
            body = {"code": result.code, "msg": result.message}
            if result.data is not None:
                body["data"] = result.data
            return Answer(status=result.status, body=body, usage=usage)
        return Answer(status=200, body=result, usage=usage)

    def _turn_away(self, throttled: Throttled, caller: Caller, account: str) -> Answer:
        body: dict[str, Any] = {
            "code": throttled.code,
            "msg": throttled.message,
            "data": {
                "serverTime": throttled.at_ns // _MS_NS,
                "retryAfter": throttled.retry_at_ns // _MS_NS,
            },
        }
        return Answer(
            status=throttled.status,
            body=body,
            usage=self.usage(caller, account),
            retry_after_s=throttled.retry_after_s,
        )

    def _skew_ns(self, subject: str) -> int:
        injection = self._faults.draw(Fault.CLOCK_SKEW, subject)
        return 0 if injection is None else injection.skew_ms * _MS_NS

    def _lag_ns(self, operation: Operation, subject: str) -> int:
        if not operation.lagging:
            return 0
        injection = self._faults.draw(Fault.QUERY_LAG, subject)
        return 0 if injection is None else min(injection.delay_ms * _MS_NS, LAG_MAX_NS)


_BAD_KEY: Final = Failure(code=-2014, message="API-key format invalid.", status=401)
_NO_PERMISSION: Final = Failure(
    code=-2015, message="Invalid API-key, IP, or permissions for action.", status=401
)


def _out_of_time(values: Values, at_ns: int) -> Refusal | None:
    window_ms = values.decimal("recvWindow")
    if window_ms is None:
        window_ns = _WINDOW_DEFAULT_MS * _MS_NS
    elif window_ms > _WINDOW_MAX_MS:
        return Refusal(-1131, "recvWindow must be less than 60000.")
    else:
        window_ns = int(window_ms * _MS_NS)
    sent_ns = values.number("timestamp")
    assert sent_ns is not None
    if sent_ns >= at_ns + _AHEAD_MAX_NS:
        return Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if at_ns - sent_ns > window_ns:
        return Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
    return None
