"""The objectives: every number that counting, rules, dashboards and answers go by. Nothing else."""

from dataclasses import dataclass
from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S
UNIT_S: Final = {"m": MINUTE_S, "h": HOUR_S, "d": DAY_S}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Events that a counter tells apart by its label `outcome`; other outcomes are not judged."""

    metric: str
    good: frozenset[str]
    bad: frozenset[str]


@dataclass(frozen=True, slots=True)
class Within:
    """Events that a histogram times; good up to `most_s`."""

    metric: str
    stage: str
    most_s: float


@dataclass(frozen=True, slots=True)
class Sampled:
    """Seconds, each judged by what the engine shows in it; good up to `most`."""

    reading: str
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A share of events that must be good.

    With fewer than `errors_min` bad events in the longer window a pair of windows says nothing: a
    single error among few events would burn any budget. While an objective that
    `orders_depend_on_it` burns fast, trading moves where `risk.automatic.error_budget` says.
    """

    name: str
    description: str
    source: Outcomes | Within | Sampled
    objective: float
    errors_min: int
    orders_depend_on_it: bool

    @property
    def budget(self) -> float:
        """Share that may be bad."""
        # Without what binary fractions add: 1 - 0.999 is not quite 0.001.
        return round(1 - self.objective, 9)


@dataclass(frozen=True, slots=True)
class Pair:
    """Burns while the budget is spent more than `factor` times too fast over both windows.

    The longer proves that it matters, the shorter that it goes on.
    """

    short: str
    long: str
    factor: float
    severity: str


# Of the chapter "Alerting on SLOs" in Google's Site Reliability Workbook.
PAIRS: Final = (
    Pair("5m", "1h", 14.4, "critical"),
    Pair("30m", "6h", 6.0, "critical"),
    Pair("2h", "1d", 3.0, "warning"),
    Pair("6h", "3d", 1.0, "warning"),
)
FAST: Final = tuple(pair for pair in PAIRS if pair.severity == "critical")
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
# In which the share that is promised has to be good.
PERIOD: Final = "30d"

OBJECTIVES: Final = (
    Objective(
        name="order_acceptance",
        description="Orders sent whose first answer is the venue's word, yes or no.",
        source=Outcomes(
            "aitrader_order_outcomes_total",
            good=frozenset({"accepted", "rejected"}),
            bad=frozenset({"unknown", "not_sent"}),
        ),
        objective=0.999,
        errors_min=3,
        orders_depend_on_it=True,
    ),
    Objective(
        name="ack_latency",
        description="Orders that the venue acknowledged within 1 s of their intent.",
        source=Within("aitrader_order_stage_seconds", stage="ack", most_s=1.0),
        objective=0.99,
        errors_min=3,
        orders_depend_on_it=True,
    ),
    Objective(
        name="unknown_time",
        description="Seconds in which no outcome has been unknown for longer than 30 s.",
        source=Sampled("unknown_age_s", most=30.0),
        objective=0.999,
        errors_min=30,
        orders_depend_on_it=True,
    ),
    Objective(
        name="stream_gap",
        description="Seconds in which the venue's account stream is up.",
        source=Sampled("stream_down", most=0.0),
        objective=0.999,
        errors_min=30,
        orders_depend_on_it=True,
    ),
    Objective(
        name="reconcile_freshness",
        description="Seconds in which books and venue were compared at most 180 s ago, "
        "if orders left a moment for it.",
        source=Sampled("reconcile_age_s", most=180.0),
        objective=0.999,
        errors_min=30,
        orders_depend_on_it=True,
    ),
    Objective(
        name="market_data_age",
        description="Seconds in which the oldest price of a symbol is at most 10 s old.",
        source=Sampled("quote_age_s", most=10.0),
        objective=0.99,
        errors_min=30,
        orders_depend_on_it=False,
    ),
    Objective(
        name="heartbeat",
        description="Seconds in which the dead-man switch, if there is one, has not expired.",
        source=Sampled("dead_man_expired", most=0.0),
        objective=0.999,
        errors_min=30,
        orders_depend_on_it=False,
    ),
    Objective(
        name="alert_delivery",
        description="Alarms that Alertmanager took.",
        source=Outcomes(
            "aitrader_alerts_total",
            good=frozenset({"posted"}),
            bad=frozenset({"failed", "refused", "dropped"}),
        ),
        objective=0.99,
        errors_min=3,
        orders_depend_on_it=False,
    ),
)
BY_NAME: Final = {objective.name: objective for objective in OBJECTIVES}


def seconds(window: str) -> int:
    """Length of a window, which is written as PromQL does: `5m`, `1h`, `3d`."""
    return int(window[:-1]) * UNIT_S[window[-1]]
