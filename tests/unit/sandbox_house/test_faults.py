import pytest
from aitrader_gateway.sandbox.faults import RULES_MAX, Fault, Faults, Injection, Rule

ORDER = "POST /api/v3/order"


def hits(faults, fault, subject, draws):
    return [faults.draw(fault, subject) is not None for _ in range(draws)]


def test_nothing_goes_wrong_unasked():
    faults = Faults(seed=1)
    assert all(faults.draw(fault, ORDER) is None for fault in Fault)
    assert faults.injected == {}


def test_a_rule_hits_its_fault_and_its_subjects_only():
    faults = Faults()
    faults.add(Rule(fault=Fault.DROP_AFTER, subjects="POST */order"))
    assert faults.draw(Fault.DROP_AFTER, ORDER) == Injection()
    assert faults.draw(Fault.DROP_AFTER, "GET /api/v3/order") is None
    assert faults.draw(Fault.DROP_BEFORE, ORDER) is None


def test_a_count_begins_after_what_it_skips_and_ends():
    faults = Faults()
    faults.add(Rule(fault=Fault.EVENT_LOST, subjects="user", skip=2, hits_max=1))
    assert hits(faults, Fault.EVENT_LOST, "user", 5) == [False, False, True, False, False]


def test_a_draw_of_another_subject_is_not_counted():
    faults = Faults()
    faults.add(Rule(fault=Fault.BURST, subjects="btcusdt@*", skip=1))
    faults.draw(Fault.BURST, "ethusdt@trade")
    assert hits(faults, Fault.BURST, "btcusdt@trade", 2) == [False, True]


def test_chance_is_the_share_of_hits():
    faults = Faults(seed=7)
    faults.add(Rule(fault=Fault.DROP_BEFORE, chance=0.25))
    assert 200 < sum(hits(faults, Fault.DROP_BEFORE, ORDER, 1000)) < 300
    assert faults.injected[Fault.DROP_BEFORE] == faults.rules[0][2]


def test_the_seed_decides_where_it_goes_wrong():
    def run(seed):
        faults = Faults(seed)
        faults.add(Rule(fault=Fault.DROP_BEFORE, chance=0.5))
        return hits(faults, Fault.DROP_BEFORE, ORDER, 64)

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_draws_at_one_site_leave_those_of_another_as_they_are():
    def run(*, busy):
        faults = Faults(5)
        faults.add(Rule(fault=Fault.DROP_BEFORE, subjects="a", chance=0.5))
        faults.add(Rule(fault=Fault.DROP_BEFORE, subjects="b", chance=0.5))
        seen = []
        for _ in range(64):
            if busy:
                faults.draw(Fault.DROP_BEFORE, "a")
            seen.append(faults.draw(Fault.DROP_BEFORE, "b") is not None)
        return seen

    assert run(busy=True) == run(busy=False)


def test_the_first_rule_that_hits_decides():
    faults = Faults()
    faults.add(Rule(fault=Fault.CODE_AFTER, hits_max=1, injection=Injection(code=-1006)))
    faults.add(Rule(fault=Fault.CODE_AFTER, injection=Injection(code=-1000)))
    drawn = [faults.draw(Fault.CODE_AFTER, ORDER) for _ in range(2)]
    assert [injection.code for injection in drawn] == [-1006, -1000]


def test_rules_are_taken_off_one_by_one_or_together():
    faults = Faults()
    first = faults.add(Rule(fault=Fault.BAN))
    second = faults.add(Rule(fault=Fault.THROTTLE))
    assert faults.remove(first)
    assert not faults.remove(first)
    assert [number for number, _, _ in faults.rules] == [second]
    assert faults.draw(Fault.BAN, ORDER) is None
    faults.draw(Fault.THROTTLE, ORDER)
    faults.clear()
    assert faults.draw(Fault.THROTTLE, ORDER) is None
    assert faults.rules == []
    assert faults.injected == {Fault.THROTTLE: 1}


@pytest.mark.parametrize(
    "rule",
    [
        Rule(fault=Fault.BAN, chance=1.1),
        Rule(fault=Fault.BAN, chance=float("nan")),
        Rule(fault=Fault.BAN, skip=-1),
        Rule(fault=Fault.BAN, hits_max=-1),
    ],
)
def test_a_rule_without_sense_is_refused(rule):
    faults = Faults()
    with pytest.raises(ValueError, match="from 0"):
        faults.add(rule)
    assert faults.rules == []


def test_rules_are_bounded():
    faults = Faults()
    for _ in range(RULES_MAX):
        faults.add(Rule(fault=Fault.BAN))
    with pytest.raises(ValueError, match="already"):
        faults.add(Rule(fault=Fault.BAN))
