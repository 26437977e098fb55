"""All controls in order: gates first, the cheapest first; cancels never come here."""

from collections.abc import Callable

from aitrader_server.domain.risk.context import Breaches, RiskContext
from aitrader_server.domain.risk.exposure import EXPOSURE
from aitrader_server.domain.risk.fat_finger import FAT_FINGER
from aitrader_server.domain.risk.filters import FILTERS
from aitrader_server.domain.risk.gates import GATES
from aitrader_server.domain.risk.loss import LOSS
from aitrader_server.domain.risk.pace import PACE
from aitrader_server.domain.risk.validity import VALIDITY

Control = Callable[[RiskContext], Breaches]

CHECKS: tuple[Control, ...] = (
    *GATES,
    *VALIDITY,
    *FILTERS,
    *FAT_FINGER,
    *EXPOSURE,
    *LOSS,
    *PACE,
)


def assess(context: RiskContext) -> Breaches:
    """Every breach of the order, the first being the primary one; empty means approved.

    An order with an amount that is no number is denied by what looks at no amounts.
    """
    found: Breaches = ()
    for control in CHECKS if context.comparable else (*GATES, *VALIDITY):
        breaches = control(context)
        if breaches:
            found += breaches
    return found
