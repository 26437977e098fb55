"""The route table: which method answers which HTTP method and path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from google.api import annotations_pb2, http_pb2

from aitrader_gateway.rest.errors import RouteError
from aitrader_gateway.rest.template import ANY, Template, parse_template, unescape
from aitrader_gateway.rest.wellknown import is_text_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor import (
        Descriptor,
        FieldDescriptor,
        MethodDescriptor,
        ServiceDescriptor,
    )

ANY_METHOD = "*"


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP binding of one RPC."""

    http_method: str
    template: Template
    method: MethodDescriptor
    body: str
    response_body: str

    @property
    def full_path(self) -> str:
        """The RPC's path on the wire."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the variables that the path gave it."""

    route: Route
    variables: dict[str, str]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    rest: _Node | None = None
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)

    def child(self, segment: str, *, wild: bool) -> _Node:
        if not wild:
            return self.literals.setdefault(segment, _Node())
        if segment == ANY:
            self.any = self.any or _Node()
            return self.any
        self.rest = self.rest or _Node()
        return self.rest

    def reach(self, path: tuple[str, ...], plain: tuple[str, ...], at: int) -> Iterator[_Node]:
        """Yield the nodes where the path can end, the most literal first."""
        if at == len(path):
            yield self
        elif (literal := self.literals.get(plain[at])) is not None:
            yield from literal.reach(path, plain, at + 1)
        if at < len(path) and path[at] and self.any is not None:
            yield from self.any.reach(path, plain, at + 1)
        if self.rest is not None:
            # The shortest first: what ** leaves over is matched by literals, which say more.
            for end in range(at, len(path) + 1):
                yield from self.rest.reach(path, plain, end)


class RouteTable:
    """All routes of some services; literal segments beat `*`, `*` beats `**`."""

    def __init__(self, services: Iterable[ServiceDescriptor]) -> None:
        self.routes: list[Route] = []
        self._root = _Node()
        self._verbs: set[str] = set()
        self.literal: dict[tuple[str, str], Match] = {}
        for service in services:
            for method in service.methods:
                for route in _routes_of(method):
                    self._add(route)

    def find(self, http_method: str, path: str) -> Match | None:
        """Find the best route, or None.

        Raises:
            FieldFault: The path holds an escape that does not decode.
        """
        match = self.literal.get((http_method, path))
        return match if match is not None else self._search(http_method, path)

    def allowed(self, path: str) -> list[str]:
        """HTTP methods that some route takes for the path, sorted; empty for an unknown path."""
        found = {
            method for node, verb in self._ends(path) for method, v in node.routes if v == verb
        }
        return sorted(found)

    def _search(self, http_method: str, path: str) -> Match | None:
        for wanted in (http_method, ANY_METHOD):
            for node, verb in self._ends(path):
                route = node.routes.get((wanted, verb))
                if route is not None:
                    return Match(route, route.template.bind(_segments(path, verb)))
        return None

    def _ends(self, path: str) -> Iterator[tuple[_Node, str]]:
        if not path.startswith("/"):
            return
        verb = path[path.rfind("/") :].rpartition(":")[2]
        verbs = (verb, "") if verb in self._verbs else ("",)
        for candidate in verbs:
            raw = _segments(path, candidate)
            plain = tuple(unescape(segment) for segment in raw)
            for node in self._root.reach(raw, plain, 0):
                yield node, candidate

    def _add(self, route: Route) -> None:
        node = self._root
        template = route.template
        for segment, wild in zip(template.segments, template.wild, strict=True):
            node = node.child(segment, wild=wild)
        key = (route.http_method, template.verb)
        if (rival := node.routes.get(key)) is not None:
            raise RouteError(
                f"{route.http_method} {template.text} of {route.method.full_name} repeats "
                f"{rival.template.text} of {rival.method.full_name}"
            )
        node.routes[key] = route
        self.routes.append(route)
        if template.verb:
            self._verbs.add(template.verb)
        if template.literal and route.http_method != ANY_METHOD:
            self.literal[route.http_method, template.text] = Match(route, {})


def _segments(path: str, verb: str) -> tuple[str, ...]:
    inner = path[1 : -len(verb) - 1] if verb else path[1:]
    return tuple(inner.split("/")) if inner else ()


def _routes_of(method: MethodDescriptor) -> Iterator[Route]:
    options = method.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return
    rule = options.Extensions[annotations_pb2.http]
    if method.client_streaming:
        raise RouteError(f"{method.full_name} streams requests and cannot have an HTTP annotation")
    yield _route(method, rule)
    for additional in rule.additional_bindings:
        if additional.additional_bindings:
            raise RouteError(f"{method.full_name} nests additional_bindings")
        yield _route(method, additional)


def _route(method: MethodDescriptor, rule: http_pb2.HttpRule) -> Route:
    kind = rule.WhichOneof("pattern")
    if kind is None:
        raise RouteError(f"{method.full_name} has an HTTP annotation without a path")
    if kind == "custom":
        http_method, path = rule.custom.kind.upper(), rule.custom.path
    else:
        http_method, path = kind.upper(), getattr(rule, kind)
    template = parse_template(path)
    where = f"{method.full_name}: {path}"
    for variable in template.variables:
        _check_variable(where, method.input_type, variable.field_path)
    if rule.body not in {"", "*"}:
        _named(where, method.input_type, rule.body)
        if any(v.field_path == rule.body for v in template.variables):
            raise RouteError(f"{where}: {rule.body!r} is bound by the path and by the body")
    if rule.response_body:
        _named(where, method.output_type, rule.response_body)
    return Route(http_method, template, method, rule.body, rule.response_body)


def _named(where: str, message: Descriptor, name: str) -> FieldDescriptor:
    found = message.fields_by_name.get(name)
    if found is None:
        raise RouteError(f"{where}: {message.full_name} has no field {name!r}")
    return found


def _check_variable(where: str, message: Descriptor, field_path: str) -> None:
    *outer, leaf = field_path.split(".")
    for name in outer:
        parent = _named(where, message, name)
        if parent.message_type is None or parent.is_repeated:
            raise RouteError(f"{where}: {name!r} of {field_path!r} is not a message")
        message = parent.message_type
    found = _named(where, message, leaf)
    if found.is_repeated:
        raise RouteError(f"{where}: {field_path!r} is repeated and cannot stand in a path")
    if found.message_type is not None and not is_text_like(found.message_type):
        raise RouteError(f"{where}: {field_path!r} is a message and cannot stand in a path")
