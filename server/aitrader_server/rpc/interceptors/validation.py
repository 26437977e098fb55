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


class ValidationInterceptor(CallInterceptor):
    """Reports every violation of a request, not the first alone."""

    def __init__(self) -> None:
        super().__init__()
        self._validator = protovalidate.Validator()

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Show requests to the rules before `handler` sees them."""
        return check_requests(handler, self._check)

    def _check(self, message: Message) -> None:
        violations = self._validator.collect_violations(message)
        if violations:
            raise InvalidFields(describe(message, [found.proto for found in violations]))
