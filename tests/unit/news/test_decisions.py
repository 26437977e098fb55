"""What news do to a trade, and that nothing that is wrong with them does anything."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from aitrader_models.regime import create as create_regime
from aitrader_models.signal import create as create_signal
from aitrader_server.domain.decision.features import PartialFeatures
from aitrader_server.domain.decision.symbol_sentiment import SymbolSettings
from aitrader_server.domain.decision.views import News
from aitrader_server.domain.terms import SentimentRecord
from aitrader_server.domain.words import OrderState, Side
from aitrader_server.engine.commands import TradeIntent
from aitrader_server.engine.decider import Decider, Models
from aitrader_server.engine.news_desk import DeskSettings, Tier
from aitrader_server.engine.trading import Trading
from aitrader_server.errors import Overloaded, Unavailable
from engine_lives import StillQuotes, World
from fateful_venue import SYMBOL, Fate
from scripted_models import NS_PER_S, ScriptedModel, fails, hangs, newsroom, says
from small_engine import CALLER

RISING = PartialFeatures(
    price=10_000.0,
    trend_ma_fast=10_010.0,
    trend_ma_slow=9_900.0,
    rsi=55.0,
    macd=12.0,
    macd_signal=8.0,
    atr=10.0,
)
FALLING = msgspec.structs.replace(
    RISING, trend_ma_fast=9_890.0, trend_ma_slow=9_900.0, rsi=45.0, macd=-12.0, macd_signal=-8.0
)
STALE_AFTER_S = 3_600.0
PATIENCE_S = 0.02
TRADE_S = 600.0
TRADE_TIMEOUT_S = 1.0
MISSING = Unavailable("no weights", reason="MODEL_MISSING")


class Office:
    """A decider before a venue that stands still, and the desk that it asks."""

    def __init__(self, world: World, models, *, symbol_decides: bool, patience_s: float) -> None:
        settings = DeskSettings(symbols=SymbolSettings(stale_after_s=STALE_AFTER_S))
        self.room = newsroom(models, settings, clock=world.clock)
        self.clock = world.clock
        self.decider = Decider(
            models=Models(create_signal({}), create_regime({}), self.room.desk),
            writer=world.engine.writer,
            account=world.engine.parts.account,
            quotes=StillQuotes(world.clock),
            instruments=world.engine.parts.instruments,
            metrics=self.room.metrics,
            on_model_failure=lambda name, error: self.room.troubles.append((name, error)),
            clock=world.clock,
            sentiment_timeout_s=patience_s,
            symbol_decides=symbol_decides,
        )

    async def decide(self, news: News | None = None, features=RISING, *, dry_run=False):
        intent = TradeIntent(
            request_id="a",
            symbol=SYMBOL,
            digest="",
            features=features,
            news=news,
            dry_run=dry_run,
        )
        return await self.decider.decide(intent, TRADE_S)

    async def trade(self, world: World, timeout_s: float):
        parts = world.engine.parts
        trading = Trading(
            decider=self.decider,
            submission=parts.submission,
            rehearsal=parts.rehearsal,
            quotes=StillQuotes(world.clock),
        )
        intent = TradeIntent(
            request_id="a", symbol=SYMBOL, digest="", features=RISING, news=self.news()
        )
        return await trading.trade(intent, CALLER, timeout_s)

    def news(self, text="Bitcoin falls", age_s=0.0) -> News:
        published_ns = self.clock.now_ns() - int(age_s * NS_PER_S)
        return News(text=text, symbol=SYMBOL, published_at_ns=published_ns)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


@pytest.fixture
def office(world):
    def make(*models, symbol_decides=False, patience_s=60.0):
        return Office(world, models, symbol_decides=symbol_decides, patience_s=patience_s)

    return make


@pytest.mark.parametrize(
    ("features", "side", "against"), [(RISING, Side.BUY, -1.0), (FALLING, Side.SELL, 1.0)]
)
async def test_contrary_news_shrink_a_trade_and_strong_ones_stop_it(
    office, features, side, against
):
    model = ScriptedModel(says(against * 0.3))
    desk = office(model)
    alone = await desk.decide(None, features)
    assert (alone.side, alone.record.sentiment) == (side, None)
    assert alone.record.quantity > 0
    shrunk = await desk.decide(desk.news("one"), features)
    assert shrunk.side is side
    assert 0 < shrunk.record.quantity < alone.record.quantity
    model.act = says(against * 0.9)
    stopped = await desk.decide(desk.news("two"), features)
    assert stopped.side is None
    assert "news stands against" in stopped.reason


@pytest.mark.parametrize(("features", "kind"), [(RISING, 1.0), (FALLING, -1.0)])
async def test_news_that_agree_make_nothing_larger(office, features, kind):
    desk = office(ScriptedModel(says(kind)))
    alone = await desk.decide(None, features)
    agreed = await desk.decide(desk.news(), features)
    assert agreed.record.quantity == alone.record.quantity
    assert agreed.record.sizing == alone.record.sizing


async def test_the_record_says_who_was_heard(office):
    desk = office(
        ScriptedModel(fails(MISSING)),
        ScriptedModel(says(-0.3), "finbert-7", engine="onnx", sha256="ab" * 32),
    )
    decision = await desk.decide(desk.news())
    assert decision.record.sentiment == SentimentRecord(
        origin="news",
        label="neutral",
        score=-0.3,
        model="finbert-7",
        engine="onnx",
        sha256="ab" * 32,
        fallback_reason="MODEL_MISSING",
    )


NAN = float("nan")
UNUSABLE = {
    "stale": ([ScriptedModel(says(-0.9))], "a", STALE_AFTER_S + 1, "stale: published too long ago"),
    "ancient": ([ScriptedModel(says(-0.9))], "a", 4e18 / NS_PER_S, "stale: "),
    "late": ([ScriptedModel(hangs())], "a", 0.0, "late: no model was done in time"),
    "all late": ([ScriptedModel(hangs()), ScriptedModel(hangs())], "a", 0.0, "late: "),
    "missing": ([ScriptedModel(fails(MISSING))], "a", 0.0, "no sentiment model answers"),
    "failed": ([ScriptedModel(fails(ValueError("what?")))], "a", 0.0, "no sentiment model answers"),
    "no number": ([ScriptedModel(says(NAN))], "a", 0.0, "no sentiment model answers"),
    "full": (
        [ScriptedModel(fails(Overloaded("full", retry_after_s=9.0)))],
        "a",
        0.0,
        "no sentiment model answers",
    ),
    "empty": (
        [ScriptedModel(says(-0.9))],
        " \u200b\x00",
        0.0,
        "the text has no visible characters",
    ),
}


@pytest.mark.parametrize("features", [RISING, FALLING], ids=["buy", "sell"])
@pytest.mark.parametrize("kind", UNUSABLE)
async def test_news_that_cannot_be_used_change_nothing(office, kind, features):
    models, text, age_s, why = UNUSABLE[kind]
    desk = office(*models, patience_s=PATIENCE_S if "late" in kind else 60.0)
    alone = await desk.decide(None, features)
    decision = await desk.decide(desk.news(text, age_s), features)
    said = decision.record.sentiment
    assert said.unused_because.startswith(why)
    assert said.origin == "news"
    assert decision.side is alone.side is not None
    assert msgspec.structs.replace(decision.record, sentiment=None) == alone.record


async def test_stale_news_cost_no_model_any_time(office):
    model = ScriptedModel(says(-0.9))
    desk = office(model)
    await desk.decide(desk.news(age_s=STALE_AFTER_S + 1))
    assert model.asked == []
    await desk.decide(desk.news(age_s=STALE_AFTER_S - 1))
    assert len(model.asked) == 1


@pytest.mark.parametrize("age_s", [-1.0, -1e9])
async def test_news_from_the_future_are_as_good_as_new(office, age_s):
    desk = office(ScriptedModel(says(-0.9)))
    decision = await desk.decide(desk.news(age_s=age_s))
    assert decision.record.sentiment.unused_because == ""
    assert decision.side is None


async def test_an_order_that_waits_goes_past_a_full_queue(office):
    desk = office(
        ScriptedModel(fails(Overloaded("full", retry_after_s=9.0))),
        ScriptedModel(says(-0.3), "rules-1"),
    )
    said = (await desk.decide(desk.news())).record.sentiment
    assert (said.model, said.fallback_reason, said.unused_because) == ("rules-1", "OVERLOADED", "")


async def test_an_order_waits_no_longer_than_it_is_told_to(office):
    late = ScriptedModel(hangs())
    desk = office(late, patience_s=PATIENCE_S)
    async with asyncio.timeout(10):
        await desk.decide(desk.news())
    assert [news.text for news in late.cancelled] == ["Bitcoin falls"]
    assert late.asked[0][1] <= PATIENCE_S


async def test_a_caller_who_leaves_an_order_leaves_its_news_as_well(office):
    late = ScriptedModel(hangs())
    desk = office(late)
    deciding = asyncio.create_task(desk.decide(desk.news()))
    await late.came.acquire()
    deciding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await deciding
    assert deciding.cancelled()
    assert len(late.cancelled) == 1


async def test_no_order_waits_for_a_model_that_may_not_decide(office):
    cloud = ScriptedModel(says(-0.9), "cloud-1", remote=True)
    desk = office(
        Tier(model=cloud, timeout_s=1.0, decides=False), ScriptedModel(says(0.0), "rules-1")
    )
    said = (await desk.decide(desk.news())).record.sentiment
    assert (said.model, said.fallback_reason) == ("rules-1", "")
    assert cloud.asked == []


@pytest.mark.parametrize("decides", [False, True])
async def test_what_was_said_before_has_a_say_only_if_it_is_told_to(office, decides):
    desk = office(ScriptedModel(says(-0.3)), symbol_decides=decides)
    alone = await desk.decide()
    assert alone.record.sentiment is None
    await desk.room.desk.analyze(desk.news("Bitcoin falls"), 60)
    decision = await desk.decide()
    if not decides:
        assert decision.record == alone.record
        return
    assert decision.record.sentiment == SentimentRecord(
        origin="symbol", label="negative", score=-0.3, model="mean of 1 texts"
    )
    assert 0 < decision.record.quantity < alone.record.quantity


async def test_what_was_said_long_ago_has_no_say(office):
    desk = office(ScriptedModel(says(-0.3)), symbol_decides=True)
    alone = await desk.decide()
    await desk.room.desk.analyze(desk.news(), 60)
    desk.clock.advance(int(STALE_AFTER_S) + 1)
    decision = await desk.decide()
    assert decision.record.sentiment.unused_because.startswith("stale: ")
    assert decision.record.quantity == alone.record.quantity


async def test_the_news_of_a_trade_come_before_what_was_said_of_its_symbol(office):
    model = ScriptedModel(says(-0.9))
    desk = office(model, symbol_decides=True)
    await desk.room.desk.analyze(desk.news("one"), 60)
    model.act = says(0.9)
    decision = await desk.decide(desk.news("two"))
    assert (decision.record.sentiment.origin, decision.record.sentiment.score) == ("news", 0.9)
    assert decision.side is Side.BUY


async def test_a_rehearsal_is_not_said_of_the_symbol(office):
    desk = office(ScriptedModel(says(-0.3)))
    decision = await desk.decide(desk.news(), dry_run=True)
    assert decision.record.sentiment.score == -0.3
    assert desk.room.desk.of_symbol(SYMBOL).count == 0
    await desk.decide(desk.news())
    assert desk.room.desk.of_symbol(SYMBOL).count == 1


async def test_what_was_said_of_another_symbol_has_no_say(office):
    desk = office(ScriptedModel(says(-0.9)), symbol_decides=True)
    await desk.room.desk.analyze(News(text="Ether falls", symbol="ETHUSDT"), 60)
    assert (await desk.decide()).record.sentiment is None


async def test_news_that_nobody_reads_leave_an_order_half_of_its_callers_time(world, office):
    traded = await office(ScriptedModel(hangs())).trade(world, TRADE_TIMEOUT_S)
    assert traded.order.state is OrderState.ACCEPTED
    assert traded.decision.sentiment.unused_because.startswith("late")


async def test_the_time_that_news_took_is_not_given_to_the_venue_as_well(world, office):
    world.venue.fates["submit"].append(Fate.STUCK_BEFORE)
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    traded = await office(ScriptedModel(hangs())).trade(world, TRADE_TIMEOUT_S)
    assert traded.order.state is OrderState.SUBMITTED
    assert loop.time() - begun_s < 1.4 * TRADE_TIMEOUT_S
