"""The watchdog's way to Binance, at the sandbox, under a key of its own."""

import time

import pytest
from aitrader_gateway.binance.canceller import create_canceller
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.words import Side
from aitrader_server.errors import ConfigError
from aitrader_server.watchdog.ports import Trouble
from watched import Exchange

LIMIT = {"type": "LIMIT", "timeInForce": "GTC"}
SYMBOLS = ("BTCUSDT", "ETHUSDT")


@pytest.fixture
def exchange(tmp_path):
    with Exchange(tmp_path) as exchange:
        yield exchange


def made(exchange, environ, symbols=SYMBOLS):
    settings = {
        "environment": "sandbox",
        "symbols": symbols,
        "api_key_env": "BINANCE_WATCHDOG_API_KEY",
        "api_secret_env": "BINANCE_WATCHDOG_API_SECRET",
        "rest_url": exchange.url,
        "ws_api_url": exchange.url.replace("http", "ws"),
        "stream_url": exchange.url.replace("http", "ws"),
    }
    return create_canceller(settings, environ, SystemClock())


@pytest.fixture
async def canceller(exchange):
    canceller = made(exchange, exchange.watchdog_keys)
    await canceller.start()
    yield canceller
    await canceller.stop()


def place(exchange, name, symbol="BTCUSDT", side="BUY", price="95000", **more):
    order = {**LIMIT, "symbol": symbol, "side": side, "quantity": "0.01", "price": price, **more}
    return exchange.ask("POST", "order", newClientOrderId=name, **order)


async def test_orders_of_the_symbols_are_found_and_cancelled(exchange, canceller):
    placed = place(exchange, "entry")
    place(exchange, "elsewhere", symbol="BNBUSDT", price="500", quantity="0.1")
    exchange.ask("POST", "order", symbol="ETHUSDT", side="BUY", type="MARKET", quantity="0.1")
    place(exchange, "protection", symbol="ETHUSDT", side="SELL", price="4500")
    found = {order.request_id: order for order in await canceller.open_orders()}
    assert {name: order.side for name, order in found.items()} == {
        "entry": Side.BUY,
        "protection": Side.SELL,
    }
    assert found["entry"].name == f"BTCUSDT:{placed['orderId']}"
    assert await canceller.cancel(found["entry"]) is None
    assert exchange.open_orders() == {"elsewhere", "protection"}
    # It is gone already, and that is all that was wanted.
    assert await canceller.cancel(found["entry"]) is None


async def test_a_purchase_with_exits_goes_as_a_whole(exchange, canceller):
    exchange.ask(
        "POST",
        "orderList/oto",
        symbol="BTCUSDT",
        workingType="LIMIT",
        workingSide="BUY",
        workingPrice="95000",
        workingQuantity="0.01",
        workingTimeInForce="GTC",
        workingClientOrderId="entry",
        pendingType="LIMIT",
        pendingSide="SELL",
        pendingPrice="110000",
        pendingQuantity="0.00999",
        pendingTimeInForce="GTC",
        pendingClientOrderId="exit",
    )
    entries = [o for o in await canceller.open_orders() if o.side is Side.BUY]
    assert [order.request_id for order in entries] == ["entry"]
    assert await canceller.cancel(entries[0]) is None
    assert exchange.open_orders() == set()


async def test_a_venue_that_is_away_is_a_trouble_and_no_failure(exchange, canceller):
    place(exchange, "entry")
    (entry,) = await canceller.open_orders()
    exchange.kill9()
    # The first to notice is told of a connection that dropped.
    assert isinstance(await canceller.open_orders(), Trouble)
    assert await canceller.open_orders() == Trouble("open orders: no connection to the venue")
    trouble = await canceller.cancel(entry)
    assert trouble == Trouble(f"cancelling {entry.name}: no connection to the venue")
    exchange.restart()
    assert await canceller.cancel(entry) is None
    assert await canceller.open_orders() == []


async def test_it_starts_while_the_venue_is_away(exchange):
    canceller = made(exchange, exchange.watchdog_keys)
    exchange.kill9()
    begun_s = time.monotonic()
    await canceller.start()
    assert time.monotonic() - begun_s < 20
    exchange.restart()
    assert await canceller.open_orders() == []
    await canceller.stop()


async def test_a_key_that_the_venue_refuses_is_said_at_the_start(exchange):
    keys = {**exchange.watchdog_keys, "BINANCE_WATCHDOG_API_KEY": "f" * 64}
    canceller = made(exchange, keys)
    with pytest.raises(ConfigError, match="BINANCE_WATCHDOG_API_SECRET"):
        await canceller.start()
    await canceller.stop()


async def test_many_symbols_are_asked_for_at_once(exchange):
    others = tuple(f"X{number}USDT" for number in range(20))
    canceller = made(exchange, exchange.watchdog_keys, (*SYMBOLS, *others))
    await canceller.start()
    place(exchange, "entry")
    assert [order.request_id for order in await canceller.open_orders()] == ["entry"]
    await canceller.stop()


async def test_an_order_may_be_on_its_way_for_its_window_and_the_venue_s_time(canceller):
    assert canceller.fence_s == 12.5
