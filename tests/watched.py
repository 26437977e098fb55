"""An engine, its watchdog and their exchange as three processes, and who hears the alarms."""

import asyncio
import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import canaries
import httpx
from aiohttp import web
from Crypto.PublicKey import ECC
from sandbox_process import SandboxProcess
from serving import SCRIPT, START_TIMEOUT_S, STOP_TIMEOUT_S, Server

PATIENCE_S = 60
POLL_S = 0.02
ALERTS = "/api/v2/alerts"


class Exchange(SandboxProcess):
    """A sandbox whose books stand still; a second key of its account is the watchdog's."""

    def __init__(self, folder: Path) -> None:
        key = ECC.generate(curve="Ed25519")
        self._secret = key.export_key(format="PEM")
        pem = folder / "watchdog.pem"
        pem.write_text(key.public_key().export_key(format="PEM"))
        super().__init__(folder, "--pace", "0", "--public-key", str(pem))

    @property
    def url(self) -> str:
        return self.ready["rest"]

    @property
    def engine_keys(self) -> dict[str, str]:
        keys = self.credentials
        return {
            "BINANCE_SANDBOX_API_KEY": keys["api_key"],
            "BINANCE_SANDBOX_API_SECRET": keys["api_secret"],
        }

    @property
    def watchdog_keys(self) -> dict[str, str]:
        (name,) = self.ready["public_keys"].values()
        return {"BINANCE_WATCHDOG_API_KEY": name, "BINANCE_WATCHDOG_API_SECRET": self._secret}

    def restart(self) -> None:
        """Another life at the same address; the one before must have ended."""
        self.options = (*self.options, "--port", self.url.rpartition(":")[2])
        self.start()

    def ask(self, method: str, path: str, **parameters: str) -> list | dict:
        """What the account's owner asks by hand."""
        keys = self.credentials
        text = urlencode({**parameters, "timestamp": int(time.time() * 1000)})
        signature = hmac.new(keys["api_secret"].encode(), text.encode(), hashlib.sha256)
        answer = httpx.request(
            method,
            f"{self.url}/api/v3/{path}?{text}&signature={signature.hexdigest()}",
            headers={"X-MBX-APIKEY": keys["api_key"]},
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json()

    def open_orders(self) -> set[str]:
        """Client order ids of all that works."""
        return {order["clientOrderId"] for order in self.ask("GET", "openOrders")}

    def all_orders(self, symbol: str) -> set[str]:
        """Client order ids of all that there ever was."""
        return {order["clientOrderId"] for order in self.ask("GET", "allOrders", symbol=symbol)}


class WatchedServer(Server):
    """An engine at that exchange."""

    account = ()


class Watchdog:
    """`aitrader watchdog` as a process, with the settings of its engine."""

    def __init__(self, folder: Path, environ: dict[str, str], *settings: str) -> None:
        self._log = folder / "watchdog.log"
        self._environ = environ
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def launch(self) -> "subprocess.Popen[bytes]":
        canaries.watch(self._log, canaries.secrets_in(self._environ))
        words = [word for value in self._settings for word in ("--set", value)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [SCRIPT, "watchdog", *words], env=self._environ, stdout=log, stderr=log
            )
        return self.process

    def start(self) -> "Watchdog":
        process = self.launch()
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while "\nready\n" not in self.log:
            assert process.poll() is None, self.log
            assert time.monotonic() < deadline_s, self.log
            time.sleep(0.02)
        return self

    def kill9(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(STOP_TIMEOUT_S)


class Pager:
    """What Alertmanager would be posted, each alert with when it came."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[tuple[float, dict]] = []

    def of(self, name: str, *, resolved: bool = False) -> list[tuple[float, dict]]:
        return [
            (at_s, alert)
            for at_s, alert in self.heard
            if alert["labels"]["alertname"] == name and ("endsAt" in alert) == resolved
        ]

    async def until(self, name: str, *, resolved: bool = False) -> tuple[float, dict]:
        """The first of that name, and when it came."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := self.of(name, resolved=resolved)):
                await asyncio.sleep(POLL_S)
        return found[0]

    async def take(self, request: web.Request) -> web.Response:
        for alert in json.loads(await request.read()):
            self.heard.append((time.monotonic(), alert))
        return web.Response()


@asynccontextmanager
async def paging() -> AsyncIterator[Pager]:
    """A pager that listens."""
    pager = Pager()
    app = web.Application()
    app.router.add_post(ALERTS, pager.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pager.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield pager
    finally:
        await runner.cleanup()
