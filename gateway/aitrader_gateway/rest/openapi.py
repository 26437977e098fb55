"""OpenAPI 3.1 from the same descriptors that serve the requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.rpc import status_pb2

from aitrader_gateway.rest import wellknown
from aitrader_gateway.rest.binding import HTTP_BODY
from aitrader_gateway.rest.comments import comment_on, commented
from aitrader_gateway.rest.descriptors import is_map, type_of
from aitrader_gateway.rest.routes import ANY_METHOD
from aitrader_gateway.rest.schema import Schemas, is_required

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

    from aitrader_gateway.rest.routes import Route

# How deep dotted query parameters are listed; deeper ones work all the same.
_QUERY_DEPTH_MAX = 3
_EVERY_METHOD = ("get", "put", "post", "delete", "patch")
_ERRORS = {
    "400": "The request does not fit, or the present state does not admit it.",
    "401": "The caller is not known.",
    "403": "The caller may not do this.",
    "404": "There is no such thing.",
    "409": "It exists already, or it changed in between.",
    "413": "The body is too large.",
    "429": "Too many requests; come again after `Retry-After` seconds.",
    "503": "The service cannot be reached; try again.",
    "504": "The deadline passed.",
    "default": "Any other gRPC status.",
}
_READS = {"GET", "HEAD"}
_ANSWER_HEADERS = {
    "X-Trace-Id": {"description": "W3C trace id of the call.", "schema": {"type": "string"}},
    "X-AiTrader-Environment": {
        "description": "Environment that the server trades in.",
        "schema": {"type": "string"},
    },
}


def describe(
    routes: Iterable[Route], *, title: str, version: str, lenient: bool = False
) -> dict[str, Any]:
    """Give the document of all routes; unless `lenient`, what bodies hold is all they may hold."""
    schemas = Schemas()
    status = schemas.of_message(status_pb2.Status.DESCRIPTOR)
    paths: dict[str, Any] = {}
    tags: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for route in routes:
        service = route.method.containing_service
        tags.setdefault(service.full_name, commented({"name": service.name}, service.full_name))
        wanted = route.http_method
        # OpenAPI has no word for other methods.
        for verb in (v for v in _EVERY_METHOD if wanted in {ANY_METHOD, v.upper()}):
            counts[route.full_path] = counts.get(route.full_path, 0) + 1
            operation = _operation(route, schemas, counts[route.full_path])
            paths.setdefault(_path(route), {})[verb] = operation
    if not lenient:
        bodies = [o.get("requestBody") for path in paths.values() for o in path.values()]
        schemas.close(bodies)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "tags": list(tags.values()),
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {name: _error(text, status) for name, text in _ERRORS.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{"bearer": []}, {"apiKey": []}],
    }


def _error(text: str, status: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": text,
        "headers": _ANSWER_HEADERS,
        "content": {"application/json": {"schema": status}},
    }


def _path(route: Route) -> str:
    template = route.template
    parts: list[str] = []
    at = 0
    for variable in template.variables:
        parts += [*template.segments[at : variable.start], f"{{{variable.field_path}}}"]
        at = variable.end
    parts += template.segments[at:]
    return "/" + "/".join(parts) + (f":{template.verb}" if template.verb else "")


def _operation(route: Route, schemas: Schemas, number: int) -> dict[str, Any]:
    method = route.method
    service = method.containing_service.name
    operation: dict[str, Any] = {
        "operationId": f"{service}_{method.name}" + (f"_{number}" if number > 1 else ""),
        "summary": _first_sentence(comment_on(method.full_name)) or _words(method.name),
        "tags": [service],
        "parameters": [*_path_parameters(route, schemas), *_query_parameters(route, schemas)],
        "responses": _answers(route, schemas)
        | {name: {"$ref": f"#/components/responses/{name}"} for name in _ERRORS},
    }
    if route.body:
        operation["requestBody"] = _request_body(route, schemas)
    return commented(operation, method.full_name)


def _first_sentence(text: str) -> str:
    """Cut a comment before the next sentence; a stop inside, as in `e.g. 1m`, ends none."""
    return re.split(r"\.\s+(?=[A-Z])", " ".join(text.split()), maxsplit=1)[0].removesuffix(".")


def _words(name: str) -> str:
    """Spell a method's name as a sentence: `CancelAllOrders` as `Cancel all orders`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).capitalize()


def _field_at(message: Descriptor, path: str) -> FieldDescriptor:
    *outer, leaf = path.split(".")
    for name in outer:
        message = type_of(message.fields_by_name[name])
    return message.fields_by_name[leaf]


def _path_parameters(route: Route, schemas: Schemas) -> Iterator[dict[str, Any]]:
    for variable in route.template.variables:
        field = _field_at(route.method.input_type, variable.field_path)
        parameter = _parameter(variable.field_path, "path", field, schemas)
        if variable.several:
            template = route.template
            pieces = zip(
                template.segments[variable.start : variable.end],
                template.wild[variable.start : variable.end],
                strict=True,
            )
            wild = {"*": "[^/]+", "**": ".*"}
            pattern = "/".join(wild[s] if w else re.escape(s) for s, w in pieces)
            parameter["schema"]["pattern"] = f"^{pattern}$"
        yield {**parameter, "required": True}


def _parameter(name: str, where: str, field: FieldDescriptor, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of_field(field)
    # Viewers show what the parameter says; what its schema says would repeat it.
    described = {k: schema.pop(k) for k in ("description",) if k in schema}
    return {"name": name, "in": where, **described, "schema": schema}


def _query_parameters(route: Route, schemas: Schemas) -> Iterator[dict[str, Any]]:
    if route.body == "*":
        return
    bound = {variable.field_path for variable in route.template.variables} | {route.body}
    yield from _flatten(route.method.input_type, "", bound, schemas, _QUERY_DEPTH_MAX)


def _flatten(
    message: Descriptor, prefix: str, bound: set[str], schemas: Schemas, depth: int
) -> Iterator[dict[str, Any]]:
    for field in message.fields:
        path = prefix + field.name
        kind = field.message_type
        if path in bound:
            continue
        if kind is None or wellknown.is_text_like(kind):
            parameter = _parameter(path, "query", field, schemas)
            yield {**parameter, "required": True} if is_required(field) else parameter
        elif is_map(field):
            parameter = _parameter(path, "query", field, schemas)
            yield {**parameter, "style": "deepObject", "explode": True}
        elif depth and not field.is_repeated and not wellknown.is_tree(kind):
            yield from _flatten(kind, f"{path}.", bound, schemas, depth - 1)


def _content(
    message: Descriptor, field_name: str, schemas: Schemas, *, whole: bool
) -> dict[str, Any]:
    field = None if whole else message.fields_by_name[field_name]
    kind = message if field is None else field.message_type
    if kind is not None and kind.full_name == HTTP_BODY:
        return {"*/*": {"schema": {}}}
    schema = schemas.of_message(message) if field is None else schemas.of_field(field)
    return {"application/json": {"schema": schema}}


def _request_body(route: Route, schemas: Schemas) -> dict[str, Any]:
    kind = route.method.input_type
    bound = {variable.field_path for variable in route.template.variables}
    if route.body == "*" and bound & set(kind.fields_by_name):
        # The path says these fields, and what a body says about them is overwritten.
        unbound = schemas.of_fields([f for f in kind.fields if f.name not in bound])
        schema = commented(unbound, kind.full_name)
        return {"content": {"application/json": {"schema": schema}}} | _required(schema)
    content = _content(kind, route.body, schemas, whole=route.body == "*")
    return {"content": content} | _required(schemas.components.get(kind.full_name, {}))


def _required(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True} if schema.get("required") else {}


def _answers(route: Route, schemas: Schemas) -> dict[str, Any]:
    done = _answer(route, schemas)
    if route.http_method in _READS or route.method.server_streaming:
        return {"200": done}
    return {"200": done, "202": {**done, "description": "Taken on; the outcome is not known yet."}}


def _answer(route: Route, schemas: Schemas) -> dict[str, Any]:
    content = _content(
        route.method.output_type, route.response_body, schemas, whole=not route.response_body
    )
    answer = {"description": "OK", "headers": _ANSWER_HEADERS, "content": content}
    media = content.get("application/json")
    if route.method.server_streaming and media is not None:
        line = {
            "type": "object",
            "properties": {
                "result": {**media["schema"], "description": "One message of the stream."},
                "error": {
                    "$ref": f"#/components/schemas/{status_pb2.Status.DESCRIPTOR.full_name}",
                    "description": "Why the stream ends; the last line, and only of a failure.",
                },
            },
        }
        answer["description"] = "One JSON object a line, or server-sent events when accepted."
        answer["content"] = {
            "application/json": {"schema": line},
            "text/event-stream": {"schema": {"type": "string"}},
        }
    return answer
