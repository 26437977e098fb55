"""From a wish to trade to an order, or to the reason why there is none."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_models.regime import create as create_regime
from aitrader_models.signal import create as create_signal
from aitrader_server.domain.decision.features import PartialFeatures
from aitrader_server.domain.decision.views import News
from aitrader_server.domain.words import OrderState, OrderType, TradingState
from aitrader_server.engine.commands import StrategyChange, TradeIntent
from aitrader_server.engine.decider import Decider, Models
from aitrader_server.engine.trading import Trading
from aitrader_server.errors import InvalidRequest
from engine_lives import StillQuotes, World
from fateful_venue import SYMBOL, Fate
from scripted_models import ScriptedModel, newsroom, says
from small_engine import CALLER
from venue_books import PRICE

RISING = PartialFeatures(
    price=10_000.0,
    trend_ma_fast=10_010.0,
    trend_ma_slow=9_900.0,
    rsi=55.0,
    macd=12.0,
    macd_signal=8.0,
    atr=10.0,
)
FLAT = msgspec.structs.replace(RISING, trend_ma_fast=9_900.0, macd=8.0, rsi=50.0)


class Broken:
    """A model of either kind that fails."""

    name = "broken-1"

    def signal(self, features):
        raise ZeroDivisionError

    regime = signal


class Quotes(StillQuotes):
    """One price, unless it is `gone`."""

    gone = False

    def quote(self, symbol):
        return None if self.gone else super().quote(symbol)


class Desk:
    """Trades at the venue of `world` by what its models say."""

    def __init__(self, world, *, signal=None, regime=None, symbol_decides=False):
        parts = world.engine.parts
        self.quotes = Quotes(world.clock)
        self.room = newsroom([ScriptedModel(says(-1.0))], clock=world.clock)
        self.failed = []
        decider = Decider(
            models=Models(signal or create_signal({}), regime or create_regime({}), self.room.desk),
            writer=world.engine.writer,
            account=parts.account,
            quotes=self.quotes,
            instruments=parts.instruments,
            metrics=self.room.metrics,
            on_model_failure=lambda name, error: self.failed.append((name, type(error))),
            clock=world.clock,
            sentiment_timeout_s=1.0,
            symbol_decides=symbol_decides,
        )
        self._trading = Trading(
            decider=decider,
            submission=parts.submission,
            rehearsal=parts.rehearsal,
            quotes=self.quotes,
        )

    async def trade(self, **wish):
        given = {"request_id": "a", "symbol": SYMBOL, "digest": "d", "features": RISING} | wish
        return await self._trading.trade(TradeIntent(**given), CALLER, 5.0)


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


def reasons(traded):
    return traded.error, traded.decision.reasons


# ---- what is placed ---------------------------------------------------------------------------


async def test_what_was_decided_is_placed(world):
    traded = await Desk(world).trade()
    assert (traded.order.state, traded.error) == (OrderState.ACCEPTED, "")
    assert traded.order.quantity == traded.decision.quantity > 0
    assert world.venue.open_ids() == ["a"]


async def test_the_same_wish_is_answered_and_not_decided_again(world):
    desk = Desk(world)
    first = await desk.trade()
    desk.quotes.gone = True
    again = await desk.trade()
    assert (again.order, again.decision) == (first.order, first.decision)
    assert (first.replayed, again.replayed) == (False, True)
    assert world.venue.open_ids() == ["a"]


@pytest.mark.parametrize(("wished", "placed"), [(None, PRICE + 1), (PRICE - 5, PRICE - 5)])
async def test_a_limit_order_without_a_price_takes_what_the_market_asks(world, wished, placed):
    traded = await Desk(world).trade(order_type=OrderType.LIMIT, limit_price=wished)
    assert traded.order.spec.limit_price == placed


async def test_a_strategy_risks_no_more_than_its_own_share(world):
    change = StrategyChange(max_risk_fraction=0.01)
    await world.engine.parts.control.change_strategy("careful", change, CALLER)
    careful = await Desk(world).trade(strategy="careful", dry_run=True)
    bold = await Desk(world).trade(strategy="bold", dry_run=True)
    assert 0 < careful.decision.quantity < bold.decision.quantity


# ---- what is not ------------------------------------------------------------------------------


async def test_an_order_that_is_denied_says_so_in_its_decision(world):
    await world.engine.parts.control.tighten(TradingState.HALTED, "lunch", CALLER)
    traded = await Desk(world).trade()
    assert traded.order.state is OrderState.DENIED
    assert traded.error == traded.order.reason
    assert traded.decision.trading_blocked
    assert [breach.code for breach in traded.decision.breaches] == ["TRADING_HALTED"]
    assert world.venue.sent == []


async def test_an_order_that_the_venue_refuses_says_why(world):
    world.venue.fates["submit"].append(Fate.REFUSED)
    traded = await Desk(world).trade()
    assert (traded.order.state, traded.error) == (
        OrderState.REJECTED,
        "-2010: the venue would not",
    )
    assert not traded.decision.trading_blocked


async def test_a_market_without_direction_is_held(world):
    traded = await Desk(world).trade(features=FLAT)
    assert (traded.order, traded.decision.signal) == (None, "hold")
    assert traded.error
    assert world.venue.sent == []


async def test_a_wish_that_was_held_is_decided_again(world):
    desk = Desk(world)
    assert (await desk.trade(features=FLAT)).order is None
    assert (await desk.trade()).order.state is OrderState.ACCEPTED


async def test_without_a_price_nothing_is_weighed(world):
    desk = Desk(world)
    desk.quotes.gone = True
    traded = await desk.trade()
    why = "there is no price to value the account or the trade with"
    assert (traded.order, reasons(traded)) == (None, (why, (why,)))


async def test_features_that_nobody_has_mean_hold(world):
    traded = await Desk(world).trade(features=PartialFeatures())
    assert traded.order is None
    assert traded.error.startswith("features are missing: trend_ma_fast needs")


@pytest.mark.parametrize("kind", ["signal", "regime"])
async def test_a_model_that_fails_means_hold_and_is_told(world, kind):
    desk = Desk(world, **{kind: Broken()})
    traded = await desk.trade()
    assert (traded.order, traded.error) == (None, "broken-1 failed")
    assert desk.failed == [("broken-1", ZeroDivisionError)]
    assert desk.room.counted("aitrader_model_failures_total", model="broken-1") == 1


async def test_a_symbol_that_is_not_traded_here_is_no_question_for_a_model(world):
    with pytest.raises(InvalidRequest, match="DOGEUSDT is not configured; known: BTCUSDT"):
        await Desk(world).trade(symbol="DOGEUSDT")


async def test_what_was_said_of_a_symbol_before_counts_where_it_may(world):
    desk = Desk(world, symbol_decides=True)
    await desk.room.desk.analyze(News(text="Bitcoin falls", symbol=SYMBOL), 1.0)
    traded = await desk.trade()
    assert traded.order is None
    assert traded.decision.sentiment.origin == "symbol"


# ---- a rehearsal ------------------------------------------------------------------------------


async def test_a_dry_run_decides_and_sends_nothing(world):
    traded = await Desk(world).trade(dry_run=True)
    assert (traded.order, traded.error) == (None, "dry run: nothing was sent")
    assert traded.decision.quantity > Decimal(0)
    assert world.venue.sent == []
    assert not world.book.taken("a")


async def test_a_dry_run_says_what_would_deny_its_order(world):
    await world.engine.parts.control.tighten(TradingState.HALTED, "lunch", CALLER)
    traded = await Desk(world).trade(dry_run=True)
    assert traded.decision.trading_blocked
    assert [breach.code for breach in traded.decision.breaches] == ["TRADING_HALTED"]
    assert "lunch" in traded.error


async def test_a_dry_run_says_what_the_venue_would_refuse(world):
    world.venue.fates["test"].append(Fate.REFUSED)
    traded = await Desk(world).trade(dry_run=True)
    assert traded.error == "-2010: the venue would not"
    assert not traded.decision.trading_blocked
