"""A small sandbox on loopback: one symbol's market, two users, both faces of the exchange."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import websockets
from aiohttp import web
from aitrader_gateway.sandbox.api import account, general, lists, market, orders, queries, replace
from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.past import Past
from aitrader_gateway.sandbox.connection import ConnectionSettings
from aitrader_gateway.sandbox.entrance import Entrance
from aitrader_gateway.sandbox.faults import Fault, Faults, Injection, Rule
from aitrader_gateway.sandbox.hub import Hub
from aitrader_gateway.sandbox.keys import ApiKey, KeyKind, KeyRing
from aitrader_gateway.sandbox.limits import Limits, LimitSettings
from aitrader_gateway.sandbox.listings import LISTINGS
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import Canceled, OrderRequest, Placed
from aitrader_gateway.sandbox.matching.words import CancelRestriction
from aitrader_gateway.sandbox.rest import RestFace
from aitrader_gateway.sandbox.streams import SETTINGS as STREAM_SETTINGS
from aitrader_gateway.sandbox.streams import Streams
from aitrader_gateway.sandbox.tape import Tape
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.ws_api import SETTINGS as WS_API_SETTINGS
from aitrader_gateway.sandbox.ws_api import WsApi
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.words import OrderType, Side, TimeInForce
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

BTCUSDT = "BTCUSDT"
USER, OTHER = "user", "other"
KEY, SECRET = "k" * 64, "s" * 64
OTHER_KEY, OTHER_SECRET = "o" * 64, "p" * 64
ED25519_KEY = "e" * 64
_PRIVATE = ECC.generate(curve="Ed25519")
_LIMITS = LimitSettings()
FUNDS = {"BTC": Decimal(1_000_000), "USDT": Decimal(10**12)}


class Faces:
    """The sandbox as a test sees it: its URLs, and the venue behind them."""

    def __init__(self, limits: LimitSettings) -> None:
        clock = SystemClock()
        self.exchange = Exchange(LISTINGS)
        for name in (USER, OTHER):
            self.exchange.open_account(name, FUNDS)
        self.exchange.take_events()
        self.venue = Venue(self.exchange, clock)
        self.tape = Tape()
        self.hub = Hub(self.venue, self.tape)
        self.limits = Limits(limits)
        self.past = Past()
        self.venue.sinks = (self.past, self.tape, self.hub, self.limits)
        self.faults = Faults()
        public = _PRIVATE.public_key().export_key(format="PEM")
        self.keys = KeyRing(
            (
                ApiKey(key=KEY, account=USER, secret=SECRET),
                ApiKey(key=OTHER_KEY, account=OTHER, secret=OTHER_SECRET),
                ApiKey(key=ED25519_KEY, account=USER, secret=public, kind=KeyKind.ED25519),
            )
        )
        numbers = itertools.count(1)
        desk = Desk(self.venue, self.limits, self.past, lambda: f"made-{next(numbers)}")
        parts = (account, general, lists, orders, queries, replace)
        operations = [each for part in parts for each in part.operations(desk)]
        self.api = Api(
            (*operations, *market.operations(self.venue, self.tape)),
            keys=self.keys,
            limits=self.limits,
            clock=clock,
            faults=self.faults,
        )
        self.clock = clock
        self.entrance = Entrance(self.api, clock, self.faults)
        self.port = 0

    @property
    def rest_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def ws_api_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws-api/v3"

    @property
    def stream_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def inject(self, fault: Fault, subjects: str = "*", *, skip: int = 0, hits: int = 1, **how):
        """Switches one fault on, for one hit unless told otherwise."""
        rule = Rule(
            fault=fault,
            subjects=subjects,
            skip=skip,
            hits_max=hits,
            injection=Injection(**how),
        )
        return self.faults.add(rule)

    def place(
        self, side: Side, price: str, quantity: str, *, by: str = OTHER, time_in_force="GTC"
    ) -> Placed:
        """A limit order of one account, placed at the venue itself."""
        request = OrderRequest(
            symbol=BTCUSDT,
            side=side,
            order_type=OrderType.LIMIT,
            client_order_id=f"o{time.monotonic_ns()}",
            quantity=Decimal(quantity),
            price=Decimal(price),
            time_in_force=TimeInForce(time_in_force),
        )
        placed = self.venue.run(lambda exchange, at_ns: exchange.place(by, request, at_ns))
        assert isinstance(placed, Placed), placed
        return placed

    def cancel(self, number: int, *, by: str = OTHER) -> Canceled:
        """Cancels one account's order."""
        canceled = self.venue.run(
            lambda exchange, at_ns: exchange.cancel(
                by,
                BTCUSDT,
                order_id=number,
                client_order_id="",
                new_client_order_id="c",
                restriction=CancelRestriction.NONE,
                at_ns=at_ns,
            )
        )
        assert isinstance(canceled, Canceled), canceled
        return canceled

    def cancel_all(self, *, by: str = OTHER) -> None:
        """Cancels all of one account's orders."""
        self.venue.run(lambda exchange, at_ns: exchange.cancel_all(by, BTCUSDT, at_ns))

    def trade(self, price: str, quantity: str, *, taker: Side = Side.BUY) -> None:
        """An execution between both accounts, in an otherwise empty book."""
        self.place(Side.SELL if taker is Side.BUY else Side.BUY, price, quantity, by=OTHER)
        self.place(taker, price, quantity, by=USER)


@asynccontextmanager
async def running_faces(
    *,
    limits: LimitSettings = _LIMITS,
    ws_api: ConnectionSettings = WS_API_SETTINGS,
    streams: ConnectionSettings = STREAM_SETTINGS,
) -> AsyncIterator[Faces]:
    """Serves until left; connections are aborted then."""
    faces = Faces(limits)
    app = web.Application()
    app.add_routes(RestFace(faces.api, faces.clock, faces.faults).routes())
    app.add_routes(WsApi(faces.api, faces.hub.accounts, faces.entrance, ws_api).routes())
    app.add_routes(Streams(faces.hub.streams, faces.entrance, streams).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    faces.port = runner.addresses[0][1]
    beats = asyncio.create_task(faces.hub.run())
    try:
        yield faces
    finally:
        beats.cancel()
        await asyncio.gather(beats, return_exceptions=True)
        faces.entrance.connections.close(1006)
        await runner.cleanup()


def signed(params: dict[str, object], *, key: str = KEY, secret: str = SECRET) -> dict[str, object]:
    """`params` with key, timestamp and signature, as the WebSocket API wants them."""
    whole = {"apiKey": key, "timestamp": time.time_ns() // 1_000_000, **params}
    payload = "&".join(f"{name}={whole[name]}" for name in sorted(whole)).encode()
    if key == ED25519_KEY:
        signature = b64encode(eddsa.new(_PRIVATE, "rfc8032").sign(payload)).decode()
    else:
        signature = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return {**whole, "signature": signature}


class Peer:
    """A plain client of the WebSocket API or of the streams."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self._numbers = itertools.count(1)

    async def next(self, *, within_s: float = 5) -> dict:
        return json.loads(await asyncio.wait_for(self.socket.recv(), within_s))

    async def ask(self, method: str, params: object = None, **more: object) -> dict:
        """Sends a request; the next frame of its id, events in between left out."""
        number = next(self._numbers)
        frame = {"id": number, "method": method, **more}
        if params is not None:
            frame["params"] = params
        await self.socket.send(json.dumps(frame))
        while True:
            reply = await self.next()
            if "id" in reply and reply["id"] == number:
                return reply

    async def closed(self, *, within_s: float = 5) -> int:
        """Reads on until the connection ends; the code it ended with."""
        try:
            while True:
                await self.next(within_s=within_s)
        except websockets.ConnectionClosed:
            return self.socket.close_code

    async def quiet(self, for_s: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            await asyncio.wait_for(self.socket.recv(), for_s)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def connected(url: str, **settings: object) -> AsyncIterator[Peer]:
    async with websockets.connect(
        url, proxy=None, close_timeout=0.2, max_size=2**24, **settings
    ) as socket:
        yield Peer(socket)
