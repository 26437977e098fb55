from __future__ import annotations

import json

import pytest
from aitrader_gateway.rest.errors import FieldFault
from aitrader_gateway.rest.json_text import loads
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"{}}",
        b"{} {}",
        b"[1,]",
        b"{'a':1}",
        b'{"a":1,}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b'{"a":01}',
        b'"\x01"',
        b"nul",
        b"tru",
        b"// x\n1",
        '{"a":1}'.encode("utf-16"),
        b"[" * 200 + b"]" * 200,
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"1" * 5000,
    ],
)
def test_text_that_is_not_one_json_value_is_a_fault_of_the_caller(text):
    with pytest.raises(FieldFault):
        loads(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b'{"a":1,"a":2}', "a"),
        (b'{"x":{"b" : 1, "b":1}}', "b"),
        (b'[{"c":1},{"c":1,"c":1}]', "c"),
        (b'{"a":1,"\\u0061":2}', "a"),
    ],
)
def test_a_repeated_key_is_named(text, key):
    with pytest.raises(FieldFault, match="twice") as caught:
        loads(text)
    assert caught.value.path == [key]


@pytest.mark.parametrize("text", [b'{"a":":"}', b'{"a":"\\":"}', b'{":":":"}', b'["\\":"]', b'":"'])
def test_colons_inside_texts_are_not_keys(text):
    assert loads(text) == json.loads(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_any_json_value_is_read_as_written(value):
    assert loads(json.dumps(value).encode()) == value
