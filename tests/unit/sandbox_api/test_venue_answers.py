"""What the venue tells of itself and of accounts."""

import zlib

import pytest
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from venue_desk import MAKER_KEY, START_NS

NOW_MS = START_NS // 1_000_000
RATES = {
    "maker": "0.00100000",
    "taker": "0.00100000",
    "buyer": "0.00000000",
    "seller": "0.00000000",
}


def test_the_venue_is_there_and_knows_the_time(desk):
    assert desk.call("ping", {}).body == {}
    assert desk.call("time", {}).body == {"serverTime": NOW_MS}


def test_exchange_information_describes_a_symbol_with_its_filters(desk):
    body = desk.call("exchangeInfo", {"symbol": "BTCUSDT"}).body
    [symbol] = body.pop("symbols")
    assert body == {
        "timezone": "UTC",
        "serverTime": NOW_MS,
        "rateLimits": desk.limits.described(),
        "exchangeFilters": [],
    }
    filters = {item.pop("filterType"): item for item in symbol.pop("filters")}
    assert symbol == {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [
            "MARKET",
            "LIMIT",
            "LIMIT_MAKER",
            "STOP_LOSS",
            "STOP_LOSS_LIMIT",
            "TAKE_PROFIT",
            "TAKE_PROFIT_LIMIT",
        ],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": [
            "NONE",
            "EXPIRE_TAKER",
            "EXPIRE_MAKER",
            "EXPIRE_BOTH",
            "DECREMENT",
            "TRANSFER",
        ],
    }
    assert filters["PRICE_FILTER"] == {
        "minPrice": "0.01000000",
        "maxPrice": "1000000.00000000",
        "tickSize": "0.01000000",
    }
    assert filters["LOT_SIZE"] == {
        "minQty": "0.00001000",
        "maxQty": "9000.00000000",
        "stepSize": "0.00001000",
    }
    assert filters["MARKET_LOT_SIZE"] == {
        "minQty": "0.00000000",
        "maxQty": "140.00000000",
        "stepSize": "0.00000000",
    }
    assert filters["NOTIONAL"] == {
        "minNotional": "5.00000000",
        "applyMinToMarket": True,
        "maxNotional": "9000000.00000000",
        "applyMaxToMarket": False,
        "avgPriceMins": 5,
    }
    assert filters["PERCENT_PRICE_BY_SIDE"] == {
        "bidMultiplierUp": "5",
        "bidMultiplierDown": "0.2",
        "askMultiplierUp": "5",
        "askMultiplierDown": "0.2",
        "avgPriceMins": 5,
    }
    assert filters["TRAILING_DELTA"] == {
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 2000,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    }
    assert filters["ICEBERG_PARTS"] == {"limit": 100}
    assert filters["MAX_NUM_ORDERS"] == {"maxNumOrders": 200}
    assert filters["MAX_NUM_ALGO_ORDERS"] == {"maxNumAlgoOrders": 5}
    assert filters["MAX_NUM_ORDER_LISTS"] == {"maxNumOrderLists": 20}
    assert filters["MAX_NUM_ORDER_AMENDS"] == {"maxNumOrderAmends": 10}


def test_exchange_information_is_about_the_symbols_asked_for(desk):
    def names(**params):
        return [item["symbol"] for item in desk.call("exchangeInfo", params).body["symbols"]]

    assert names() == list(desk.venue.exchange.listings)
    assert names(symbols='["ETHUSDT","BTCUSDT"]') == ["ETHUSDT", "BTCUSDT"]
    desk.venue.run(lambda exchange, at_ns: exchange.set_status("ETHUSDT", SymbolStatus.HALT, at_ns))
    assert names(symbolStatus="HALT") == ["ETHUSDT"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"symbol": "NOSUCH"}, -1121),
        ({"symbols": '["NOSUCH"]'}, -1121),
        ({"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151),
        ({"symbols": "BTCUSDT"}, -1100),
        ({"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, -1128),
        ({"symbol": "BTCUSDT", "symbolStatus": "HALT"}, -1128),
    ],
)
def test_exchange_information_is_refused(desk, params, code):
    assert desk.call("exchangeInfo", params).body["code"] == code


def test_an_account_is_told_whole(desk):
    desk.limit("BUY", "100", "2")
    assert desk.ask("account.status").body == {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": RATES,
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": NOW_MS,
        "accountType": "SPOT",
        "balances": [
            {"asset": "USDT", "free": "999800.00000000", "locked": "200.00000000"},
            {"asset": "BTC", "free": "100.00000000", "locked": "0.00000000"},
            {"asset": "ETH", "free": "100.00000000", "locked": "0.00000000"},
        ],
        "permissions": ["SPOT"],
        "uid": zlib.crc32(b"alice"),
    }


def test_empty_balances_are_left_out_if_asked(desk):
    desk.limit("SELL", "100", "100", key=MAKER_KEY)
    desk.limit("BUY", "100", "100")
    sold = desk.ask("order.place", symbol="ETHUSDT", side="SELL", type="MARKET", quantity="1")
    assert sold.status in {200, 400}
    everything = desk.ask("account.status").body["balances"]
    some = desk.ask("account.status", omitZeroBalances="true").body["balances"]
    assert some == [row for row in everything if {row["free"], row["locked"]} != {"0.00000000"}]


def test_commission_limits_and_filters_of_an_account(desk):
    commission = desk.ask("account.commission", symbol="BTCUSDT").body
    assert (commission["symbol"], commission["standardCommission"]) == ("BTCUSDT", RATES)
    assert set(commission) == {
        "symbol",
        "standardCommission",
        "specialCommission",
        "taxCommission",
        "discount",
    }
    assert desk.ask("account.rateLimits.orders").body == [
        {
            "rateLimitType": "ORDERS",
            "interval": "SECOND",
            "intervalNum": 10,
            "limit": 100,
            "count": 0,
        },
        {
            "rateLimitType": "ORDERS",
            "interval": "DAY",
            "intervalNum": 1,
            "limit": 200_000,
            "count": 0,
        },
    ]
    filters = desk.ask("myFilters", symbol="BTCUSDT").body
    assert {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200} in filters["symbolFilters"]


def test_there_are_no_execution_rules_and_no_reference_prices(desk):
    assert desk.call("executionRules", {"symbol": "BTCUSDT"}).body == {"symbolRules": []}
    assert desk.call("referencePrice", {"symbol": "BTCUSDT"}).body == {
        "symbol": "BTCUSDT",
        "referencePrice": None,
        "timestamp": NOW_MS,
    }
    assert desk.call("referencePrice", {"symbol": "NOSUCH"}).body["code"] == -1121
