from __future__ import annotations

import json
import math

import pytest
from aitrader_gateway.rest import json_text
from aitrader_gateway.rest.codec import Codec
from aitrader_gateway.rest.errors import FieldFault
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

CODEC = Codec()


def read(cls, value, codec=CODEC):
    message = cls()
    codec.reader(cls.DESCRIPTOR)(message, json_text.loads(json.dumps(value).encode()))
    return message


def write(message):
    return CODEC.writer(message.DESCRIPTOR)(message)


ACCEPTED = [
    ("bool_value", True, True),
    ("int32_value", 5, 5),
    ("int32_value", "5", 5),
    ("int32_value", 5.0, 5),
    ("int32_value", 1e3, 1000),
    ("int32_value", "-2147483648", -(2**31)),
    ("uint32_value", 4294967295, 2**32 - 1),
    ("int64_value", "9223372036854775807", 2**63 - 1),
    ("int64_value", 9223372036854775807, 2**63 - 1),
    ("uint64_value", "18446744073709551615", 2**64 - 1),
    ("uint64_value", 18446744073709551615, 2**64 - 1),
    ("double_value", 1, 1.0),
    ("double_value", "1.5", 1.5),
    ("double_value", "1e3", 1000.0),
    ("double_value", "Infinity", math.inf),
    ("double_value", "-Infinity", -math.inf),
    ("float_value", 0.5, 0.5),
    ("name", "x", "x"),
    ("name", "é😀", "é😀"),
    ("bytes_value", "AAEC", b"\x00\x01\x02"),
    ("bytes_value", "-_8", b"\xfb\xff"),
    ("bytes_value", "+/8=", b"\xfb\xff"),
    ("kind", "ANIMAL_KIND_BIG_CAT", 2),
    ("kind", "animal_kind_big_cat", 2),
    ("kind", "BIG_CAT", 2),
    ("kind", "Big_Cat", 2),
    ("kind", 2, 2),
    ("kind", 7, 7),
    ("tags", ["a", "b"], ["a", "b"]),
    ("counts", ["1", 2], [1, 2]),
    ("kinds", ["cat", 2], [1, 2]),
    ("labels", {"a": "b"}, {"a": "b"}),
    ("by_bool", {"true": 1.5}, {True: 1.5}),
    ("null_value", None, 0),
]


@pytest.mark.parametrize(("name", "value", "expected"), ACCEPTED)
def test_a_value_is_read_into_its_field(zoo, name, value, expected):
    assert getattr(read(zoo.Animal, {name: value}), name) == expected


REFUSED = [
    ("bool_value", "true"),
    ("bool_value", 1),
    ("int32_value", 1.5),
    ("int32_value", "1.5"),
    ("int32_value", " 1"),
    ("int32_value", "1_0"),
    ("int32_value", "\u0661"),
    ("int32_value", "01"),
    ("int32_value", ""),
    ("int32_value", True),
    ("int32_value", 2**31),
    ("int32_value", {}),
    ("int32_value", []),
    ("uint32_value", -1),
    ("int64_value", 2**63),
    ("int64_value", -(2**63) - 1),
    ("int64_value", "9223372036854775808"),
    ("uint64_value", 2**64),
    ("uint64_value", "-1"),
    ("double_value", "1,5"),
    ("double_value", "nan"),
    ("double_value", "1e999"),
    ("double_value", "0x10"),
    ("double_value", True),
    ("float_value", 1e39),
    ("float_value", "1e39"),
    ("name", 1),
    ("name", 1.5),
    ("name", True),
    ("name", ["x"]),
    ("name", {"x": 1}),
    ("bytes_value", "!"),
    ("bytes_value", "AAAAA"),
    ("bytes_value", "é"),
    ("bytes_value", 1),
    ("kind", "DOG"),
    ("kind", ""),
    ("kind", 2**31),
    ("kind", 1.5),
    ("kind", True),
    ("kind", "1"),
    ("tags", "a"),
    ("tags", {"0": "a"}),
    ("tags", [None]),
    ("tags", [1]),
    ("cubs", [None]),
    ("cubs", [[]]),
    ("mate", []),
    ("mate", "x"),
    ("labels", []),
    ("labels", {"a": None}),
    ("labels", {"a": 1}),
    ("by_number", {"x": {}}),
    ("by_number", {"1": None}),
    ("by_bool", {"maybe": 1}),
    ("at", 5),
    ("at", "yesterday"),
    ("at", "2024-13-01T00:00:00Z"),
    ("age", 5),
    ("age", "5"),
    ("age", "5m"),
    ("mask", ["a"]),
    ("string_box", 1),
    ("int64_box", "x"),
    ("bytes_box", "!"),
    ("struct_value", []),
    ("list_value", {}),
    ("extra", {"@type": "nope"}),
    ("extra", {"value": 1}),
    ("nothing", {"x": 1}),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_and_its_field_named(zoo, name, value):
    with pytest.raises(FieldFault) as caught:
        read(zoo.Animal, {name: value})
    assert caught.value.path[0] == name


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b'{"mate":{"double_value":NaN}}', "mate.double_value"),
        (b'{"double_value":1e400}', "double_value"),
        (b'{"double_value":-Infinity}', "double_value"),
        (b'{"any_json":1e400}', "any_json"),
        (b'{"struct_value":{"a":[{"b":NaN}]}}', "struct_value"),
        (b'{"list_value":[-1e400]}', "list_value"),
        (b'{"int32_value":NaN}', "int32_value"),
        (b'{"tags":["a","\\ud800"]}', "tags[1]"),
    ],
)
def test_a_value_that_is_no_json_is_refused_and_its_field_named(zoo, text, field):
    with pytest.raises(FieldFault) as caught:
        CODEC.reader(zoo.Animal.DESCRIPTOR)(zoo.Animal(), json_text.loads(text))
    assert caught.value.as_call_error().message.startswith(f"{field}: ")


def test_a_number_for_a_text_says_to_quote_it(zoo):
    with pytest.raises(FieldFault, match=r'write decimals as text, e\.g\. "0\.001"'):
        read(zoo.Animal, {"name": 0.5})


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"mate": {"cubs": [{}, {"name": 1}]}}, "mate.cubs[1].name"),
        ({"by_number": {"7": {"kind": "x"}}}, "by_number[7].kind"),
        ({"counts": [1, "x"]}, "counts[1]"),
        ({"mate": {"nope": 1}}, "mate.nope"),
    ],
)
def test_the_path_of_a_nested_fault_is_whole(zoo, value, field):
    with pytest.raises(FieldFault) as caught:
        read(zoo.Animal, value)
    assert caught.value.as_call_error().message.startswith(f"{field}: ")


def test_an_unknown_field_is_named_with_its_nearest_neighbour(zoo):
    with pytest.raises(FieldFault, match="did you mean int32_value"):
        read(zoo.Animal, {"int32_valu": 1})


def test_a_misspelt_field_is_answered_with_the_name_of_the_contract(zoo):
    with pytest.raises(FieldFault, match="did you mean optional_string"):
        read(zoo.Animal, {"optionalStrin": ""})


def test_an_unknown_field_is_discarded_on_request(zoo):
    assert read(zoo.Animal, {"nope": 1, "name": "x"}, Codec(discard_unknown=True)).name == "x"


@pytest.mark.parametrize(
    "value",
    [{"int32_value": 1, "int32Value": 1}, {"odd_name": "a", "strange": "b"}],
)
def test_both_spellings_of_one_field_are_refused(zoo, value):
    with pytest.raises(FieldFault, match="given twice"):
        read(zoo.Animal, value)


def test_either_spelling_of_a_field_is_read(zoo):
    assert read(zoo.Animal, {"int32Value": 1, "strange": "s"}) == zoo.Animal(
        int32_value=1, odd_name="s"
    )


def test_two_members_of_a_oneof_are_refused_and_a_null_one_is_not(zoo):
    with pytest.raises(FieldFault, match="give one of them"):
        read(zoo.Animal, {"plant": "", "calories": 1})
    assert read(zoo.Animal, {"plant": None, "calories": 1}).calories == 1


def test_null_leaves_a_field_unset(zoo):
    empty = {f.name: None for f in zoo.Animal.DESCRIPTOR.fields if f.name != "any_json"}
    assert read(zoo.Animal, empty) == zoo.Animal()


def test_null_is_a_value_where_any_json_fits(zoo):
    assert read(zoo.Animal, {"any_json": None}).any_json.WhichOneof("kind") == "null_value"


def test_an_empty_object_makes_a_message_present(zoo):
    message = read(zoo.Animal, {"mate": {}, "at": "1970-01-01T00:00:00Z"})
    assert message.HasField("mate")
    assert message.HasField("at")


def test_unset_fields_are_written_and_unset_members_of_a_oneof_are_not(zoo):
    written = write(zoo.Animal())
    assert written["name"] == ""
    assert written["int64_value"] == "0"
    assert written["kind"] == "ANIMAL_KIND_UNSPECIFIED"
    assert written["mate"] is None
    assert written["optional_string"] is None
    assert written["at"] is None
    assert written["tags"] == []
    assert written["labels"] == {}
    assert {"plant", "prey", "calories"}.isdisjoint(written)


def test_set_fields_are_written_even_when_empty(zoo):
    written = write(zoo.Animal(optional_string="", plant="", mate=zoo.Animal(name="m")))
    assert written["optional_string"] == ""
    assert written["plant"] == ""
    assert written["mate"]["name"] == "m"


@pytest.mark.parametrize(
    ("seconds", "nanos", "text"),
    [
        (0, 0, "1970-01-01T00:00:00Z"),
        (1, 500_000_000, "1970-01-01T00:00:01.500Z"),
        (1, 500_000, "1970-01-01T00:00:01.000500Z"),
        (1, 5, "1970-01-01T00:00:01.000000005Z"),
        (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
        (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_a_time_is_written_with_the_digits_it_needs(zoo, seconds, nanos, text):
    message = zoo.Animal()
    message.at.seconds, message.at.nanos = seconds, nanos
    assert write(message)["at"] == text


def test_an_any_is_written_by_its_content(zoo):
    message = zoo.Animal()
    message.extra.Pack(zoo.GetAnimalRequest(name="x"))
    assert write(message)["extra"] == {
        "@type": "type.googleapis.com/zoo.v1.GetAnimalRequest",
        "name": "x",
        "verbose": False,
    }


def test_an_any_of_a_well_known_type_is_written_as_its_value(zoo):
    message = zoo.Animal()
    message.extra.Pack(Timestamp(seconds=1))
    assert write(message)["extra"] == {
        "@type": "type.googleapis.com/google.protobuf.Timestamp",
        "value": "1970-01-01T00:00:01Z",
    }


def test_a_time_outside_the_calendar_cannot_be_written(zoo):
    message = zoo.Animal()
    message.at.seconds = 253_402_300_800
    with pytest.raises(ValueError, match="out of range"):
        write(message)


def test_an_any_is_read_by_its_type(zoo):
    value = {"@type": "type.googleapis.com/zoo.v1.GetAnimalRequest", "name": "x"}
    message = read(zoo.Animal, {"extra": value})
    content = zoo.GetAnimalRequest()
    assert message.extra.Unpack(content)
    assert content.name == "x"


def test_an_any_of_an_unknown_type_keeps_its_bytes(zoo):
    message = zoo.Animal()
    message.extra.type_url, message.extra.value = "type.googleapis.com/no.Such", b"\x01"
    assert write(message)["extra"] == {"@type": "type.googleapis.com/no.Such", "value": "AQ=="}


SCALARS = {
    F.TYPE_BOOL: st.booleans(),
    F.TYPE_STRING: st.text(max_size=6),
    F.TYPE_BYTES: st.binary(max_size=6),
    # The reference refuses to read back the largest floats that it writes.
    F.TYPE_FLOAT: st.floats(-(2.0**127), 2.0**127, width=32)
    | st.sampled_from([math.nan, math.inf]),
    F.TYPE_DOUBLE: st.floats(allow_nan=False) | st.just(math.nan),
    F.TYPE_ENUM: st.sampled_from([0, 1, 2, 9]),
}
INTEGERS = {
    F.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    F.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    F.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    F.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
}
LEAVES = {
    "google.protobuf.Timestamp": (
        ("seconds", st.integers(-62_135_596_800, 253_402_300_799)),
        ("nanos", st.integers(0, 999_999_999)),
    ),
    "google.protobuf.Duration": (("seconds", st.integers(0, 10**9)), ("nanos", st.just(5))),
}


def fill(data, message, depth=0):
    """Set some fields of a message, chosen and valued at random."""
    fields = list(message.DESCRIPTOR.fields)
    for field in data.draw(
        st.lists(st.sampled_from(fields), max_size=6, unique_by=lambda f: f.name)
    ):
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            fill_map(data, getattr(message, field.name), kind, depth)
        elif kind is not None:
            targets = getattr(message, field.name)
            target = targets.add() if field.is_repeated else targets
            fill_message(data, target, depth)
        elif field.is_repeated:
            getattr(message, field.name).extend(data.draw(st.lists(scalar(field), max_size=3)))
        else:
            setattr(message, field.name, data.draw(scalar(field)))
    return message


def fill_map(data, target, entry, depth):
    key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
    place = data.draw(scalar(key))
    if value.message_type is None:
        target[place] = data.draw(scalar(value))
    else:
        fill_message(data, target[place], depth)


def fill_message(data, target, depth):
    name = target.DESCRIPTOR.full_name
    target.SetInParent()
    if name in LEAVES:
        for attribute, values in LEAVES[name]:
            setattr(target, attribute, data.draw(values))
    elif name.startswith("zoo.") and depth < 2:
        fill(data, target, depth + 1)
    elif name.endswith("Value") and name not in {
        "google.protobuf.Value",
        "google.protobuf.ListValue",
    }:
        target.value = data.draw(scalar(target.DESCRIPTOR.fields_by_name["value"]))
    elif name == "google.protobuf.Value":
        target.string_value = "v"


def scalar(field):
    if field.name == "null_value":
        return st.just(0)
    return SCALARS[field.type] if field.type in SCALARS else INTEGERS[field.cpp_type]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_written_is_what_the_reference_writes_and_reads_back(zoo, data):
    message = fill(data, zoo.Animal())
    ours = write(message)
    reference = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )

    def strip(value):
        """Drop the nulls that we write for unset fields and the reference leaves out."""
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if v is not None}
        return [strip(v) for v in value] if isinstance(value, list) else value

    assert strip(ours) == strip(reference)
    back = read(zoo.Animal, ours)
    assert back.SerializeToString(deterministic=True) == message.SerializeToString(
        deterministic=True
    )
    again = json_format.ParseDict(reference, zoo.Animal())
    assert back.SerializeToString(deterministic=True) == again.SerializeToString(deterministic=True)
