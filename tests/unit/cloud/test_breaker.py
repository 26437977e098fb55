from aitrader_models.cloud.breaker import NS_PER_S, Breaker

T0 = 1_000 * NS_PER_S


def opened(failures_max=1):
    breaker = Breaker(failures_max=failures_max, cool_down_s=10)
    for _ in range(failures_max):
        breaker.fail(T0, trial=breaker.begin())
    return breaker


def test_a_call_from_before_says_nothing_of_an_open_circuit():
    breaker = Breaker(failures_max=1, cool_down_s=10)
    early, late = breaker.begin(), breaker.begin()
    breaker.fail(T0, trial=early)
    breaker.succeed(trial=late)
    assert breaker.is_open
    breaker.fail(T0 + 5 * NS_PER_S, trial=late)
    assert breaker.refusal(T0 + 10 * NS_PER_S) == ""


def test_a_call_from_before_may_bring_a_longer_wait():
    breaker = Breaker(failures_max=1, cool_down_s=10)
    early, late = breaker.begin(), breaker.begin()
    breaker.fail(T0, trial=early)
    breaker.fail(T0, trial=late, wait_s=30)
    assert breaker.refusal(T0 + 29 * NS_PER_S).endswith("in 1 s")
    assert breaker.refusal(T0 + 30 * NS_PER_S) == ""


def test_a_clock_that_is_set_back_does_not_prolong_the_wait():
    breaker = opened()
    assert breaker.refusal(T0 - 500 * NS_PER_S).endswith("in 10 s")
    assert breaker.refusal(T0 - 490 * NS_PER_S) == ""


def test_a_wait_that_is_told_is_kept_though_it_is_short():
    breaker = Breaker(failures_max=5, cool_down_s=10)
    breaker.fail(T0, trial=breaker.begin(), wait_s=2)
    assert breaker.refusal(T0 + NS_PER_S).endswith("in 1 s")
    assert breaker.refusal(T0 + 2 * NS_PER_S) == ""


def test_failures_after_closing_count_from_zero():
    breaker = opened(failures_max=2)
    breaker.succeed(trial=breaker.begin())
    breaker.fail(T0, trial=breaker.begin())
    assert not breaker.is_open


def test_a_trial_that_is_left_frees_its_place():
    breaker = opened()
    now_ns = T0 + 10 * NS_PER_S
    trial = breaker.begin()
    assert "one call tries" in breaker.refusal(now_ns)
    breaker.abandon(trial=trial)
    assert breaker.refusal(now_ns) == ""
