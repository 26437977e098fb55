"""What makes the sandbox a sandbox: `/sandbox/*`, for whoever sits on the same machine.

Bodies and answers are JSON. What cannot be done is a 400 with `{"error": text}`, or with the
venue's own `{"code": -1013, "msg": text}` where the matching engine refused.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Final, Protocol, TypeVar

import msgspec
from aiohttp import web
from aitrader_server.domain.money import text
from msgspec import Meta

from aitrader_gateway.sandbox.credentials import make_credentials, public_key
from aitrader_gateway.sandbox.crowd import Crowd
from aitrader_gateway.sandbox.faults import Faults, Rule
from aitrader_gateway.sandbox.keys import ApiKey, KeyRing
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import OrderRequest, Refusal
from aitrader_gateway.sandbox.matching.words import CancelRestriction, SymbolStatus
from aitrader_gateway.sandbox.venue import Venue

PREFIX: Final = "/sandbox"
# Trades whatever a test wants traded; never short of funds, and its orders meet everybody's.
COUNTERPARTY: Final = "counterparty"
S = TypeVar("S", bound=msgspec.Struct)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body; a field that it does not know is refused."""


class Transfer(Asked, frozen=True, kw_only=True):
    """A deposit, or with a negative amount a withdrawal."""

    account: str
    asset: str
    amount: Decimal


class Last(Asked, frozen=True, kw_only=True):
    """A trade elsewhere; the market maker moves to its price too, unless `quotes` is false."""

    symbol: str
    price: Decimal
    quotes: bool = True


class Status(Asked, frozen=True, kw_only=True):
    symbol: str
    status: SymbolStatus


class Pace(Asked, frozen=True, kw_only=True):
    """Steps of the market makers a second, 0 to pause; and then so many steps at once."""

    pace_per_s: float | None = None
    steps: int = 0


class Cancellation(Asked, frozen=True, kw_only=True):
    """One of the counterparty's orders."""

    symbol: str
    number: int


class Disconnection(Asked, frozen=True, kw_only=True):
    """`code` 1006 aborts the connections without a close frame."""

    code: Annotated[int, Meta(ge=1000, le=4999)] = 1001


class NewKey(Asked, frozen=True, kw_only=True):
    """Whoever owns the Ed25519 or RSA key trades under it; without one an HMAC key is made."""

    account: str
    public_key: str = ""
    can_trade: bool = True


class House(Protocol):
    """What the administration works on."""

    venue: Venue
    keys: KeyRing
    faults: Faults
    crowd: Crowd

    def reset(self) -> None:
        """Forgets all orders and trades; balances are as at first, ids start again."""
        ...

    def disconnect(self, code: int) -> int:
        """Closes every WebSocket with `code`; how many there were."""
        ...


class _Refused(Exception):
    """The body of a 400."""

    def __init__(self, body: dict[str, str | int]) -> None:
        super().__init__(body)
        self.body = body


class Admin:
    """The administration's operations, as routes of a web application."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """Every operation, refused to whoever is not on this machine."""
        table: dict[tuple[str, str], Callable[[web.Request], Awaitable[object]]] = {
            ("GET", "/faults"): self._list_faults,
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("DELETE", "/faults/{number}"): self._remove_fault,
            ("POST", "/transfers"): self._transfer,
            ("POST", "/status"): self._set_status,
            ("POST", "/last"): self._set_last,
            ("GET", "/makers"): self._makers,
            ("POST", "/makers"): self._pace,
            ("POST", "/orders"): self._place,
            ("DELETE", "/orders"): self._cancel,
            ("GET", "/accounts/{account}"): self._account,
            ("GET", "/keys"): self._list_keys,
            ("POST", "/keys"): self._add_key,
            ("DELETE", "/keys/{key}"): self._revoke_key,
            ("POST", "/disconnect"): self._disconnect,
            ("POST", "/reset"): self._reset,
        }
        return [
            web.route(method, PREFIX + path, _guarded(operation))
            for (method, path), operation in table.items()
        ]

    async def _list_faults(self, _: web.Request) -> object:
        rules = self._house.faults.rules
        return {
            "rules": [{"number": n, "rule": rule, "hits": hits} for n, rule, hits in rules],
            "injected": dict(self._house.faults.injected),
        }

    async def _add_fault(self, request: web.Request) -> object:
        return {"number": self._house.faults.add(await _body(request, Rule))}

    async def _clear_faults(self, _: web.Request) -> object:
        self._house.faults.clear()
        return {}

    async def _remove_fault(self, request: web.Request) -> object:
        number = request.match_info["number"]
        if not number.isdecimal() or not self._house.faults.remove(int(number)):
            raise _Refused({"error": f"no rule has the number {number}"})
        return {}

    async def _transfer(self, request: web.Request) -> object:
        asked = await _body(request, Transfer)
        self._known(asked.account)
        return self._run(
            lambda exchange, at_ns: exchange.deposit(
                asked.account, asked.asset, asked.amount, at_ns
            )
        )

    async def _set_status(self, request: web.Request) -> object:
        asked = await _body(request, Status)
        self._listed(asked.symbol)
        return self._run(
            lambda exchange, at_ns: exchange.set_status(asked.symbol, asked.status, at_ns)
        )

    async def _set_last(self, request: web.Request) -> object:
        asked = await _body(request, Last)
        self._listed(asked.symbol)
        if asked.price <= 0:
            raise _Refused({"error": "the price must be above zero"})
        if asked.quotes and asked.symbol in self._house.crowd.makers:
            self._house.crowd.move(asked.symbol, asked.price)
        return self._run(
            lambda exchange, at_ns: exchange.set_last(asked.symbol, asked.price, at_ns)
        )

    async def _makers(self, _: web.Request) -> object:
        crowd = self._house.crowd
        return {"pace_per_s": crowd.pace_per_s, "fair_prices": crowd.fair_prices()}

    async def _pace(self, request: web.Request) -> object:
        asked = await _body(request, Pace)
        crowd = self._house.crowd
        if asked.pace_per_s is not None:
            crowd.pace(asked.pace_per_s)
        if asked.steps:
            crowd.step(asked.steps)
        return await self._makers(request)

    async def _place(self, request: web.Request) -> object:
        asked = await _body(request, OrderRequest)
        self._listed(asked.symbol)
        return self._run(lambda exchange, at_ns: exchange.place(COUNTERPARTY, asked, at_ns))

    async def _cancel(self, request: web.Request) -> object:
        asked = await _body(request, Cancellation)
        self._listed(asked.symbol)
        return self._run(
            lambda exchange, at_ns: exchange.cancel(
                COUNTERPARTY,
                asked.symbol,
                order_id=asked.number,
                client_order_id="",
                new_client_order_id=f"c{asked.number}",
                restriction=CancelRestriction.NONE,
                at_ns=at_ns,
            )
        )

    async def _account(self, request: web.Request) -> object:
        account, exchange = request.match_info["account"], self._house.venue.exchange
        self._known(account)
        symbols = exchange.listings
        return {
            "balances": exchange.balances(account),
            "orders": [order for symbol in symbols for order in exchange.orders(account, symbol)],
            "trades": [trade for symbol in symbols for trade in exchange.trades(account, symbol)],
            "lists": exchange.order_lists(account),
        }

    async def _list_keys(self, _: web.Request) -> object:
        ring = self._house.keys
        listing = [
            {"api_key": key.key, "account": key.account, "kind": key.kind, "requests": requests}
            for key, requests in ring.listing()
        ]
        return {"keys": listing, "requests_of_strangers": ring.strangers}

    async def _add_key(self, request: web.Request) -> object:
        asked = await _body(request, NewKey)
        self._known(asked.account)
        if asked.public_key:
            key = public_key(asked.public_key, asked.account)
            told = {"api_key": key.key}
        else:
            made = make_credentials()
            key = ApiKey(key=made.api_key, account=asked.account, secret=made.api_secret)
            told = {"api_key": made.api_key, "api_secret": made.api_secret}
        self._house.keys.add(msgspec.structs.replace(key, can_trade=asked.can_trade))
        return told

    async def _revoke_key(self, request: web.Request) -> object:
        if not self._house.keys.remove(request.match_info["key"]):
            raise _Refused({"error": "there is no such key"})
        return {}

    async def _disconnect(self, request: web.Request) -> object:
        asked = await _body(request, Disconnection)
        return {"closed": self._house.disconnect(asked.code)}

    async def _reset(self, _: web.Request) -> object:
        self._house.reset()
        return {}

    def _listed(self, symbol: str) -> None:
        if symbol not in self._house.venue.exchange.listings:
            raise _Refused({"error": f"{symbol} is not listed here"})

    def _known(self, account: str) -> None:
        try:
            self._house.venue.exchange.balances(account)
        except KeyError as error:
            raise _Refused({"error": f"there is no account {account}"}) from error

    def _run(self, command: Callable[[Exchange, int], object]) -> object:
        result = self._house.venue.run(command)
        if isinstance(result, Refusal):
            raise _Refused({"code": result.code, "msg": result.message})
        return {} if result is None else result


async def _body(request: web.Request, kind: type[S]) -> S:
    try:
        asked = msgspec.json.decode(await request.read() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise _Refused({"error": str(error)}) from error
    for name, value in msgspec.structs.asdict(asked).items():
        if isinstance(value, Decimal) and not value.is_finite():
            raise _Refused({"error": f"{name} must be a number"})
    return asked


def _guarded(operation: Callable[[web.Request], Awaitable[object]]) -> Handler:
    """Answers with JSON, and only to peers on this machine who asked for this machine.

    The second keeps out pages in a browser that had a name of theirs resolve to loopback.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        host = request.url.host or ""
        if not (_is_loopback(request.remote or "") and (host == "localhost" or _is_loopback(host))):
            return _answer({"error": "the administration serves this machine only"}, status=403)
        try:
            return _answer(await operation(request))
        except _Refused as refused:
            return _answer(refused.body, status=400)
        except ValueError as error:
            return _answer({"error": str(error)}, status=400)

    return handle


def _answer(body: object, status: int = 200) -> web.Response:
    plain = msgspec.to_builtins(body, builtin_types=(Decimal,))
    return web.json_response(text=json.dumps(plain, default=text), status=status)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
