"""The whole engine under a seeded loop, a lying venue and a failing disk."""

import os
import subprocess
import sys
from pathlib import Path
from secrets import randbelow

import pytest
from aitrader_server.errors import JournalError

from simulation.loop import Deadlock
from simulation.oracle import Broken
from simulation.run import Cast, Told, run
from simulation.saboteurs import SABOTEURS, SEEDS_MAX

HERE = Path(__file__).parent
REPLAY = HERE / "replay.py"
PAST = [int(line.split()[0]) for line in (HERE / "past_seeds.txt").read_text().splitlines()[1:]]
FIXED = range(1_000, 1_024)
FRESH_COUNT = int(os.environ.get("AITRADER_SIM_SEEDS", "24"))
PARTS = 4
# What a planted bug comes to: a promise broken, a second booking refused, a run without an end.
FOUND = (Broken, JournalError, Deadlock)


def keep_promises(seed: int) -> Told:
    try:
        return run(seed)
    except BaseException as error:
        error.add_note(f"replay: python tests/simulation/replay.py {seed}")
        raise


@pytest.mark.parametrize("seed", PAST)
def test_what_failed_once_holds(seed):
    keep_promises(seed)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_promise_holds(part):
    for seed in FIXED[part::PARTS]:
        keep_promises(seed)


@pytest.mark.timeout(60 + 2 * FRESH_COUNT)
def test_every_promise_holds_for_seeds_nobody_chose():
    first = 1_000_000 + randbelow(1_000_000_000)
    orders = trades = lives = 0
    for seed in range(first, first + FRESH_COUNT):
        told = keep_promises(seed)
        orders, trades, lives = orders + told.orders, trades + told.trades, lives + told.lives
    # Seeds in which nothing happened would prove nothing.
    assert lives > FRESH_COUNT
    assert orders > 5 * FRESH_COUNT
    assert trades > 5 * FRESH_COUNT


@pytest.mark.parametrize("saboteur", SABOTEURS.values(), ids=SABOTEURS)
def test_a_planted_bug_is_found(saboteur):
    assert any(_is_found(seed, saboteur) for seed in range(SEEDS_MAX))


def _is_found(seed: int, saboteur: Cast) -> bool:
    try:
        run(seed, saboteur)
    except FOUND:
        return True
    return False


def test_the_same_seed_does_the_same_step_by_step():
    told = [_told_by_another_process(7, hash_seed) for hash_seed in ("0", "1", "2")]
    assert told[0] == told[1] == told[2] == str(run(7))
    assert run(8).trace != run(7).trace


def _told_by_another_process(seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, str(REPLAY), str(seed)]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()
