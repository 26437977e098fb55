from __future__ import annotations

import pytest
from aitrader_gateway.rest.errors import FieldFault, RouteError, TemplateError
from aitrader_gateway.rest.routes import RouteTable


@pytest.fixture(scope="session")
def table(zoo):
    return RouteTable([zoo.service])


@pytest.mark.parametrize(
    ("http_method", "path", "rpc", "variables"),
    [
        ("GET", "/v1/shelves/1/animals/2", "GetAnimal", {"name": "shelves/1/animals/2"}),
        ("GET", "/v1/shelves/a%2Fb/animals/2", "GetAnimal", {"name": "shelves/a%2Fb/animals/2"}),
        ("GET", "/v1/animals/a%2Fb", "GetAnimal", {"name": "a/b"}),
        ("GET", "/v1/animals/a:b", "GetAnimal", {"name": "a:b"}),
        ("GET", "/v1/animals/lookup", "GetAnimal", {"name": "lookup"}),
        ("POST", "/v1/animals:lookup", "GetAnimal", {}),
        ("GET", "/v1/animals", "FindAnimals", {}),
        ("GET", "/v1/%61nimals", "FindAnimals", {}),
        ("DELETE", "/v1/animals/x", "DeleteAnimal", {"name": "x"}),
        ("PURGE", "/v1/animals/x", "Purge", {"name": "x"}),
        ("LOCK", "/v1/any/x", "AnyMethod", {"name": "x"}),
        ("GET", "/v1/files/a/b/c", "ReadFile", {"name": "a/b/c"}),
        ("GET", "/v1/files/a%20b/c", "ReadFile", {"name": "a b/c"}),
        ("GET", "/v1/files", "ReadFile", {"name": ""}),
        ("GET", "/v1/deep/a/1/y/2/3:tail", "ReadTail", {"name": "a/1/y/2/3"}),
        ("GET", "/v1/deep/a/1/y:tail", "ReadTail", {"name": "a/1/y"}),
    ],
)
def test_a_path_finds_its_method_and_variables(table, http_method, path, rpc, variables):
    match = table.find(http_method, path)
    assert match is not None
    assert match.route.method.name == rpc
    assert match.variables == variables


@pytest.mark.parametrize(
    ("http_method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1"),
        ("GET", "/v1/animals/"),
        ("GET", "/v1//animals"),
        ("GET", "/v1/shelves/1/animals"),
        ("GET", "/v1/shelves//animals/2"),
        ("GET", "/v1/shelves/1/animals/2/"),
        ("GET", "/V1/animals"),
        ("GET", "/v1/deep/a/1/y/2"),
        ("POST", "/v1/animals:find"),
        ("POST", "/v1/animals%3Alookup"),
        ("PUT", "/v1/animals/x"),
        ("get", "/v1/animals"),
        ("GET", "v1/animals"),
    ],
)
def test_a_path_or_method_without_a_route_finds_nothing(table, http_method, path):
    assert table.find(http_method, path) is None


def test_the_methods_of_a_path_are_known(table):
    assert table.allowed("/v1/animals/x") == ["DELETE", "GET", "PURGE"]
    assert table.allowed("/v1/nowhere") == []


def test_a_path_that_does_not_decode_is_a_fault_of_the_caller(table):
    with pytest.raises(FieldFault):
        table.find("GET", "/v1/animals/%ff")


def rpc(name: str, rule: str, streams: str = "") -> str:
    return f"rpc {name}({streams} M) returns (M) {{ option (google.api.http) = {{ {rule} }}; }}"


def test_a_literal_beats_a_wildcard_whatever_the_order(compile_text):
    one = rpc("Wild", 'get: "/v1/{name}"')
    two = rpc("Literal", 'get: "/v1/all"')
    deep = rpc("Deep", 'get: "/v1/{name=**}"')
    for order in (one + two + deep, deep + two + one):
        table = RouteTable([compile_text(order)])
        assert table.find("GET", "/v1/all").route.method.name == "Literal"
        assert table.find("GET", "/v1/any").route.method.name == "Wild"
        assert table.find("GET", "/v1/any/more").route.method.name == "Deep"


def test_a_wildcard_still_serves_the_methods_that_the_literal_lacks(compile_text):
    rules = rpc("Cancel", 'post: "/v1/all"') + rpc("Get", 'get: "/v1/{name}"')
    table = RouteTable([compile_text(rules)])
    assert table.find("GET", "/v1/all").route.method.name == "Get"
    assert table.find("POST", "/v1/all").route.method.name == "Cancel"


def test_the_table_goes_back_when_a_literal_leads_nowhere(compile_text):
    rules = rpc("A", 'get: "/v1/a/x"') + rpc("B", 'get: "/v1/{name}/y"')
    assert RouteTable([compile_text(rules)]).find("GET", "/v1/a/y").route.method.name == "B"


DEEP = {
    "tail": "/a/{name=b/**}",
    "tail_z": "/a/{name=b/**}/z",
    "tail_yz": "/a/{name=b/**}/y/z",
    "tail_verb": "/a/{name=b/**}:verb",
    "any_tail": "/a/{name=**}",
    "two": "/c/{inner.name}/{name=d/**}/e",
    "two_verb": "/c/{inner.name}/{name=d/**}/e:verb",
    "inner_tail": "/a/{name=b/*/y/z/**}/foo",
    "both": "/{name}/{inner.name}:verb",
    "root": "/",
    "one": "/{name}/a",
    "named": "/person/{name}",
}


@pytest.mark.parametrize(
    ("path", "name", "variables"),
    [
        ("/a/b/hello/world/c", "tail", {"name": "b/hello/world/c"}),
        ("/a/b/world/c/z", "tail_z", {"name": "b/world/c"}),
        ("/a/b/world/c/y/z", "tail_yz", {"name": "b/world/c"}),
        ("/a/b/world/c:verb", "tail_verb", {"name": "b/world/c"}),
        ("/a/hello/b/world/c", "any_tail", {"name": "hello/b/world/c"}),
        ("/c/x/d/esp/world/e", "two", {"inner.name": "x", "name": "d/esp/world"}),
        ("/c/x/d/esp/mundo/e:verb", "two_verb", {"inner.name": "x", "name": "d/esp/mundo"}),
        ("/a/b/foo/y/z/bar/baz/foo", "inner_tail", {"name": "b/foo/y/z/bar/baz"}),
        ("/some:verb/const:verb", "both", {"name": "some:verb", "inner.name": "const"}),
        ("/", "root", {}),
        ("/foo/a", "one", {"name": "foo"}),
        ("/person/jason:other", "named", {"name": "jason:other"}),
        ("/person/jason:verb", "both", {"name": "person", "inner.name": "jason"}),
        ("/a", "any_tail", {"name": ""}),
        ("/c/x/d/esp/world", None, {}),
        ("/person/jason:other/", None, {}),
        ("/person//x", None, {}),
        ("/animal:other", None, {}),
    ],
)
def test_deep_wildcards_suffixes_and_verbs_find_their_route(compile_text, path, name, variables):
    rules = "".join(rpc(route.title(), f'get: "{text}"') for route, text in DEEP.items())
    match = RouteTable([compile_text(rules)]).find("GET", path)
    found = None if match is None else match.route.method.name
    assert found == (None if name is None else name.title())
    assert variables == ({} if match is None else match.variables)


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (rpc("A", 'get: "/v1/{name}"') + rpc("B", 'get: "/v1/{inner.name}"'), "repeats"),
        (rpc("A", 'get: "/v1/x"') + rpc("B", 'get: "/v1/x"'), "repeats"),
        (rpc("A", 'get: "/v1/{nome}"'), "no field 'nome'"),
        (rpc("A", 'get: "/v1/{tags}"'), "repeated"),
        (rpc("A", 'get: "/v1/{labels}"'), "repeated"),
        (rpc("A", 'get: "/v1/{inner}"'), "is a message"),
        (rpc("A", 'get: "/v1/{name.x}"'), "is not a message"),
        (rpc("A", 'post: "/v1/x" body: "nome"'), "no field 'nome'"),
        (rpc("A", 'post: "/v1/{name}" body: "name"'), "by the path and by the body"),
        (rpc("A", 'get: "/v1/x" response_body: "nome"'), "no field 'nome'"),
        (rpc("A", 'body: "*"'), "without a path"),
        (rpc("A", 'get: "/v1/x"', streams="stream"), "streams requests"),
        (
            rpc(
                "A",
                'get: "/a" additional_bindings { get: "/b" additional_bindings { get: "/c" } }',
            ),
            "nests",
        ),
    ],
)
def test_an_annotation_that_cannot_be_served_is_refused_at_startup(compile_text, rules, fault):
    with pytest.raises(RouteError, match=fault):
        RouteTable([compile_text(rules)])


def test_a_bad_template_is_refused_at_startup(compile_text):
    with pytest.raises(TemplateError):
        RouteTable([compile_text(rpc("A", 'get: "/v1/{name"'))])


def test_methods_without_annotation_have_no_route(table):
    assert {"Talk", "Unbound"}.isdisjoint(route.method.name for route in table.routes)
