"""Finds out who calls and whether the method is theirs to call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aitrader_server.errors import PermissionDenied
from aitrader_server.rpc.access import MINIMUM_ROLE, OPEN_METHODS, Caller, Role
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.peer import certified_name, forwarded_for, peer_address
from aitrader_server.rpc.refusals import Unauthenticated

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.access import Clients, Tokens
    from aitrader_server.rpc.handlers import Context, Handler
    from aitrader_server.rpc.rates import CallRates

SCHEME = "bearer "
HOW_TO = "send a token as metadata `authorization: Bearer <token>`"


class AuthInterceptor(CallInterceptor):
    """A token names the caller, or else their certificate; unlisted methods are nobody's.

    A token that is not ours is refused whatever the certificate: whoever sends one means it.
    """

    def __init__(self, tokens: Tokens, clients: Clients, rates: CallRates) -> None:
        super().__init__()
        self._tokens = tokens
        self._clients = clients
        self._rates = rates

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Guard `handler`, unless it is open to all."""
        if method in OPEN_METHODS:
            return handler
        return surround(handler, partial(_Gate, self, method, MINIMUM_ROLE.get(method)))

    def identify(self, context: Context, peer: str) -> Caller:
        """Who calls.

        Raises:
            Unauthenticated: Nobody we know.
            Overloaded: Nobody we know, from an address that has tried too often.
        """
        try:
            return self._by_token(context) or self._by_certificate(context)
        except Unauthenticated:
            self._rates.admit_stranger(peer)
            raise

    def _by_token(self, context: Context) -> Caller | None:
        metadata = context.invocation_metadata() or ()
        value = next((value for key, value in metadata if key == "authorization"), None)
        if value is None:
            return None
        if not isinstance(value, str) or value[: len(SCHEME)].lower() != SCHEME:
            raise Unauthenticated(HOW_TO)
        holder = self._tokens.holder(value[len(SCHEME) :].strip())
        if holder is None:
            raise Unauthenticated("this token is not known here")
        return Caller(name=holder.name, role=Role[holder.role.upper()], proof="token")

    def _by_certificate(self, context: Context) -> Caller:
        name = certified_name(context)
        if name is None:
            raise Unauthenticated(HOW_TO)
        role = self._clients.get(name)
        if role is None:
            raise Unauthenticated("this certificate names nobody in access.clients: send a token")
        return Caller(name=name, role=role, proof="certificate")


class _Gate:
    __slots__ = ("_auth", "_context", "_method", "_needed")

    def __init__(
        self, auth: AuthInterceptor, method: str, needed: Role | None, context: Context
    ) -> None:
        self._auth = auth
        self._method = method
        self._needed = needed
        self._context = context

    async def __aenter__(self) -> None:
        call = current_call()
        call.peer, call.forwarded = peer_address(self._context), forwarded_for(self._context)
        caller = call.caller = self._auth.identify(self._context, call.peer)
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
