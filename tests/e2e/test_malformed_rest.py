"""Whatever a caller sends over HTTP: a clear 4xx that names the field, and nothing journalled."""

import asyncio

import orjson
import pytest
from callers import journalled, reconciled

ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
TRADE = {"symbol": "BTCUSDT", "news_text": "ETF inflows hit a record"}
ORDERS, TRADES = "/live/orders", "/live/trade"


@pytest.fixture(autouse=True)
async def unchanged(served, rest):
    """Nothing that these tests send leaves a trace, and the server survives all of it."""
    await reconciled(rest)
    before = await journalled(rest)
    yield
    assert served.alive
    assert await journalled(rest) == before


def body(valid: dict, **changes) -> bytes:
    return orjson.dumps({**valid, **changes})


def features(text: str) -> bytes:
    return b'{"symbol":"BTCUSDT","features":{"rsi":%s}}' % text.encode()


async def refused(rest, path: str, content: bytes, kind: str = "application/json") -> dict:
    answer = await rest.post(path, content=content, headers={"content-type": kind})
    told = answer.json()
    assert answer.status_code == 400, told
    assert told["code"] == 3, told
    assert answer.headers["x-trace-id"]
    return told


def named(told: dict) -> set[str]:
    """The fields that an error's details name."""
    return {v["field"] for detail in told["details"] for v in detail.get("field_violations", [])}


@pytest.mark.parametrize("path", [ORDERS, TRADES, "/live/halt", "/live/orders/cancel-all"])
@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"symbol": "BTCUSDT"',
        b'{"symbol": "BTCUSDT",}',
        b"{'symbol': 'BTCUSDT'}",
        b"symbol=BTCUSDT",
        b'{"symbol": "BTCUSDT"} {}',
        b'{"symbol": "BTCUSDT"}x',
        b"[]",
        b"[1]",
        b'"text"',
        b"1",
        b"true",
        b"\xff\xfe",
        b'{"symbol": "\xff"}',
        b'{"symbol": "BTCUSDT", "symbol": "ETHUSDT"}',
        b'{"no_such_field": 1}',
        b"[" * 100_000,
        b'{"features":' * 10_000,
        b'{"a":' * 101 + b"1" + b"}" * 101,
        b"\x00",
        b"NaN",
    ],
    ids=lambda content: repr(content[:24]),
)
async def test_what_is_no_object_of_the_contract(rest, path, content):
    assert (await refused(rest, path, content))["message"]


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        (ORDERS, body(ORDER, quantity=0.001), "quantity"),
        (ORDERS, body(ORDER, quantity=1), "quantity"),
        (ORDERS, body(ORDER, quantity=["0.001"]), "quantity"),
        (ORDERS, body(ORDER, quantity={}), "quantity"),
        (ORDERS, body(ORDER, quantity=True), "quantity"),
        (ORDERS, body(ORDER, symbol=1), "symbol"),
        (ORDERS, body(ORDER, symbol=""), "symbol"),
        (ORDERS, body(ORDER, symbol="btcusdt"), "symbol"),
        (ORDERS, body(ORDER, symbol="NOPEUSDT"), "symbol"),
        (ORDERS, body(ORDER, symbol="X" * 21), "symbol"),
        (ORDERS, body(ORDER, symbol="BTC\u0000USDT"), "symbol"),
        (ORDERS, body(ORDER, side="long"), "side"),
        (ORDERS, body(ORDER, side=7), "side"),
        (ORDERS, body(ORDER, side=-1), "side"),
        (ORDERS, body(ORDER, side=0), "side"),
        (ORDERS, body(ORDER, side=1.5), "side"),
        (ORDERS, body(ORDER, side={}), "side"),
        (ORDERS, body(ORDER, order_type="iceberg"), "order_type"),
        (ORDERS, body(ORDER, time_in_force="forever"), "time_in_force"),
        (ORDERS, body(ORDER, reduce_only="yes"), "reduce_only"),
        (ORDERS, body(ORDER, reduce_only=1), "reduce_only"),
        (ORDERS, body(ORDER, dry_run="true"), "dry_run"),
        (ORDERS, body(ORDER, trailing_delta_bips=-1), "trailing_delta_bips"),
        (ORDERS, body(ORDER, trailing_delta_bips=2**32), "trailing_delta_bips"),
        (ORDERS, body(ORDER, trailing_delta_bips=1.5), "trailing_delta_bips"),
        (ORDERS, body(ORDER, request_id="x" * 37), "request_id"),
        (ORDERS, body(ORDER, request_id="with space"), "request_id"),
        (ORDERS, body(ORDER, request_id="../etc"), "request_id"),
        (ORDERS, body(ORDER, strategy="s" * 65), "strategy"),
        (ORDERS, body(ORDER, reduceonly=True), "reduceonly"),
        (ORDERS, body(ORDER, type="market"), "type"),
        (ORDERS, body(ORDER, request_id="a", requestId="b"), "request"),
        (TRADES, body(TRADE, features=[]), "features"),
        (TRADES, body(TRADE, features="none"), "features"),
        (TRADES, body(TRADE, features={"rsi": "high"}), "features.rsi"),
        (TRADES, body(TRADE, features={"rsi": {}}), "features.rsi"),
        (TRADES, body(TRADE, features={"rsi": 101}), "features.rsi"),
        (TRADES, body(TRADE, features={"rsi": -1}), "features.rsi"),
        (TRADES, body(TRADE, features={"price": 0}), "features.price"),
        (TRADES, body(TRADE, features={"rsi": "NaN"}), "features.rsi"),
        (TRADES, body(TRADE, features={"macd": "Infinity"}), "features.macd"),
        (TRADES, body(TRADE, features={"vwap": 1}), "features.vwap"),
        (TRADES, features("NaN"), "features.rsi"),
        (TRADES, features("Infinity"), "features.rsi"),
        (TRADES, features("1e400"), "features.rsi"),
        (TRADES, features("-1e400"), "features.rsi"),
        (TRADES, features("01"), ""),
        (TRADES, features("0x1"), ""),
        (TRADES, body(TRADE, news_text=7), "news_text"),
        (TRADES, body(TRADE, news_text="x" * 10_001), "news_text"),
        (TRADES, body(TRADE, side="hold"), "side"),
        (TRADES, body(TRADE, side="buy"), "quantity"),
        (TRADES, body(TRADE, quantity="1"), "side"),
        ("/live/halt", b'{"reason": 1}', "reason"),
        ("/live/halt", orjson.dumps({"reason": "x" * 1001}), "reason"),
        ("/live/resume", b"{}", "reason"),
        ("/live/flatten", b'{"symbols": "BTCUSDT"}', "symbols"),
        ("/live/flatten", b'{"symbols": ["NOPEUSDT"]}', "symbols"),
        ("/live/risk/check", body(ORDER, quantity="-1"), "quantity"),
    ],
    ids=lambda value: value[:60].decode() if isinstance(value, bytes) else None,
)
async def test_the_field_at_fault_is_named(rest, path, content, field):
    told = await refused(rest, path, content)
    assert field in told["message"] or field in named(told), told


@pytest.mark.parametrize("field", ["quantity", "quote_quantity", "limit_price", "stop_price"])
@pytest.mark.parametrize(
    "text",
    [
        *("1e3", "-1", "+1", "0x1", " 1", "1 ", "1\n", "1,5", "1.", ".5", "\u0661", "NaN", "1_0"),
        *("Infinity", "1" * 19, "0." + "1" * 19),
    ],
)
async def test_an_amount_is_plain_digits(rest, field, text):
    told = await refused(rest, ORDERS, body(ORDER, **{field: text}))
    assert field in named(told), told


@pytest.mark.parametrize("amounts", [{}, {"quantity": "1", "quote_quantity": "1"}])
async def test_an_order_has_one_amount(rest, amounts):
    valid = {name: value for name, value in ORDER.items() if name != "quantity"}
    told = await refused(rest, ORDERS, body(valid, **amounts))
    assert "quote_quantity" in told["message"]


@pytest.mark.parametrize(
    ("fields", "named_field"),
    [
        ({"order_type": "limit"}, "limit_price"),
        ({"order_type": "stop_loss"}, "stop_price"),
        ({"limit_price": "60000"}, "limit_price"),
    ],
)
async def test_an_order_has_the_prices_of_its_type(rest, fields, named_field):
    told = await refused(rest, ORDERS, body(ORDER, **fields))
    assert named_field in told["message"], told


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/live/orders?page_size=many", "page_size"),
        ("/live/orders?page_size=1001", "page_size"),
        ("/live/orders?page_size=-1", "page_size"),
        ("/live/orders?state=OPEN", "state"),
        ("/live/orders?refresh=perhaps", "refresh"),
        ("/live/orders?page_token=nothing", "page_token"),
        ("/live/orders?colour=red", "colour"),
        (f"/live/orders/{'x' * 37}", "request_id"),
        ("/live/orders/with%20space", "request_id"),
        ("/live/orders/%00", "request_id"),
        ("/live/quotes?symbols=NOPEUSDT", "symbol"),
        ("/live/bars/BTCUSDT?interval=1y2", "interval"),
        ("/live/events?after_sequence=-1", "after_sequence"),
        ("/live/events?after_sequence=1.5", "after_sequence"),
        ("/live/events?kinds=a%20b", "kinds"),
    ],
)
async def test_a_query_at_fault_is_named(rest, path, field):
    answer = await rest.get(path)
    told = answer.json()
    told = told.get("error", told)
    assert (answer.status_code, told["code"]) == (400, 3), told
    assert field in told["message"], told


async def test_a_resume_point_that_is_no_number_is_named(rest):
    headers = {"accept": "text/event-stream", "last-event-id": "yesterday"}
    answer = await rest.get("/live/events", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 3), answer.text
    assert "yesterday" in answer.json()["message"]


async def test_a_patch_at_fault_is_named(rest):
    for path, content, field in (
        ("/live/limits", {}, "risk_config"),
        ("/live/limits", {"risk_config": {"daily_loss_limit": 0.04}}, "daily_loss_limit"),
        ("/live/limits", {"risk_config": {"daily_loss_limit": "-0.04"}}, "daily_loss_limit"),
        ("/live/limits", {"risk_config": {"daily_los_limit": "0.04"}}, "daily_los_limit"),
        ("/live/limits", {"risk_config": {"per_trade_cap": "2"}, "reason": "r"}, "per_trade_cap"),
        ("/live/limits", {"risk_config": {"symbols": ["NOPEUSDT"]}, "reason": "r"}, "symbols"),
        ("/live/limits", {"risk_config": {"max_open_orders": 1}}, "reason"),
        ("/live/strategies/s", {"max_risk_fraction": 1.5}, "max_risk_fraction"),
        ("/live/strategies/s", {"max_risk_fraction": "NaN"}, "max_risk_fraction"),
        ("/live/strategies/s", {"update_mask": "nope", "notes": "x"}, "update_mask"),
        (f"/live/strategies/{'s' * 65}", {}, "name"),
    ):
        answer = await rest.patch(path, json=content)
        assert answer.status_code == 400, (path, content, answer.text)
        assert field in answer.text


async def test_a_body_over_the_bound_is_refused_before_it_is_sent(served):
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /live/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1048577\r\n\r\n")
    async with asyncio.timeout(30):
        head, _, told = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 413 "), head
    assert orjson.loads(told)["code"] == 8
    assert "1048576 bytes" in orjson.loads(told)["message"]


async def test_a_body_within_the_configured_bound_is_read(rest):
    # 300 KiB of text that no field admits: refused for the field, not for the size.
    told = await refused(rest, TRADES, body(TRADE, news_text="x" * 300 * 1024))
    assert "news_text" in told["message"]


@pytest.mark.parametrize(
    "kind", ["application/xml", "multipart/form-data; boundary=x", "text/plain"]
)
async def test_another_content_type_is_not_guessed(rest, kind):
    told = await refused(rest, ORDERS, b"<order/>", kind)
    assert told["message"]


@pytest.mark.parametrize(
    ("verb", "path", "status", "code"),
    [
        ("GET", "/live/nothing", 404, 5),
        ("GET", "/live/trade", 501, 12),
        ("DELETE", "/live/orders/x", 501, 12),
        ("POST", "/live/orders/none-such/cancel", 404, 5),
        ("GET", "/live/orders/none-such/trace", 404, 5),
    ],
)
async def test_what_is_not_there(rest, verb, path, status, code):
    answer = await rest.request(verb, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /live/orders HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST /live/orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x00" * 4096,
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=lambda garbage: repr(garbage[:24]),
)
async def test_bytes_that_are_no_http_close_the_connection(served, garbage):
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(garbage)
    writer.write_eof()
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    assert not answer or answer.split(b" ")[1][:1] == b"4", answer


async def test_a_caller_that_leaves_in_the_middle_of_its_body_is_forgotten(served, rest):
    host, port = served.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /live/orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {served.token}\r\n"
        'content-length: 100\r\n\r\n{"symbol": "BTC'
    )
    writer.write(head.encode())
    await writer.drain()
    writer.transport.abort()
    assert (await rest.get("/live/status")).status_code == 200
