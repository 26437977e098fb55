"""Heartbeats, ticks and silences, against a switch that remembers everything that was ever said."""

from aitrader_server.engine.dead_man import DeadMan
from hypothesis import strategies as st
from hypothesis.stateful import rule

from machines.counting import CountingMachine

LIMIT_S = 60.0
STALL_LIMIT_S = 10.0
# Just short of each limit, just beyond it, and in between.
WAITS_S = st.sampled_from((0.5, 1.0, 9.5, 10.5, 59.5, 60.5, 1_000.0))
AGES_S = st.sampled_from((0.0, 1.0, 59.0, 61.0))


class Clocked(DeadMan):
    """By a clock in the hand of whoever made it last."""

    now_s = 0.0

    def _now_s(self) -> float:
        return Clocked.now_s


class DeadManSwitch(CountingMachine):
    switch_type = Clocked

    def __init__(self) -> None:
        super().__init__()
        Clocked.now_s = 0.0
        self.switch = self.switch_type(LIMIT_S, STALL_LIMIT_S)
        self.log: list[tuple[str, float]] = []

    def note(self, kind: str, at_s: float) -> None:
        self.log.append((kind, at_s))
        self.compare()

    @rule(seconds=WAITS_S)
    def wait(self, seconds):
        Clocked.now_s += seconds
        self.compare()

    @rule()
    def beat(self):
        self.switch.beat()
        self.note("beat", Clocked.now_s)

    @rule(age_s=AGES_S)
    def hear(self, age_s):
        self.switch.hear(age_s)
        self.note("beat", Clocked.now_s - age_s)

    @rule()
    def lose(self):
        self.switch.lose("the file is gone")
        self.note("lost", Clocked.now_s)

    @rule()
    def tick(self):
        self.switch.tick()
        self.note("tick", Clocked.now_s)

    @rule()
    def halt(self):
        """What the sentinel does with a pause: it ticks, and then it has seen to it."""
        self.switch.tick()
        self.switch.acknowledge()
        self.log.append(("tick", Clocked.now_s))
        self.note("seen", Clocked.now_s)

    def compare(self) -> None:
        expected = self.silent() or self.pausing() or self.paused()
        assert self.switch.expired is expected, f"{self.switch.why!r} at {Clocked.now_s}"

    def silent(self) -> bool:
        heard = [entry for entry in self.log if entry[0] in ("beat", "lost")]
        if not heard or heard[-1][0] == "lost":
            return True
        return Clocked.now_s - heard[-1][1] > LIMIT_S

    def pausing(self) -> bool:
        ticks = [at_s for kind, at_s in self.log if kind == "tick"]
        return bool(ticks) and Clocked.now_s - ticks[-1] > STALL_LIMIT_S

    def paused(self) -> bool:
        """Whether two ticks were too far apart, and nobody has seen to it since."""
        last_s, found = None, False
        for kind, at_s in self.log:
            if kind == "seen":
                found = False
            elif kind == "tick":
                found = found or (last_s is not None and at_s - last_s > STALL_LIMIT_S)
                last_s = at_s
        return found
