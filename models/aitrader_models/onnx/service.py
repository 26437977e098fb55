"""Threads that take waiting texts, score them and reply."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

from aitrader_models.manifest import UnfitModel, read_manifest
from aitrader_models.onnx.frames import Cancel, Dropped, Frame, Load, Ready, Request, Scored, Unfit
from aitrader_models.onnx.frames import Score as ScoreRequest
from aitrader_models.onnx.intake import Entry, Intake, ServiceRate
from aitrader_models.onnx.scorer import Logits, Scorer, give_back_memory
from aitrader_models.onnx.verification import (
    check_files,
    check_golden,
    check_vocabulary,
    is_batchable,
)

_WARM_UPS: Final = 5
# Libraries put whole graphs into what they raise.
_MESSAGE_CHARS_MAX: Final = 1000


class Service:
    """One model; `reply` may be called by any thread."""

    def __init__(self, load: Load, reply: Callable[[Frame], None]) -> None:
        self._load = load
        self._reply = reply
        self._batch_max = load.batch_max
        self._intake = Intake(tokens_max=load.queue_tokens_max)
        self._rate = ServiceRate(load.threads)
        # Guards the intake and the rate; notified when a text came in.
        self._came = threading.Condition()
        self._scorer: Scorer | None = None

    def start(self) -> None:
        """Begins to load; the reply is Ready or Unfit."""
        threading.Thread(target=self._open, daemon=True).start()

    def handle(self, request: Request) -> None:
        """What the parent said; texts come after Ready."""
        if isinstance(request, ScoreRequest):
            self._accept(request)
        elif isinstance(request, Cancel):
            with self._came:
                entry = self._intake.abandon(request.id)
            if entry is not None:
                self._drop(entry.id, "abandoned")

    def _open(self) -> None:
        try:
            scorer = self._verified()
        except UnfitModel as unfit:
            self._reply(Unfit(unfit.reason, str(unfit)[:_MESSAGE_CHARS_MAX]))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            self._reply(Unfit("MODEL_RUNTIME", _described(error)))
            return
        self._scorer = scorer
        for _ in range(self._load.threads):
            threading.Thread(target=self._work, args=(scorer,), daemon=True).start()
        self._reply(Ready(self._batch_max))

    def _verified(self) -> Scorer:
        """The model, after everything that could be wrong with it was looked at."""
        load, folder = self._load, Path(self._load.folder)
        manifest = read_manifest(folder)
        check_files(folder, manifest, load.precision)
        scorer = Scorer(folder, manifest, load.precision, load.tokens_max)
        check_vocabulary(scorer, manifest)
        check_golden(scorer, manifest, load.precision)
        if self._batch_max > 1 and not is_batchable(scorer, manifest):
            self._batch_max = 1
        self._warm_up(scorer)
        give_back_memory()
        return scorer

    def _warm_up(self, scorer: Scorer) -> None:
        """Lengths to the longest, each double the one before.

        The session prepares nothing for a length, so that more of them would only take time.
        """
        longest = self._load.tokens_max
        lengths = [max(longest >> halvings, 1) for halvings in range(_WARM_UPS)]
        with ThreadPoolExecutor(self._load.threads) as pool:
            for length, spent_s in zip(lengths, pool.map(scorer.warm_up, lengths), strict=True):
                self._rate.learn(length, spent_s)

    def _accept(self, request: ScoreRequest) -> None:
        begin_s = time.monotonic()
        assert self._scorer is not None, "a text came before the model was ready"
        try:
            encoded = self._scorer.encode(request.text)
        except Exception as error:  # noqa: BLE001 - one text must not end the service
            self._drop(request.id, "failed", message=_described(error))
            return
        now_s = time.monotonic()
        entry = Entry(
            id=request.id,
            tokens=encoded.tokens,
            truncated=encoded.truncated,
            tokenize_s=now_s - begin_s,
            arrived_s=now_s,
            deadline_s=request.deadline_s,
        )
        expired: list[Entry] = []
        with self._came:
            answer = self._intake.offer(entry)
            if answer == "full" and (expired := self._intake.expire(now_s)):
                answer = self._intake.offer(entry)
            self._came.notify()
            retry_after_s = self._rate.seconds_for(self._intake.tokens)
        for late in expired:
            self._drop(late.id, "expired")
        if answer != "accepted":
            size = f"{len(entry.tokens)} tokens into a queue of {self._load.queue_tokens_max}"
            self._drop(entry.id, answer, message=size, retry_after_s=retry_after_s)

    def _work(self, scorer: Scorer) -> None:
        """One thread's life."""
        while True:
            with self._came:
                taken = self._intake.take(time.monotonic(), self._batch_max)
                if not taken.batch and not taken.expired:
                    self._came.wait()
            for late in taken.expired:
                self._drop(late.id, "expired")
            if taken.batch:
                self._score(scorer, taken.batch)

    def _score(self, scorer: Scorer, batch: list[Entry]) -> None:
        """Replies for each text; those of a batch that fails are scored one by one."""
        begin_s = time.monotonic()
        try:
            answers = scorer.score([entry.tokens for entry in batch])
        except Exception as error:  # noqa: BLE001 - one text must not end the service
            if len(batch) == 1:
                self._drop(batch[0].id, "failed", message=_described(error))
                return
            for entry in batch:
                if entry.deadline_s <= time.monotonic():
                    self._drop(entry.id, "expired")
                else:
                    self._score(scorer, [entry])
            return
        self._answer(batch, answers, begin_s, time.monotonic() - begin_s)

    def _answer(
        self, batch: list[Entry], answers: list[Logits], begin_s: float, infer_s: float
    ) -> None:
        tokens = sum(len(entry.tokens) for entry in batch)
        room = len(batch) * max(len(entry.tokens) for entry in batch)
        with self._came:
            self._rate.learn(tokens, infer_s)
            waiting = self._intake.tokens
        for entry, logits in zip(batch, answers, strict=True):
            self._reply(
                Scored(
                    id=entry.id,
                    queue_tokens=waiting,
                    logits=logits,
                    tokens=len(entry.tokens),
                    truncated=entry.truncated,
                    queue_ms=1000 * (begin_s - entry.arrived_s),
                    tokenize_ms=1000 * entry.tokenize_s,
                    infer_ms=1000 * infer_s,
                    batch_size=len(batch),
                    padding_ratio=1 - tokens / room,
                )
            )

    def _drop(
        self,
        text_id: int,
        cause: Literal["full", "too_long", "expired", "abandoned", "failed"],
        *,
        message: str = "",
        retry_after_s: float = 0.0,
    ) -> None:
        self._reply(
            Dropped(
                id=text_id,
                queue_tokens=self._intake.tokens,
                cause=cause,
                message=message,
                retry_after_s=retry_after_s,
            )
        )


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_MESSAGE_CHARS_MAX]
