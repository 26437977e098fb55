"""Trace ids as W3C wants them."""

import re

from aitrader_clients.trace import current_trace_id, trace, traceparent


def test_calls_inside_a_block_share_the_trace_and_others_do_not():
    with trace() as trace_id:
        assert current_trace_id() == trace_id
        with trace("f" * 32):
            assert current_trace_id() == "f" * 32
        assert current_trace_id() == trace_id
    assert current_trace_id() != current_trace_id()


def test_each_call_is_a_span_of_its_own():
    first, second = traceparent("a" * 32), traceparent("a" * 32)
    assert re.fullmatch(r"00-a{32}-[0-9a-f]{16}-00", first)
    assert first != second
