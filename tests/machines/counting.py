"""State machines whose steps are counted, and the running of as many as are asked for."""

from typing import ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test

STEPS_A_LIFE = 50
LIVES_A_RUN = 200


class CountingMachine(RuleBasedStateMachine):
    """Counts the steps of all its lives; each life begins with none."""

    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        # The look at a life before its first step is none.
        type(self).steps -= 1

    @invariant()
    def _count(self) -> None:
        type(self).steps += 1


def walk(
    machine: type[CountingMachine], steps: int, first_seed: int, *, shrinks: bool = True
) -> int:
    """Walks at least so many steps, in runs by seeds from the first on; returns how many.

    A failure comes with the shortest life that shows it, unless it is wanted quickly.
    """
    machine.steps, number = 0, 0
    chosen = settings(
        max_examples=LIVES_A_RUN,
        stateful_step_count=STEPS_A_LIFE,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
    )
    while machine.steps < steps:
        run_state_machine_as_test(seed(first_seed + number)(machine), settings=chosen)
        number += 1
    return machine.steps
