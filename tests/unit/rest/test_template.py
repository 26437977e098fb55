from __future__ import annotations

from urllib.parse import quote

import pytest
from aitrader_gateway.rest.errors import FieldFault, TemplateError
from aitrader_gateway.rest.template import parse_template, unescape
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1/x",
        "/v1//x",
        "/v1/x/",
        "/v1/{x",
        "/v1/x}",
        "/v1/{}",
        "/v1/{x=}",
        "/v1/{x={y}}",
        "/v1/{x}y",
        "/v1/y{x}",
        "/v1/{x}/{x}",
        "/v1/{x=**}/{y=**}",
        "/v1/**/*",
        "/v1/**/x/*",
        "/v1/{x=**}/{y}",
        "/v1/***",
        "/v1/{1x}",
        "/v1/{x..y}",
        "/v1/{x.}",
        "/v1/a b",
        "/v1/a?b",
        "/v1/x:",
        "/v1/x:a/b",
        "/v1/x:a:b",
        "/v1/%zz",
    ],
)
def test_a_template_outside_the_grammar_is_refused(text):
    with pytest.raises(TemplateError):
        parse_template(text)


@pytest.mark.parametrize(
    ("text", "segments", "variables", "verb"),
    [
        ("/", (), {}, ""),
        ("/v1", ("v1",), {}, ""),
        ("/v1/*/**", ("v1", "*", "**"), {}, ""),
        ("/v1/{x}", ("v1", "*"), {"x": (1, 2, False)}, ""),
        ("/v1/{x=*}:go", ("v1", "*"), {"x": (1, 2, False)}, "go"),
        ("/v1/{a.b=x/*/y/**}", ("v1", "x", "*", "y", "**"), {"a.b": (1, 5, True)}, ""),
        ("/v1/{x=**}:go", ("v1", "**"), {"x": (1, 2, True)}, "go"),
        ("/v1/{x=lit}", ("v1", "lit"), {"x": (1, 2, False)}, ""),
        ("/v1/{x}/z/{y.z}", ("v1", "*", "z", "*"), {"x": (1, 2, False), "y.z": (3, 4, False)}, ""),
        ("/v1/caf%C3%A9", ("v1", "café"), {}, ""),
    ],
)
def test_a_template_is_read_into_segments_variables_and_verb(text, segments, variables, verb):
    template = parse_template(text)
    assert template.segments == segments
    assert {v.field_path: (v.start, v.end, v.several) for v in template.variables} == variables
    assert template.verb == verb


@pytest.mark.parametrize(
    ("raw", "one", "several"),
    [
        ("a%20b", "a b", "a b"),
        ("a%2Fb", "a/b", "a%2Fb"),
        ("a%2fb", "a/b", "a%2fb"),
        ("a%3Ab%40c", "a:b@c", "a%3Ab%40c"),
        ("100%25", "100%", "100%"),
        ("%252F", "%2F", "%2F"),
        ("%C3%A9", "é", "é"),
        ("a+b", "a+b", "a+b"),
    ],
)
def test_one_segment_is_decoded_whole_and_several_keep_reserved_characters(raw, one, several):
    assert unescape(raw) == one
    assert unescape(raw, several=True) == several


@pytest.mark.parametrize("raw", ["%", "%2", "%zz", "a%", "%ff", "%C3", "%C3%28"])
def test_a_broken_escape_is_a_fault_of_the_caller(raw):
    with pytest.raises(FieldFault):
        unescape(raw)


def expand(template, values):
    """Build a path from variable values: the inverse of binding."""
    parts, at = [], 0
    for variable in template.variables:
        parts += template.segments[at : variable.start]
        parts.append(quote(values[variable.field_path], safe="/" if variable.several else ""))
        at = variable.end
    parts += template.segments[at:]
    return "/" + "/".join(parts) + (f":{template.verb}" if template.verb else "")


segment = st.text(min_size=1, max_size=12).filter(lambda s: s.isprintable())
TEMPLATES = ["/v1/{a}", "/v1/{a}/x/{b}:go", "/{a}/{b=**}", "/v1/{a=p/*}/{b=q/*/r/**}:run"]


@given(st.sampled_from(TEMPLATES), st.data())
def test_what_is_expanded_binds_back(text, data):
    template = parse_template(text)
    values = {}
    for variable in template.variables:
        parts = []
        for part, wild in zip(
            template.segments[variable.start : variable.end],
            template.wild[variable.start : variable.end],
            strict=True,
        ):
            free = data.draw(segment)
            if variable.several:
                # Reserved characters travel escaped in a variable of several segments.
                free = "".join(c for c in free if c.isalnum()) or "s"
            parts.append(free if wild else part)
        values[variable.field_path] = "/".join(parts)

    path = expand(template, values)
    inner = path[1:].removesuffix(f":{template.verb}") if template.verb else path[1:]

    assert template.bind(tuple(inner.split("/"))) == values
