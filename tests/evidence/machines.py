"""Walks the state machines of orders, limits, the dead-man switch and keys at random."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from machines.counting import CountingMachine, walk
from machines.dead_man_switch import DeadManSwitch
from machines.key_rotation import KeyRotation
from machines.limits_used import LimitsUsed
from machines.order_life import OrderLife

from evidence.rungs import CORES, Figures, Rung, fanned, main, shares

MACHINES: dict[str, type[CountingMachine]] = {
    "order": OrderLife,
    "limits": LimitsUsed,
    "dead_man": DeadManSwitch,
    "key_rotation": KeyRotation,
}
# Each part has seeds of its own.
SEEDS_APART = 1_000_000


def climb(count: int, seed: int) -> Figures:
    each = shares(count, len(MACHINES))
    parts = [
        (name, share, seed + number * SEEDS_APART)
        for name, steps in zip(MACHINES, each, strict=True)
        for number, share in enumerate(shares(steps, CORES))
    ]
    walked = fanned(_walk, parts)
    return {
        name: sum(steps for part, steps in zip(parts, walked, strict=True) if part[0] == name)
        for name in MACHINES
    }


def _walk(part: tuple[str, int, int]) -> int:
    name, steps, first_seed = part
    return walk(MACHINES[name], steps, first_seed)


RUNG = Rung("machines", "steps", in_tests=200_000, on_demand=10_000_000, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
