"""Broken field rules in words that a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrader_server.rpc.refusals import FieldViolation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import EnumDescriptor
    from google.protobuf.message import Message

# What a pattern of the contract asks for; a test walks the protos for patterns without a text.
TEXT_BY_PATTERN = {
    r"^([0-9]{1,18}(\.[0-9]{1,18})?)?$": 'write a plain decimal, e.g. "0.001"',
    r"^[A-Z0-9_.-]{1,20}$": "write a symbol as the venue spells it, e.g. BTCUSDT",
    r"^[A-Z0-9_.-]{0,20}$": "write a symbol as the venue spells it, e.g. BTCUSDT, or leave it out",
    r"^[A-Za-z0-9_-]{1,36}$": "use 1 to 36 of the characters A-Z a-z 0-9 _ -",
    r"^[A-Za-z0-9_-]{0,36}$": "use at most 36 of the characters A-Z a-z 0-9 _ -, or leave it out",
    r"^[A-Za-z0-9_.-]{1,64}$": "use 1 to 64 of the characters A-Z a-z 0-9 _ . -",
    r"^[A-Za-z0-9_.-]{0,64}$": (
        "use at most 64 of the characters A-Z a-z 0-9 _ . -, or leave it out"
    ),
    r"^([0-9]{1,2}[smhdwM])?$": "write an interval, e.g. 1m or 4h, or leave it out",
    r"^[a-z0-9_]{1,40}$": "write a name as the contract spells it, e.g. max_order_notional",
    r"^[A-Za-z]{1,64}$": "write a kind of event, e.g. OrderFilled",
}
ENUM_RULES = frozenset({"enum.defined_only", "enum.not_in", "enum.in"})


def describe(message: Message, violations: Sequence[Any]) -> list[FieldViolation]:
    """Each of protovalidate's `Violation`s of `message`, with the path of its field."""
    return [FieldViolation(_path(violation), _text(message, violation)) for violation in violations]


def _path(violation: Any) -> str:
    """`items[0].text`: names as the contract spells them."""
    if violation.field is None:
        return ""
    parts = []
    for element in violation.field.elements:
        subscript = element.subscript
        if subscript is None:
            parts.append(element.field_name)
        elif subscript.field == "string_key":
            parts.append(f'{element.field_name}["{subscript.value}"]')
        else:
            parts.append(f"{element.field_name}[{subscript.value}]")
    return ".".join(parts)


def _text(message: Message, violation: Any) -> str:
    if violation.rule_id == "string.pattern":
        # Rules of the contract put the pattern between back-quotes.
        pattern = violation.message.partition("`")[2].rpartition("`")[0]
        text = TEXT_BY_PATTERN.get(pattern)
        if text is not None:
            return text
    if violation.rule_id in ENUM_RULES:
        enum = _enum_of(message, violation)
        return "use one of " + ", ".join(value.name for value in enum.values if value.number)
    if violation.rule_id == "required":
        return "is missing"
    text = violation.message
    return text if isinstance(text, str) else str(violation.rule_id)


def _enum_of(message: Message, violation: Any) -> EnumDescriptor:
    # The generated descriptors and their C twins have no common type.
    descriptor: Any = message.DESCRIPTOR
    *outer, last = (element.field_name for element in violation.field.elements)
    for name in outer:
        descriptor = descriptor.fields_by_name[name].message_type
    enum: EnumDescriptor = descriptor.fields_by_name[last].enum_type
    return enum
