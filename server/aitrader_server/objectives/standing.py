"""How well each objective is kept."""

from collections.abc import Mapping, Sequence

import msgspec

from aitrader_server.objectives.history import History
from aitrader_server.objectives.judge import Count, Counts
from aitrader_server.objectives.table import (
    FAST,
    OBJECTIVES,
    PERIOD,
    WINDOWS,
    Objective,
    Pair,
    seconds,
)


class Standing(msgspec.Struct, frozen=True):
    """One objective: `count` of its period, the burn rate by window."""

    objective: Objective
    count: Count
    burn_rates: Mapping[str, float]

    @property
    def budget_left(self) -> float:
        """Share of the error budget that is left; negative when overspent."""
        return 1 - burn_rate(self.objective, self.count)


class Report(msgspec.Struct, frozen=True):
    """All objectives in the order of the table, as they stood at `at_ns`."""

    at_ns: int
    standings: Sequence[Standing]


def standings(history: History, at_s: float, counts: Counts) -> Sequence[Standing]:
    """All objectives in the order of the table."""

    def count(objective: Objective, window: str) -> Count:
        return history.within(seconds(window), at_s, counts, objective.name)

    return [
        Standing(
            objective,
            count(objective, PERIOD),
            {window: burn_rate(objective, count(objective, window)) for window in WINDOWS},
        )
        for objective in OBJECTIVES
    ]


def burn_rate(objective: Objective, count: Count) -> float:
    """How many times too fast the budget is spent; 0 without events."""
    return (1 - count.compliance) / objective.budget


def burnt(history: History, at_s: float, counts: Counts) -> str:
    """The first objective that orders depend on and that burns fast; empty while none does."""
    return next(
        (
            objective.name
            for objective in OBJECTIVES
            if objective.orders_depend_on_it
            and any(_burns(objective, pair, history, at_s, counts) for pair in FAST)
        ),
        "",
    )


def _burns(objective: Objective, pair: Pair, history: History, at_s: float, counts: Counts) -> bool:
    long, short = (
        history.within(seconds(window), at_s, counts, objective.name)
        for window in (pair.long, pair.short)
    )
    return (
        long.bad >= objective.errors_min
        and burn_rate(objective, long) > pair.factor
        and burn_rate(objective, short) > pair.factor
    )
