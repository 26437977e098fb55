"""A rung of the ladder: one claim, tried as often as is asked for, by a seed that repeats it."""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
CORES = len(os.sched_getaffinity(0))
Figures = dict[str, object]
Part = TypeVar("Part")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Rung:
    """`climb(count, seed)` tries a claim `count` times and returns what else it counted.

    It raises AssertionError when the claim does not hold. `in_tests` is how often every run of the
    tests tries it, `on_demand` how often the long ladder does; the environment variable
    `EVIDENCE_<NAME>` sets either, and `EVIDENCE_SEED` the seed.
    """

    name: str
    unit: str
    in_tests: int
    on_demand: int
    climb: Callable[[int, int], Figures]

    @property
    def module(self) -> str:
        """Where `python` finds the rung, from the root of the repository."""
        return f"tests/evidence/{self.name.replace('-', '_')}.py"

    def command(self, count: int, seed: int) -> str:
        """What climbs it again."""
        return f"python {self.module} --count {count} --seed {seed}"

    def count(self, *, long: bool) -> int:
        """How often the claim is to be tried."""
        default = self.on_demand if long else self.in_tests
        variable = "EVIDENCE_" + self.name.replace("-", "_").upper()
        return int(os.environ.get(variable, default))

    def climbed(self, count: int | None = None, seed: int | None = None) -> Figures:
        """The figures; a failure carries the command that repeats it."""
        count = self.count(long=False) if count is None else count
        seed = fresh_seed() if seed is None else seed
        begun_s = time.monotonic()
        try:
            counted = self.climb(count, seed)
        except Exception as error:
            error.add_note(f"again: {self.command(count, seed)}")
            raise
        took_s = round(time.monotonic() - begun_s, 1)
        return {"rung": self.name, "seed": seed, self.unit: count, **counted, "seconds": took_s}


def fresh_seed() -> int:
    """One that nobody chose, unless the environment says which."""
    return int(os.environ.get("EVIDENCE_SEED") or random.SystemRandom().randrange(10**6))


def fanned(work: Callable[[Part], Found], parts: Iterable[Part]) -> list[Found]:
    """`work` on every part, on every core; the first failure ends it."""
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, parts))


def shares(count: int, parts: int) -> list[int]:
    """`count` in so many parts that differ by one at most, without empty ones."""
    even, left = divmod(count, parts)
    return [share for number in range(parts) if (share := even + (number < left))]


def told(figures: Mapping[str, object]) -> str:
    """One line of JSON."""
    return json.dumps(figures)


def main(rung: Rung, words: Sequence[str] | None = None) -> int:
    """The command line of one rung: a line of JSON, or what failed and 1."""
    parser = argparse.ArgumentParser(description=sys.modules[rung.climb.__module__].__doc__)
    parser.add_argument("--count", type=int, default=rung.count(long=True), help=rung.unit)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args(words)
    print(told(rung.climbed(given.count, given.seed)), flush=True)  # noqa: T201 - its output
    return 0
