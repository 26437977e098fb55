"""Interleaved rounds and how their figures are shown: what two speeds are compared by.

A neighbour on the machine disturbs whatever runs at that moment. Each round therefore measures
everything once, in turn, and a ratio is taken within a round before medians are taken over rounds.
"""

import os
from collections.abc import Sequence
from statistics import median


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """Median, least and most."""
    low, middle, high = (format(v, form) for v in (min(values), median(values), max(values)))
    return f"{middle} ({low}..{high})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours as multiples of theirs, round by round."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def show(name: str, figure: str, goal: str = "") -> None:
    print(f"{name:46} {figure}" + (f"   goal {goal}" if goal else ""))  # noqa: T201 -- its output


def show_machine() -> None:
    """The load average tells how far absolutes may be trusted."""
    loads = " ".join(f"{load:.1f}" for load in os.getloadavg())
    show("load average over 1, 5, 15 minutes", f"{loads} on {os.cpu_count()} cores")
