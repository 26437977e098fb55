"""The domain's words and the contract's are the same words."""

from enum import StrEnum

import pytest
from aitrader.v1 import common_pb2
from aitrader_server.domain import words
from aitrader_server.domain.words import (
    IN_FLIGHT_STATES,
    TERMINAL_STATES,
    Contingency,
    OrderState,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradingState,
)
from aitrader_server.rpc.convert.words import (
    CONTINGENCIES,
    ORDER_STATES,
    ORDER_TYPES,
    PREVENTIONS,
    SIDES,
    TIMES_IN_FORCE,
    TRADING_STATES,
)

VOCABULARIES = [
    (Side, common_pb2.Side, "SIDE", SIDES),
    (OrderType, common_pb2.OrderType, "ORDER_TYPE", ORDER_TYPES),
    (TimeInForce, common_pb2.TimeInForce, "TIME_IN_FORCE", TIMES_IN_FORCE),
    (
        SelfTradePrevention,
        common_pb2.SelfTradePrevention,
        "SELF_TRADE_PREVENTION",
        PREVENTIONS,
    ),
    (Contingency, common_pb2.Contingency, "CONTINGENCY", CONTINGENCIES),
    (OrderState, common_pb2.OrderState, "ORDER_STATE", ORDER_STATES),
    (TradingState, common_pb2.TradingState, "TRADING_STATE", TRADING_STATES),
]


def test_every_vocabulary_is_compared():
    ours = {v for v in vars(words).values() if isinstance(v, type) and issubclass(v, StrEnum)}
    assert {vocabulary[0] for vocabulary in VOCABULARIES} == ours - {StrEnum}


@pytest.mark.parametrize(("ours", "wire", "prefix", "vocabulary"), VOCABULARIES)
def test_every_word_has_its_number_and_every_number_its_word(ours, wire, prefix, vocabulary):
    assert {f"{prefix}_{word}" for word in ours} == set(wire.keys()) - {f"{prefix}_UNSPECIFIED"}
    for word in ours:
        number = wire.Value(f"{prefix}_{word}")
        assert vocabulary.to_wire(word) == number != 0
        assert vocabulary.from_wire(number) is word
    assert vocabulary.to_wire(None) == 0
    assert vocabulary.from_wire(0) is None


def test_severity_rises_in_the_order_of_the_words():
    assert list(TradingState) == [TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED]


def test_what_is_in_flight_has_not_ended():
    assert not IN_FLIGHT_STATES & TERMINAL_STATES
