"""Every event is written and read back as it was."""

import typing
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.events import AnyEvent, Event
from aitrader_server.domain.state import (
    State,
    decode_event,
    decode_kept,
    decode_state,
    encode_event,
    encode_kept,
    encode_state,
)
from aitrader_server.domain.words import OrderState
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.domain.worlds import D, funded, place, spec

KINDS: tuple[type[Event], ...] = typing.get_args(AnyEvent)

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**36), max_value=10**36)
texts = st.text(st.characters(codec="utf-8"), max_size=8)


def built(kind: type) -> st.SearchStrategy[typing.Any]:
    """A struct of `kind`, every field drawn, also those that have a default."""
    hints = typing.get_type_hints(kind)
    fields = msgspec.structs.fields(kind)
    return st.builds(kind, **{field.name: drawn(hints[field.name]) for field in fields})


def drawn(hint: typing.Any) -> st.SearchStrategy[typing.Any]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return built(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (tuple, list):
        return st.lists(drawn(arguments[0]), max_size=2).map(origin)
    if origin is dict:
        return st.dictionaries(texts, drawn(arguments[1]), max_size=2)
    if arguments:
        return st.one_of([drawn(argument) for argument in arguments])
    plain = {
        str: texts,
        Decimal: numbers,
        float: st.floats(allow_nan=False, allow_infinity=False),
        int: st.integers(-(2**62), 2**62),
        type(None): st.none(),
    }
    return plain[hint] if hint in plain else st.from_type(hint)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_an_event_reads_back_as_it_was_written(kind, data):
    event = data.draw(built(kind))
    payload = encode_event(event)
    again = decode_event(payload)
    assert type(again) is kind
    assert again == event
    assert encode_event(again) == payload


def test_kinds_are_told_apart_by_their_names():
    assert {kind.__struct_config__.tag for kind in KINDS} == {kind.__name__ for kind in KINDS}
    assert len(KINDS) == len(set(KINDS))


def test_every_event_class_is_among_those_that_can_be_read():
    def leaves(kind: type) -> set[type]:
        below = kind.__subclasses__()
        return {leaf for one in below for leaf in leaves(one)} if below else {kind}

    assert leaves(Event) == set(KINDS)


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b'{"kind":"Nothing"}', b'{"kind":"OrderUnknown"}', b'{"kind":"Event"}']
)
def test_what_was_never_written_is_not_read(payload):
    with pytest.raises(msgspec.DecodeError):
        decode_event(payload)


def test_amounts_keep_every_digit():
    digits = "123456789012345678.123456789012345678"
    book = funded(USDT=digits)
    assert digits.encode() in encode_state(book.state)
    assert decode_state(encode_state(book.state)).ledger.held("USDT") == D(digits)


def test_an_empty_state_reads_back():
    assert decode_state(encode_state(State())) == State()


@pytest.mark.parametrize("state", [OrderState.DENIED, OrderState.FILLED, OrderState.LOST])
def test_what_is_kept_of_an_order_reads_back(state):
    book = place(funded(USDT="1000"), spec(), state)
    kept = book.kept("r-1")
    assert kept is not None
    assert decode_kept(encode_kept(kept)) == kept
    assert book.kept("nobody") is None
