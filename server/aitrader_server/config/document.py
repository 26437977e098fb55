"""YAML text to plain values with the line of each; scalars stay text, so `0.02` stays exact.

Nothing is constructed from tags, and anchors are refused: a value is what its line says.
"""

from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

TEXT_CHARS_MAX: Final = 100_000
DEPTH_MAX: Final = 20
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    """`risk.symbols[2]` for ("risk", "symbols", 2)."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written; `line` counts from 1, 0 when there are no lines."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend."""

    place: Place
    path: KeyPath
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.place), dotted(self.path), self.message)))


@dataclass(slots=True)
class Layer:
    """What one source says: nested values, the place of every key, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_broken: bool = False


class _BoundedLoader(yaml.BaseLoader):
    """Refuses what could make a small file a large or endless tree."""

    _depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._depth += 1
        if self.check_event(AliasEvent):
            self._refuse("aliases are not supported; repeat the value")
        if self._depth > DEPTH_MAX:
            self._refuse(f"nested deeper than {DEPTH_MAX} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refuse(self, problem: str) -> NoReturn:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # stub without types
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def read_text(text: str, source: str) -> Layer:
    """The layer of a whole file; a file that is not YAML gives a broken layer."""
    layer = Layer()
    value = _read(text, Place(source, 1), (), layer)
    if isinstance(value, dict):
        layer.values = value
    elif value is not None and not layer.is_broken:
        layer.problems.append(Problem(Place(source, 1), (), "write `key: value` lines"))
        layer.is_broken = True
    return layer


def read_value(text: str, path: KeyPath, source: str) -> Layer:
    """The layer of one override, whose value is YAML text."""
    layer = Layer()
    value = _read(text, Place(source), path, layer)
    for step in reversed(path):
        value = {step: value}
    layer.values = value
    for length in range(1, len(path) + 1):
        layer.places[path[:length]] = Place(source)
    return layer


def _read(text: str, start: Place, path: KeyPath, layer: Layer) -> Any:
    if len(text) > TEXT_CHARS_MAX:
        layer.problems.append(Problem(start, path, f"longer than {TEXT_CHARS_MAX} characters"))
        layer.is_broken = True
        return None
    try:
        node = yaml.compose(text, Loader=_BoundedLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(start.source, mark.line + 1 if mark and start.line else 0)
        layer.problems.append(Problem(place, path, f"not valid YAML: {error.problem}"))
    except yaml.YAMLError as error:
        layer.problems.append(Problem(start, path, f"not valid YAML: {error}"))
    else:
        return None if node is None else _Builder(start, layer).build(node, path)
    layer.is_broken = True
    return None


class _Builder:
    """Walks a tree of nodes into plain values, noting places and duplicate keys."""

    def __init__(self, start: Place, layer: Layer) -> None:
        self._start = start
        self._layer = layer

    def build(self, node: Node, path: KeyPath) -> Any:
        if path:
            self._layer.places[path] = self._place(node)
        if isinstance(node, MappingNode):
            return self._build_mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return None if node.style is None and node.value in NULLS else node.value

    def _build_mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, ScalarNode):
                self._complain(place, path, "a key must be a word")
                continue
            key = key_node.value
            here = (*path, key)
            if key in values:
                first = self._layer.places[here]
                self._complain(place, here, f"written twice, first on line {first.line}")
                continue
            values[key] = self.build(value_node, here)
            # A value may start below its key; people look for the key.
            self._layer.places[here] = place
        return values

    def _place(self, node: Node) -> Place:
        return Place(self._start.source, node.start_mark.line + 1 if self._start.line else 0)

    def _complain(self, place: Place, path: KeyPath, message: str) -> None:
        self._layer.problems.append(Problem(place, path, message))
