"""A budget burns when both windows of a pair say so, with errors enough to mean something."""

import pytest
from aitrader_server.objectives.history import History
from aitrader_server.objectives.judge import Count
from aitrader_server.objectives.standing import burn_rate, burnt, standings
from aitrader_server.objectives.table import BY_NAME, HOUR_S, MINUTE_S, OBJECTIVES, WINDOWS

AT_S = 1_700_000_000.0
ONE = BY_NAME["order_acceptance"]


class Account:
    """A history that is written step by step: so many events, and bad ones, in some minutes."""

    def __init__(self, name=ONE.name):
        self.name = name
        self.history = History()
        self.at_s = AT_S
        self.now = Count()
        self.history.add(self.at_s, {})

    def pass_by(self, minutes, per_minute=0, bad_per_minute=0):
        for _ in range(minutes):
            self.at_s += MINUTE_S
            self.now = Count(
                self.now.good + per_minute - bad_per_minute, self.now.total + per_minute
            )
            self.history.add(self.at_s, {self.name: self.now})
        return self

    @property
    def burnt(self):
        return burnt(self.history, self.at_s, {self.name: self.now})

    @property
    def standing(self):
        found = standings(self.history, self.at_s, {self.name: self.now})
        assert [one.objective for one in found] == list(OBJECTIVES)
        return next(one for one in found if one.objective.name == self.name)


def test_an_hour_of_errors_burns_until_five_minutes_are_well():
    account = Account().pass_by(6 * 60, per_minute=10_000)
    account.pass_by(60, per_minute=100, bad_per_minute=50)
    assert account.burnt == "order_acceptance"
    account.pass_by(4, per_minute=100)
    assert account.burnt == "order_acceptance"
    account.pass_by(2, per_minute=100)
    assert account.burnt == ""


def test_a_burst_that_the_hour_outweighs_does_not_burn():
    account = Account().pass_by(6 * 60, per_minute=1_000)
    account.pass_by(2, per_minute=1_000, bad_per_minute=100)
    assert account.standing.burn_rates["5m"] > 14.4
    assert account.burnt == ""


def test_six_hours_of_some_errors_burn_too():
    account = Account().pass_by(6 * 60, per_minute=1_000, bad_per_minute=7)
    assert account.burnt == "order_acceptance"
    account.pass_by(31, per_minute=1_000)
    assert account.burnt == ""


def test_what_is_spent_at_its_pace_does_not_burn():
    account = Account().pass_by(6 * 60, per_minute=1_000, bad_per_minute=1)
    assert account.burnt == ""
    assert account.standing.burn_rates == pytest.approx(dict.fromkeys(WINDOWS, 1.0))


def test_few_errors_mean_nothing_where_little_happens():
    account = Account().pass_by(1, per_minute=ONE.errors_min - 1, bad_per_minute=ONE.errors_min - 1)
    assert account.burnt == ""
    account.pass_by(1, per_minute=1, bad_per_minute=1)
    assert account.burnt == "order_acceptance"


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda one: one.name)
def test_only_what_orders_depend_on_stops_them(objective):
    account = Account(objective.name).pass_by(HOUR_S // MINUTE_S, per_minute=9, bad_per_minute=9)
    assert account.burnt == (objective.name if objective.orders_depend_on_it else "")


def test_the_budget_that_is_left():
    account = Account().pass_by(10, per_minute=1_000)
    assert (account.standing.budget_left, account.standing.count) == (1.0, Count(10_000, 10_000))
    account.pass_by(10, per_minute=1_000).pass_by(1, per_minute=1, bad_per_minute=1)
    assert account.standing.budget_left == pytest.approx(0.95, abs=0.001)
    account.pass_by(1, per_minute=100, bad_per_minute=39)
    assert account.standing.budget_left == pytest.approx(-1, abs=0.02)


def test_without_events_nothing_is_spent():
    assert burn_rate(ONE, Count()) == 0.0
    assert Account().standing.budget_left == 1.0
