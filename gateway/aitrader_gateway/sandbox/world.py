"""One venue with all that belongs to it, apart from the port that it serves on."""

import secrets
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from aiohttp import WSCloseCode, web

from aitrader_gateway.sandbox.admin import COUNTERPARTY, Admin
from aitrader_gateway.sandbox.api import (
    account,
    general,
    lists,
    market,
    orders,
    queries,
    replace,
)
from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.api.gate import Api
from aitrader_gateway.sandbox.api.past import Past
from aitrader_gateway.sandbox.candles import Interval
from aitrader_gateway.sandbox.crowd import Crowd
from aitrader_gateway.sandbox.entrance import Entrance
from aitrader_gateway.sandbox.faults import Faults
from aitrader_gateway.sandbox.history import minutes_before
from aitrader_gateway.sandbox.hub import Hub
from aitrader_gateway.sandbox.keys import KeyRing
from aitrader_gateway.sandbox.limits import Limits
from aitrader_gateway.sandbox.makers import Maker
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.rest import RestFace
from aitrader_gateway.sandbox.settings import SandboxSettings
from aitrader_gateway.sandbox.store import Opening, Store
from aitrader_gateway.sandbox.streams import Streams
from aitrader_gateway.sandbox.tape import Tape
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.ws_api import WsApi

STORE_FILE: Final = "sandbox.sqlite"
# More than any test can spend.
_FUNDS: Final = Decimal(10**12)
_CLIENT_ID_BYTES: Final = 11


class WallClock:
    """The system's own time."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        return time.time_ns()


class World:
    """The parts of the venue, put together; nothing trades before `open`."""

    def __init__(self, settings: SandboxSettings, keys: KeyRing) -> None:
        self.settings = settings
        self.keys = keys
        self.clock = WallClock()
        self.faults = Faults(settings.seed)
        self.store = Store(settings.state / STORE_FILE)
        self.limits = Limits(settings.limits, self._hang_up)
        self.past = Past()
        self.tape = Tape()
        self.venue = Venue(Exchange(settings.listings), self.clock)
        self.hub = Hub(self.venue, self.tape)
        # What makes events durable hears first, who tells the world last.
        self.venue.sinks = (self.store, self.limits, self.past, self.tape, self.hub)
        self.crowd = Crowd(self.venue, settings.pace_per_s)
        self.api = self._make_api()
        self.entrance = Entrance(
            self.api, self.clock, self.faults, settings.limits.connections_max_per_5_minutes
        )

    def open(self) -> None:
        """Finds the accounts as they were left, and opens the markets.

        Raises:
            ConfigError: the state folder cannot be used.
        """
        for rule in self.settings.faults:
            self.faults.add(rule)
        self.store.open()
        self._populate()

    def close(self) -> None:
        """Lets go of the state folder; twice is the same as once."""
        self.store.close()

    def reset(self) -> None:
        """Forgets all orders and trades; balances are as at first, ids start again.

        Whoever is connected stays so, and hears nothing of it.
        """
        self.store.clear()
        self.venue.exchange = Exchange(self.settings.listings)
        self.past.clear()
        self.tape.clear()
        self.hub.reset()
        self._populate()

    def disconnect(self, code: int) -> int:
        """Closes every WebSocket with `code`; how many there were."""
        return self.entrance.connections.close(code)

    def app(self) -> web.Application:
        """All faces of the venue as one web application."""
        settings, entrance = self.settings, self.entrance
        app = web.Application()
        app.add_routes(RestFace(self.api, self.clock, self.faults).routes())
        app.add_routes(WsApi(self.api, self.hub.accounts, entrance, settings.ws_api).routes())
        app.add_routes(Streams(self.hub.streams, entrance, settings.streams).routes())
        app.add_routes(Admin(self).routes())
        return app

    def _populate(self) -> None:
        settings, exchange = self.settings, self.venue.exchange
        opening = Opening(balances=settings.balances, fees=settings.fees)
        self.store.fill(exchange, {settings.account: opening})
        self.past.watch(exchange, settings.account)
        assets = {
            asset: _FUNDS
            for listing in settings.listings.values()
            for asset in (listing.instrument.base, listing.instrument.quote)
        }
        exchange.open_account(COUNTERPARTY, assets)
        left = self.store.last_prices()
        prices = {symbol: left.get(symbol, at) for symbol, at in settings.start_prices.items()}
        if settings.replay is None:
            self._remember(prices)
        self.crowd.open(
            Maker(settings.listings[symbol], price, settings.seed, settings.makers)
            for symbol, price in prices.items()
        )

    def _remember(self, prices: Mapping[str, Decimal]) -> None:
        """Gives every market a past that ends where it opens."""
        settings = self.settings
        steps_per_minute = 60 * settings.pace_per_s / max(len(prices), 1)
        for symbol, price in prices.items():
            minutes = minutes_before(
                self.clock.now_ns(),
                settings.listings[symbol].instrument,
                price,
                seed=settings.seed,
                volatility_bips=settings.makers.volatility_bips * steps_per_minute**0.5,
                count=settings.past_minutes,
            )
            self.tape.add_history(symbol, Interval.M1, minutes)

    def _make_api(self) -> Api:
        desk = Desk(self.venue, self.limits, self.past, _new_client_id)
        operations = (
            *general.operations(desk),
            *market.operations(self.venue, self.tape),
            *orders.operations(desk),
            *replace.operations(desk),
            *lists.operations(desk),
            *queries.operations(desk),
            *account.operations(desk),
        )
        return Api(
            operations,
            keys=self.keys,
            limits=self.limits,
            clock=self.clock,
            faults=self.faults,
        )

    def _hang_up(self, ip: str) -> None:
        self.entrance.connections.close(WSCloseCode.POLICY_VIOLATION, ip)


def _new_client_id() -> str:
    """Of the form that the venue gives orders whose caller named none."""
    return secrets.token_hex(_CLIENT_ID_BYTES)
