"""Where the configuration points at a secret: `scheme:place`, or `scheme:place#field`."""

from typing import Final

import msgspec

from aitrader_server.errors import SecretError

# A name of a file may have a `#` in it, and a variable is one value.
WHOLE: Final = frozenset({"env", "file"})
FIELDS_ONLY: Final = frozenset({"vault"})


class Reference(msgspec.Struct, frozen=True):
    """`field` is one of a JSON object's, or empty for the whole text."""

    scheme: str
    place: str
    field: str = ""


def parse(text: str) -> Reference:
    """The parts of a reference that the configuration has found well formed."""
    scheme, _, place = text.partition(":")
    if scheme in WHOLE:
        return Reference(scheme, place)
    place, _, field = place.partition("#")
    return Reference(scheme, place, field)


def pick(text: str, reference: Reference) -> str:
    """What a reference means of the text kept at its place.

    Raises SecretError, without a word of the text, when that is nothing.
    """
    place, field = reference.place, reference.field
    if reference.scheme in FIELDS_ONLY and not field:
        known = ", ".join(sorted(_fields(text, reference))) or "none"
        raise SecretError(f"{place} has fields; write {place}#field of: {known}", lasting=True)
    value = _fields(text, reference).get(field) if field else text
    if not isinstance(value, str) or not value:
        what = f"no text in the field {field} of {place}" if field else f"{place} is empty"
        raise SecretError(f"{what}; put the secret there", lasting=True)
    return value


def _fields(text: str, reference: Reference) -> dict[str, object]:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        # Its own words could show a piece of the secret.
        fields = None
    if not isinstance(fields, dict):
        problem = f"{reference.place} holds no JSON object; leave #{reference.field} out"
        raise SecretError(problem, lasting=True)
    return fields
