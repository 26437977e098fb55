"""JSON Schema of messages as the codec reads and writes them, with the rules of their fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor

from aitrader_gateway.rest import wellknown
from aitrader_gateway.rest.comments import comment_on, commented
from aitrader_gateway.rest.descriptors import enum_of, is_map, map_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import Descriptor, EnumDescriptor

_SCALARS: dict[int, dict[str, Any]] = {
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_INT64: {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
}
_BYTES = {"type": "string", "contentEncoding": "base64"}
_KNOWN: dict[str, dict[str, Any]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {
        "type": "string",
        "description": "Field paths in lowerCamelCase, separated by commas.",
    },
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.ListValue": {"type": "array"},
    "google.protobuf.Value": {},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {
            "@type": {"type": "string", "description": "URL that names the message's type."}
        },
        "required": ["@type"],
        "additionalProperties": True,
    },
}
_BOUNDS = {
    "lt": "exclusiveMaximum",
    "lte": "maximum",
    "gt": "exclusiveMinimum",
    "gte": "minimum",
}
_COMPONENTS = "#/components/schemas/"
_NUMERIC_RULES = {"double", "int32", "uint32"}


class Schemas:
    """Collects one component for each message and enum that is mentioned."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}

    def of_message(self, message: Descriptor) -> dict[str, Any]:
        """Give the schema of a message, by reference unless it is well known."""
        if message.full_name in _KNOWN:
            return dict(_KNOWN[message.full_name])
        if wellknown.is_wrapper(message):
            return self._scalar(message.fields_by_name["value"])
        if message.full_name not in self.components:
            component: dict[str, Any] = {}
            self.components[message.full_name] = component
            component |= commented(self.of_fields(message.fields), message.full_name)
        return {"$ref": f"{_COMPONENTS}{message.full_name}"}

    def of_fields(self, fields: Iterable[FieldDescriptor]) -> dict[str, Any]:
        """Give the schema of an object of some fields."""
        listed = list(fields)
        schema = {"type": "object", "properties": {f.name: self.of_field(f) for f in listed}}
        required = [f.name for f in listed if is_required(f)]
        return {**schema, "required": required} if required else schema

    def close(self, part: Any) -> None:
        """Forbid unknown fields in every message that `part` of a document leads to."""
        waiting = [part]
        seen: set[str] = set()
        while waiting:
            at = waiting.pop()
            if isinstance(at, list):
                waiting += at
            elif isinstance(at, dict):
                if at.get("type") == "object" and "properties" in at:
                    at.setdefault("additionalProperties", False)
                name = str(at.get("$ref", "")).removeprefix(_COMPONENTS)
                if name in self.components and name not in seen:
                    seen.add(name)
                    waiting.append(self.components[name])
                waiting += at.values()

    def of_field(self, field: FieldDescriptor) -> dict[str, Any]:
        """Give the schema of a field's value, with the field's comment."""
        return commented(self._value(field), field.full_name)

    def _value(self, field: FieldDescriptor) -> dict[str, Any]:
        rules = _rules(field)
        if is_map(field):
            value = self.of_field(map_entry(field)[1])
            return {"type": "object", "additionalProperties": value}
        if field.is_repeated:
            items = self._one(field) | _constraints(rules.repeated.items)
            bounds = {"minItems": "min_items", "maxItems": "max_items"}
            found = {k: getattr(rules.repeated, n) for k, n in bounds.items()}
            present = {k: v for k, v in found.items() if rules.repeated.HasField(bounds[k])}
            return {"type": "array", "items": items, **present}
        schema = self._one(field)
        if field.message_type is None:
            schema |= _constraints(rules)
        return _nullable(schema) if field.has_presence and not is_required(field) else schema

    def _one(self, field: FieldDescriptor) -> dict[str, Any]:
        if field.message_type is not None:
            return self.of_message(field.message_type)
        return self._scalar(field)

    def _scalar(self, field: FieldDescriptor) -> dict[str, Any]:
        if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
            return self._enum(enum_of(field))
        return dict(
            _BYTES if field.type == FieldDescriptor.TYPE_BYTES else _SCALARS[field.cpp_type]
        )

    def _enum(self, enum: EnumDescriptor) -> dict[str, Any]:
        names = [value.name for value in enum.values]
        schema = commented({"type": "string", "enum": names}, enum.full_name)
        meanings = {name: comment_on(f"{enum.full_name}.{name}") for name in names}
        # A Markdown list, which readers of the document render.
        listed = "\n".join(f"- {name}: {meaning}" for name, meaning in meanings.items() if meaning)
        if listed:
            schema["description"] = f"{schema.get('description', '')}\n\n{listed}".lstrip()
        self.components[enum.full_name] = schema
        return {"$ref": f"{_COMPONENTS}{enum.full_name}"}


def is_required(field: FieldDescriptor) -> bool:
    """Tell the fields whose rules do not admit their empty value."""
    rules = _rules(field)
    if rules.required or rules.repeated.min_items or rules.string.min_len:
        return True
    if 0 in rules.enum.not_in:
        return True
    return rules.string.HasField("pattern") and not re.search(rules.string.pattern, "")


def _rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    options: Any = field.GetOptions()
    found: validate_pb2.FieldRules = options.Extensions[validate_pb2.field]
    return found


def _constraints(rules: validate_pb2.FieldRules) -> dict[str, Any]:
    found: dict[str, Any] = {}
    kind = rules.WhichOneof("type")
    if kind == "string":
        names = {"pattern": "pattern", "min_len": "minLength", "max_len": "maxLength"}
        found = {
            word: getattr(rules.string, name)
            for name, word in names.items()
            if rules.string.HasField(name)
        }
    elif kind in _NUMERIC_RULES:
        found = {
            _BOUNDS[limit.name]: value
            for limit, value in getattr(rules, kind).ListFields()
            if limit.name in _BOUNDS
        }
    return found


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema
