"""Enforces the contract's field rules, so that no servicer checks them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import protovalidate

from aitrader_server.rpc.handlers import CallInterceptor, check_requests
from aitrader_server.rpc.refusals import InvalidFields
from aitrader_server.rpc.violations import describe

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from aitrader_server.rpc.handlers import Handler


# A stream of commands or texts checks each itself: a bad one ends nothing but itself.
CHECKED_INSIDE = frozenset(
    {
        "/aitrader.v1.TradingService/OrderSession",
        "/aitrader.v1.SentimentService/StreamAnalyze",
    }
)

_validator = protovalidate.Validator()


def check_fields(message: Message) -> None:
    """Raises InvalidFields with every violation of the contract's rules, not the first alone."""
    violations = _validator.collect_violations(message)
    if violations:
        raise InvalidFields(describe(message, [found.proto for found in violations]))


class ValidationInterceptor(CallInterceptor):
    """Shows every request to the rules before its handler sees it."""

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Check requests, but for the methods that do it message by message."""
        return handler if method in CHECKED_INSIDE else check_requests(handler, check_fields)
