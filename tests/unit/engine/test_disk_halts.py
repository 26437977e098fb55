"""A lost disk halts the next life of the engine, too, until somebody has looked at it."""

import msgspec
import pytest
from aitrader_server.adapters.last_words import LastWordsFile
from aitrader_server.domain.words import TradingState
from aitrader_server.errors import JournalError
from small_engine import CALLER, BreakableJournal, build, ready


async def life(tmp_path, journal=None, **settings):
    engine = build(tmp_path, journal or BreakableJournal(), lambda what, error: None, **settings)
    engine.ports = msgspec.structs.replace(engine.ports, last_words=LastWordsFile(tmp_path))
    return await ready(engine)


async def broken_off(tmp_path):
    """A life that ends with its disk."""
    journal = BreakableJournal()
    engine = await life(tmp_path, journal)
    journal.broken = True
    with pytest.raises(Exception, match="no space left"):
        await engine.parts.control.tighten(TradingState.REDUCING, "a storm", CALLER)
    assert engine.parts.control.standing.actor == "LIMITS_STORE_UNWRITABLE"
    await engine.stop()


async def test_the_next_life_is_halted_for_the_same_reason_until_it_is_resumed(tmp_path):
    await broken_off(tmp_path)
    journal = BreakableJournal()
    engine = await life(tmp_path, journal)
    standing = engine.parts.control.standing
    assert (standing.state, standing.actor) == (TradingState.HALTED, "LIMITS_STORE_UNWRITABLE")
    assert "no space left on device" in standing.reason
    assert (await engine.parts.control.resume("freed", CALLER)).state is TradingState.ACTIVE
    await engine.stop()
    # It has been heard once.
    engine = await life(tmp_path)
    assert engine.parts.control.standing.state is TradingState.ACTIVE
    await engine.stop()


async def test_a_halt_that_is_configured_keeps_its_own_reason(tmp_path):
    await broken_off(tmp_path)
    engine = await life(tmp_path, trading_state=TradingState.HALTED)
    assert engine.parts.control.standing.actor == "configuration"
    await engine.stop()


async def test_a_disk_that_is_lost_by_the_last_write_halts_the_next_life_too(tmp_path):
    journal = BreakableJournal()
    engine = await life(tmp_path, journal)
    journal.broken = True
    with pytest.raises(JournalError, match="no space left"):
        await engine.stop()
    engine = await life(tmp_path)
    assert engine.parts.control.standing.actor == "LIMITS_STORE_UNWRITABLE"
    await engine.stop()
