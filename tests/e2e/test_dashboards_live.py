"""Every panel of every dashboard, asked of a real Prometheus that has read a live engine."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from aitrader_server.adapters.metric_names import series
from alertmanager_server import listening, running_alertmanager
from callers import PATIENCE_S, caller, far_below, reconciled
from monitored import MONITORING, watched_by_prometheus
from serving import Server

BOARDS = {
    path.stem: json.loads(path.read_text()) for path in (MONITORING / "grafana").glob("*.json")
}
METRIC = re.compile(r"(?:aitrader_|slo:)[\w:]+")
VARIABLES = {"$environment": ".*", "$instance": ".*", "$symbol": ".*", "$__rate_interval": "1m"}
# What comes with rare events only, or once in five minutes: their names are in the one file of
# names, or recorded by a rule.
RARE = {
    "aitrader_model_failures_total",
    "aitrader_secret_rotations_total",
    "aitrader_sentiment_fallbacks_total",
    "aitrader_sentiment_truncated_total",
    "aitrader_spans_total",
    "slo:period_error_budget_remaining:ratio",
}
# Shown only while something is wrong.
EMPTY = {"Not ready"}
CALLS_PER_S = 100
NEWS = "ETF inflows hit a record"
FEATURES = {"trend_ma_fast": 65100, "trend_ma_slow": 64000, "rsi": 55, "macd": 12, "macd_signal": 8}


class SandboxServer(Server):
    """An engine that starts an exchange of its own."""

    account = ("account=paper",)


@pytest.fixture
async def prometheus(tmp_path):
    """One that has read an engine while it traded, denied, scored, posted and halted."""
    async with listening() as inbox:
        with running_alertmanager(tmp_path / "alertmanager", inbox.url) as alertmanager:
            (tmp_path / "heartbeat").touch()
            server = SandboxServer(
                tmp_path,
                f"alerts.alertmanager_url={alertmanager.url}",
                f"risk.deadman={tmp_path / 'heartbeat'}",
                "risk.deadman_limit_s=3600",
                f"access.calls_per_s={CALLS_PER_S}",
                f"access.calls_burst={CALLS_PER_S}",
            )
            # Nobody listens there, and nothing waits for it.
            server.environ = {
                "PROMETHEUS_PUSHGATEWAY_URL": "http://127.0.0.1:9",
                "PROMETHEUS_BASIC_AUTH": "engine:for-tests",
            }
            try:
                server.start()
                folder = tmp_path / "prometheus"
                with watched_by_prometheus(folder, server, alertmanager.address) as prometheus:
                    await traffic(server, prometheus)
                    yield prometheus
            finally:
                server.kill9()


async def traffic(server: Server, prometheus: Any) -> None:
    """Everything that makes series, and once more after a scrape, so that rates have two values."""
    async with caller(server) as rest, caller(server, token="nobody") as stranger:
        await reconciled(rest)
        for life in range(2):
            await asyncio.to_thread(prometheus.wait_for, f"aitrader_journal_sequence > {life}")
            await trade(rest, life)
            assert (await stranger.get("/live/status")).status_code == 401
            count = f"aitrader_sentiment_texts_total >= {life + 1}"
            await asyncio.to_thread(prometheus.wait_for, count)
        flood = [rest.get("/live/state") for _ in range(3 * CALLS_PER_S)]
        assert 429 in {answer.status_code for answer in await asyncio.gather(*flood)}
        await rest.post("/live/halt", json={"reason": "the end"})
        await asyncio.to_thread(prometheus.wait_for, "aitrader_last_halt_info")


async def trade(rest: Any, life: int) -> None:
    order = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.01"}
    placed = [
        {**order, "order_type": "market", "request_id": f"market-{life}"},
        {
            **order,
            "order_type": "limit",
            "limit_price": await far_below(rest),
            "request_id": f"limit-{life}",
        },
    ]
    for body in placed:
        answer = await rest.post("/live/orders", json=body)
        assert answer.status_code in (200, 202), answer.text
    body = {**order, "order_type": "market", "quantity": "5000"}
    assert (await rest.post("/live/orders", json=body)).status_code == 400
    body = {"symbol": "BTCUSDT", "features": FEATURES, "news_text": f"{NEWS} {life}"}
    assert (await rest.post("/live/trade", json=body)).status_code == 200


def asked(expression: str) -> str:
    """The expression as Grafana sends it when everything is chosen."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


def panels(board: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel["title"], [asked(target["expr"]) for target in panel["targets"]]


def shown(board: dict[str, Any]) -> list[str]:
    """What must not be empty after such traffic."""
    return [
        expression
        for title, expressions in panels(board)
        for expression in expressions
        if title not in EMPTY and RARE.isdisjoint(METRIC.findall(expression))
    ]


async def test_every_panel_is_understood_asks_for_what_exists_and_shows_it(prometheus):
    wanted = [expression for board in BOARDS.values() for expression in shown(board)]

    async def missing() -> list[str]:
        # Whatever is no PromQL is refused, which raises.
        return [e for e in wanted if not await asyncio.to_thread(prometheus.query, e)]

    for board in BOARDS.values():
        for _, expressions in panels(board):
            for expression in expressions:
                await asyncio.to_thread(prometheus.query, expression)
    deadline_s = time.monotonic() + PATIENCE_S
    while empty := await missing():
        assert time.monotonic() < deadline_s, "\n".join(empty)
        await asyncio.sleep(1)
    with pytest.raises(HTTPError):
        await asyncio.to_thread(prometheus.query, "sum by (")
    names = await asyncio.to_thread(prometheus.names)
    asked_for = {
        metric
        for board in BOARDS.values()
        for _, expressions in panels(board)
        for expression in expressions
        for metric in METRIC.findall(expression)
    }
    assert asked_for - names <= RARE
    assert {name for name in RARE if not name.startswith("slo:")} <= series().keys()
    await choices(prometheus)


async def choices(prometheus: Any) -> None:
    """What can be chosen on a dashboard is there to be chosen."""
    queries = {
        variable["query"]
        for board in BOARDS.values()
        for variable in board["templating"]["list"]
        if variable["type"] == "query"
    }
    for query in queries:
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", asked(query)).groups()
        found = await asyncio.to_thread(prometheus.query, selector)
        assert {one["metric"][label] for one in found}, query
