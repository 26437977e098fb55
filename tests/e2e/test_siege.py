"""Bytes that no caller should send, over real sockets, to a server that must not care."""

import pytest
from evidence import malformed_grpc, malformed_http, malformed_rest

RUNGS = (malformed_grpc.RUNG, malformed_rest.RUNG, malformed_http.RUNG)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
def test_whatever_is_sent_is_answered_or_closed(rung, tally):
    tally(rung.climbed())
