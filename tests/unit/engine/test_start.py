"""How an engine begins: what it refuses to begin with, and what it hears before it has begun."""

import pytest
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import TradingState
from aitrader_server.errors import ConfigError, JournalError, Unavailable
from engine_lives import World, limit
from fateful_venue import SYMBOL
from small_engine import BreakableJournal, build

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


class Talkative:
    """The venue behind it, which says everything it can before its start has returned."""

    def __init__(self, venue):
        self._venue = venue

    def __getattr__(self, name):
        return getattr(self._venue, name)

    async def start(self, listener):
        listener.on_external("a deposit")
        listener.on_report(
            VenueReport(
                request_id="x", symbol=SYMBOL, venue_order_id="1", status=VenueStatus.ACCEPTED
            )
        )
        listener.on_stream(up=False, detail="no session yet")
        return await self._venue.start(listener)


@pytest.fixture
def world():
    return World()


async def codes(world, request_id):
    placed = await world.place(limit(request_id))
    return [breach.code for breach in placed.order.breaches]


async def test_before_its_start_an_engine_answers_nothing(tmp_path):
    with pytest.raises(Unavailable) as refused:
        await build(tmp_path, BreakableJournal()).sync()
    assert refused.value.reason == "STARTING"


async def test_a_stream_that_was_down_at_the_start_keeps_the_gate_shut(world):
    world.venue = Talkative(world.venue)
    engine = await world.ready()
    assert await codes(world, "a") == ["STREAM_DOWN"]
    assert engine.parts.gatekeeper.stream_detail == "no session yet"
    engine.on_stream(up=True, detail="")
    await world.until(lambda: not engine.parts.gatekeeper.reconciling)
    assert await codes(world, "b") == []
    await world.check()
    await engine.stop()


async def test_a_journal_of_another_venue_is_refused(world):
    await world.ready()
    await world.engine.stop()
    world.venue.environment = "live"
    with pytest.raises(
        ConfigError, match=r"account a at scripted/sandbox, not to a at scripted/live"
    ):
        await world.start()
    await world.engine.stop()


@pytest.mark.parametrize("configured", [REDUCING, HALTED])
async def test_a_stricter_state_that_is_configured_holds_until_somebody_resumes(world, configured):
    await world.start(trading_state=configured)
    state = world.book.state.trading
    assert (state.state, state.actor) == (configured, "configuration")
    await world.engine.stop()
    await world.start(trading_state=ACTIVE)
    assert world.book.state.trading == state
    await world.engine.stop()


async def test_a_milder_state_that_is_configured_loosens_nothing(world):
    await world.start(trading_state=HALTED)
    await world.engine.stop()
    await world.start(trading_state=REDUCING)
    assert world.book.state.trading.state is HALTED
    await world.engine.stop()


async def test_a_journal_that_fails_at_the_start_is_told_and_ends_it(tmp_path):
    journal, troubles = BreakableJournal(), []
    journal.broken = True
    engine = build(tmp_path, journal, lambda what, _: troubles.append(what))
    with pytest.raises(JournalError, match="no space left"):
        await engine.start()
    assert troubles == ["the journal failed: trading has stopped"]
    await engine.stop()
