"""The table of RPCs against the contract itself."""

import pytest
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from aitrader_clients.methods import METHODS, Kind
from aitrader_clients.request_ids import FIELD_BY_REQUEST
from google.api import annotations_pb2

RPCS = {
    f"/{service.full_name}/{method.name}": method
    for module in (trading_pb2, risk_pb2, sentiment_pb2, market_data_pb2, observability_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
# POST because they have a body, and yet they change nothing.
PURE_POSTS = {"CheckOrder", "Analyze", "AnalyzeBatch"}


def test_the_table_has_exactly_the_rpcs_of_the_contract():
    assert set(METHODS) == set(RPCS)


@pytest.mark.parametrize("path", RPCS)
def test_a_method_is_repeated_only_if_it_changes_nothing(path):
    method = RPCS[path]
    if method.server_streaming:
        assert METHODS[path] == (Kind.STREAM, None)
        return
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    reads = bool(rule.get) or method.name in PURE_POSTS
    assert (METHODS[path].kind is Kind.READ) is reads


def test_every_unary_method_has_a_deadline():
    unary = [method for method in METHODS.values() if method.kind is not Kind.STREAM]
    assert all(method.timeout_s is not None and 0 < method.timeout_s <= 30 for method in unary)


@pytest.mark.parametrize("path", RPCS)
def test_a_request_that_carries_an_idempotency_key_may_make_an_order(path):
    request = RPCS[path].input_type.full_name
    if request in FIELD_BY_REQUEST:
        assert METHODS[path].kind is Kind.ORDER
        assert FIELD_BY_REQUEST[request] in RPCS[path].input_type.fields_by_name
