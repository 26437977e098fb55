"""Debian's Alertmanager with the committed configuration, and who would be Slack and PagerDuty."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from web_program import WebProgram, require

CONFIG = Path(__file__).parents[1] / "monitoring" / "alertmanager.yaml"
ROUTING_KEY = "routing-key-for-tests"


class Inbox:
    """What Slack's webhook and PagerDuty's Events API were sent, each with when it came."""

    def __init__(self) -> None:
        self.url = ""
        self.slack: list[tuple[float, dict[str, Any]]] = []
        self.pagerduty: list[tuple[float, dict[str, Any]]] = []

    def told_slack(self, alert: str, status: str = "firing") -> list[tuple[float, dict[str, Any]]]:
        """The attachments that tell of an alert."""
        attachments = [(at_s, body["attachments"][0]) for at_s, body in self.slack]
        return [told for told in attachments if told[1]["title"] == f"[{status}] {alert}"]

    def told_pagerduty(
        self, alert: str, action: str = "trigger"
    ) -> list[tuple[float, dict[str, Any]]]:
        """The events that tell of an alert; a `resolve` has no details, only the same key."""
        keys = {
            event["dedup_key"]
            for _, event in self.pagerduty
            if event["event_action"] == "trigger" and event["payload"]["class"] == alert
        }
        return [
            (at_s, event)
            for at_s, event in self.pagerduty
            if event["event_action"] == action and event["dedup_key"] in keys
        ]

    async def take_slack(self, request: web.Request) -> web.Response:
        self.slack.append((time.monotonic(), json.loads(await request.read())))
        return web.Response(text="ok")

    async def take_pagerduty(self, request: web.Request) -> web.Response:
        self.pagerduty.append((time.monotonic(), json.loads(await request.read())))
        return web.json_response({"status": "success"}, status=202)


@asynccontextmanager
async def listening() -> AsyncIterator[Inbox]:
    """An inbox at an address of this machine."""
    inbox = Inbox()
    app = web.Application()
    app.router.add_post("/slack", inbox.take_slack)
    app.router.add_post("/pagerduty", inbox.take_pagerduty)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        inbox.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield inbox
    finally:
        await runner.cleanup()


def localized(folder: Path, inbox_url: str) -> Path:
    """The committed configuration with nothing changed but where its two secrets point to."""
    config = yaml.safe_load(CONFIG.read_text())
    receivers = {receiver["name"]: receiver for receiver in config["receivers"]}
    (slack,) = receivers["slack"]["slack_configs"]
    (pagerduty,) = receivers["pagerduty"]["pagerduty_configs"]
    for section, key, secret in (
        (slack, "api_url_file", f"{inbox_url}/slack"),
        (pagerduty, "routing_key_file", ROUTING_KEY),
    ):
        path = folder / Path(section[key]).name
        path.write_text(secret)
        section[key] = str(path)
    pagerduty["url"] = f"{inbox_url}/pagerduty"
    path = folder / "alertmanager.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


class AlertmanagerServer(WebProgram):
    """One at an address that stays over its lives."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def alerts(self) -> list[dict[str, Any]]:
        """Everything that it holds, also what is inhibited."""
        found: list[dict[str, Any]] = json.loads(self.get("/api/v2/alerts"))
        return found


@contextmanager
def running_alertmanager(folder: Path, inbox_url: str) -> Iterator[AlertmanagerServer]:
    """Started in `folder` with the committed configuration, and killed at the end."""
    program = require("prometheus-alertmanager", "prometheus-alertmanager")
    folder.mkdir(exist_ok=True)
    config = localized(folder, inbox_url)

    def command(port: int) -> list[str]:
        return [
            program,
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]

    server = AlertmanagerServer(folder, command)
    try:
        yield server.start()
    finally:
        server.kill9()
