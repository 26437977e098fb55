"""Every way in which a venue can misbehave, through the real process, judged by the venue."""

import sys

import campaign
import pytest


@pytest.mark.timeout(600)
async def test_the_venue_and_the_engine_agree_after_every_fault(tmp_path, capsys):
    turns = await campaign.run(tmp_path, orders=12, mixed=3, seed=campaign.fresh_seed())
    with capsys.disabled():
        sys.stdout.writelines(f"\n{line}" for line in campaign.lines(turns))
    assert [line for turn in turns for line in turn.broken] == []
    silent = [turn.name for turn in turns[1:] if not turn.injected]
    assert silent == []
