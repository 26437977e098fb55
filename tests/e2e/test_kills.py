"""kill -9 at every operation of the journal and at any moment: the venue's books are the journal's.

The engine, its journal and the gateway to the venue are the real ones; the facade is left out.
"""

import pytest
from evidence.kills import RUNG


@pytest.mark.timeout(900)
def test_no_kill_costs_or_doubles_an_order(tally):
    tally(RUNG.climbed())
