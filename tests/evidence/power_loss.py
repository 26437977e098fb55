"""Cuts the power to a journal at any operation, as often as is asked for, and reads what is left.

An image is what one cut, or one kill, leaves on the disk: the next life opens it and must find
every acknowledged record, and of a batch in doubt all or nothing.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulation.disk.lives import live

from evidence.rungs import Figures, Rung, fanned, main

# Of one disk; the longer its history, the longer each reading of it.
LIVES = 10
SEEDS_A_PART = 100


def climb(count: int, seed: int) -> Figures:
    seeds = range(seed, seed + -(-count // LIVES))
    fanned(_live_all, [seeds[at : at + SEEDS_A_PART] for at in range(0, len(seeds), SEEDS_A_PART)])
    return {"seeds": len(seeds)}


def _live_all(seeds: range) -> None:
    for seed in seeds:
        live(seed, lives=LIVES)


RUNG = Rung("power-loss", "images", in_tests=50_000, on_demand=5_000_000, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
