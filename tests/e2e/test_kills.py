"""kill -9 at every operation of the journal and at any moment: the venue's books are the journal's.

The engine, its journal and the gateway to the venue are the real ones; the facade is left out.
"""

import pytest
from evidence.kills import RUNG, Part, kill_all


@pytest.mark.timeout(900)
def test_no_kill_costs_or_doubles_an_order(tally):
    tally(RUNG.climbed())


@pytest.mark.timeout(300)
def test_a_journal_that_acknowledges_before_it_writes_is_found():
    with pytest.raises(AssertionError, match="not in the journal"):
        kill_all(Part(seed=1, random_kills=10, hasty=True))
