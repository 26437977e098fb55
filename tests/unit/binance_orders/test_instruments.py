"""The venue's filters as the engine's controls know them."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_gateway.binance.instruments import (
    ExchangeRecord,
    exchange_info_parameters,
    read_instrument,
)
from aitrader_server.domain.words import OrderType


def instrument(*filters, **more):
    row = {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "orderTypes": ["LIMIT", "MARKET", "PEGGED_TO_THE_MOON"],
        "isSpotTradingAllowed": True,
        "filters": list(filters),
        **more,
    }
    record = msgspec.convert({"symbols": [row], "timezone": "UTC"}, ExchangeRecord)
    return read_instrument(record.symbols[0])


def test_every_filter_that_binance_lists_is_read():
    read = instrument(
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01",
            "maxPrice": "1000000.00",
            "tickSize": "0.02",
        },
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00002"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.1", "maxQty": "140", "stepSize": "0.2"},
        {
            "filterType": "NOTIONAL",
            "minNotional": "5",
            "applyMinToMarket": False,
            "maxNotional": "9000000",
            "applyMaxToMarket": True,
            "avgPriceMins": 5,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "6",
            "askMultiplierDown": "0.3",
        },
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_POSITION", "maxPosition": "7"},
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 11,
            "maxTrailingBelowDelta": 2001,
        },
        {"filterType": "A_FILTER_OF_NEXT_YEAR", "whatever": [1, 2]},
    )
    said = {
        "tick_size": "0.02",
        "min_price": "0.01",
        "max_price": "1000000",
        "step_size": "0.00002",
        "min_quantity": "0.00001",
        "max_quantity": "9000",
        "market_step_size": "0.2",
        "market_min_quantity": "0.1",
        "market_max_quantity": "140",
        "min_notional": "5",
        "max_notional": "9000000",
        "bid_multiplier_up": "5",
        "bid_multiplier_down": "0.2",
        "ask_multiplier_up": "6",
        "ask_multiplier_down": "0.3",
        "max_position": "7",
    }
    assert {name: getattr(read, name) for name in said} == {k: Decimal(v) for k, v in said.items()}
    assert (read.min_notional_applies_to_market, read.max_notional_applies_to_market) == (
        False,
        True,
    )
    assert (read.max_open_orders, read.max_stop_orders, read.iceberg_parts_max) == (200, 5, 100)
    assert (read.min_trailing_above_bips, read.max_trailing_above_bips) == (10, 2000)
    assert (read.min_trailing_below_bips, read.max_trailing_below_bips) == (11, 2001)
    assert read.order_types == {OrderType.LIMIT, OrderType.MARKET}
    assert (read.base, read.quote, read.trading) == ("BTC", "USDT", True)


def test_older_forms_of_a_filter_are_read_too():
    read = instrument(
        {"filterType": "MIN_NOTIONAL", "minNotional": "10", "applyToMarket": True},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.5", "multiplierDown": "0.5"},
    )
    assert (read.min_notional, read.min_notional_applies_to_market) == (10, True)
    assert (read.max_notional, read.max_notional_applies_to_market) == (0, False)
    up, down = Decimal("1.5"), Decimal("0.5")
    assert (read.bid_multiplier_up, read.bid_multiplier_down) == (up, down)
    assert (read.ask_multiplier_up, read.ask_multiplier_down) == (up, down)


def test_what_is_not_listed_bounds_nothing():
    read = instrument()
    assert read.max_open_orders == read.tick_size == read.min_notional == read.max_position == 0


@pytest.mark.parametrize(
    ("more", "trading"),
    [
        ({}, True),
        ({"status": "HALT"}, False),
        ({"status": "BREAK"}, False),
        ({"status": "CANCEL_ONLY"}, False),
        ({"isSpotTradingAllowed": False}, False),
    ],
)
def test_a_symbol_trades_only_when_the_venue_says_so(more, trading):
    assert instrument(**more).trading is trading


def test_only_the_configured_symbols_are_asked_for():
    assert exchange_info_parameters(["BTCUSDT", "币安人生USDT"]) == {
        "symbols": '["BTCUSDT","币安人生USDT"]'
    }
