"""The ways in which the sandbox can be made to misbehave, as a real venue does now and then.

Whoever serves a request or a stream draws at each point where something can go wrong. What is
drawn depends on the seed, the rules and the draws each rule has seen, and on nothing else: the same
run with the same seed goes wrong in the same places. A reset of the venue and a halted symbol are
not drawn but ordered, through the administration.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta


class Fault(StrEnum):
    """BEFORE: the request was not executed; AFTER: it was, and its caller is not told so."""

    # Requests, over HTTP and over the WebSocket API.
    DROP_BEFORE = "drop-before"  # the connection is aborted
    DROP_AFTER = "drop-after"
    REPLY_DELAY = "reply-delay"  # executed at once, answered after delay_ms
    LATE_ERROR = "late-error"  # executed at once, after delay_ms answered with `code`
    CODE_BEFORE = "code-before"  # answered with `status` and `code`
    CODE_AFTER = "code-after"
    THROTTLE = "throttle"  # 429 with retry_after_s
    BAN = "ban"  # 418 with retry_after_s; further requests of the peer fare alike
    CLOCK_SKEW = "clock-skew"  # the server's clock is ahead by skew_ms for this request
    QUERY_LAG = "query-lag"  # a query sees the account as it was delay_ms ago
    # HTTP only.
    HTML_BEFORE = "html-before"  # a page with `status` in the place of JSON
    HTML_AFTER = "html-after"
    HTML_OK = "html-ok"  # executed; status 200 with a page
    EMPTY_OK = "empty-ok"  # executed; status 200 without a body
    BAD_JSON_OK = "bad-json-ok"  # executed; status 200 with JSON that ends in its middle
    REDIRECT = "redirect"  # 302, not executed
    # WebSockets: requests, user events and market streams.
    CLOSE_BEFORE = "close-before"  # closed with close_code in the place of a request or event
    CLOSE_AFTER = "close-after"  # executed, not answered, closed with close_code
    CLOSE_ANSWERED = "close-answered"  # executed or sent, then closed with close_code
    SESSION_REVOKED = "session-revoked"  # a frame with id null and status 401
    SERVER_SHUTDOWN = "server-shutdown"  # announced; closed after delay_ms
    HALF_OPEN = "half-open"  # nothing is read, sent or answered any more, pings included
    MALFORMED_FRAME = "malformed-frame"
    HUGE_FRAME = "huge-frame"  # a frame of size_bytes
    # The user data stream.
    EVENT_WITH_REPLY = "event-with-reply"  # an event in the segment of the subscription's reply
    EVENT_LOST = "event-lost"
    EVENT_DUPLICATED = "event-duplicated"
    EVENT_REORDERED = "event-reordered"  # sent after the next one
    # Market streams.
    DEPTH_GAP = "depth-gap"  # one depth event is left out
    BURST = "burst"  # an event is followed by `repeats` copies of it at once


class Injection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a fault shows itself; what a fault has no use for is left as it is.

    `close_code` 1006 stands for a connection aborted without a close frame.
    """

    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 11_000
    code: int = -1007
    status: Annotated[int, Meta(ge=400, le=599)] = 502
    retry_after_s: Annotated[int, Meta(ge=1, le=259_200)] = 30
    skew_ms: Annotated[int, Meta(ge=-86_400_000, le=86_400_000)] = 5_000
    close_code: Annotated[int, Meta(ge=1000, le=4999)] = 1001
    size_bytes: Annotated[int, Meta(ge=1, le=2**26)] = 1_200_000
    repeats: Annotated[int, Meta(ge=1, le=100_000)] = 1_000


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a fault is injected.

    `subjects` is a shell pattern, such as "* /api/v3/order" or "btcusdt@*". The first `skip`
    matching draws pass, then each is hit with `chance`, until `hits_max` were hit; 0: no end.
    """

    fault: Fault
    subjects: str = "*"
    chance: float = 1.0
    skip: int = 0
    hits_max: int = 0
    injection: Injection = Injection()


RULES_MAX: Final = 100


class _Active:
    def __init__(self, rule: Rule, seed: str) -> None:
        self.rule = rule
        self.drawn = 0
        self.hits = 0
        self._random = random.Random(seed)  # noqa: S311 - chance that must repeat, no secret

    def hit(self, subject: str) -> bool:
        rule = self.rule
        if rule.hits_max and self.hits >= rule.hits_max:
            return False
        if not fnmatchcase(subject, rule.subjects):
            return False
        self.drawn += 1
        if self.drawn <= rule.skip or self._random.random() >= rule.chance:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults switched on; none at first."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._added = 0
        self._active: dict[Fault, dict[int, _Active]] = {}
        self._injected: Counter[Fault] = Counter()

    def draw(self, fault: Fault, subject: str) -> Injection | None:
        """None: all is well this time. The first rule that hits decides."""
        rules = self._active.get(fault)
        if rules is None:
            return None
        for active in rules.values():
            if active.hit(subject):
                self._injected[fault] += 1
                return active.rule.injection
        return None

    def add(self, rule: Rule) -> int:
        """Switches a rule on; the number takes it off again.

        Raises:
            ValueError: a chance outside 0..1, a negative count, or more than RULES_MAX rules.
        """
        if not 0 <= rule.chance <= 1:
            raise ValueError(f"chance {rule.chance}: give a number from 0 to 1")
        if rule.skip < 0 or rule.hits_max < 0:
            raise ValueError("skip and hits_max are counts from 0")
        if len(self.rules) >= RULES_MAX:
            raise ValueError(f"{RULES_MAX} rules are switched on already")
        self._added += 1
        active = _Active(rule, f"{self._seed}/{self._added}")
        self._active.setdefault(rule.fault, {})[self._added] = active
        return self._added

    def remove(self, number: int) -> bool:
        """Switches one rule off; False: there is none of that number."""
        for fault, rules in self._active.items():
            if rules.pop(number, None) is not None:
                if not rules:
                    del self._active[fault]
                return True
        return False

    def clear(self) -> None:
        """Switches every rule off; what was injected stays counted."""
        self._active.clear()

    @property
    def rules(self) -> Sequence[tuple[int, Rule, int]]:
        """Number, rule and hits of each rule that is switched on, oldest first."""
        return sorted(
            (number, active.rule, active.hits)
            for rules in self._active.values()
            for number, active in rules.items()
        )

    @property
    def injected(self) -> Mapping[Fault, int]:
        """How often each fault was injected since the start."""
        return MappingProxyType(self._injected)
