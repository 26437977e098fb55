"""Path variables and query parameters to message fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from aitrader_gateway.rest import json_text, scalars, wellknown
from aitrader_gateway.rest.descriptors import descriptor_of, is_map, look_up, map_entry, oneof_of
from aitrader_gateway.rest.errors import FieldFault

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

PARAMETERS_MAX = 1000

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MAP_KEY = re.compile(r"(?P<field>[^\[\]]+)\[(?P<key>.*)\]\Z", re.DOTALL)
_GO_DURATION = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s|us|µs|ns))+\Z")
_GO_DURATION_PART = re.compile(r"([0-9]+)(?:\.([0-9]+))?(h|ms|m|s|us|µs|ns)")
_NANOS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "µs": 1_000,
    "ns": 1,
}


def parse_query(text: str) -> dict[str, list[str]]:
    """Split a query string into values by name, in their order.

    Raises:
        FieldFault: A broken escape, text that is not UTF-8, more than PARAMETERS_MAX values.
    """
    found: dict[str, list[str]] = {}
    if not text:
        return found
    pairs = text.split("&")
    if len(pairs) > PARAMETERS_MAX:
        raise FieldFault(f"more than {PARAMETERS_MAX} query parameters")
    for pair in pairs:
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(_decode(name), []).append(_decode(value))
    return found


def _decode(text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise FieldFault(f"the query holds a broken percent escape: {text!r}")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise FieldFault(f"the query does not decode to UTF-8: {text!r}") from None


def bind_text(message: Message, field_path: str, values: list[str]) -> str:
    """Set the field at a dotted path from texts; give the path in proto names.

    Raises:
        FieldFault: The texts do not fit the field.
    """
    keyed = _MAP_KEY.match(field_path)
    names = (keyed["field"] if keyed else field_path).split(".")
    spelled: list[str] = []
    try:
        target = _descend(message, names[:-1], spelled)
        field = _find(descriptor_of(target), names[-1])
        spelled.append(field.name)
        if keyed:
            _set_entry(target, field, keyed["key"], values)
        else:
            _set(target, field, values)
    except FieldFault as fault:
        raise FieldFault(fault.description, *(spelled or names)) from None
    return ".".join(spelled)


def _descend(message: Message, names: list[str], spelled: list[str]) -> Message:
    """Walk down to the message that holds the leaf, making it present on the way."""
    for name in names:
        field = _find(descriptor_of(message), name)
        spelled.append(field.name)
        if field.message_type is None or field.is_repeated:
            raise FieldFault("is not a message")
        _check_oneof(message, field)
        message = getattr(message, field.name)
        message.SetInParent()
    return message


def find_path(message: Descriptor, field_path: str) -> str | None:
    """Give a dotted path in proto names, or None when it names no field."""
    spelled: list[str] = []
    at: Descriptor | None = message
    for name in field_path.partition("[")[0].split("."):
        found = look_up(at, name)
        if found is None:
            return None
        spelled.append(found.name)
        at = found.message_type
    return ".".join(spelled)


def _find(message: Descriptor, name: str) -> FieldDescriptor:
    found = look_up(message, name)
    # Names of a query are looked up before they are bound, those of a path at startup.
    assert found is not None, f"{message.full_name} has no field {name!r}"
    return found


def _check_oneof(target: Message, field: FieldDescriptor) -> None:
    oneof = oneof_of(field)
    if oneof:
        rival = target.WhichOneof(oneof)
        if rival not in {None, field.name}:
            raise FieldFault(f"cannot stand beside {rival}: give one of them")


def _set(target: Message, field: FieldDescriptor, values: list[str]) -> None:
    if is_map(field):
        raise FieldFault(f"is a map: write {field.name}[key]=value")
    if field.is_repeated:
        _set_all(target, field, values)
        return
    if len(values) != 1:
        raise FieldFault(f"takes one value, not {len(values)}")
    _check_oneof(target, field)
    if field.message_type is None:
        setattr(target, field.name, scalars.text_reader(field)(values[0]))
    else:
        child = getattr(target, field.name)
        child.Clear()
        child.SetInParent()
        _fill(child, values[0])


def _set_all(target: Message, field: FieldDescriptor, values: list[str]) -> None:
    listed = getattr(target, field.name)
    if field.message_type is None:
        read = scalars.text_reader(field)
        listed.extend([read(value) for value in values])
    else:
        for value in values:
            _fill(listed.add(), value)


def _set_entry(target: Message, field: FieldDescriptor, key: str, values: list[str]) -> None:
    if not is_map(field):
        raise FieldFault("is not a map")
    if len(values) != 1:
        raise FieldFault(f"takes one value for the key {key!r}, not {len(values)}")
    key_field, value_field = map_entry(field)
    entries = getattr(target, field.name)
    place = scalars.text_reader(key_field)(key)
    if value_field.message_type is None:
        entries[place] = scalars.text_reader(value_field)(values[0])
    else:
        _fill(entries[place], values[0])


def _fill(child: Any, text: str) -> None:
    kind = descriptor_of(child)
    if wellknown.is_wrapper(kind):
        child.value = scalars.text_reader(kind.fields_by_name["value"])(text)
    elif kind.full_name == "google.protobuf.FieldMask":
        child.paths.extend(_snake(path) for path in text.split(",") if path)
    elif kind.full_name == "google.protobuf.Duration" and _GO_DURATION.match(text):
        child.FromNanoseconds(_duration_ns(text))
    elif wellknown.is_text(kind):
        wellknown.read_known(child, text)
    elif wellknown.is_tree(kind):
        wellknown.read_known(child, json_text.loads(text.encode()))
    else:
        raise FieldFault(f"is a message: name its fields, e.g. {_example(kind)}")


def _example(kind: Descriptor) -> str:
    return f".{kind.fields[0].name}" if kind.fields else "none"


def _snake(path: str) -> str:
    return re.sub(r"[A-Z]", lambda upper: "_" + upper.group().lower(), path)


def _duration_ns(text: str) -> int:
    total = 0
    for whole, fraction, unit in _GO_DURATION_PART.findall(text):
        scale = _NANOS[unit]
        total += int(whole) * scale
        if fraction:
            total += int(fraction) * scale // 10 ** len(fraction)
    return -total if text.startswith("-") else total


def mask_paths(message: Message, value: Any, prefix: str = "") -> list[str]:
    """List the fields that a JSON object names, down to the leaves, as a FieldMask does."""
    paths: list[str] = []
    for key, item in value.items():
        field = look_up(descriptor_of(message), key)
        if field is None:
            continue
        kind = field.message_type
        path = prefix + field.name
        nested = type(item) is dict and item and not field.is_repeated
        if nested and kind is not None and not wellknown.is_leaf(kind):
            paths += mask_paths(getattr(message, field.name), item, f"{path}.")
        else:
            paths.append(path)
    return paths
