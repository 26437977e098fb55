"""The suite is worth what it catches: every bug planted on purpose has to be found."""

from concurrent.futures import Future

import pytest

from simulation.saboteurs import SABOTEURS, SEEDS_MAX, found_by


@pytest.fixture(scope="module")
def searches(executor) -> dict[str, Future[int | None]]:
    """All at once, so that every core has something to do."""
    return {name: executor.submit(found_by, name) for name in SABOTEURS}


def test_there_are_many_of_them():
    assert len(SABOTEURS) >= 40


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SABOTEURS)
def test_a_planted_bug_is_found(name, searches):
    assert searches[name].result() is not None, f"{name}: {SEEDS_MAX} seeds found nothing"
