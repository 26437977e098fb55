"""The words in which operations are declared, called and answered.

An operation goes by the name that the WebSocket API has for it; the REST face maps method and path
onto the same name. Both faces offer what is in the table that `Api` is made with:

    Api((*general.operations(...), *orders.operations(...), *market.operations(...)), ...)

so that a module takes part by a function `operations(...) -> tuple[Operation, ...]` whose handlers
hold whatever they need. A handler gets a `Call` whose parameters were read and whose caller was
admitted; it answers with a body, or with why there is none. Nothing in it waits.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from aitrader_gateway.sandbox.limits import Usage
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.parameters import Parameter, Values
from aitrader_gateway.sandbox.wire.scalars import TimeUnit

Body = dict[str, Any] | list[Any]


class Security(Enum):
    NONE = "NONE"
    SIGNED = "SIGNED"  # any key of the account
    TRADE = "TRADE"  # signed with a key that may trade


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal with a status of its own; `counted`: it used up unfilled orders all the same."""

    code: int
    message: str
    status: int = 400
    data: Any = None
    counted: bool = False


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One admitted request.

    `at_ns` is the server's time. `as_of_ns` is earlier when queries lag; what they tell of the
    account is what was true then. `account` is empty where no signature is asked for.
    """

    values: Values
    account: str
    at_ns: int
    as_of_ns: int
    unit: TimeUnit

    @property
    def lags(self) -> bool:
        return self.as_of_ns < self.at_ns


Handler = Callable[[Call], Body | Refusal | Failure]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` is how many unfilled orders it adds; `lagging` marks reads that may be behind.

    `free` operations cost their weight only when they fail.
    """

    name: str
    handler: Handler
    weight: Callable[[Values], int]
    parameters: tuple[Parameter, ...] = ()
    security: Security = Security.NONE
    orders: int = 0
    free: bool = False
    lagging: bool = False


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as a face knows it.

    `signed` is the text that the signature must cover: REST takes query and body as they were
    sent, the WebSocket API its sorted parameters, each without the signature. `account` is that of
    a session which logged on, whose requests need no signature; `api_key` the key sent with the
    request. `arrived_ns` is when the request arrived, before whatever held it up. `subject` names
    the site for faults, such as "POST /api/v3/order" or "order.place".
    """

    ip: str
    subject: str
    arrived_ns: int
    api_key: str = ""
    signed: bytes = b""
    account: str = ""
    unit: TimeUnit = TimeUnit.MILLISECOND


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`body` is what was asked for, or `{"code", "msg"}` with `data` where there is some.

    `usage` tells the limits that the request counted for. `retry_after_s` comes with 429 and 418.
    """

    status: int
    body: Body
    usage: tuple[Usage, ...] = ()
    retry_after_s: int | None = None

    @property
    def ok(self) -> bool:
        return self.status == 200  # noqa: PLR2004 - HTTP's own number


def always(result: Body | Refusal) -> Handler:
    """A handler whose answer does not depend on who asks for what."""
    return lambda _: result


def weighs(weight: int) -> Callable[[Values], int]:
    """A weight that does not depend on the parameters."""
    return lambda _: weight
