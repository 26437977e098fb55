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
from pathlib import Path
from urllib.parse import urlsplit

import websockets
from aitrader_gateway.sandbox.admin import COUNTERPARTY
from aitrader_gateway.sandbox.faults import Fault, Injection, Rule
from aitrader_gateway.sandbox.keys import ApiKey, KeyKind
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import Canceled, OrderRequest, Placed
from aitrader_gateway.sandbox.matching.words import CancelRestriction
from aitrader_gateway.sandbox.server import RunningSandbox
from aitrader_server.domain.words import OrderType, Side, TimeInForce
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from sandbox_running import running_sandbox

BTCUSDT = "BTCUSDT"
USER, OTHER = "user", COUNTERPARTY
KEY, SECRET = "k" * 64, "s" * 64
OTHER_KEY, OTHER_SECRET = "o" * 64, "p" * 64
ED25519_KEY = "e" * 64
_PRIVATE = ECC.generate(curve="Ed25519")
FUNDS = {"BTC": Decimal(1_000_000), "USDT": Decimal(10**12)}


class Faces:
    """The sandbox as a test sees it: its URLs, and the venue behind them."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._world = world = sandbox.world
        self.venue, self.tape, self.hub = world.venue, world.tape, world.hub
        self.faults, self.entrance, self.keys = world.faults, world.entrance, world.keys
        self.rest_url = f"{sandbox.rest_url}/api"
        self.ws_api_url = sandbox.ws_api_url
        self.stream_url = f"{sandbox.stream_url}/"
        public = _PRIVATE.public_key().export_key(format="PEM")
        for key in (
            ApiKey(key=KEY, account=USER, secret=SECRET),
            ApiKey(key=OTHER_KEY, account=OTHER, secret=OTHER_SECRET),
            ApiKey(key=ED25519_KEY, account=USER, secret=public, kind=KeyKind.ED25519),
        ):
            self.keys.add(key)

    @property
    def exchange(self) -> Exchange:
        return self.venue.exchange

    def reset(self) -> None:
        """As the venue's testnet does now and then."""
        self._world.reset()

    @property
    def port(self) -> int:
        return urlsplit(self.rest_url).port

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
async def running_faces(folder: Path, **settings: object) -> AsyncIterator[Faces]:
    """Serves until left, with books that are empty at first."""
    async with running_sandbox(
        folder, account=USER, balances=FUNDS, start_prices={}, **settings
    ) as running:
        yield Faces(running)


def raw(faces: Faces, stream: str) -> str:
    """Where one stream is told as it is."""
    return f"{faces.stream_url}ws/{stream}"


def combined(faces: Faces, *streams: str) -> str:
    """Where streams are told with their names."""
    return f"{faces.stream_url}stream?streams={'/'.join(streams)}"


async def joined(faces: Faces, *streams: str) -> None:
    """Waits until somebody listens to each of the streams."""
    while not all(faces.hub.streams.wanted(stream) for stream in streams):
        await asyncio.sleep(0.005)


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
