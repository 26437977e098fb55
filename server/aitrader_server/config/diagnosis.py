"""What is wrong with a value, in words that say what to write instead."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_origin

from pydantic_core import ErrorDetails

from aitrader_server.config.document import KeyPath
from aitrader_server.config.model import Config
from aitrader_server.config.secrecy import may_hold_secret
from aitrader_server.config.section import Section, section_in

SHOWN_CHARS_MAX: Final = 40
_WANTED: Final[Mapping[str, str]] = {
    "int_": "write a whole number",
    "decimal_": "write a decimal number such as 0.02",
    "is_instance_of": "write a decimal number such as 0.02",
    "finite_number": "write a decimal number such as 0.02",
    "bool_": "write true or false",
    "string_type": "write a single value",
    "path_": "write a path",
    "tuple_": "write a list such as [A, B]",
    "model_type": "write `key: value` lines below it",
    "dict_type": "write `key: value` lines below it",
}


def is_echo(error: ErrorDetails, errors: Iterable[ErrorDetails]) -> bool:
    """Whether `error` only follows from another one in `errors`."""
    if error["type"] == "default_factory_not_called":
        return True
    path = error["loc"]
    # A list is short of the items that are wrong by themselves.
    return error["type"] == "too_short" and any(
        len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in errors
    )


def describe(error: ErrorDetails) -> str:
    """One sentence about one error of the model; never repeats what may be a secret."""
    path, kind = error["loc"], error["type"]
    context = error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        return _with_meaning("is missing", path)
    if kind in {"literal_error", "enum"}:
        return f"{_shown(error)} is not known{_choices(str(error['input']), context['expected'])}"
    return _with_meaning(f"{_shown(error)} {_misfit(kind, context, error)}", path)


def _misfit(kind: str, context: Mapping[str, Any], error: ErrorDetails) -> str:
    if kind == "string_pattern_mismatch":
        return f"does not fit{_spelling(error)}"
    if bound := _bound(kind, context):
        return f"is out of bounds, write {bound}"
    wanted = next((words for prefix, words in _WANTED.items() if kind.startswith(prefix)), "")
    return f"does not fit, {wanted}" if wanted else "does not fit"


def _unknown_key(path: KeyPath) -> str:
    known = sorted(_known_keys(path[:-1]))
    near = get_close_matches(str(path[-1]), known, n=1)
    if near:
        return f"unknown key, did you mean {near[0]}?"
    return f"unknown key; known here: {', '.join(known)}"


def _known_keys(path: KeyPath) -> Mapping[str, Any]:
    section = _section(Config, path)
    return {} if section is None else section.model_fields


def _section(section: type[Section], path: KeyPath) -> type[Section] | None:
    """The section at `path`, through lists, names and optional sections."""
    steps = iter(step for step in path if not isinstance(step, int))
    for step in steps:
        field = section.model_fields.get(step)
        found = None if field is None else section_in(field.annotation)
        if field is None or found is None:
            return None
        section = found
        if get_origin(field.annotation) is dict:
            next(steps, None)  # a name that the user chose
    return section


def _with_meaning(message: str, path: KeyPath) -> str:
    """Adds the field's own description, which names unit and bounds."""
    *parents, key = (step for step in path if isinstance(step, str))
    section = _section(Config, tuple(parents))
    field = section.model_fields.get(key) if section else None
    return f"{message} ({field.description})" if field and field.description else message


def _shown(error: ErrorDetails) -> str:
    value = error["input"]
    if may_hold_secret(error["loc"]) and value is not None:
        return "the value"
    match value:
        case None:
            return "an empty value"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            text = str(value)
            return repr(text if len(text) <= SHOWN_CHARS_MAX else text[:SHOWN_CHARS_MAX] + "…")


def _choices(given: str, expected: str) -> str:
    choices = expected.replace("'", "").replace(" or ", ", ").split(", ")
    near = get_close_matches(given.lower(), [choice.lower() for choice in choices], n=1)
    hint = next((f", did you mean {c}?" for c in choices if near and c.lower() == near[0]), ";")
    return f"{hint} write one of {', '.join(choices)}"


def _spelling(error: ErrorDetails) -> str:
    """The spelling that was probably meant, or the pattern that it must have."""
    pattern, given = error["ctx"]["pattern"], error["input"]
    letters = re.sub("[^A-Za-z0-9]", "", given)
    if not may_hold_secret(error["loc"]):
        for near in (given.lower(), given.upper(), letters.lower(), letters.upper()):
            if re.search(pattern, near):
                return f", did you mean {near}?"
    return f", write what matches {pattern}"


def _bound(kind: str, context: Mapping[str, Any]) -> str:
    """`at most 1`, `at least 1 items`; empty when the error is not about a bound."""
    words = {"ge": "at least", "min_length": "at least", "le": "at most", "max_length": "at most"}
    counted = "characters" if kind.startswith("string") else "items"
    for key, word in words.items():
        if key in context:
            return f"{word} {context[key]}" + (f" {counted}" if key.endswith("length") else "")
    return ""
