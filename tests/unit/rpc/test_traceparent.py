"""https://www.w3.org/TR/trace-context/#traceparent-header"""

import pytest
from aitrader_server.rpc.interceptors.trace import read_traceparent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        (f"00-{TRACE_ID}-{SPAN_ID}-01", True),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", False),
        (f"cc-{TRACE_ID}-{SPAN_ID}-03-what-comes-later", True),
    ],
)
def test_a_good_header_is_read(value, sampled):
    assert read_traceparent(value) == (TRACE_ID, SPAN_ID, sampled)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"00",
        "",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID}-{SPAN_ID}",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
        f" 00-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
    ],
)
def test_a_broken_header_is_ignored(value):
    assert read_traceparent(value) is None
