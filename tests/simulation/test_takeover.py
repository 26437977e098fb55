"""Whatever befalls the leader, the standby leads soon and knows all that was acknowledged."""

import asyncio

import pytest

from simulation.loop import SimLoop
from simulation.pair import Pair, Slot
from simulation.shared import SharedServer
from simulation.stage import Cast, Life, Stage
from simulation.world import Faults

TAKEOVER_S_MAX = 10.0
LONG_S = 60.0


def strike(way: str, leader: Slot, stage: Stage, server: SharedServer) -> None:
    leader.session.struck = True
    match way:
        case "killed":
            leader.kill()
        case "paused":
            stage.pause(leader.life, LONG_S)
        case "cut off":
            leader.session.cut_off(LONG_S, arrives=False)
        case "unanswered":
            leader.session.cut_off(LONG_S, arrives=True)
        case "disconnected":
            server.restart()


@pytest.mark.parametrize("way", ["killed", "paused", "cut off", "unanswered", "disconnected"])
def test_a_standby_takes_over_in_time(way):
    loop = SimLoop(way)
    stage = Stage(3, Cast(faults=Faults()), loop)
    pair = Pair(stage)
    took_s = loop.run_until_complete(_took_s(way, stage, pair))
    for life in stage.lives:
        loop.kill(life.process)
    loop.close()
    for life in stage.lives:
        loop.bury(life.process)
    assert took_s < TAKEOVER_S_MAX


async def _took_s(way: str, stage: Stage, pair: Pair) -> float:
    """Seconds until another engine lets orders through; the former one keeps its mouth shut."""
    market = stage.loop.create_task(stage.market())
    leader = await pair.begin()
    await stage.work(lambda: leader.life, 20)
    former: Life = leader.life
    struck_s = stage.loop.time()
    strike(way, leader, stage, pair.server)
    while (now := await pair.led()).life is former:
        await asyncio.sleep(0.1)
    took_s = stage.loop.time() - struck_s
    before = len(stage.oracle.records)
    await stage.work(lambda: now.life, 20)
    await asyncio.sleep(LONG_S)
    # Callers went on, also after the former leader woke up: nobody else has written.
    assert len(stage.oracle.records) > before
    assert {record.epoch for record in stage.oracle.records[before:]} == {
        now.life.engine.book.state.epoch
    }
    market.cancel()
    return took_s
