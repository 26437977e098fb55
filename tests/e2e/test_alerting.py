"""An alarm on its way to people: one trace in log, journal, metric, Slack and PagerDuty."""

import json
import time

import pytest
from alertmanager_server import ROUTING_KEY, listening, running_alertmanager
from callers import Rpc, caller, eventually, history, reconciled
from serving import Server

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
ALARM_S_MAX = 5.0


@pytest.fixture
async def inbox():
    async with listening() as inbox:
        yield inbox


@pytest.fixture
async def alertmanager(tmp_path, inbox):
    with running_alertmanager(tmp_path / "alertmanager", inbox.url) as alertmanager:
        yield alertmanager


@pytest.fixture
def server(tmp_path, alertmanager):
    server = Server(tmp_path, f"alerts.alertmanager_url={alertmanager.url}", "logging.format=json")
    try:
        yield server.start()
    finally:
        server.kill9()


def fields(attachment):
    return {field["title"]: field["value"] for field in attachment["fields"]}


async def first(told, *of):
    async def look():
        return told(*of)

    return (await eventually(look, f"{told.__name__} {of}"))[0]


def lines(server, event):
    found = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    return [line for line in found if line["event"] == event]


async def journalled_trace(server, kind):
    """The trace of the last event of a kind, as the journal has it."""
    async with Rpc(server) as rpc:
        events = [event for event in await history(rpc) if event.kind == kind]
    return events[-1].trace_id


async def test_a_halt_is_told_to_everybody_within_five_seconds(server, inbox):
    async with caller(server) as rest:
        await reconciled(rest)
        begun_s = time.monotonic()
        answer = await rest.post("/live/halt", json={"reason": "a storm"}, headers=TRACEPARENT)
        assert answer.status_code == 200, answer.text
        slack_s, attachment = await first(inbox.told_slack, "TradingHalted")
        pager_s, event = await first(inbox.told_pagerduty, "TradingHalted")
        assert slack_s - begun_s < ALARM_S_MAX
        assert pager_s - begun_s < ALARM_S_MAX
        assert fields(attachment) == {
            "environment": "paper",
            "account": "paper",
            "severity": "critical",
            "trace_id": TRACE,
            "runbook": "docs/alerts.md#tradinghalted",
        }
        assert "a storm" in attachment["text"]
        details = event["payload"]["custom_details"]
        assert (event["routing_key"], event["event_action"]) == (ROUTING_KEY, "trigger")
        assert event["payload"]["severity"] == "critical"
        assert {name: details[name] for name in fields(attachment) if name != "severity"} == {
            name: value for name, value in fields(attachment).items() if name != "severity"
        }
        (line,) = lines(server, "trading state")
        assert (line["trace_id"], line["state"]) == (TRACE, "HALTED")
        assert await journalled_trace(server, "TradingStateChanged") == TRACE
        answer = await rest.post("/live/resume", json={"reason": "it is over"})
        assert answer.status_code == 200, answer.text
        await first(inbox.told_slack, "TradingHalted", "resolved")
        await first(inbox.told_pagerduty, "TradingHalted", "resolve")
