"""Replays one seed: `python tests/simulation/replay.py SEED`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulation.run import run

if __name__ == "__main__":
    print(run(int(sys.argv[1])))  # noqa: T201 - this is a command
