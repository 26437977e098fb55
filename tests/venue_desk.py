"""The sandbox's operations over a real matching engine, for tests of what they answer."""

import hashlib
import hmac
from decimal import Decimal
from itertools import count
from typing import Any

from aitrader_gateway.sandbox.api import account, general, lists, market, orders, queries, replace
from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.past import Past
from aitrader_gateway.sandbox.api.table import Answer, Caller
from aitrader_gateway.sandbox.faults import Fault, Faults, Injection, Rule
from aitrader_gateway.sandbox.keys import ApiKey, KeyRing
from aitrader_gateway.sandbox.limits import Limits, LimitSettings
from aitrader_gateway.sandbox.listings import LISTINGS
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.tape import Tape
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.wire.scalars import TimeUnit

KEY, SECRET = "key-of-alice", "secret-of-alice"
MAKER_KEY, MAKER_SECRET = "key-of-maker", "secret-of-maker"
READ_KEY = "key-that-only-reads"
# 2026-02-03 04:05:06 UTC: inside a minute, a ten-second window and a day.
START_NS = 1_770_091_506_000_000_000
MS_NS = 1_000_000
SECOND_NS = 1_000 * MS_NS


class HandClock:
    """A clock that its test moves."""

    def __init__(self, at_ns: int = START_NS) -> None:
        self.at_ns = at_ns

    def now_ns(self) -> int:
        return self.at_ns

    def advance(self, *, ms: int = 0, s: int = 0) -> None:
        self.at_ns += ms * MS_NS + s * SECOND_NS


class VenueDesk:
    """A venue with two rich accounts and nobody else's orders."""

    def __init__(self, clock: Any, settings: LimitSettings | None = None) -> None:
        self.clock = clock
        self.faults = Faults()
        self.keys = KeyRing(
            [
                ApiKey(key=KEY, account="alice", secret=SECRET),
                ApiKey(key=READ_KEY, account="alice", secret=SECRET, can_trade=False),
                ApiKey(key=MAKER_KEY, account="maker", secret=MAKER_SECRET),
            ]
        )
        self.banned: list[str] = []
        self.limits = Limits(settings or LimitSettings(), self.banned.append)
        self.past = Past()
        exchange = Exchange(LISTINGS)
        for name in ("alice", "maker"):
            exchange.open_account(
                name, {"USDT": Decimal(1_000_000), "BTC": Decimal(100), "ETH": Decimal(100)}
            )
            self.past.watch(exchange, name)
        tape = Tape()
        self.venue = Venue(exchange, clock, (self.limits, self.past, tape))
        numbers = count(1)
        desk = Desk(self.venue, self.limits, self.past, lambda: f"id-{next(numbers)}")
        modules = (general, orders, replace, lists, queries, account)
        self.api = Api(
            (
                *(operation for module in modules for operation in module.operations(desk)),
                *market.operations(self.venue, tape),
            ),
            keys=self.keys,
            limits=self.limits,
            clock=clock,
            faults=self.faults,
        )

    def call(self, name: str, params: dict[str, str], **caller: Any) -> Answer:
        """An unsigned call, or one whose signature is in `params` already."""
        caller = {"ip": "127.0.0.1", "subject": name, "arrived_ns": self.clock.now_ns()} | caller
        return self.api.call(name, params, Caller(**caller))

    def ask(
        self, name: str, *, key: str = KEY, unit: TimeUnit = TimeUnit.MILLISECOND, **params: str
    ) -> Answer:
        """A signed call; the timestamp is the present unless one is given."""
        params = {"timestamp": str(self.clock.now_ns() // MS_NS)} | params
        payload = "&".join(f"{name}={value}" for name, value in params.items()).encode()
        secret = MAKER_SECRET if key == MAKER_KEY else SECRET
        signature = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
        signed = params | {"signature": signature}
        return self.call(name, signed, api_key=key, signed=payload, unit=unit)

    def limit(self, side: str, price: str, quantity: str = "1", **params: Any) -> Answer:
        """A limit order on BTCUSDT."""
        params = {"timeInForce": "GTC"} | params
        return self.ask(
            "order.place",
            symbol="BTCUSDT",
            side=side,
            type="LIMIT",
            price=price,
            quantity=quantity,
            **params,
        )

    def inject(self, fault: Fault, subjects: str = "*", hits_max: int = 0, **how: int) -> None:
        """Switches a fault on."""
        injection = Injection(**how)
        rule = Rule(fault=fault, subjects=subjects, hits_max=hits_max, injection=injection)
        self.faults.add(rule)
