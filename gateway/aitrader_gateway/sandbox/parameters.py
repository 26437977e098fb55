"""What the parameters of requests may look like, and what the venue says of those that do not.

An operation declares its parameters; `read` turns the texts that were sent into values of their
kinds, or into the venue's refusal. Codes and texts: Binance Spot API, "Error codes", 11xx.
"""

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

import msgspec
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.matching.words import CancelRestriction, ReplaceMode

_LONG_MAX: Final = 2**63 - 1

Value = str | int | bool | Decimal
E = TypeVar("E", bound=StrEnum)


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """`parse` answers None for a text that cannot be; `refuse` tells the sender, given the name.

    A number that is too large to be kept is an OverflowError of `parse`.
    """

    parse: Callable[[str], Value | None]
    refuse: Callable[[str], Refusal]


class Parameter(msgspec.Struct, frozen=True):
    name: str
    kind: Kind
    required: bool = False


def mandatory(name: str) -> Refusal:
    """Refuses a request that lacks `name`."""
    return Refusal(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def either(one: str, other: str) -> Refusal:
    """Refuses a request that has neither of two parameters."""
    return Refusal(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def not_required(name: str) -> Refusal:
    """Refuses a parameter that has no place in this request."""
    return Refusal(-1106, f"Parameter '{name}' sent when not required.")


def invalid(name: str) -> Refusal:
    """Refuses a value outside its domain."""
    return Refusal(-1130, f"Data sent for parameter '{name}' is not valid.")


def _matched(pattern: str, convert: Callable[[str], Value], legal: str | None = None) -> Kind:
    whole = re.compile(pattern)
    legal = f"^{pattern}$" if legal is None else legal
    return Kind(
        parse=lambda text: convert(text) if whole.fullmatch(text) else None,
        refuse=lambda name: Refusal(
            -1100,
            f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.",
        ),
    )


def _word(words: type[StrEnum], refuse: Callable[[str], Refusal]) -> Kind:
    known = {word.value: word for word in words if word.value}
    return Kind(parse=known.get, refuse=refuse)


def word(words: type[StrEnum]) -> Kind:
    """One word of a vocabulary."""
    return _word(words, invalid)


def whole(low: int, high: int) -> Kind:
    """A number between two bounds, both included."""

    def parse(text: str) -> int | None:
        if not re.fullmatch("[0-9]{1,20}", text):
            return None
        number = int(text)
        return number if low <= number <= high else None

    return Kind(parse=parse, refuse=invalid)


def _long(text: str) -> int:
    number = int(text)
    if number > _LONG_MAX:
        raise OverflowError
    return number


def _moment(text: str) -> int:
    # Milliseconds have thirteen digits until the year 2286, microseconds sixteen since 2001.
    number = _long(text)
    return number * (1_000 if number >= 10**14 else 1_000_000)


class ResponseType(StrEnum):
    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


DECIMAL: Final = _matched(r"([0-9]{1,20})(\.[0-9]{1,20})?", Decimal)
NUMBER: Final = _matched("[0-9]{1,20}", _long)
# UTC nanoseconds, sent in milliseconds or microseconds.
MOMENT: Final = _matched("[0-9]{1,20}", _moment)
WINDOW: Final = _matched(r"[0-9]{1,20}(\.[0-9]{1,3})?", Decimal)
CLIENT_ID: Final = _matched("[a-zA-Z0-9-_]{1,36}", str)
# Letters beyond ASCII have been admitted since there are symbols of them; capitals only.
SYMBOL: Final = _matched(r"(?:[^\Wa-z]|[-.]){1,20}", str, "^[A-Z0-9-_.]{1,20}$")
TEXT: Final = Kind(parse=str, refuse=invalid)
FLAG: Final = Kind(parse={"true": True, "false": False}.get, refuse=invalid)
SIDE: Final = _word(Side, lambda _: Refusal(-1117, "Invalid side."))
ORDER_TYPE: Final = _word(OrderType, lambda _: Refusal(-1116, "Invalid orderType."))
TIME_IN_FORCE: Final = _word(TimeInForce, lambda _: Refusal(-1115, "Invalid timeInForce."))
PREVENTION: Final = word(SelfTradePrevention)
RESPONSE_TYPE: Final = word(ResponseType)
REPLACE_MODE: Final = word(ReplaceMode)
RESTRICTION: Final = _word(
    CancelRestriction,
    lambda _: Refusal(
        -1145,
        "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.",
    ),
)

STRATEGY_TYPE: Final = Kind(
    parse=lambda text: _long(text) if re.fullmatch("[0-9]{7,20}", text) else None,
    refuse=lambda _: Refusal(-1134, "`strategyType` was less than 1000000."),
)


class Values:
    """The parameters of one request, each of the kind that was declared."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """Empty when it was not sent."""
        value = self._values.get(name, "")
        assert isinstance(value, str)
        return value

    def number(self, name: str) -> int | None:
        value = self._values.get(name)
        assert value is None or isinstance(value, int)
        return value

    def decimal(self, name: str) -> Decimal | None:
        value = self._values.get(name)
        assert value is None or isinstance(value, Decimal)
        return value

    def flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        assert value is None or isinstance(value, bool)
        return value

    def word(self, name: str, words: type[E]) -> E | None:
        value = self._values.get(name)
        assert value is None or isinstance(value, words)
        return value


def read(
    parameters: Collection[Parameter],
    sent: Mapping[str, str],
    framing: Collection[str] = (),
) -> Values | Refusal:
    """The values of `sent`, or the refusal of the first parameter that is wrong.

    `framing` names what the request carries besides, such as its signature.
    """
    values: dict[str, Value] = {}
    for parameter in parameters:
        text = sent.get(parameter.name)
        if text is None or (text == "" and parameter.required):
            if parameter.required:
                return mandatory(parameter.name)
            continue
        value = _parsed(parameter, text)
        if isinstance(value, Refusal):
            return value
        values[parameter.name] = value
    known = {parameter.name for parameter in parameters} | set(framing)
    understood = sum(name in known for name in sent)
    if understood == len(sent):
        return Values(values)
    if not known:
        return Refusal(-1101, f"Too many parameters; expected '0' and received '{len(sent)}'.")
    return Refusal(
        -1104,
        f"Not all sent parameters were read; read '{understood}' parameter(s) "
        f"but was sent '{len(sent)}'.",
    )


def _parsed(parameter: Parameter, text: str) -> Value | Refusal:
    if text == "":
        return Refusal(-1105, f"Parameter '{parameter.name}' was empty.")
    try:
        value = parameter.kind.parse(text)
    except OverflowError:
        return Refusal(-1108, f"Parameter '{parameter.name}' overflowed.")
    return parameter.kind.refuse(parameter.name) if value is None else value
