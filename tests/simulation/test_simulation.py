"""The whole engine under a seeded loop, a lying venue, a failing disk and a second engine."""

import os
import subprocess
import sys
from pathlib import Path
from secrets import randbelow

import pytest

from simulation.campaign import CORES, campaign, keep_promises
from simulation.run import run

HERE = Path(__file__).parent
REPLAY = HERE / "replay.py"
PAST = [int(line.split()[0]) for line in (HERE / "past_seeds.txt").read_text().splitlines()[1:]]
FIXED = range(1_000, 1_024)
PARTS = 4
# Beside a hundred thousand in CI, enough to work with.
ORDERS = int(os.environ.get("AITRADER_SIM_ORDERS", "100000" if "CI" in os.environ else "10000"))


@pytest.mark.parametrize("seed", PAST)
def test_what_failed_once_holds(seed):
    keep_promises(range(seed, seed + 1))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_promise_holds(part):
    keep_promises(FIXED[part::PARTS])


@pytest.mark.timeout(120 + ORDERS / 50)
def test_every_promise_holds_for_seeds_nobody_chose(executor, tally):
    first_seed = 1_000_000 + randbelow(1_000_000_000)
    sums = campaign(executor, CORES, first_seed, ORDERS)
    tally({"rung": "simulation", "first_seed": first_seed, **sums})
    # Seeds in which nothing happened would prove nothing.
    seeds = sums["seeds"]
    assert sums["crashes"] > seeds
    assert sums["leader_changes"] > seeds / 2
    assert sums["sent"] > 10 * seeds
    assert sums["trades"] > 5 * seeds


def test_the_same_seed_does_the_same_step_by_step():
    for seed in (6, 7):
        told = [_told_by_another_process(seed, hash_seed) for hash_seed in ("0", "1", "2")]
        assert told[0] == told[1] == told[2] == str(run(seed))
        assert run(seed + 2).trace != run(seed).trace


def _told_by_another_process(seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, str(REPLAY), str(seed)]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()
