"""A venue whose clock stands still until the test moves it."""

import pytest
from venue_desk import HandClock, VenueDesk


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def desk(clock):
    return VenueDesk(clock)
