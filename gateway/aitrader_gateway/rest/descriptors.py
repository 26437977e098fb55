"""Questions to descriptors that their classes do not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
    from google.protobuf.message import Message


def descriptor_of(message: Message) -> Descriptor:
    """Give a message's descriptor, whichever implementation made it."""
    return cast("Descriptor", message.DESCRIPTOR)


def type_of(field: FieldDescriptor) -> Descriptor:
    """Give the message type of a field that has one."""
    assert field.message_type is not None
    return field.message_type


def enum_of(field: FieldDescriptor) -> EnumDescriptor:
    """Give the enum of a field that has one."""
    assert field.enum_type is not None
    return field.enum_type


def is_map(field: FieldDescriptor) -> bool:
    """Tell a map from a list."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def map_entry(field: FieldDescriptor) -> tuple[FieldDescriptor, FieldDescriptor]:
    """Give the key and the value of a map field."""
    entry = type_of(field).fields_by_name
    return entry["key"], entry["value"]


def oneof_of(field: FieldDescriptor) -> str:
    """Name the oneof that a field is written in; empty for none.

    A proto3 optional does not count, though protobuf wraps it in a oneof of its own.
    """
    oneof = field.containing_oneof
    if oneof is None or (len(oneof.fields) == 1 and oneof.name == f"_{field.name}"):
        return ""
    return oneof.name


def look_up(message: Descriptor | None, name: str) -> FieldDescriptor | None:
    """Find a field by either of its names."""
    if message is None:
        return None
    found = message.fields_by_name.get(name)
    if found is not None:
        return found
    return next((field for field in message.fields if field.json_name == name), None)
