"""What the account is worth, day by day and over 24 hours: by clocks and prices that are right."""

from decimal import Decimal

import pytest
from aitrader_server.domain.events import DayOpened, EquityMarked
from aitrader_server.domain.words import OrderState, Side, TradingState
from aitrader_server.errors import JournalError
from engine_lives import World, limit

D = Decimal
HOUR_S = 3600
DAY_S = 24 * HOUR_S
# The account holds 0.1 BTC at 10000 USDT, and 1000 USDT.
WORTH = D(2000)


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    look(world)
    yield world
    await world.engine.stop()


def look(world):
    world.engine.parts.sentinel.look()


def view(world):
    return world.engine.parts.account.view()


def marks(world):
    return [mark.equity for mark in world.book.state.conduct.marks]


def worth(world, equity):
    """The price moves until the account is worth so much."""
    world.quotes.last = (D(equity) - 1000) * 10


async def pass_by(world, hours, step_s=300):
    """Hours in which the sentinel looks as often as it marks."""
    for _ in range(int(hours * HOUR_S / step_s)):
        world.clock.advance(step_s)
        look(world)


def codes(world, side=Side.BUY):
    """What speaks against an order of 0.01 at about the market."""
    last = world.quotes.last
    price = last.quantize(1) if last.is_finite() and last else D(9900)
    checked = world.engine.parts.rehearsal.check(limit("any", side=side, limit_price=price))
    return [breach.code for breach in checked.breaches]


# ---- when marks are set ------------------------------------------------------------------------


async def test_the_account_is_marked_every_five_minutes(world):
    assert marks(world) == [WORTH]
    world.clock.advance(299)
    look(world)
    assert marks(world) == [WORTH]
    world.clock.advance(1)
    look(world)
    look(world)
    assert marks(world) == [WORTH, WORTH]


async def test_the_account_is_marked_at_once_when_it_has_never_been_worth_as_much(world):
    worth(world, "2002")
    look(world)
    assert marks(world) == [WORTH]
    worth(world, "2003")
    look(world)
    assert marks(world) == [WORTH, D(2003)]
    worth(world, "1500")
    look(world)
    assert marks(world) == [WORTH, D(2003)]


@pytest.mark.parametrize("offset_ms", [None, 1001, -1001])
async def test_no_mark_is_set_and_no_day_begins_by_a_clock_that_nobody_confirms(world, offset_ms):
    world.venue.clock_offset_ms = offset_ms
    world.clock.advance(2 * DAY_S)
    worth(world, "3000")
    look(world)
    assert (marks(world), world.book.state.day.day) == ([WORTH], "2027-01-15")
    assert codes(world) == ["CLOCK_SKEW"]
    world.venue.clock_offset_ms = 0
    look(world)
    assert (marks(world), world.book.state.day.day) == ([WORTH, D(3000)], "2027-01-17")


async def test_a_day_begins_once_and_never_again(world):
    world.clock.advance(DAY_S)
    look(world)
    await world.place(limit("one"))
    world.clock.advance(-DAY_S)
    look(world)
    assert world.book.state.day.day == "2027-01-16"
    world.clock.advance(DAY_S)
    look(world)
    assert world.book.state.day.usage.orders == 1
    assert [event.day for event in await world.told(DayOpened)] == ["2027-01-15", "2027-01-16"]


# ---- losses ------------------------------------------------------------------------------------


async def test_24_hours_do_not_begin_anew_at_midnight(world):
    await world.limit_to(daily_loss_limit=None, rolling_24h_loss_limit=D("0.1"))
    await pass_by(world, 15)
    worth(world, "1801")
    await pass_by(world, 2)
    # It is one o'clock of the next day: what the last one lost counts still.
    assert world.book.state.day.day == "2027-01-16"
    assert view(world).day_pnl == 0
    assert view(world).rolling_pnl == D(-199)
    assert codes(world) == []
    worth(world, "1800")
    assert codes(world) == ["ROLLING_24H_LOSS_LIMIT"]
    assert codes(world, Side.SELL) == []
    worth(world, "1801")
    await pass_by(world, 22)
    assert view(world).rolling_pnl == D(-199)
    await pass_by(world, 1.5)
    assert view(world).rolling_pnl == 0


@pytest.mark.parametrize("killed", [False, True])
async def test_what_happened_while_nobody_looked_is_no_loss_of_24_hours(world, killed):
    await world.limit_to(
        daily_loss_limit=None, rolling_24h_loss_limit=D("0.1"), max_drawdown=D("0.25")
    )
    await pass_by(world, 1)
    if killed:
        await world.kill()
    world.clock.advance(30 * HOUR_S)
    worth(world, "1600")
    if killed:
        await world.ready()
    look(world)
    assert (view(world).rolling_base, view(world).rolling_pnl) == (D(1600), 0)
    # But it is below the highest that it ever was.
    assert view(world).drawdown == D("0.2")
    assert codes(world) == []
    worth(world, "1500")
    assert codes(world) == ["MAX_DRAWDOWN"]


@pytest.mark.parametrize("step_s", [-HOUR_S, HOUR_S])
async def test_a_clock_that_is_set_hides_no_loss(world, step_s):
    await world.limit_to(
        daily_loss_limit=None, rolling_24h_loss_limit=D("0.1"), max_drawdown=D("0.1")
    )
    await pass_by(world, 2)
    worth(world, "1800")
    world.clock.advance(step_s)
    look(world)
    assert codes(world)[-2:] == ["ROLLING_24H_LOSS_LIMIT", "MAX_DRAWDOWN"]
    assert view(world).rolling_pnl == D(-200)
    assert world.book.state.trading.state is TradingState.HALTED


async def test_deposits_and_withdrawals_are_neither_profit_nor_loss(world):
    await pass_by(world, 1)
    worth(world, "1900")
    for amount in (700, -1200):
        world.venue.balances["USDT"] += amount
        await world.engine.sync()
        look(world)
        account = view(world)
        assert (account.day_pnl, account.rolling_pnl) == (D(-100), D(-100))
        assert account.high - account.equity == D(100)
    # Even one that takes out most of what there was.
    assert view(world).equity == D(1400)


async def test_windows_and_heights_outlive_their_engine(world):
    await world.limit_to(daily_loss_limit=None)
    await pass_by(world, 20)
    worth(world, "1900")
    await pass_by(world, 1)
    before = view(world)
    assert (before.rolling_pnl, before.high) == (D(-100), WORTH)
    await world.kill()
    await world.ready(snapshot_every_events=1)
    assert view(world) == before
    await pass_by(world, 1)
    before = view(world)
    await world.kill()
    await world.ready()
    assert view(world) == before
    await world.check()


# ---- prices that are not known -----------------------------------------------------------------


class Gone:
    """How a price can be missing; each is undone by `restore`."""

    def __init__(self, world):
        self._world, self._last = world, world.quotes.last

    def old(self):
        self._world.quotes.age_ms = 60_001

    def early(self):
        self._world.quotes.age_ms = -60_001

    def nan(self):
        self._world.quotes.last = D("NaN")

    def zero(self):
        self._world.quotes.last = D(0)

    def restore(self):
        self._world.quotes.age_ms, self._world.quotes.last = 0, self._last


LIMITS = {
    "daily_loss_limit": D("0.1"),
    "rolling_24h_loss_limit": D("0.1"),
    "max_drawdown": D("0.1"),
    "max_concentration": D(1),
    "max_gross_exposure": D(10**6),
}


@pytest.mark.parametrize("way", ["old", "early", "nan", "zero"])
async def test_a_price_that_is_not_known_denies_and_moves_nothing(world, way):
    await world.limit_to(**LIMITS)
    before = marks(world)
    gone = Gone(world)
    getattr(gone, way)()
    world.clock.advance(2 * DAY_S)
    look(world)
    assert view(world).equity is None
    assert set(codes(world)) >= {
        "STALE_MARKET_DATA",
        "DAILY_LOSS_LIMIT",
        "ROLLING_24H_LOSS_LIMIT",
        "MAX_DRAWDOWN",
        "MAX_GROSS_EXPOSURE",
        "MAX_CONCENTRATION",
    }
    assert world.book.state.trading.state is TradingState.ACTIVE
    assert (marks(world), world.book.state.day.day) == (before, "2027-01-15")
    gone.restore()
    look(world)
    assert codes(world) == []
    assert world.book.state.day.day == "2027-01-17"


async def test_a_price_too_old_to_trade_at_still_values_the_account(world):
    await world.limit_to(**LIMITS)
    world.quotes.age_ms = 60_000
    assert view(world).equity == WORTH
    assert codes(world) == ["STALE_MARKET_DATA"]
    worth(world, "1800")
    look(world)
    assert world.book.state.trading.state is TradingState.HALTED


async def test_marks_cost_nothing_while_nothing_happens(world):
    """A day of looking every second is 288 marks."""
    before = len(await world.told(EquityMarked))
    await pass_by(world, 1, step_s=1)
    assert len(await world.told(EquityMarked)) - before == 12


async def test_a_sale_that_loses_is_counted_once_it_has_ended(world):
    await world.limit_to(max_consecutive_losses=2)
    await world.place(limit("in", quantity=D("0.02"), limit_price=D(10_000)))
    world.venue.execute("in", "0.02")
    await world.place(limit("out", side=Side.SELL, quantity=D("0.02"), limit_price=D(9_999)))
    world.venue.execute("out", "0.01")
    assert world.book.state.conduct.losses == 0
    world.venue.execute("out", "0.01")
    await world.become(out=OrderState.FILLED)
    assert world.book.state.conduct.losses == 1


# ---- without a disk ----------------------------------------------------------------------------


async def test_a_day_that_turns_after_the_disk_was_lost_keeps_nobody_from_reading(world):
    before = view(world)
    await world.engine.ports.journal.close()
    with pytest.raises(JournalError):
        await world.limit_to(max_open_orders=1)
    await world.until(lambda: world.troubles)
    world.clock.advance(DAY_S)
    assert view(world).equity == before.equity
    assert world.engine.parts.account.pnl().start_equity == WORTH
