from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from aitrader_gateway.rest.binding import Binder
from aitrader_gateway.rest.codec import Codec
from aitrader_gateway.rest.errors import FieldFault
from aitrader_gateway.rest.query import PARAMETERS_MAX, parse_query
from aitrader_gateway.rest.routes import RouteTable


@pytest.fixture(scope="session")
def table(zoo):
    return RouteTable([zoo.service])


@pytest.fixture
def bind(zoo, table):
    """Bind a request as the facade does and give the message that the service would get."""

    def bind_(target, *, body=b"", query="", content_type="application/json", lenient=False):
        http_method, path = target.split(" ")
        match = table.find(http_method, path)
        codec = Codec(discard_unknown=lenient)
        binder = Binder(match.route, codec, lenient=lenient)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        serialized = binder.bind(text, content_type, match.variables, query)
        return getattr(zoo, match.route.method.input_type.name, None).FromString(serialized)

    return bind_


QUERY = [
    ("name=x", {"name": "x"}),
    ("name=", {"name": ""}),
    ("name=a%20b+c%2Bd", {"name": "a b c+d"}),
    ("bool_value=true", {"bool_value": True}),
    ("bool_value=1", {"bool_value": True}),
    ("boolValue=false", {"bool_value": False}),
    ("int32_value=-5", {"int32_value": -5}),
    ("sint32_value=-5", {"sint32_value": -5}),
    ("sfixed32_value=-5", {"sfixed32_value": -5}),
    ("uint32_value=5", {"uint32_value": 5}),
    ("fixed32_value=5", {"fixed32_value": 5}),
    ("int64_value=-9223372036854775808", {"int64_value": -(2**63)}),
    ("sint64_value=5", {"sint64_value": 5}),
    ("sfixed64_value=5", {"sfixed64_value": 5}),
    ("uint64_value=18446744073709551615", {"uint64_value": 2**64 - 1}),
    ("fixed64_value=5", {"fixed64_value": 5}),
    ("float_value=0.5", {"float_value": 0.5}),
    ("double_value=-1.5e3", {"double_value": -1500.0}),
    ("bytes_value=AAEC", {"bytes_value": b"\0\1\2"}),
    ("bytes_value=-_8", {"bytes_value": b"\xfb\xff"}),
    ("kind=ANIMAL_KIND_CAT", {"kind": 1}),
    ("kind=big_cat", {"kind": 2}),
    ("kind=2", {"kind": 2}),
    ("optional_int=0", {"optional_int": 0}),
    ("tags=a&tags=b&tags=", {"tags": ["a", "b", ""]}),
    ("counts=1&counts=2", {"counts": [1, 2]}),
    ("kinds=cat&kinds=2", {"kinds": [1, 2]}),
    ("labels[a]=b&labels[c.d]=e", {"labels": {"a": "b", "c.d": "e"}}),
    ("by_bool[true]=1.5", {"by_bool": {True: 1.5}}),
    ("mate.name=m&mate.mate.int32Value=7", {"mate": {"name": "m", "mate": {"int32_value": 7}}}),
    ("plant=p", {"plant": "p"}),
    ("prey.name=p&prey.int32_value=1", {"prey": {"name": "p", "int32_value": 1}}),
    ("strange=s", {"odd_name": "s"}),
]


@pytest.mark.parametrize(("query", "expected"), QUERY)
def test_query_parameters_fill_their_fields(zoo, bind, query, expected):
    assert bind("GET /v1/animals", query=query) == zoo.Animal(**expected)


def test_query_parameters_fill_well_known_types(zoo, bind):
    found = bind(
        "GET /v1/animals",
        query="at=2024-01-02T03:04:05.5%2B01:00&age=1.5s&mask=name,mate.intValue&times="
        "2024-01-01T00:00:00Z&times=2024-01-02T00:00:00Z&string_box=s&bool_box=true"
        "&int32_box=1&int64_box=2&uint32_box=3&uint64_box=4&float_box=0.5&double_box=1.5"
        '&bytes_box=AAEC&struct_value={"a":1}&any_json=[1]&seen[x]=2024-01-01T00:00:00Z',
    )
    assert found.at.ToDatetime(UTC) == datetime(2024, 1, 2, 2, 4, 5, 500_000, tzinfo=UTC)
    assert found.age.ToTimedelta() == timedelta(seconds=1.5)
    assert list(found.mask.paths) == ["name", "mate.int_value"]
    assert len(found.times) == 2
    boxes = [found.string_box, found.bool_box, found.int32_box, found.int64_box]
    assert [box.value for box in boxes] == ["s", True, 1, 2]
    boxes = [found.uint32_box, found.uint64_box, found.float_box, found.double_box]
    assert [box.value for box in boxes] == [3, 4, 0.5, 1.5]
    assert found.bytes_box.value == b"\0\1\2"
    assert found.struct_value["a"] == 1
    assert found.any_json.list_value.values[0].number_value == 1
    assert found.seen["x"].seconds == 1_704_067_200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m30s", 90), ("1.5h", 5400), ("250ms", 0.25), ("-2s", -2), ("1us", 1e-6), ("3s", 3)],
)
def test_a_duration_is_read_as_grpc_gateway_reads_it(bind, text, seconds):
    found = bind("GET /v1/animals", query=f"age={text}")
    assert found.age.ToTimedelta() == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("nope=1", "nope"),
        ("mate.nope=1", "mate.nope"),
        ("name.x=1", "name.x"),
        ("name[x]=1", "name"),
        ("labels=1", "labels"),
        ("labels[a]=1&labels[a]=2", "labels"),
        ("by_number[1]=x", "by_number"),
        ("cubs=x", "cubs"),
        ("cubs.name=x", "cubs"),
        ("mate=x", "mate"),
        ("name=a&name=b", "name"),
        ("int32_value=", "int32_value"),
        ("int32_value=1.5", "int32_value"),
        ("uint32_value=-1", "uint32_value"),
        ("bool_value=yes", "bool_value"),
        ("kind=dog", "kind"),
        ("kind=9", "kind"),
        ("double_value=1e999", "double_value"),
        ("at=now", "at"),
        ("age=5", "age"),
        ("int32_box=x", "int32_box"),
        ("struct_value={", "struct_value"),
        ("plant=a&calories=1", "calories"),
        ("plant=a&prey.name=x", "prey"),
        ("=1", ""),
        (".=1", "."),
    ],
)
def test_a_query_parameter_that_does_not_fit_is_refused_and_named(bind, query, field):
    with pytest.raises(FieldFault) as caught:
        bind("GET /v1/animals", query=query)
    assert ".".join(caught.value.path) == field


@pytest.mark.parametrize("query", ["name=%zz", "name=%", "name=%ff", "%ff=1"])
def test_a_query_that_does_not_decode_is_refused(query):
    with pytest.raises(FieldFault):
        parse_query(query)


def test_a_query_has_a_bound():
    with pytest.raises(FieldFault):
        parse_query("&".join(["tags=a"] * (PARAMETERS_MAX + 1)))


def test_empty_pairs_of_a_query_are_nothing():
    assert parse_query("&&a=1&&b&") == {"a": ["1"], "b": [""]}


def test_path_variables_take_every_kind_of_scalar(zoo, bind):
    found = bind("GET /v1/by/-5/big_cat/2024-01-01T00:00:00Z/tom")
    assert found.int64_value == -5
    assert found.kind == 2
    assert found.at.seconds == 1_704_067_200
    assert found.mate.name == "tom"


def test_a_path_variable_that_does_not_fit_is_refused_and_named(bind):
    with pytest.raises(FieldFault) as caught:
        bind("GET /v1/by/x/cat/2024-01-01T00:00:00Z/tom")
    assert caught.value.path == ["int64_value"]


def test_the_query_cannot_override_the_path(bind):
    assert bind("GET /v1/animals/a", query="name=b&verbose=true").name == "a"


def test_the_path_overrides_the_body(bind):
    body = {"animal": {"name": "b", "int32_value": 3}}
    found = bind("PUT /v1/shelves/1/animals/2", body=body)
    assert found.animal.name == "shelves/1/animals/2"
    assert found.animal.int32_value == 3


def test_a_body_field_takes_the_body_and_the_query_takes_the_rest(zoo, bind):
    found = bind(
        "POST /v1/shelves/1/animals", body={"name": "a"}, query="animal_id=7&animal.name=b"
    )
    assert found == zoo.CreateAnimalRequest(
        parent="shelves/1", animal=zoo.Animal(name="a"), animal_id="7"
    )


def test_a_fault_in_a_body_field_is_named_from_the_request_on(bind):
    with pytest.raises(FieldFault) as caught:
        bind("POST /v1/shelves/1/animals", body={"kind": "dog"})
    assert caught.value.path == ["animal", "kind"]


def test_a_body_field_may_be_repeated(zoo, bind):
    found = bind("POST /v1/names", body=["a", "b"], query="count=2")
    assert found == zoo.NameAnimalsRequest(tags=["a", "b"], count=2)


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_an_empty_message(zoo, bind, body):
    assert bind("POST /v1/animals:lookup", body=body) == zoo.GetAnimalRequest()


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"true", b"null", b"{} {}", b"x"])
def test_a_body_that_is_no_object_is_refused(bind, body):
    with pytest.raises(FieldFault):
        bind("POST /v1/animals:lookup", body=body)


def test_a_query_beside_a_whole_body_is_refused_because_it_would_be_lost(bind):
    with pytest.raises(FieldFault) as caught:
        bind("POST /v1/animals:lookup", body={"name": "a"}, query="verbose=true")
    assert caught.value.path == ["verbose"]


def test_a_body_where_none_is_read_is_refused(bind):
    with pytest.raises(FieldFault):
        bind("DELETE /v1/animals/a", body={"verbose": True})
    assert bind("DELETE /v1/animals/a", body={}).name == "a"


def test_leniency_ignores_what_no_field_takes(bind):
    found = bind(
        "POST /v1/animals:lookup", body={"name": "a", "x": 1}, query="verbose=true", lenient=True
    )
    assert (found.name, found.verbose) == ("a", False)
    assert bind("DELETE /v1/animals/a", body={"x": 1}, query="y=1", lenient=True).name == "a"


@pytest.mark.parametrize(
    ("body", "query", "paths"),
    [
        ({"kind": "cat"}, "", ["kind"]),
        (
            {"int32Value": 1, "mate": {"name": "m", "mate": {"kind": 1}}},
            "",
            ["int32_value", "mate.name", "mate.mate.kind"],
        ),
        ({"tags": ["a"], "labels": {"a": "b"}}, "", ["tags", "labels"]),
        (
            {"at": "2024-01-01T00:00:00Z", "struct_value": {"a": {"b": 1}}},
            "",
            ["at", "struct_value"],
        ),
        ({"mate": {}, "kind": None}, "", ["mate", "kind"]),
        ({"kind": "cat"}, "update_mask=name", ["name"]),
        ({}, "", []),
    ],
)
def test_a_patch_without_mask_names_what_its_body_names(bind, body, query, paths):
    found = bind("PATCH /v1/shelves/1/animals/2", body=body, query=query)
    assert list(found.update_mask.paths) == paths


def test_a_put_infers_no_mask(bind):
    found = bind("PUT /v1/shelves/1/animals/2", body={"animal": {"kind": "cat"}})
    assert not found.update_mask.paths


def test_a_raw_body_goes_into_its_field_with_its_type(zoo, bind):
    found = bind("POST /v1/files/a", body=b"\xff\x00{", query="note=n", content_type="image/png")
    assert (found.content.data, found.content.content_type) == (b"\xff\x00{", "image/png")
    assert (found.name, found.note) == ("a", "n")
