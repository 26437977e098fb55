"""Market data over REST, as everybody may ask for it."""

import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from aitrader_server.domain.words import Side
from sandbox_faces import BTCUSDT, USER, Faces

DAY_MS = 86_400_000


class Rest:
    def __init__(self, faces: Faces, session: aiohttp.ClientSession) -> None:
        self._url = f"{faces.rest_url}/v3/"
        self._session = session

    async def get(self, path: str, **params: object):
        texts = {name: str(value) for name, value in params.items()}
        async with self._session.get(self._url + path, params=texts) as response:
            self.weight = int(response.headers.get("X-MBX-USED-WEIGHT-1M", 0))
            self.status = response.status
            return await response.json()

    async def costs(self, path: str, **params: object) -> int:
        await self.get("ping")
        before = self.weight
        assert not isinstance(await self.get(path, **params), str)
        assert self.status == 200
        return self.weight - before


@pytest.fixture
async def rest(faces: Faces) -> AsyncIterator[Rest]:
    async with aiohttp.ClientSession() as session:
        yield Rest(faces, session)


@pytest.mark.parametrize(
    ("path", "params", "weight"),
    [
        ("depth", {"symbol": BTCUSDT}, 5),
        ("depth", {"symbol": BTCUSDT, "limit": 100}, 5),
        ("depth", {"symbol": BTCUSDT, "limit": 101}, 25),
        ("depth", {"symbol": BTCUSDT, "limit": 501}, 50),
        ("depth", {"symbol": BTCUSDT, "limit": 5000}, 250),
        ("depth", {"symbol": BTCUSDT, "limit": 9999}, 250),
        ("trades", {"symbol": BTCUSDT}, 25),
        ("historicalTrades", {"symbol": BTCUSDT}, 25),
        ("aggTrades", {"symbol": BTCUSDT}, 4),
        ("klines", {"symbol": BTCUSDT, "interval": "1m"}, 2),
        ("uiKlines", {"symbol": BTCUSDT, "interval": "1m"}, 2),
        ("avgPrice", {"symbol": BTCUSDT}, 2),
        ("ticker/price", {"symbol": BTCUSDT}, 2),
        ("ticker/price", {}, 4),
        ("ticker/bookTicker", {"symbol": BTCUSDT}, 2),
        ("ticker/bookTicker", {"symbols": f'["{BTCUSDT}"]'}, 4),
        ("ticker/24hr", {"symbol": BTCUSDT}, 2),
        ("ticker/24hr", {}, 80),
        ("ticker", {"symbol": BTCUSDT}, 4),
        ("ticker", {"symbols": f'["{BTCUSDT}","ETHUSDT"]'}, 8),
        ("ticker/tradingDay", {"symbol": BTCUSDT}, 4),
    ],
)
async def test_every_question_has_its_weight(rest: Rest, path, params, weight):
    # The ping that comes before costs one.
    assert await rest.costs(path, **params) == weight


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("depth", {}, -1102),
        ("depth", {"symbol": "NOSUCH"}, -1121),
        ("depth", {"symbol": "btcusdt"}, -1100),
        ("depth", {"symbol": BTCUSDT, "limit": 0}, -1130),
        ("depth", {"symbol": BTCUSDT, "symbolStatus": "HALT"}, -1220),
        ("trades", {"symbol": "NOSUCH"}, -1121),
        ("historicalTrades", {"symbol": BTCUSDT, "fromId": "x"}, -1100),
        ("aggTrades", {"symbol": BTCUSDT, "fromId": 1, "startTime": 1}, -1128),
        ("klines", {"symbol": BTCUSDT}, -1102),
        ("klines", {"symbol": BTCUSDT, "interval": "7m"}, -1120),
        ("klines", {"symbol": BTCUSDT, "interval": "1d", "timeZone": "15"}, -1130),
        ("klines", {"symbol": BTCUSDT, "interval": "1d", "timeZone": "8:60"}, -1130),
        ("avgPrice", {"symbol": "NOSUCH"}, -1121),
        ("ticker/price", {"symbol": BTCUSDT, "symbols": f'["{BTCUSDT}"]'}, -1128),
        ("ticker/price", {"symbols": "BTCUSDT"}, -1100),
        ("ticker/price", {"symbols": '["NOSUCH"]'}, -1121),
        ("ticker/price", {"symbols": f'["{BTCUSDT}","{BTCUSDT}"]'}, -1151),
        ("ticker/24hr", {"symbol": BTCUSDT, "type": "SMALL"}, -1130),
        ("ticker/24hr", {"symbol": BTCUSDT, "symbolStatus": "BREAK"}, -1220),
        ("ticker", {}, -1102),
        ("ticker", {"symbol": BTCUSDT, "windowSize": "60m"}, -1130),
    ],
)
async def test_what_makes_no_sense_is_refused(rest: Rest, path, params, code):
    body = await rest.get(path, **params)
    assert rest.status == 400
    assert body["code"] == code


async def test_trades_are_told_newest_last_or_from_a_number(faces: Faces, rest: Rest):
    for price in ("100.00", "101.00", "102.00"):
        faces.trade(price, "2")
    rows = await rest.get("trades", symbol=BTCUSDT, limit=2)
    assert [row["id"] for row in rows] == [2, 3]
    assert rows[0] == {
        "id": 2,
        "price": "101.00000000",
        "qty": "2.00000000",
        "quoteQty": "202.00000000",
        "time": rows[0]["time"],
        "isBuyerMaker": False,
        "isBestMatch": True,
    }
    rows = await rest.get("historicalTrades", symbol=BTCUSDT, fromId=2, limit=1)
    assert [row["id"] for row in rows] == [2]


async def test_aggregates_are_told_by_number_and_by_time(faces: Faces, rest: Rest):
    faces.place(Side.SELL, "100.00", "1")
    faces.place(Side.SELL, "100.00", "1")
    faces.place(Side.BUY, "100.00", "2", by=USER)
    faces.trade("101.00", "1")
    rows = await rest.get("aggTrades", symbol=BTCUSDT)
    assert [(row["a"], row["f"], row["l"], row["q"]) for row in rows] == [
        (1, 1, 2, "2.00000000"),
        (2, 3, 3, "1.00000000"),
    ]
    assert await rest.get("aggTrades", symbol=BTCUSDT, fromId=2) == rows[1:]
    since = await rest.get("aggTrades", symbol=BTCUSDT, startTime=rows[0]["T"], limit=1)
    assert since == rows[:1]
    until = await rest.get("aggTrades", symbol=BTCUSDT, endTime=rows[1]["T"], limit=1)
    assert until == rows[1:]
    assert await rest.get("aggTrades", symbol=BTCUSDT, endTime=rows[0]["T"] - 1) == []


async def test_candles_have_twelve_columns(faces: Faces, rest: Rest):
    faces.trade("100.00", "1")
    faces.trade("90.00", "2", taker=Side.SELL)
    (row,) = await rest.get("klines", symbol=BTCUSDT, interval="1d")
    opened = row[0]
    assert opened % DAY_MS == 0
    assert row == [
        opened,
        "100.00000000",
        "100.00000000",
        "90.00000000",
        "90.00000000",
        "3.00000000",
        opened + DAY_MS - 1,
        "280.00000000",
        2,
        "1.00000000",
        "100.00000000",
        "0",
    ]
    (eastern,) = await rest.get("klines", symbol=BTCUSDT, interval="1d", timeZone="8")
    assert (eastern[0] + 8 * 3_600_000) % DAY_MS == 0
    assert eastern[1:6] == row[1:6]
    assert await rest.get("klines", symbol=BTCUSDT, interval="1d", startTime=opened + 1) == []


async def test_a_day_is_told_full_or_small(faces: Faces, rest: Rest):
    faces.trade("100.00", "1")
    faces.trade("110.00", "1")
    faces.place(Side.BUY, "99.00", "3")
    day = await rest.get("ticker/24hr", symbol=BTCUSDT)
    assert list(day) == [
        "symbol",
        "priceChange",
        "priceChangePercent",
        "weightedAvgPrice",
        "prevClosePrice",
        "lastPrice",
        "lastQty",
        "bidPrice",
        "bidQty",
        "askPrice",
        "askQty",
        "openPrice",
        "highPrice",
        "lowPrice",
        "volume",
        "quoteVolume",
        "openTime",
        "closeTime",
        "firstId",
        "lastId",
        "count",
    ]
    assert (day["priceChange"], day["priceChangePercent"]) == ("10.00000000", "10.000")
    assert (day["bidQty"], day["askPrice"]) == ("3.00000000", "0.00000000")
    assert (day["firstId"], day["lastId"], day["count"]) == (1, 2, 2)
    small = await rest.get("ticker/24hr", symbol=BTCUSDT, type="MINI")
    assert "priceChange" not in small
    assert small.items() <= (day | {"closeTime": small["closeTime"]}).items()
    every = await rest.get("ticker/24hr")
    assert {row["symbol"] for row in every} == set(faces.exchange.listings)
    assert next(row for row in every if row["symbol"] == "ETHUSDT")["count"] == 0


async def test_windows_and_trading_days_leave_the_book_out(faces: Faces, rest: Rest):
    faces.trade("100.00", "1")
    window = await rest.get("ticker", symbol=BTCUSDT, windowSize="7d")
    assert "bidPrice" not in window
    assert window["weightedAvgPrice"] == "100.00000000"
    week_ms = window["closeTime"] - window["openTime"]
    assert 7 * DAY_MS <= week_ms < 7 * DAY_MS + 60_000
    day = await rest.get("ticker/tradingDay", symbol=BTCUSDT)
    assert day["openTime"] == int(time.time() * 1000) // DAY_MS * DAY_MS
    assert day["closeTime"] == day["openTime"] + DAY_MS - 1
    assert day["count"] == 1


async def test_only_symbols_of_a_status_are_told_when_one_is_asked_for(faces: Faces, rest: Rest):
    faces.venue.run(lambda exchange, at_ns: exchange.set_status(BTCUSDT, SymbolStatus.HALT, at_ns))
    halted = await rest.get("ticker/price", symbolStatus="HALT")
    assert [row["symbol"] for row in halted] == [BTCUSDT]
    assert (await rest.get("depth", symbol=BTCUSDT, symbolStatus="HALT"))["bids"] == []


async def test_the_average_price_says_over_how_long(faces: Faces, rest: Rest):
    faces.trade("100.00", "1")
    faces.trade("110.00", "3")
    average = await rest.get("avgPrice", symbol=BTCUSDT)
    assert (average["mins"], average["price"]) == (5, "107.50000000")
    (trade,) = await rest.get("trades", symbol=BTCUSDT, limit=1)
    assert average["closeTime"] == trade["time"]
