"""An alarm on its way to people: one trace in log, journal, metric, Slack and PagerDuty."""

import asyncio
import json
import re
import time

import pytest
from alertmanager_server import ROUTING_KEY, listening, running_alertmanager
from callers import Rpc, caller, eventually, far_below, halt, history, reconciled
from monitored import watched_by_prometheus
from pushgateway_server import running_pushgateway
from serving import Server

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# From the event to Slack and PagerDuty, when the engine posts itself.
ALARM_S_MAX = 5.0
DEADMAN_LIMIT_S = 3
TOO_MUCH = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "5000"}


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
        yield server
    finally:
        server.kill9()


def within(trace):
    return {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}


def fields(attachment):
    return {field["title"]: field["value"] for field in attachment["fields"]}


async def first(told, *of):
    """The first message of a kind, and when it came."""

    async def look():
        return told(*of)

    return (await eventually(look, f"{told.__name__} {of}"))[0]


async def posted(alertmanager, name, wanted=lambda _: True):
    """The first alert of a name that is as wanted, as Alertmanager holds it."""

    async def look():
        alerts = await asyncio.to_thread(alertmanager.alerts)
        return [a for a in alerts if a["labels"]["alertname"] == name and wanted(a)]

    return (await eventually(look, name))[0]


def lines(server, event):
    found = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    return [line for line in found if line["event"] == event]


async def journalled_trace(server, kind):
    """The trace of the last event of a kind, as the journal has it."""
    async with Rpc(server) as rpc:
        return [event for event in await history(rpc) if event.kind == kind][-1].trace_id


async def metric(rest, name):
    """What is read of a metric: the text within its braces, and its value."""
    text = (await rest.get("/metrics")).text
    return re.findall(rf"^{name}(?:{{(.*)}})? (\S+)", text, re.MULTILINE)


async def place(rest, name):
    order = {
        "symbol": "BTCUSDT",
        "side": "buy",
        "order_type": "limit",
        "quantity": "0.01",
        "limit_price": await far_below(rest),
        "request_id": name,
    }
    answer = await rest.post("/live/orders", json=order)
    assert answer.status_code in (200, 202), answer.text


async def test_a_halt_is_told_to_everybody_within_five_seconds(server, inbox):
    server.start()
    async with caller(server) as rest:
        await reconciled(rest)
        begun_s = time.monotonic()
        answer = await rest.post("/live/halt", json={"reason": "a storm"}, headers=within(TRACE))
        assert answer.status_code == 200, answer.text
        slack_s, attachment = await first(inbox.told_slack, "TradingHalted")
        pager_s, event = await first(inbox.told_pagerduty, "TradingHalted")
        assert slack_s - begun_s < ALARM_S_MAX
        assert pager_s - begun_s < ALARM_S_MAX
        expected = {
            "environment": "paper",
            "account": "paper",
            "trace_id": TRACE,
            "runbook": "docs/alerts.md#tradinghalted",
        }
        assert fields(attachment) == {**expected, "severity": "critical"}
        assert "a storm" in attachment["text"]
        assert (event["routing_key"], event["event_action"]) == (ROUTING_KEY, "trigger")
        assert event["payload"]["severity"] == "critical"
        details = event["payload"]["custom_details"]
        assert {name: details[name] for name in expected} == expected
        assert (details["reason"], details["actor"]) == ("a storm", "operator")
        (line,) = lines(server, "trading state")
        assert (line["trace_id"], line["state"]) == (TRACE, "HALTED")
        assert await journalled_trace(server, "TradingStateChanged") == TRACE
        ((labels, _),) = await metric(rest, "aitrader_last_halt_info")
        assert f'trace_id="{TRACE}"' in labels
        answer = await rest.post("/live/resume", json={"reason": "it is over"})
        assert answer.status_code == 200, answer.text
        await first(inbox.told_slack, "TradingHalted", "resolved")
        await first(inbox.told_pagerduty, "TradingHalted", "resolve")
        assert await metric(rest, "aitrader_last_halt_info") == []
        await halted_again(rest, inbox)


async def halted_again(rest, inbox):
    """Soon after its end an alarm is as quick as before it began."""
    begun_s = time.monotonic()
    await rest.post("/live/halt", json={"reason": "again"}, headers=within(OTHER_TRACE))

    async def told():
        return (
            len(inbox.told_slack("TradingHalted"))
            == 2
            == len(inbox.told_pagerduty("TradingHalted"))
        )

    await eventually(told, "the second halt")
    slack_s, attachment = inbox.told_slack("TradingHalted")[-1]
    pager_s, event = inbox.told_pagerduty("TradingHalted")[-1]
    assert max(slack_s, pager_s) - begun_s < ALARM_S_MAX
    assert fields(attachment)["trace_id"] == OTHER_TRACE
    assert event["payload"]["custom_details"]["trace_id"] == OTHER_TRACE


async def test_a_dead_man_halts_with_one_trace_that_outlives_a_restart(
    server, inbox, alertmanager, tmp_path
):
    heartbeat = tmp_path / "heartbeat"
    heartbeat.touch()
    server.settings = (
        *server.settings,
        f"risk.deadman={heartbeat}",
        f"risk.deadman_limit_s={DEADMAN_LIMIT_S}",
    )
    server.start()
    async with caller(server) as rest:
        _, attachment = await first(inbox.told_slack, "TradingHalted")
        _, event = await first(inbox.told_pagerduty, "TradingHalted")
        trace = fields(attachment)["trace_id"]
        assert re.fullmatch("[0-9a-f]{32}", trace)
        details = event["payload"]["custom_details"]
        assert (details["trace_id"], details["actor"]) == (trace, "DEAD_MAN_EXPIRED")
        assert event["payload"]["severity"] == "critical"
        (line,) = lines(server, "trading state")
        assert line["trace_id"] == trace
        assert await journalled_trace(server, "TradingStateChanged") == trace
        ((labels, _),) = await metric(rest, "aitrader_last_halt_info")
        assert f'trace_id="{trace}"' in labels
    before = await posted(alertmanager, "TradingHalted")
    server.kill9()
    server.restart()
    after = await posted(
        alertmanager, "TradingHalted", lambda alert: alert["updatedAt"] > before["updatedAt"]
    )
    assert after["annotations"]["trace_id"] == trace
    async with caller(server) as rest:
        ((labels, _),) = await metric(rest, "aitrader_last_halt_info")
        assert f'trace_id="{trace}"' in labels


async def test_a_denied_order_is_told_by_a_rule_and_a_halt_hides_it(
    server, inbox, alertmanager, tmp_path
):
    server.start()
    prometheus_folder = tmp_path / "prometheus"
    with watched_by_prometheus(prometheus_folder, server, alertmanager.address) as prometheus:
        async with caller(server) as rest:
            await reconciled(rest)
            await asyncio.to_thread(prometheus.wait_for, "aitrader_trading_state")
            answer = await rest.post("/live/orders", json=TOO_MUCH, headers=within(TRACE))
            assert answer.status_code == 400, answer.text
            ((labels, _),) = await metric(rest, "aitrader_last_denial_info")
            assert f'trace_id="{TRACE}"' in labels
            assert await journalled_trace(server, "OrderDenied") == TRACE
            assert [line["trace_id"] for line in lines(server, "order denied")] == [TRACE]
            # Scrape and evaluation take 5 s each, and Alertmanager gathers for 10 s.
            _, attachment = await first(inbox.told_slack, "OrderDenied")
            assert fields(attachment) == {
                "environment": "paper",
                "account": "paper",
                "severity": "warning",
                "trace_id": TRACE,
                "runbook": "docs/alerts.md#orderdenied",
            }
            exemplars = await asyncio.to_thread(
                prometheus.exemplars, "aitrader_orders_denied_total"
            )
            assert TRACE in [exemplar["labels"]["trace_id"] for exemplar in exemplars]

            await rest.post("/live/halt", json={"reason": "x"}, headers=within(OTHER_TRACE))
            await first(inbox.told_pagerduty, "TradingHalted")
            by_rule = await posted(
                alertmanager,
                "TradingHalted",
                lambda alert: "job" in alert["labels"] and alert["status"]["inhibitedBy"],
            )
            assert by_rule["annotations"]["trace_id"] == OTHER_TRACE
            await posted(alertmanager, "OrderDenied", lambda alert: alert["status"]["inhibitedBy"])
            watchdog = await posted(alertmanager, "Watchdog")
            assert [receiver["name"] for receiver in watchdog["receivers"]] == ["heartbeat"]
            assert len(inbox.told_slack("TradingHalted")) == 1, "said once, by the engine"
            assert inbox.told_slack("Watchdog") == []
            assert inbox.told_pagerduty("OrderDenied") == []

            prometheus.kill9()
            answer = await rest.post("/live/resume", json={"reason": "it is over"})
            assert answer.status_code == 200, answer.text
            await place(rest, "unwatched")
            assert lines(server, "alarms not posted") == []


async def test_a_halt_while_alertmanager_is_dead_is_told_once_it_is_back(
    server, inbox, alertmanager
):
    server.start()
    async with caller(server) as rest:
        await reconciled(rest)
        alertmanager.kill9()
        answer = await rest.post("/live/halt", json={"reason": "a storm"}, headers=within(TRACE))
        assert answer.status_code == 200, answer.text

        async def failed():
            counts = dict(await metric(rest, "aitrader_alerts_total"))
            return float(counts.get('outcome="failed"', 0)) >= 1

        await eventually(failed, "alarms that are counted as failed")
        assert await halt(rest)
        answer = await rest.post("/live/resume", json={"reason": "it is over"})
        assert answer.status_code == 200, answer.text
        await place(rest, "unalarmed")
        await rest.post("/live/halt", json={"reason": "again"}, headers=within(OTHER_TRACE))
        assert inbox.slack == inbox.pagerduty == []
        await asyncio.to_thread(alertmanager.start)
        _, attachment = await first(inbox.told_slack, "TradingHalted")
        _, event = await first(inbox.told_pagerduty, "TradingHalted")
        assert fields(attachment)["trace_id"] == OTHER_TRACE
        assert event["payload"]["custom_details"]["trace_id"] == OTHER_TRACE
        assert len(lines(server, "alarms not posted")) == 1
        assert len(lines(server, "alarms are posted again")) == 1


async def test_an_engine_that_pushes_is_watched_as_one_that_is_read(server, alertmanager, tmp_path):
    with running_pushgateway(tmp_path / "pushgateway") as pushgateway:
        server.environ = {"PROMETHEUS_PUSHGATEWAY_URL": pushgateway.url}
        server.settings = (*server.settings, "metrics.push_every_s=1")
        server.start()
        address = pushgateway.url.removeprefix("http://")
        folder = tmp_path / "prometheus"
        with watched_by_prometheus(folder, server, alertmanager.address, address):
            async with caller(server) as rest:
                await rest.post("/live/halt", json={"reason": "x"}, headers=within(TRACE))
            by_rule = await posted(
                alertmanager, "TradingHalted", lambda alert: "job" in alert["labels"]
            )
        assert by_rule["annotations"]["trace_id"] == TRACE
        told = {name: by_rule["labels"][name] for name in ("job", "environment", "account")}
        assert told == {"job": "aitrader", "environment": "paper", "account": "paper"}
        names = {alert["labels"]["alertname"] for alert in alertmanager.alerts()}
        assert "EngineAbsent" not in names
