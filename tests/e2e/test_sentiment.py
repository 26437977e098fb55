"""The sentiment service of a real process, with a plug-in of another package and a wheel to it."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from callers import caller, eventually
from serving import Server
from steered_model import RETRY_AFTER_S, install

EX_CONFIG = 78
RISING = {
    "price": 65_000,
    "trend_ma_fast": 65_100,
    "trend_ma_slow": 64_000,
    "rsi": 55,
    "macd": 12,
    "macd_signal": 8,
    "atr": 65,
    "equity": 100_000,
    "day_pnl": 0,
}
WISH = {"symbol": "BTCUSDT", "features": RISING}
# Cached scores would hide what the wheel says.
FORGETFUL = "models.sentiment.cache_texts_max=0"


@dataclass
class Steered:
    """A server whose first sentiment model does what `wheel` says."""

    server: Server
    wheel: Path

    def says(self, what: str) -> None:
        self.wheel.write_text(what)

    def start(self) -> "Steered":
        self.server.start()
        return self


@pytest.fixture
def steered(tmp_path) -> Iterator[Callable[..., Steered]]:
    made: list[Server] = []

    def make(*settings: str, says: str = "0.75") -> Steered:
        folder = tmp_path / "server"
        folder.mkdir()
        wheel = folder / "wheel"
        wheel.write_text(says)
        chosen = ("models.sentiment.name=steered", f"models.sentiment.settings={{wheel: {wheel}}}")
        server = Server(folder, *chosen, FORGETFUL, *settings)
        server.environ = {"PYTHONPATH": install(tmp_path / "site")}
        made.append(server)
        return Steered(server, wheel)

    yield make
    for server in made:
        server.kill9()


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


async def analyze(rest, text="Bitcoin rises", **fields) -> dict[str, Any]:
    answer = await rest.post("/ai/sentiment", json={"text": text, **fields})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def trade(rest, **fields) -> dict[str, Any]:
    answer = await rest.post("/live/trade", json={**WISH, **fields})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def counted(rest, name: str, **labels: str) -> float:
    """What a metric says of these labels; zero before it says anything."""
    told = (await rest.get("/metrics")).text
    within = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    found = re.search(rf"^{name}(\{{{within}\}})? (\S+)$", told, re.MULTILINE)
    return float(found[2]) if found else 0.0


async def test_a_model_that_comes_and_goes(steered):
    desk = steered().start()
    async with caller(desk.server) as rest:
        assert (await analyze(rest))["model"] == "steered-1"
        desk.says("MODEL_MISSING")
        told = await analyze(rest)
        assert (told["engine"], told["fallback_reason"]) == ("rules", "MODEL_MISSING")
        model = (await rest.get("/ai/sentiment/model")).json()
        assert (model["engine"], model["fallback_reason"]) == ("rules", "MODEL_MISSING")
        assert [(b["engine"], b["ready"]) for b in model["backends"]] == [
            ("steered", False),
            ("rules", True),
        ]
        assert await counted(rest, "aitrader_sentiment_ready") == 0
        desk.says("-0.5")
        told = await analyze(rest)
        assert (told["engine"], told["score"], told["fallback_reason"]) == ("steered", -0.5, "")
        fallbacks = "aitrader_sentiment_fallbacks_total"
        assert await counted(rest, fallbacks, engine="steered", reason="MODEL_MISSING") == 1
        assert await counted(rest, "aitrader_sentiment_ready") == 1
        model = (await rest.get("/ai/sentiment/model")).json()
        assert (model["model"], model["fallback_reason"]) == ("steered-1", "")


async def test_a_late_model_and_one_that_is_no_number(steered):
    desk = steered("models.sentiment.timeout_ms=50", says="hangs").start()
    async with caller(desk.server) as rest:
        assert (await analyze(rest))["fallback_reason"] == "TIMEOUT"
        desk.says("nan")
        assert (await analyze(rest))["fallback_reason"] == "FAILED"
        assert await counted(rest, "aitrader_model_failures_total", model="steered-1") == 1
    assert "steered-1 failed" in desk.server.log


async def test_who_can_wait_is_told_when_to_come_back_and_an_order_goes_on(steered):
    desk = steered(says="full").start()
    async with caller(desk.server) as rest:
        answer = await rest.post("/ai/sentiment", json={"text": "Bitcoin rises"})
        assert (answer.status_code, answer.json()["code"]) == (429, 8)
        assert answer.headers["retry-after"] == str(-int(-RETRY_AFTER_S // 1))
        told = await trade(rest, news_text="Bitcoin rises", dry_run=True)
        said = told["decision"]["sentiment"]
        assert (said["engine"], said["fallback_reason"]) == ("rules", "OVERLOADED")
        assert await counted(rest, "aitrader_sentiment_refusals_total") == 1


async def test_a_trade_and_its_trace_say_which_news_were_heard(steered):
    desk = steered(says="-0.3").start()
    async with caller(desk.server) as rest:
        alone = (await trade(rest, dry_run=True))["decision"]
        told = await trade(rest, news_text="Bitcoin falls", request_id="heard")
        said = told["decision"]["sentiment"]
        assert (said["origin"], said["score"], said["unused_because"]) == ("news", -0.3, "")
        assert (said["model"], said["engine"]) == ("steered-1", "steered")
        assert said["model_sha256"] == "ab" * 32
        assert 0 < Decimal(told["decision"]["quantity"]) < Decimal(alone["quantity"])
        trace = (await rest.get("/live/orders/heard/trace")).json()
        assert trace["decision"] == told["decision"]
    desk.server.stop()
    desk.server.restart()
    async with caller(desk.server) as rest:
        again = (await rest.get("/live/orders/heard/trace")).json()
        assert again["decision"]["sentiment"] == said


@pytest.mark.parametrize(
    ("text", "age_s", "why"),
    [
        ("Exchange hacked, all funds stolen", 22_000, "stale: published too long ago"),
        (" \u200b ", 0, "the text has no visible characters"),
    ],
    ids=["stale", "empty"],
)
async def test_news_that_cannot_be_used_change_no_order(steered, text, age_s, why):
    desk = steered(says="-0.5").start()
    async with caller(desk.server) as rest:
        alone = (await trade(rest, dry_run=True))["decision"]
        news = {"news_text": text, "news_published_at": ago(age_s)}
        told = await trade(rest, **news, request_id="unheard")
        trace = (await rest.get("/live/orders/unheard/trace")).json()
    said = told["decision"]["sentiment"]
    assert said["unused_because"].startswith(why)
    assert told["executed"] is True
    assert told["decision"]["quantity"] == alone["quantity"]
    assert trace["decision"]["sentiment"] == said


async def test_an_order_does_not_wait_for_a_late_model(steered):
    desk = steered(says="hangs").start()
    async with caller(desk.server) as rest:
        told = await trade(rest, news_text="Exchange hacked, all funds stolen")
    said = told["decision"]["sentiment"]
    # The rules have a few milliseconds left, which a busy machine may not give them.
    if said["unused_because"]:
        assert said["unused_because"] == "late: no model was done in time"
        assert told["executed"] is True
    else:
        assert (said["engine"], said["fallback_reason"]) == ("rules", "TIMEOUT")
        assert told["executed"] is False


@pytest.mark.parametrize("decides", [False, True])
async def test_what_was_said_of_a_symbol_decides_only_if_it_may(steered, decides):
    desk = steered(f"models.sentiment.symbol_decides={str(decides).lower()}", says="-0.3").start()
    async with caller(desk.server) as rest:
        alone = (await trade(rest, dry_run=True))["decision"]
        await analyze(rest, symbol="BTCUSDT")
        told = (await rest.get("/ai/sentiment/symbols/BTCUSDT")).json()
        assert (told["count"], told["label"]) == (1, "negative")
        decision = (await trade(rest, dry_run=True))["decision"]
    if decides:
        assert decision["sentiment"]["origin"] == "symbol"
        assert Decimal(decision["quantity"]) < Decimal(alone["quantity"])
    else:
        # Sizes follow the market, which moves between the two.
        assert {**decision, "sizing": [], "quantity": ""} == {**alone, "sizing": [], "quantity": ""}


async def test_a_model_that_does_not_start_keeps_nobody_from_trading(steered):
    desk = steered(says="does not start").start()
    async with caller(desk.server) as rest:
        told = await analyze(rest)
        assert (told["engine"], told["fallback_reason"]) == ("rules", "FAILED")
        assert (await trade(rest))["executed"] is True
    assert "steered-1 did not start" in desk.server.log


async def test_a_stop_does_not_wait_for_a_model(steered):
    desk = steered("grpc.grace_s=1", says="hangs").start()
    async with caller(desk.server) as rest:
        asking = asyncio.create_task(rest.post("/ai/sentiment", json={"text": "Bitcoin rises"}))

        async def asked() -> bool:
            return desk.wheel.with_suffix(".asked").exists()

        await eventually(asked, "the question")
        assert desk.server.stop() == 0
        await asyncio.gather(asking, return_exceptions=True)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        (
            "models.sentiment.fallbacks=[{name: rule}]",
            "models.sentiment.fallbacks[0].name: rule is not installed, did you mean rules?",
        ),
        (
            "models.sentiment.fallbacks=[{name: rules, settings: {depth: 3}}]",
            "models.sentiment.fallbacks[0].settings: rules-1 takes no settings, but was given",
        ),
        (
            "models.sentiment.settings={wheel: w, size: 0}",
            "models.sentiment.settings.size: Input should be greater than or equal to 1",
        ),
        ("models.sentiment.settings={wheel: w, colour: red}", "models.sentiment.settings.colour: "),
        (
            "models.sentiment.neutral_share=[0.9, 0.1]",
            "neutral_share: 0.9 is more than 0.1; write the smaller share first",
        ),
        ("models.sentiment.name=onnx", "models.sentiment.settings.folder: is missing"),
        (
            "models.sentiment.fallbacks=[{name: onnx, settings: {folder: f, threads: 0}}]",
            "models.sentiment.fallbacks[0].settings.threads: ",
        ),
        ("models.sentiment.neutral_share=[0.1, 1.1]", "models.sentiment.neutral_share[1]"),
        ("models.sentiment.timeout_ms=0", "models.sentiment.timeout_ms"),
        ("models.sentiment.source_weights={wire: -1}", "models.sentiment.source_weights.wire"),
        ("models.sentiment_timeout_ms=0", "models.sentiment_timeout_ms"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(steered, setting, named):
    server = steered(setting).server
    assert server.launch().wait(60) == EX_CONFIG
    assert named in server.log
    assert "Traceback" not in server.log
