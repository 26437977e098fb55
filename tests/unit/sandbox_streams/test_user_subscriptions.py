"""How many subscriptions a connection may have."""

from aitrader_gateway.sandbox.faults import Faults
from aitrader_gateway.sandbox.line import Line
from aitrader_gateway.sandbox.topics import Topics
from aitrader_gateway.sandbox.user_subscriptions import (
    ACTIVE_MAX,
    LIFETIME_MAX,
    TOO_MANY,
    UserSubscription,
    UserSubscriptions,
)
from aitrader_gateway.sandbox.wire.scalars import TimeUnit
from aitrader_server.adapters.clock import SystemClock


class NoConnection:
    """Nothing is sent here."""


def subscriptions() -> UserSubscriptions:
    line = Line(NoConnection(), Faults(), str)
    return UserSubscriptions(Topics(), line, SystemClock(), TimeUnit.MILLISECOND, lambda: None)


def test_so_many_may_be_active_at_once():
    made = subscriptions()
    for number in range(ACTIVE_MAX):
        assert isinstance(made.add(f"account-{number}", by_session=False), UserSubscription)
    assert made.add("one-more", by_session=False) is TOO_MANY
    made.end((7,))
    assert isinstance(made.add("one-more", by_session=False), UserSubscription)


def test_so_many_may_be_made_over_time():
    made = subscriptions()
    for number in range(LIFETIME_MAX):
        added = made.add("account", by_session=False)
        assert isinstance(added, UserSubscription)
        assert added.number == number
        made.end((number,))
    assert made.add("account", by_session=False) is TOO_MANY
