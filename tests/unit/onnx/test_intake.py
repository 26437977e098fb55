"""The queue against a list that does the same by hand, whatever comes in whatever order."""

from aitrader_models.onnx.intake import (
    BATCH_TOKENS_MAX,
    BUCKET_TOKENS,
    Entry,
    Intake,
    ServiceRate,
    bucket,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

LENGTHS = st.integers(min_value=1, max_value=40)


def entry(text_id: int, length: int, deadline_s: float = 1e9) -> Entry:
    return Entry(
        id=text_id,
        tokens=(1,) * length,
        truncated=False,
        tokenize_s=0.0,
        arrived_s=0.0,
        deadline_s=deadline_s,
    )


class Queueing(RuleBasedStateMachine):
    """Time goes on by itself; `self.waiting` is what ought to wait, oldest first."""

    @initialize(
        tokens_max=st.integers(min_value=1, max_value=120),
        batch_max=st.integers(min_value=1, max_value=5),
    )
    def open(self, tokens_max: int, batch_max: int) -> None:
        self.tokens_max, self.batch_max = tokens_max, batch_max
        self.intake = Intake(tokens_max=tokens_max)
        self.waiting: list[Entry] = []
        self.now_s = 0.0
        self.texts = 0

    @rule(length=LENGTHS, patience_s=st.integers(min_value=1, max_value=20))
    def offer(self, length: int, patience_s: int) -> None:
        self.texts += 1
        text = entry(self.texts, length, self.now_s + patience_s)
        used = sum(len(other.tokens) for other in self.waiting)
        answer = self.intake.offer(text)
        if length > self.tokens_max:
            assert answer == "too_long"
        elif used + length > self.tokens_max:
            assert answer == "full"
        else:
            assert answer == "accepted"
            self.waiting.append(text)

    @rule(seconds=st.integers(min_value=0, max_value=5))
    def wait(self, seconds: int) -> None:
        self.now_s += seconds

    @rule(which=st.integers(min_value=1, max_value=30))
    def abandon(self, which: int) -> None:
        found = self.intake.abandon(which)
        assert found == next((text for text in self.waiting if text.id == which), None)
        self.waiting = [text for text in self.waiting if text.id != which]

    @rule()
    def expire(self) -> None:
        late = [text for text in self.waiting if text.deadline_s <= self.now_s]
        assert self.intake.expire(self.now_s) == late
        self.waiting = [text for text in self.waiting if text not in late]

    @rule()
    def take(self) -> None:
        batch, expired = self.intake.take(self.now_s, self.batch_max)
        live = [text for text in self.waiting if text.deadline_s > self.now_s]
        mates = [text for text in live if bucket(text) == bucket(live[0])]
        assert batch == mates[: self.batch_max]
        assert all(text.deadline_s <= self.now_s for text in expired)
        gone = [*batch, *expired]
        self.waiting = [text for text in self.waiting if text not in gone]

    @invariant()
    def tokens_are_counted_and_bounded(self) -> None:
        if hasattr(self, "intake"):
            assert self.intake.tokens == sum(len(text.tokens) for text in self.waiting)
            assert self.intake.tokens <= self.tokens_max


TestQueueing = Queueing.TestCase
TestQueueing.settings = settings(max_examples=60, stateful_step_count=30)


@given(st.lists(LENGTHS, max_size=60), st.integers(min_value=1, max_value=16))
def test_every_text_gets_its_turn_and_no_batch_mixes_buckets(lengths, batch_max):
    intake = Intake(tokens_max=sum(lengths) + 1)
    for text_id, length in enumerate(lengths):
        intake.offer(entry(text_id, length))
    batches = []
    while (taken := intake.take(0.0, batch_max)).batch:
        batches.append(taken.batch)
        assert len({bucket(text) for text in taken.batch}) == 1
        lengths_taken = [len(text.tokens) for text in taken.batch]
        assert max(lengths_taken) - min(lengths_taken) < BUCKET_TOKENS
        assert (
            len(lengths_taken) == 1 or len(lengths_taken) * max(lengths_taken) <= BATCH_TOKENS_MAX
        )
    firsts = [batch[0].id for batch in batches]
    assert firsts == sorted(firsts), "an older text was left behind"
    assert sorted(text.id for batch in batches for text in batch) == list(range(len(lengths)))
    assert intake.tokens == 0


@given(st.lists(LENGTHS, min_size=1, max_size=40))
def test_one_at_a_time_is_first_come_first_served(lengths):
    intake = Intake(tokens_max=10_000)
    for text_id, length in enumerate(lengths):
        intake.offer(entry(text_id, length))
    assert [intake.take(0.0, 1).batch[0].id for _ in lengths] == list(range(len(lengths)))


def test_the_rate_tells_how_long_the_queue_takes():
    rate = ServiceRate(threads=2)
    assert rate.seconds_for(1_000) == 1.0
    for _ in range(50):
        rate.learn(tokens=100, spent_s=0.1)
    assert 0.49 < rate.seconds_for(1_000) < 0.51


def test_the_rate_follows_a_machine_that_gets_slower():
    rate = ServiceRate(threads=1)
    rate.learn(tokens=100, spent_s=0.1)
    for _ in range(50):
        rate.learn(tokens=100, spent_s=1.0)
    assert 9.0 < rate.seconds_for(1_000) < 11.0
