"""Bugs planted on purpose, each a real engine's: the suite is worth what it catches of them."""

from aitrader_server.errors import JournalError

from simulation.loop import Deadlock
from simulation.oracle import Broken
from simulation.run import run
from simulation.saboteurs.controls import CONTROLS
from simulation.saboteurs.hearing import HEARING
from simulation.saboteurs.leading import LEADING
from simulation.saboteurs.restarting import RESTARTING
from simulation.saboteurs.sending import SENDING
from simulation.stage import Cast

# So many seeds, from the first, may pass before a planted bug is found.
SEEDS_MAX = 120
# What a planted bug comes to: a promise broken, a second booking refused, a run without an end.
FOUND = (Broken, JournalError, Deadlock)
SABOTEURS: dict[str, Cast] = {**SENDING, **HEARING, **RESTARTING, **CONTROLS, **LEADING}


def found_by(name: str) -> int | None:
    """The first seed that finds the saboteur of that name."""
    cast = SABOTEURS[name]
    return next((seed for seed in range(SEEDS_MAX) if _is_found(seed, cast)), None)


def _is_found(seed: int, cast: Cast) -> bool:
    try:
        run(seed, cast)
    except FOUND:
        return True
    return False
