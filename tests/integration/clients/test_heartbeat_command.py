"""`aitrader heartbeat`: by a call, by a file, once and again."""

import asyncio
import json

import pytest
from aitrader_server.adapters.deadman_file import DeadManFile
from aitrader_server.engine.dead_man import DeadMan

PATIENCE_S = 30


@pytest.fixture
def beat(tmp_path):
    return tmp_path / "beat"


async def test_a_file_is_fed_without_an_engine(aitrader, beat):
    for number in (1, 2):
        ran = await aitrader("heartbeat", "--file", str(beat))
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == f"heartbeat {number} written to {beat}\n"
    assert [path.name for path in beat.parent.glob(".*")] == []
    ran = await aitrader("heartbeat", "--file", str(beat), "--json")
    assert json.loads(ran.out) == {"file": str(beat), "seq": 3}


async def test_what_it_writes_is_a_heartbeat_to_the_engine(aitrader, beat):
    dead_man = DeadMan(60)
    file = DeadManFile(beat, dead_man, 1)
    file.look()
    assert dead_man.expired
    await aitrader("heartbeat", "--file", str(beat))
    file.look()
    assert not dead_man.expired
    for broken in ("something else", '{"seq": 1e300}', '{"seq": "9"}', "[" * 30_000, "[1]"):
        beat.write_text(broken)
        file.look()
        assert dead_man.expired
        await aitrader("heartbeat", "--file", str(beat))
        file.look()
        assert not dead_man.expired


async def test_a_file_that_cannot_be_written_is_said(aitrader, beat):
    beat.mkdir()
    ran = await aitrader("heartbeat", "--file", str(beat))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"Error: {beat}: not fed: Is a directory\n"
    ran = await aitrader("heartbeat", "--file", str(beat / "no" / "such"), "--every", "1")
    assert ran.code == 1
    assert "No such file or directory" in ran.err


async def test_again_and_again_until_interrupted(aitrader, engine, refuse):
    answer = engine.answers["Heartbeat"]
    engine.answers["Heartbeat"] = [refuse("UNAVAILABLE", "the engine is starting"), answer]
    running = asyncio.create_task(aitrader("heartbeat", "--every", "0.1", interrupt_at="GetStatus"))
    async with asyncio.timeout(PATIENCE_S):
        while engine.names().count("Heartbeat") < 4:
            await asyncio.sleep(0.01)
    # Nothing here asks for the status: this only lets the interrupt go out.
    engine.arrived["GetStatus"].set()
    ran = await running
    assert ran.code == 130
    assert ran.err.startswith("not fed: the engine is starting")
    assert ran.out.count("again within 45 s") >= 3


async def test_a_caller_who_may_not_is_told_at_once(aitrader, engine, refuse):
    engine.answers["Heartbeat"] = refuse("PERMISSION_DENIED")
    ran = await aitrader("heartbeat", "--every", "0.1")
    assert ran.code == 8
