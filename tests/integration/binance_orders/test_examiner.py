"""What the examiner tells of a venue that says what a test wants."""

import pytest
from aitrader_gateway.binance.examiner import create_examiner
from aitrader_server.adapters.clock import SystemClock
from scripted_http_venue import refuse, say, scripted_venue, server_time

ENVIRON = {"BINANCE_SANDBOX_API_KEY": "the-key", "BINANCE_SANDBOX_API_SECRET": "the-secret"}
RIGHTS = {"canTrade": True, "canWithdraw": False, "uid": 7, "balances": []}


def listed(**states):
    symbols = [
        {
            "symbol": symbol,
            "status": status,
            "baseAsset": symbol[:3],
            "quoteAsset": "USDT",
            "orderTypes": [],
            "filters": [],
        }
        for symbol, status in states.items()
    ]
    return say({"symbols": symbols})


@pytest.fixture
async def venue():
    async with scripted_venue() as venue:
        venue.on("GET time", server_time())
        venue.on("GET exchangeInfo", listed(BTCUSDT="TRADING", ETHUSDT="TRADING"))
        venue.on("GET account", say(RIGHTS))
        yield venue


async def examined(venue, symbols=("BTCUSDT", "ETHUSDT")):
    places = venue.endpoints
    settings = {
        "environment": "sandbox",
        "symbols": symbols,
        "rest_url": places.rest_url,
        "ws_api_url": places.ws_api_url,
        "stream_url": places.stream_url,
    }
    return await create_examiner(settings, ENVIRON, SystemClock()).examine()


async def test_rights_clock_and_symbols_of_a_good_key(venue):
    report = await examined(venue)
    assert (report.trouble, report.refusal, report.symbols) == ("", None, ())
    assert (report.uid, report.can_trade, report.may_withdraw) == (7, True, False)
    assert abs(report.offset_ms) <= report.error_ms + 100
    # Nothing but reads.
    assert {heard.method for heard in venue.heard} == {"GET"}


async def test_rights_that_are_missing_or_too_many(venue):
    venue.on("GET account", say({**RIGHTS, "canTrade": False, "canWithdraw": True}))
    report = await examined(venue)
    assert (report.can_trade, report.may_withdraw) == (False, True)


async def test_how_far_the_clocks_are_apart(venue):
    venue.on("GET time", server_time(shift_ms=90_000))
    report = await examined(venue)
    assert abs(report.offset_ms - 90_000) <= report.error_ms + 100


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (-2014, "BINANCE_SANDBOX_API_KEY is cut off"),
        (-1022, "the secret in environment variable BINANCE_SANDBOX_API_SECRET is not that of"),
        (-2015, "testnet and live have keys of their own"),
        (-1003, "look what the venue says"),
    ],
)
async def test_why_a_key_is_refused(venue, code, advice):
    venue.on("GET account", refuse(code, "no", 401))
    report = await examined(venue)
    assert report.refusal is not None
    assert report.refusal.said == f"{code} no"
    assert advice in report.refusal.advice
    assert "the-secret" not in str(report)


async def test_symbols_that_do_not_trade(venue):
    venue.on("GET exchangeInfo", listed(BTCUSDT="BREAK"))
    report = await examined(venue)
    assert report.symbols == ("BTCUSDT is BREAK", "ETHUSDT is unknown")


async def test_a_symbol_that_the_venue_does_not_know_is_found_among_others(venue):
    unknown = refuse(-1121, "Invalid symbol.")
    good = listed(BTCUSDT="TRADING")
    venue.on("GET exchangeInfo", unknown, good, unknown)
    report = await examined(venue)
    assert report.symbols == ("ETHUSDT: Invalid symbol.",)


async def test_a_venue_that_does_not_answer(venue):
    venue.on("GET time", refuse(-1000, "not now", 503))
    report = await examined(venue)
    assert report.trouble == "it did not answer"
    assert venue.requests("GET account") == []
