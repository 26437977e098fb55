"""Ids have the form that the contract and W3C ask for, and time is the wall's."""

import re
import time

from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.ids import RandomIds


def test_request_ids_fit_the_contract_and_differ():
    made = {RandomIds().request_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch("a-[a-z2-7]{24}", each) for each in made)


def test_trace_ids_are_those_of_w3c():
    made = {RandomIds().trace_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in made)


def test_the_clock_is_the_operating_systems():
    before = time.time_ns()
    assert before <= SystemClock().now_ns() <= time.time_ns()
