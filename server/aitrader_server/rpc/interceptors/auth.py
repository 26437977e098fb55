"""Finds out who calls and whether the method is theirs to call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aitrader_server.errors import PermissionDenied
from aitrader_server.rpc.access import MINIMUM_ROLE, OPEN_METHODS, Caller, Role
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.refusals import Unauthenticated

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.access import Tokens
    from aitrader_server.rpc.handlers import Context, Handler

SCHEME = "bearer "


class AuthInterceptor(CallInterceptor):
    """Reads `authorization: Bearer <token>`; a method that no table names is nobody's."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Guard `handler`, unless it is open to all."""
        if method in OPEN_METHODS:
            return handler
        return surround(handler, partial(_Gate, self._tokens, method, MINIMUM_ROLE.get(method)))


class _Gate:
    __slots__ = ("_context", "_method", "_needed", "_tokens")

    def __init__(self, tokens: Tokens, method: str, needed: Role | None, context: Context) -> None:
        self._tokens = tokens
        self._method = method
        self._needed = needed
        self._context = context

    async def __aenter__(self) -> None:
        caller = _identify(self._tokens, self._context)
        current_call().caller = caller
        if self._needed is None or caller.role is None:
            raise PermissionDenied(f"{self._method} is open to no role", reason="METHOD_CLOSED")
        if caller.role < self._needed:
            raise PermissionDenied(
                f"{self._method} needs the role {self._needed.name.lower()}; "
                f"{caller.name} has {caller.role.name.lower()}"
            )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


def _identify(tokens: Tokens, context: Context) -> Caller:
    metadata = context.invocation_metadata() or ()
    value = next((value for key, value in metadata if key == "authorization"), None)
    if not isinstance(value, str) or value[: len(SCHEME)].lower() != SCHEME:
        raise Unauthenticated("send a token as metadata `authorization: Bearer <token>`")
    holder = tokens.holder(value[len(SCHEME) :].strip())
    if holder is None:
        raise Unauthenticated("this token is not known here")
    return Caller(name=holder.name, role=Role[holder.role.upper()])
