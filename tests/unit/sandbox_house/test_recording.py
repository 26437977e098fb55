import gzip
from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.recording import RecordedTrade, read_recording
from aitrader_server.domain.words import Side
from aitrader_server.errors import ConfigError

TRADES = "time_ms,symbol,price,quantity,side\n"
BARS = "open_ms,close_ms,symbol,open,high,low,close,volume\n"


def read(path, text):
    path.write_text(text)
    return list(read_recording(path))


def test_trades_are_read_as_they_are(tmp_path):
    rows = "1000,BTCUSDT,100.5,0.1,BUY\n1000,ETHUSDT,7,2,SELL\n"
    assert read(tmp_path / "r.csv", TRADES + rows) == [
        RecordedTrade(1000, "BTCUSDT", Decimal("100.5"), Decimal("0.1"), Side.BUY),
        RecordedTrade(1000, "ETHUSDT", Decimal(7), Decimal(2), Side.SELL),
    ]


def test_a_packed_file_reads_like_a_plain_one(tmp_path):
    text = TRADES + "1000,BTCUSDT,100.5,0.1,BUY\n"
    packed = tmp_path / "r.csv.gz"
    with gzip.open(packed, "wt") as file:
        file.write(text)
    assert list(read_recording(packed)) == read(tmp_path / "r.csv", text)


@pytest.mark.parametrize(
    ("row", "prices", "sides"),
    [
        ("10,12,8,11", ["10", "8", "12", "11"], ["BUY", "SELL", "BUY", "SELL"]),
        ("11,12,8,10", ["11", "12", "8", "10"], ["SELL", "BUY", "SELL", "BUY"]),
    ],
)
def test_a_bar_becomes_trades_at_its_four_prices(tmp_path, row, prices, sides):
    trades = read(tmp_path / "r.csv", f"{BARS}60000,120000,BTCUSDT,{row},4\n")
    assert [trade.price for trade in trades] == [Decimal(price) for price in prices]
    assert [trade.side for trade in trades] == sides
    assert [trade.time_ms for trade in trades] == [60000, 75000, 90000, 105000]
    assert sum(trade.quantity for trade in trades) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "r.csv:1: the header must be"),
        ("time,price\n", "r.csv:1: the header must be"),
        (TRADES + "1000,BTCUSDT,100\n", "r.csv:2: "),
        (TRADES + "1000,BTCUSDT,100,1,BUY\nsoon,BTCUSDT,100,1,BUY\n", "r.csv:3: "),
        (TRADES + "1000,BTCUSDT,dear,1,BUY\n", "r.csv:2: "),
        (TRADES + "1000,BTCUSDT,100,1,HOLD\n", "r.csv:2: "),
        (TRADES + "1000,BTCUSDT,0,1,BUY\n", "r.csv:2: prices and amounts are above zero"),
        (TRADES + "1000,BTCUSDT,NaN,1,BUY\n", "r.csv:2: prices and amounts are above zero"),
        (TRADES + "1000,BTCUSDT,1,1,BUY\n999,BTCUSDT,1,1,BUY\n", "999 comes after 1000"),
    ],
)
def test_what_cannot_be_replayed_is_named(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "r.csv", text)
    assert said in str(caught.value)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.csv"):
        list(read_recording(tmp_path / "nowhere.csv"))
    broken = tmp_path / "r.csv.gz"
    broken.write_bytes(gzip.compress((TRADES * 100).encode())[:-20])
    with pytest.raises(ConfigError, match=r"r\.csv\.gz"):
        list(read_recording(broken))
