"""The texts that wait: bounded in tokens, the oldest first, batched with others of their length."""

from typing import Final, Literal, NamedTuple

import msgspec

BUCKET_TOKENS: Final = 8
"""Texts share a batch when their lengths are of one such step, so that little is padding."""

BATCH_TOKENS_MAX: Final = 192
"""Filled up to the longest of the bucket. More go no faster, but take more memory."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A text as token ids; times are of one monotonic clock, s."""

    id: int
    tokens: tuple[int, ...]
    truncated: bool
    tokenize_s: float
    arrived_s: float
    deadline_s: float


class Taken(NamedTuple):
    """What to score now, and what came too late for it."""

    batch: list[Entry]
    expired: list[Entry]


class Intake:
    """Not safe for threads; whoever owns it brings the lock."""

    def __init__(self, *, tokens_max: int) -> None:
        self._tokens_max = tokens_max
        self._waiting: dict[int, Entry] = {}
        self.tokens = 0

    def offer(self, entry: Entry) -> Literal["accepted", "full", "too_long"]:
        """Takes the text in unless the queue cannot hold it now, or ever."""
        if len(entry.tokens) > self._tokens_max:
            return "too_long"
        if self.tokens + len(entry.tokens) > self._tokens_max:
            return "full"
        self._waiting[entry.id] = entry
        self.tokens += len(entry.tokens)
        return "accepted"

    def abandon(self, entry_id: int) -> Entry | None:
        """Lets go of a text that still waits."""
        return self._remove(entry_id) if entry_id in self._waiting else None

    def expire(self, now_s: float) -> list[Entry]:
        """Lets go of every text whose time is up."""
        late = [entry.id for entry in self._waiting.values() if entry.deadline_s <= now_s]
        return [self._remove(entry_id) for entry_id in late]

    def take(self, now_s: float, batch_max: int) -> Taken:
        """The oldest text and the next oldest of its bucket, at most `batch_max` and what pays.

        Nothing starves: each call takes what has waited longest.
        """
        expired: list[Entry] = []
        batch: list[Entry] = []
        for entry in self._waiting.values():
            if entry.deadline_s <= now_s:
                expired.append(entry)
            elif not batch or bucket(entry) == bucket(batch[0]):
                batch.append(entry)
                room = BATCH_TOKENS_MAX // (BUCKET_TOKENS * (bucket(entry) + 1))
                if len(batch) >= min(batch_max, room):
                    break
        for entry in (*expired, *batch):
            self._remove(entry.id)
        return Taken(batch, expired)

    def _remove(self, entry_id: int) -> Entry:
        entry = self._waiting.pop(entry_id)
        self.tokens -= len(entry.tokens)
        return entry


def bucket(entry: Entry) -> int:
    """Texts of one bucket differ by less than BUCKET_TOKENS in length."""
    return (len(entry.tokens) - 1) // BUCKET_TOKENS


class ServiceRate:
    """How fast texts are served, learned from what was served; `threads` work side by side."""

    _REMEMBERED: Final = 0.9

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._tokens = 0.0
        self._spent_s = 0.0

    def learn(self, tokens: int, spent_s: float) -> None:
        """One thread took `spent_s` for a batch of `tokens`."""
        self._tokens = self._REMEMBERED * self._tokens + tokens
        self._spent_s = self._REMEMBERED * self._spent_s + spent_s

    def seconds_for(self, tokens: int) -> float:
        """How long `tokens` that wait keep all threads busy; 1 s when nothing was served yet."""
        if not self._tokens:
            return 1.0
        return tokens * self._spent_s / self._tokens / self._threads
