"""Path templates of `google.api.HttpRule`: parse and bind.

Template = "/" Segments [ ":" Verb ]    Segments = Segment { "/" Segment }
Segment  = "*" | "**" | Literal | "{" FieldPath [ "=" Segments ] "}"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from aitrader_gateway.rest.errors import FieldFault, TemplateError

ANY = "*"
REST = "**"

_FIELD_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_LITERAL = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()+,;=@]|%[0-9A-Fa-f]{2})+\Z")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# A variable of several segments keeps the escapes of the reserved characters of RFC 6570:
# decoding an escaped slash would move the borders between its segments.
_RESERVED_ESCAPE = re.compile(r"(%(?:2[1346789ABCF]|3[ABDF]|40|5[BD]))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variable:
    """A field bound to the segments `start` to `end` of the template."""

    field_path: str
    start: int
    end: int
    several: bool


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template; `segments` holds decoded literals, `*` and `**`."""

    text: str
    segments: tuple[str, ...]
    wild: tuple[bool, ...]
    verb: str
    variables: tuple[Variable, ...]

    @property
    def literal(self) -> bool:
        """True when the template has no wildcard."""
        return not any(self.wild)

    def bind(self, path: tuple[str, ...]) -> dict[str, str]:
        """Cut the variables out of the raw segments of a path that matched."""
        if not self.variables:
            return {}
        starts = [0]
        stretch = len(path) - len(self.segments)
        for segment, wild in zip(self.segments, self.wild, strict=True):
            width = 1 + stretch if wild and segment == REST else 1
            starts.append(starts[-1] + width)
        return {
            variable.field_path: unescape(
                "/".join(path[starts[variable.start] : starts[variable.end]]),
                several=variable.several,
            )
            for variable in self.variables
        }


def unescape(text: str, *, several: bool = False) -> str:
    """Decode percent escapes once; of `several` segments all but the reserved characters.

    Raises:
        FieldFault: An escape is broken or does not decode to UTF-8.
    """
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise FieldFault(f"the path holds a broken percent escape: {text!r}")
    parts = _RESERVED_ESCAPE.split(text) if several else [text]
    try:
        return "".join(
            part if several and i % 2 else unquote_to_bytes(part).decode("utf-8")
            for i, part in enumerate(parts)
        )
    except UnicodeDecodeError:
        raise FieldFault(f"the path does not decode to UTF-8: {text!r}") from None


def parse_template(text: str) -> Template:
    """Parse one template.

    Raises:
        TemplateError: It breaks the grammar, repeats a variable or has a wildcard after `**`.
    """
    if not text.startswith("/"):
        raise TemplateError(f"{text!r} does not start with a slash")
    body, verb = _split_verb(text)
    segments: list[str] = []
    wild: list[bool] = []
    variables: list[Variable] = []
    for piece in _split_segments(body, text) if body else ():
        if piece.startswith("{"):
            variables.append(_parse_variable(piece, segments, wild, text))
        else:
            _parse_segment(piece, segments, wild, text)
    names = [v.field_path for v in variables]
    if len(set(names)) != len(names):
        raise TemplateError(f"{text!r} binds a field twice")
    deep = [w and s == REST for s, w in zip(segments, wild, strict=True)]
    if True in deep and any(wild[deep.index(True) + 1 :]):
        raise TemplateError(f"{text!r} has a wildcard after **")
    return Template(text, tuple(segments), tuple(wild), verb, tuple(variables))


def _split_verb(text: str) -> tuple[str, str]:
    tail = max(text.rfind("/"), text.rfind("}"))
    colon = text.find(":", tail + 1)
    if colon < 0:
        return text[1:], ""
    verb = text[colon + 1 :]
    if not _LITERAL.match(verb):
        raise TemplateError(f"{text!r} has a bad verb")
    return text[1:colon], unquote_to_bytes(verb).decode("utf-8")


def _split_segments(body: str, text: str) -> list[str]:
    if body.count("{") != body.count("}"):
        raise TemplateError(f"{text!r} has unbalanced braces")
    pieces: list[str] = []
    rest = body
    while True:
        end = rest.find("}") + 1 if rest.startswith("{") else rest.find("/")
        if end < 0 or end == len(rest):
            return [*pieces, rest]
        if rest[end] != "/":
            raise TemplateError(f"{text!r} has text beside a variable")
        pieces.append(rest[:end])
        rest = rest[end + 1 :]


def _parse_variable(piece: str, segments: list[str], wild: list[bool], text: str) -> Variable:
    field_path, given, pattern = piece[1:-1].partition("=")
    if not piece.endswith("}") or not _FIELD_PATH.match(field_path):
        raise TemplateError(f"{text!r} has a bad variable {piece!r}")
    start = len(segments)
    for part in pattern.split("/") if given else (ANY,):
        _parse_segment(part, segments, wild, text)
    several = len(segments) - start > 1 or (wild[start] and segments[start] == REST)
    return Variable(field_path, start, len(segments), several)


def _parse_segment(piece: str, segments: list[str], wild: list[bool], text: str) -> None:
    if piece in (ANY, REST):
        segments.append(piece)
        wild.append(True)
    elif _LITERAL.match(piece):
        segments.append(unquote_to_bytes(piece).decode("utf-8"))
        wild.append(False)
    else:
        raise TemplateError(f"{text!r} has a bad segment {piece!r}")
