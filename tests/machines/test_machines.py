"""Random lives against naive models; and the models notice planted bugs."""

import msgspec
import pytest
from aitrader_gateway.binance.keyring import Keyring
from aitrader_server.adapters.secrets.rotation import Outcome, Rotation
from aitrader_server.domain.book import Book
from aitrader_server.domain.conduct import Conduct
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import Order, apply
from aitrader_server.domain.usage import Day
from aitrader_server.domain.words import OrderState
from evidence.machines import RUNG

from machines.counting import walk
from machines.dead_man_switch import Clocked, DeadManSwitch
from machines.key_rotation import KeyRotation
from machines.limits_used import LimitsUsed
from machines.order_life import OrderLife

SEED = 1
STEPS_TO_CATCH = 20_000


@pytest.mark.timeout(600)
def test_no_life_comes_to_another_end_than_the_model(tally):
    tally(RUNG.climbed())


def _without_trades(order: Order, said):
    """Takes every trade for a new one."""
    return observe(msgspec.structs.replace(order, fills=()), said)


def _first_end_only(order: Order, said):
    """Hears nothing more of an order that has ended."""
    return () if order.terminal else observe(order, said)


def _trusting_the_total(order: Order, event, at_ns: int):
    """Takes what the venue reported as executed for booked."""
    after = apply(order, event, at_ns)
    if isinstance(after, Order) and after.gap:
        return msgspec.structs.replace(after, cumulative_quantity=after.reported_quantity)
    return after


def _reopening(order: Order, event, at_ns: int):
    """Lets a late trade open an order again."""
    after = apply(order, event, at_ns)
    if isinstance(after, Order) and after.fills != order.fills and after.leaves_quantity == 0:
        return msgspec.structs.replace(after, state=OrderState.PARTIALLY_FILLED)
    return after


def _latest_size(order: Order, said):
    """Believes whatever size was told last."""
    return observe(msgspec.structs.replace(order, quantity=order.spec.quantity), said)


@pytest.mark.parametrize(
    "bug",
    [
        {"observe": _without_trades},
        {"observe": _first_end_only},
        {"observe": _latest_size},
        {"apply": _trusting_the_total},
        {"apply": _reopening},
    ],
    ids=lambda bug: next(iter(bug.values())).__name__,
)
def test_a_planted_bug_in_the_order_is_found(bug):
    _find(OrderLife, {name: staticmethod(function) for name, function in bug.items()})


class _ForgetsTheDay(Book):
    """A restart begins the day's counts anew."""

    def __init__(self, state=None):
        super().__init__(state)
        self.state.day = Day(day=self.state.day.day, start_equity=self.state.day.start_equity)


class _ForgetsTheWindows(Book):
    """A restart begins the windows anew."""

    def __init__(self, state=None):
        super().__init__(state)
        self.state.conduct = Conduct(high=self.state.conduct.high)


class _TakesDepositsForProfit(Book):
    """What comes from outside moves no baseline."""

    def _evolve_account(self, event, at_ns, trace_id):
        before = msgspec.structs.replace(self.state.conduct)
        super()._evolve_account(event, at_ns, trace_id)
        if type(event).__name__ == "BalanceAdjusted":
            self.state.conduct = before


class _CountsPartsForOrders(Book):
    """Every execution of a sale ends it."""

    def _book_fill(self, event, order):
        super()._book_fill(event, order)
        self.state.conduct.close(order.request_id)


class _ResetsAtMidnight(Book):
    """A new day forgets how the last 24 hours went."""

    def _evolve_account(self, event, at_ns, trace_id):
        if type(event).__name__ == "DayOpened":
            self.state.conduct.marks = []
        super()._evolve_account(event, at_ns, trace_id)


@pytest.mark.parametrize(
    "bug",
    [
        _ForgetsTheDay,
        _ForgetsTheWindows,
        _TakesDepositsForProfit,
        _CountsPartsForOrders,
        _ResetsAtMidnight,
    ],
)
def test_a_planted_bug_in_the_limits_is_found(bug):
    _find(LimitsUsed, {"book_type": bug})


class _GrantsAFreshLimit(Clocked):
    """Takes every heartbeat for a new one."""

    def hear(self, age_s):
        super().hear(0.0)


class _ForgetsAPause(Clocked):
    """A tick after a pause is a tick like any other."""

    def tick(self):
        super().tick()
        self.acknowledge()


class _WaitsForATick(Clocked):
    """Notices a pause only when it is over."""

    def _pause(self):
        return ""


class _ForgivesALostFile(Clocked):
    """Silence counts only once it is long."""

    def lose(self, why):
        pass


@pytest.mark.parametrize(
    "bug", [_GrantsAFreshLimit, _ForgetsAPause, _WaitsForATick, _ForgivesALostFile]
)
def test_a_planted_bug_in_the_switch_is_found(bug):
    _find(DeadManSwitch, {"switch_type": bug})


class _TriesAgainAtOnce(Rotation):
    """Forgets that a key was refused."""

    def judge(self, version, outcome, now_s):
        if outcome is not Outcome.REFUSED:
            super().judge(version, outcome, now_s)


class _KnowsNoWait(Rotation):
    """Asks a venue that cannot be reached without a pause."""

    def judge(self, version, outcome, now_s):
        if outcome is not Outcome.UNREACHABLE:
            super().judge(version, outcome, now_s)


class _RetiresAtOnce(Keyring):
    """What the key before signed can no longer be sent."""

    def adopt(self, credentials, now_s):
        super().adopt(credentials, now_s - 1_000.0)


class _ForgetsReplies(Keyring):
    """Takes a key for unused while a reply is awaited."""

    def request(self, key_id):
        return super().request("")


class _SendsUnderTheNewest(Keyring):
    """Has whatever was signed leave under the key that serves."""

    def find(self, key_id):
        return self.serving


@pytest.mark.parametrize("bug", [_TriesAgainAtOnce, _KnowsNoWait])
def test_a_planted_bug_in_the_trials_of_keys_is_found(bug):
    _find(KeyRotation, {"rotation_type": bug})


@pytest.mark.parametrize("bug", [_RetiresAtOnce, _ForgetsReplies, _SendsUnderTheNewest])
def test_a_planted_bug_in_the_change_of_keys_is_found(bug):
    _find(KeyRotation, {"keyring_type": bug})


def _find(machine, planted) -> None:
    with pytest.raises(AssertionError):
        walk(type("Planted", (machine,), planted), STEPS_TO_CATCH, SEED, shrinks=False)
