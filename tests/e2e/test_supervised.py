"""What systemd hears of an engine: when orders can be placed, that its loop turns, that it ends."""

import asyncio
import signal
import socket
import time

import pytest
from callers import caller
from serving import Server
from watched import Exchange, Watchdog

PATIENCE_S = 60
WATCHDOG_S = 2
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}


class Systemd:
    """The end of the notification socket that systemd has, with when each line came."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self.heard: list[tuple[float, str]] = []

    @property
    def environ(self):
        return {"NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000)}

    def close(self):
        self._socket.close()

    def next(self, timeout_s=PATIENCE_S):
        """The next line; TimeoutError when there is none in time."""
        self._socket.settimeout(timeout_s)
        line = self._socket.recv(1_024).decode()
        self.heard.append((time.monotonic(), line))
        return line

    def until(self, wanted):
        while self.next() != wanted:
            pass

    def drain(self):
        """Throws away what lies in the socket."""
        while True:
            try:
                self.next(0.001)
            except TimeoutError:
                return


@pytest.fixture
def systemd(tmp_path):
    systemd = Systemd(tmp_path)
    yield systemd
    systemd.close()


@pytest.fixture
def launched(tmp_path, systemd):
    server = Server(tmp_path)
    server.environ = systemd.environ
    server.launch()
    yield server
    server.kill9()


async def test_it_is_ready_when_an_order_can_be_placed(launched, systemd):
    await asyncio.to_thread(systemd.until, "READY=1")
    launched.wait_until_ready()
    async with caller(launched) as rest:
        answer = await rest.post("/live/orders", json=BUY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["order"]["state"] == "ORDER_STATE_FILLED"
    before = [line for _, line in systemd.heard[:-1]]
    assert set(before) <= {"EXTEND_TIMEOUT_USEC=30000000"}


async def test_it_is_not_ready_while_nobody_feeds_the_dead_man(tmp_path, systemd):
    server = Server(tmp_path, f"risk.deadman={tmp_path / 'beat'}")
    server.environ = systemd.environ
    try:
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(systemd.drain)
        lines = {await asyncio.to_thread(systemd.next) for _ in range(3)}
        assert lines == {"EXTEND_TIMEOUT_USEC=30000000"}
        (tmp_path / "beat").touch()
        await asyncio.to_thread(systemd.until, "READY=1")
    finally:
        server.kill9()


def test_a_loop_that_stands_still_is_silent(launched, systemd):
    systemd.until("READY=1")
    assert systemd.next() == "WATCHDOG=1"
    launched.signal(signal.SIGSTOP)
    systemd.drain()
    with pytest.raises(TimeoutError):
        systemd.next(2 * WATCHDOG_S)
    launched.signal(signal.SIGCONT)
    assert systemd.next() == "WATCHDOG=1"


def test_it_says_that_it_stops(launched, systemd):
    systemd.until("READY=1")
    assert launched.wait_until_ready().stop() == 0
    systemd.until("STOPPING=1")


def test_a_watchdog_is_ready_once_it_watches(tmp_path, systemd):
    with Exchange(tmp_path) as exchange:
        keys = {**exchange.watchdog_keys, **systemd.environ}
        settings = (f"state={tmp_path}", f"execution.binance.sandbox_url={exchange.url}")
        dog = Watchdog(tmp_path, keys, *settings)
        try:
            dog.launch()
            systemd.until("READY=1")
            assert dog.log.endswith("\nready\n")
            assert systemd.next() == "WATCHDOG=1"
            dog.process.terminate()
            systemd.until("STOPPING=1")
            assert dog.process.wait(PATIENCE_S) == 0
        finally:
            dog.kill9()


def test_a_watchdog_whose_key_is_refused_is_never_ready(tmp_path, systemd):
    with Exchange(tmp_path) as exchange:
        keys = {**exchange.watchdog_keys, "BINANCE_WATCHDOG_API_KEY": "of-nobody"}
        settings = (f"state={tmp_path}", f"execution.binance.sandbox_url={exchange.url}")
        dog = Watchdog(tmp_path, {**keys, **systemd.environ}, *settings)
        assert dog.launch().wait(PATIENCE_S) == 78
    systemd.drain()
    assert systemd.heard
    assert "READY=1" not in {line for _, line in systemd.heard}


def test_without_systemd_nobody_is_told(tmp_path, systemd):
    server = Server(tmp_path)
    try:
        assert server.start().stop() == 0
    finally:
        server.kill9()
    with pytest.raises(TimeoutError):
        systemd.next(0.1)
