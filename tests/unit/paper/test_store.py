"""What is left of the paper venue when its process is killed."""

import json
import signal
import subprocess
import sys
import textwrap
from decimal import Decimal

import apsw
import pytest
from aitrader_gateway.paper.store import PaperStore
from aitrader_server.domain.words import OrderType, Side
from aitrader_server.errors import ConfigError

# Trades for ever, and says on stdout what the venue acknowledged, only after it was saved.
TRADER = """
    import json, sys
    from decimal import Decimal
    from pathlib import Path
    from aitrader_gateway.paper.exchange import Fees, PaperExchange
    from aitrader_gateway.paper.instruments import INSTRUMENTS
    from aitrader_gateway.paper.store import PaperStore
    from aitrader_server.domain.events import OrderSpec
    from aitrader_server.domain.instrument import Quote
    from aitrader_server.domain.words import OrderType, Side

    exchange = PaperExchange(
        INSTRUMENTS, {"USDT": Decimal(10**9), "BTC": Decimal(10)}, fees=Fees(), depth_levels=5,
        ended_max=10**6
    )
    store = PaperStore(Path(sys.argv[1]))
    store.open(exchange)
    for number in range(10**9):
        bid = Decimal(100) + number % 7
        quote = Quote(symbol="BTCUSDT", bid=bid, ask=bid + 1, bid_quantity=Decimal(1),
                      ask_quantity=Decimal(1), last=bid, at_ns=number)
        store.save(exchange, exchange.on_quote(quote))
        kind = OrderType.LIMIT if number % 2 else OrderType.MARKET
        reports = exchange.submit(
            OrderSpec(
                request_id=f"r-{number}", symbol="BTCUSDT",
                side=Side.BUY if number % 3 else Side.SELL, order_type=kind,
                quantity=Decimal("0.1"),
                limit_price=Decimal(101) if kind is OrderType.LIMIT else None,
            ),
            number,
        )
        if isinstance(reports, tuple):
            store.save(exchange, reports)
            last = reports[-1]
            told = [f"r-{number}", last.status, str(last.cumulative_quantity)]
            print(json.dumps(told), flush=True)
"""


def test_a_killed_process_finds_every_order_that_it_acknowledged(tmp_path, new_exchange):
    path = tmp_path / "paper.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(TRADER), path], stdout=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline() for _ in range(300)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    acknowledged = [json.loads(line) for line in lines if line.endswith("]\n")]
    assert len(acknowledged) >= 300

    exchange = new_exchange()
    store = PaperStore(path)
    store.open(exchange)
    orders = exchange.register.orders
    by_request = {order.spec.request_id: order for order in orders.values()}
    for request_id, status, cumulative in acknowledged:
        order = by_request[request_id]
        assert order.cumulative_quantity >= Decimal(cumulative)
        assert status in {"ACCEPTED", order.status}
    # One order at most was under way when the signal came.
    assert len(orders) - len(acknowledged) in {0, 1}
    money = {"USDT": Decimal(10**9), "BTC": Decimal(10)}
    for number, order in orders.items():
        sign = 1 if order.spec.side is Side.BUY else -1
        fills = exchange.register.fills(number)
        assert sum(fill.quantity for fill in fills) == order.cumulative_quantity
        for fill in fills:
            money["BTC"] += sign * fill.quantity
            money["USDT"] -= sign * fill.quantity * fill.price
            money[fill.fee_asset] -= fill.fee
    account = exchange.account(0)
    assert {asset: account.total(asset) for asset in money} == money
    store.close()


def test_a_second_process_is_kept_out(tmp_path, new_exchange):
    path = tmp_path / "paper.sqlite"
    store = PaperStore(path)
    store.open(new_exchange())
    second = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TRADER), path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert "another process has this paper venue" in second.stderr
    assert ConfigError.__name__ in second.stderr
    store.close()


def test_only_what_changed_is_written(tmp_path, new_exchange, quote, spec):
    path = tmp_path / "paper.sqlite"
    exchange, store = new_exchange(), PaperStore(path)
    store.open(exchange)
    exchange.on_quote(quote("99.99", "100"))
    for number in range(5):
        order = spec(f"l-{number}", Side.BUY, OrderType.LIMIT, limit_price="90")
        store.save(exchange, exchange.submit(order, number))
    store.save(exchange, exchange.on_quote(quote("99.98", "99.99")))
    store.save(exchange, exchange.cancel("BTCUSDT", "l-3", "", 9))
    store.close()

    rows = apsw.Connection(str(path)).execute("SELECT body FROM changes ORDER BY number").fetchall()
    changes = [json.loads(body) for (body,) in rows]
    assert len(changes) == 1 + 5 + 1
    assert [order["number"] for order in changes[-1]["orders"]] == [4]
    assert set(changes[-1]["free"]) == {"BTC", "USDT"}


def test_a_venue_that_was_read_back_goes_on_as_if_nothing_had_been(
    tmp_path, new_exchange, quote, spec
):
    path = tmp_path / "paper.sqlite"
    exchange, store = new_exchange(), PaperStore(path)
    store.open(exchange)
    calls = [
        lambda venue: venue.submit(spec("b", Side.BUY, quantity="2.5"), 1),
        lambda venue: venue.submit(spec("l", Side.BUY, OrderType.LIMIT, limit_price="99"), 2),
        lambda venue: venue.submit(spec("s", Side.SELL, OrderType.STOP_LOSS, stop_price="95"), 3),
    ]
    exchange.on_quote(quote("99.99", "100"))
    for call in calls:
        store.save(exchange, call(exchange))
    store.close()

    # Other starting balances do not count once there is a file.
    reborn, store = new_exchange({"USDT": Decimal(1)}), PaperStore(path)
    store.open(reborn)
    assert reborn.register.orders == exchange.register.orders
    assert reborn.account(0) == exchange.account(0)
    for prices in (("98.99", "99"), ("94.99", "95")):
        assert reborn.on_quote(quote(*prices)) == exchange.on_quote(quote(*prices)) != ()
    fresh = spec("n", Side.BUY)
    assert reborn.submit(fresh, 9) == exchange.submit(fresh, 9)
    assert reborn.account(0) == exchange.account(0)
    store.close()


def test_a_long_history_is_folded_when_it_is_read_back(tmp_path, new_exchange, quote, spec):
    path = tmp_path / "paper.sqlite"
    exchange, store = new_exchange(ended_max=5), PaperStore(path, rows_max=20)
    store.open(exchange)
    exchange.on_quote(quote("99.99", "100", quantity="9"))
    for number in range(30):
        store.save(exchange, exchange.submit(spec(f"m-{number}", Side.BUY, quantity="0.1"), number))
    for number in range(6):
        order = spec(f"l-{number}", Side.BUY, OrderType.LIMIT, limit_price="90")
        store.save(exchange, exchange.submit(order, 1))
        store.save(exchange, exchange.cancel("BTCUSDT", f"l-{number}", "", 2))
    assert not exchange.register.fills(30)
    store.close()
    for _ in range(2):
        reborn, store = new_exchange(ended_max=5), PaperStore(path, rows_max=20)
        store.open(reborn)
        store.close()
        assert reborn.register.orders == exchange.register.orders
        assert reborn.account(0) == exchange.account(0)
        # Trades that are forgotten keep their numbers: nobody else may have them.
        assert reborn.numbers == exchange.numbers == (37, 31)
    ((rows,),) = apsw.Connection(str(path)).execute("SELECT count(*) FROM changes")
    assert rows == 1 + 5


def test_nothing_is_saved_to_a_store_that_is_not_open(tmp_path, new_exchange, spec):
    exchange = new_exchange()
    reports = exchange.submit(spec("l", Side.BUY, OrderType.LIMIT, limit_price="90"), 1)
    with pytest.raises(AssertionError, match="not open"):
        PaperStore(tmp_path / "paper.sqlite").save(exchange, reports)
