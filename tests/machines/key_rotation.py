"""New keys, refusals, outages and crashes, against the rules that no order of them may break."""

from contextlib import AbstractContextManager

from aitrader_gateway.binance.keyring import DRAIN_S, Keyring
from aitrader_gateway.binance.keys import Credentials
from aitrader_server.adapters.secrets.rotation import Outcome, Rotation
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from machines.counting import CountingMachine

GOOD = ("good-1", "good-2")
BAD = ("bad",)
KEYS = st.sampled_from(GOOD + BAD)
WAITS_S = st.sampled_from((0.1, 1.0, 2.5, DRAIN_S + 1.0, 1_000.0))


def credentials(name: str) -> Credentials:
    return Credentials(("key", "secret"), name, hmac_secret="secret")


class KeyRotation(CountingMachine):
    """Both parts of a rotation, as they work together; the keeper and the venue are the model."""

    rotation_type = Rotation
    keyring_type = Keyring

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.kept = GOOD[0]
        self.reachable = True
        self.life()

    def life(self) -> None:
        """A start, which goes on only with a key that the venue takes."""
        self.rotation = self.rotation_type(self.kept)
        self.keyring = self.keyring_type(credentials(self.kept))
        self.validated = {self.kept}
        self.refused: set[str] = set()
        self.tried_s = -1.0
        self.trial = ""
        # By the names of their keys: signed when and not sent, and sent but not answered.
        self.signed: list[tuple[str, float]] = []
        self.under_way: list[tuple[str, AbstractContextManager[None]]] = []

    @rule(name=KEYS)
    def keep(self, name):
        """The operator puts a key where keys are kept."""
        if name != self.kept:
            self.refused.clear()
            self.tried_s = -1.0
        self.kept = name
        self.rotation.offer(name, self.now_s)

    @rule(seconds=WAITS_S)
    def wait(self, seconds):
        self.now_s += seconds

    @rule(up=st.sampled_from((True, True, False)))
    def outage(self, up):
        self.reachable = up

    @precondition(lambda self: not self.trial)
    @rule()
    def begin_a_trial(self):
        if self.rotation.due_in_s(self.now_s) != 0:
            return
        assert self.kept not in self.refused, "a refused key is tried again"
        assert self.kept != self.keyring.serving.api_key, "the key that serves is tried"
        assert self.now_s > self.tried_s, "a key is tried in a tight loop"
        self.trial = self.kept

    @precondition(lambda self: self.trial)
    @rule()
    def end_a_trial(self):
        """The keeper may hold another key by now."""
        name, self.trial = self.trial, ""
        if not self.reachable:
            outcome = Outcome.UNREACHABLE
            if name == self.kept:
                self.tried_s = self.now_s
        elif name in BAD:
            outcome = Outcome.REFUSED
            if name == self.kept:
                self.refused.add(name)
        else:
            outcome = Outcome.SWAPPED
            self.validated.add(name)
            self.keyring.adopt(credentials(name), self.now_s)
        self.rotation.judge(name, outcome, self.now_s)
        self.retire()

    @precondition(lambda self: not self.trial)
    @rule(name=KEYS)
    def rotate(self, name):
        """All of it at once, as when nothing comes in between."""
        self.keep(name)
        self.begin_a_trial()
        if self.trial:
            self.end_a_trial()

    @rule()
    def sign(self):
        serving = self.keyring.serving
        assert serving.api_key in self.validated, "a key serves that was not tried"
        assert serving.api_key not in BAD, "a bad key serves"
        self.signed.append((serving.api_key, self.now_s))

    @precondition(lambda self: self.signed)
    @rule()
    def send(self):
        """Within its window what was signed leaves under its own key; it stays under way."""
        name, signed_s = self.signed.pop()
        found = self.keyring.find(credentials(name).key_id)
        if self.now_s - signed_s < DRAIN_S:
            assert found is not None, "a key was retired while what it signed could leave"
        if found is not None:
            assert found.api_key == name, "another key sends it"
            request = self.keyring.request(found.key_id)
            request.__enter__()
            self.under_way.append((name, request))

    @precondition(lambda self: self.under_way)
    @rule()
    def answer(self):
        _, request = self.under_way.pop()
        request.__exit__(None, None, None)

    @rule()
    def retire(self):
        for key_id in self.keyring.retire(self.now_s):
            assert key_id != self.keyring.serving.key_id, "the key that serves is retired"
            under_way = {credentials(name).key_id for name, _ in self.under_way}
            assert key_id not in under_way, "a key is retired whose reply is awaited"
            assert self.keyring.find(key_id) is None, "a retired key sends"

    @precondition(lambda self: self.kept in GOOD)
    @rule()
    def crash(self):
        self.life()
