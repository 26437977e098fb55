"""Alarms on their way to Alertmanager: as its API wants them, and past its outages."""

import asyncio
import json
import os
import shutil
import socket
import time
from collections import Counter
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp
import pytest
from aiohttp import web
from aitrader_server.adapters.alertmanager import QUEUE_SIZE_MAX, AlertPoster
from aitrader_server.engine.alarms import Alarm
from structlog.testing import capture_logs

LABELS = {"service": "ai-trader", "environment": "sandbox", "account": "a"}
HALT = Alarm(
    name="TradingHalted",
    severity="critical",
    summary="Trading has halted",
    reason="no heartbeat for 61 s (limit 60 s)",
    actor="DEAD_MAN_EXPIRED",
    trace_id="5" * 32,
)
OVER = Alarm(
    name="TradingHalted",
    severity="critical",
    summary="Trading has halted",
    reason="resumed",
    resolved=True,
)
PATIENCE_S = 20
PROGRAM = "prometheus-alertmanager"


class Receiver:
    """Answers with the statuses of its script, then with 200; keeps what it took."""

    def __init__(self):
        self.script = []
        self.posts = []
        self.heard = asyncio.Event()

    async def take(self, request):
        self.posts.append(await request.json())
        self.heard.set()
        return web.Response(status=self.script.pop(0) if self.script else 200)

    async def until(self, count):
        async with asyncio.timeout(PATIENCE_S):
            while len(self.posts) < count:
                self.heard.clear()
                await self.heard.wait()
        return self.posts


@asynccontextmanager
async def serving(path, handler):
    app = web.Application()
    app.router.add_post(path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def posting(url, **pace):
    counts = Counter()
    poster = AlertPoster(url, LABELS, lambda outcome: counts.update([outcome]), **pace)
    task = asyncio.create_task(poster.run())
    try:
        yield poster, counts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def receiver():
    receiver = Receiver()
    async with serving("/api/v2/alerts", receiver.take) as receiver.url:
        yield receiver


@pytest.fixture
async def poster(receiver):
    async with posting(receiver.url) as (poster, receiver.counts):
        yield poster


async def counted(receiver, outcome, count):
    await counted_as(receiver.counts, outcome, count)


async def counted_as(counts, outcome, count):
    async with asyncio.timeout(PATIENCE_S):
        while counts[outcome] < count:
            await asyncio.sleep(0.01)


async def test_an_alarm_is_posted_as_the_api_has_it(receiver, poster):
    poster.post(HALT)
    ((alert,),) = await receiver.until(1)
    assert alert["labels"] == {"alertname": "TradingHalted", "severity": "critical", **LABELS}
    assert alert["annotations"] == {
        "summary": "Trading has halted",
        "reason": "no heartbeat for 61 s (limit 60 s)",
        "actor": "DEAD_MAN_EXPIRED",
        "trace_id": "5" * 32,
        "runbook": "docs/alerts.md#tradinghalted",
    }
    assert datetime.fromisoformat(alert["startsAt"]).tzinfo is not None
    assert alert.keys() == {"labels", "annotations", "startsAt"}
    await counted(receiver, "posted", 1)


async def test_its_end_is_posted_for_the_same_alert(receiver, poster):
    poster.post(HALT)
    await receiver.until(1)
    poster.post(OVER)
    (first,), (last,) = await receiver.until(2)
    assert (last["labels"], last["startsAt"]) == (first["labels"], first["startsAt"])
    assert last["endsAt"] >= last["startsAt"]
    assert "trace_id" not in last["annotations"]


async def test_what_stands_is_repeated_and_what_ended_is_not(receiver):
    async with posting(receiver.url, repeat_s=0.1) as (poster, _):
        poster.post(HALT)
        posts = await receiver.until(3)
        assert posts[0] == posts[1] == posts[2]
        poster.post(OVER)
        async with asyncio.timeout(PATIENCE_S):
            while not any("endsAt" in post[0] for post in receiver.posts):
                await asyncio.sleep(0.01)
        ended = len(receiver.posts)
        await asyncio.sleep(0.5)
    assert len(receiver.posts) == ended


async def test_a_receiver_that_fails_is_asked_again(receiver, poster):
    receiver.script = [500, 503]
    poster.post(HALT)
    await receiver.until(3)
    await counted(receiver, "posted", 1)
    assert receiver.counts["failed"] == 0


async def test_what_is_refused_is_not_repeated_at_once(receiver, poster):
    receiver.script = [400]
    poster.post(HALT)
    await counted(receiver, "refused", 1)
    assert len(receiver.posts) == 1


async def test_an_alarm_survives_the_receiver_s_absence(receiver):
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with posting(f"http://127.0.0.1:{port}", repeat_failed_s=0.1) as (poster, counts):
        poster.post(HALT)
        async with asyncio.timeout(PATIENCE_S):
            while not counts["failed"]:
                await asyncio.sleep(0.01)
        app = web.Application()
        app.router.add_post("/api/v2/alerts", receiver.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            ((alert,), *_) = await receiver.until(1)
        finally:
            await runner.cleanup()
    assert alert["annotations"]["reason"] == HALT.reason


async def test_an_end_survives_the_receiver_s_absence_too(receiver):
    receiver.script = [200, *[503] * 8]
    async with posting(receiver.url, repeat_failed_s=0.1) as (poster, counts):
        poster.post(HALT)
        await receiver.until(1)
        poster.post(OVER)
        posts = await receiver.until(10)
        assert counts["failed"]
        await counted_as(counts, "posted", 2)
        assert all("endsAt" in post[0] for post in posts[1:])
        poster.post(HALT)
        posts = await receiver.until(11)
    assert posts[-1][0].keys().isdisjoint({"endsAt"})
    assert posts[-1][0]["startsAt"] > posts[0][0]["startsAt"], "another one"


async def test_an_absence_is_in_the_log_once_and_so_is_its_end(receiver):
    receiver.script = [503] * 9
    with capture_logs() as said:
        async with posting(receiver.url, repeat_failed_s=0.01) as (poster, counts):
            poster.post(HALT)
            await counted_as(counts, "posted", 1)
    assert counts["failed"] == 3
    assert [(line["event"], line["log_level"]) for line in said] == [
        ("alarms not posted", "error"),
        ("alarms are posted again", "info"),
    ]


async def test_posting_never_waits_and_a_full_queue_is_counted():
    counts = Counter()
    poster = AlertPoster("http://127.0.0.1:9", LABELS, lambda outcome: counts.update([outcome]))
    for _ in range(QUEUE_SIZE_MAX + 3):
        poster.post(HALT)
    assert counts == {"dropped": 3}


@asynccontextmanager
async def real_alertmanager(folder, webhook_url):
    program = shutil.which(PROGRAM)
    if program is None:
        assert "CI" not in os.environ, f"{PROGRAM} is not installed"
        pytest.skip(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    config = {
        "route": {"receiver": "test", "group_wait": "0s", "group_by": ["alertname"]},
        "receivers": [{"name": "test", "webhook_configs": [{"url": f"{webhook_url}/hook"}]}],
    }
    # JSON is YAML.
    (folder / "alertmanager.yml").write_text(json.dumps(config))
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with (folder / "alertmanager.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={folder}/alertmanager.yml",
            f"--storage.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while not await is_ready(session, url):
                await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        await process.wait()


async def is_ready(session, url):
    try:
        async with session.get(f"{url}/-/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def test_the_real_alertmanager_passes_it_on_within_five_seconds(tmp_path):
    receiver = Receiver()
    async with (
        serving("/hook", receiver.take) as webhook_url,
        real_alertmanager(tmp_path, webhook_url) as url,
        posting(url) as (poster, _),
    ):
        begun_s = time.monotonic()
        poster.post(HALT)
        (hook, *_) = await receiver.until(1)
        assert time.monotonic() - begun_s < 5
        (alert,) = hook["alerts"]
        assert alert["status"] == "firing"
        assert alert["labels"] == {"alertname": "TradingHalted", "severity": "critical", **LABELS}
        assert alert["annotations"]["trace_id"] == "5" * 32
        poster.post(OVER)
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while await active(session, url):
                await asyncio.sleep(0.05)


async def active(session, url):
    async with session.get(f"{url}/api/v2/alerts", params={"active": "true"}) as answer:
        return await answer.json()
