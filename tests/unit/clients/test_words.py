"""Words of the command line against the contract, which is not imported to list them."""

from importlib.metadata import entry_points
from typing import get_args

import pytest
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_clients import order_requests
from aitrader_clients.cli import cli, decision, order_options, orders, placing, protection
from aitrader_clients.cli.catalogue import COMMANDS, GROUP, PROCESSES


def words(enum, prefix):
    return [name.removeprefix(prefix).lower() for name in enum.keys()[1:]]


@pytest.mark.parametrize(
    ("given", "enum", "prefix"),
    [
        (orders.STATES, common_pb2.OrderState, "ORDER_STATE_"),
        (order_options.ORDER_TYPES, common_pb2.OrderType, "ORDER_TYPE_"),
        (order_options.TIMES_IN_FORCE, common_pb2.TimeInForce, "TIME_IN_FORCE_"),
        (
            order_options.SELF_TRADE_PREVENTIONS,
            common_pb2.SelfTradePrevention,
            "SELF_TRADE_PREVENTION_",
        ),
        (get_args(order_requests.SideWord), common_pb2.Side, "SIDE_"),
        (get_args(order_requests.OrderTypeWord), common_pb2.OrderType, "ORDER_TYPE_"),
        (get_args(order_requests.TimeInForceWord), common_pb2.TimeInForce, "TIME_IN_FORCE_"),
        (get_args(order_requests.ContingencyWord), common_pb2.Contingency, "CONTINGENCY_"),
        (
            get_args(order_requests.SelfTradePreventionWord),
            common_pb2.SelfTradePrevention,
            "SELF_TRADE_PREVENTION_",
        ),
    ],
)
def test_the_words_are_those_of_the_contract(given, enum, prefix):
    assert list(given) == words(enum, prefix)


def test_the_features_are_those_of_the_contract():
    assert set(decision.FEATURES) == set(trading_pb2.Features.DESCRIPTOR.fields_by_name)


def test_an_order_can_be_said_whole():
    # What a person gives with another word: side by the command, exits for what they become, the
    # rest one to one.
    fields = set(trading_pb2.PlaceOrderRequest.DESCRIPTOR.fields_by_name)
    one_to_one = fields - {"side", "contingency", "legs"}
    for command in (placing.buy, placing.sell):
        options = {parameter.name for parameter in command.params}
        assert one_to_one | set(protection.EXIT_NAMES) <= options


def test_a_leg_can_be_said_whole():
    fields = trading_pb2.OrderLeg.DESCRIPTOR.fields_by_name
    assert set(order_requests.Leg._fields) == set(fields)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_listed_help_is_the_help_of_the_command(name):
    command = cli.get_command(None, name)
    assert command.name == name
    assert command.short_help == COMMANDS[name].help
    assert command.help


def test_every_command_that_is_registered_is_listed():
    assert {point.name for point in entry_points(group=GROUP)} <= set(PROCESSES)
