"""A cloud service as a sentiment model: bounded in time, money and numbers, and discreet."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Final

from aitrader_server.domain.decision.news_text import normalize
from aitrader_server.domain.decision.views import (
    Latency,
    ModelDescription,
    News,
    Probabilities,
    SentimentView,
    label_of,
)
from aitrader_server.engine.ports import ModelContext
from aitrader_server.errors import Overloaded, Unavailable

from aitrader_models.cloud.breaker import NS_PER_S, Breaker
from aitrader_models.cloud.budget import DailyBudget
from aitrader_models.cloud.service import MODEL_CHARACTERS_MAX, Answer, Failure, Service
from aitrader_models.cloud.settings import CloudSettings

MS_PER_S: Final = 1_000
# A call ends this much before its caller's time, so that a late service is known as one.
RESERVE_S: Final = 0.005
NOTHING_SAID: Final = Probabilities(positive=0.0, neutral=1.0, negative=0.0)
NOT_CONNECTED: Final = Failure(reason="LOADING", message="the service is being connected")
LATE: Final = Failure(reason="TIMEOUT", message="the service did not answer in time")


class CloudModel:
    """Asks a service, never twice for one call.

    Refused before anything is sent: without a key (KEY_MISSING), while the circuit is open
    (CIRCUIT_OPEN), with a spent budget (BUDGET_SPENT), beyond the concurrent calls (Overloaded).
    """

    def __init__(
        self,
        engine: str,
        model: str,
        settings: CloudSettings,
        context: ModelContext,
        connect: Callable[[], Awaitable[Service | Failure]],
    ) -> None:
        self._engine = engine
        self._model = model
        self._settings = settings
        self._context = context
        self._connect = connect
        self._service: Service | None = None
        self._trouble = NOT_CONNECTED
        self._connecting: asyncio.Task[None] | None = None
        self._tried_ns = 0
        self._told: set[str] = set()
        self._calls = 0
        self._breaker = Breaker(
            failures_max=settings.failures_max, cool_down_s=settings.cool_down_s
        )
        self._budget = DailyBudget(
            calls_max=settings.calls_per_day_max, characters_max=settings.characters_per_day_max
        )

    def describe(self) -> ModelDescription:
        """The model by the name that the service gave last, by the configured one until then."""
        now_ns = self._context.clock.now_ns()
        why = "" if self._service else self._trouble.message
        why = why or self._breaker.refusal(now_ns) or self._budget.refusal(1, now_ns)
        return ModelDescription(
            engine=self._engine,
            model=self._model,
            ready=not why,
            why=why,
            remote=True,
            texts_at_once_max=self._settings.concurrency_max,
        )

    async def start(self) -> None:
        """Begins to load the SDK and to look for the key."""
        self._begin_to_connect()

    async def stop(self) -> None:
        """Cuts what is under way."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
            self._connecting = None
        service, self._service, self._trouble = self._service, None, NOT_CONNECTED
        if service is not None:
            await service.close()

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        """The score of the first `characters_max` characters; an empty text is no news.

        Raises:
            Overloaded: as many calls as may be are under way.
            Unavailable: nothing was asked, or there was no answer that can be used.
            TimeoutError: the answer was late.
        """
        text = normalize(news.text)
        cut = text[: self._settings.characters_max]
        if not cut:
            return self._view(Answer(probabilities=NOTHING_SAID, model=self._model))
        deadline_s = min(timeout_s - RESERVE_S, self._settings.timeout_ms / MS_PER_S)
        if deadline_s <= 0:
            raise TimeoutError(f"no time was left to ask {self._engine}")
        service = self._admit(len(cut), deadline_s)
        started = perf_counter()
        outcome = await self._ask(service, cut, deadline_s)
        if isinstance(outcome, Answer):
            infer_ms = (perf_counter() - started) * MS_PER_S
            self._model = outcome.model[:MODEL_CHARACTERS_MAX]
            return self._view(outcome, truncated=len(cut) < len(text), infer_ms=infer_ms)
        if outcome is LATE:
            raise TimeoutError(f"{self._engine} did not answer within {deadline_s:.3f} s")
        raise Unavailable(f"{self._engine}: {outcome.message}", reason=outcome.reason)

    def _admit(self, characters: int, deadline_s: float) -> Service:
        """The service, when a call may be made; then it is counted. Waits for nothing."""
        now_ns = self._context.clock.now_ns()
        service = self._service
        if service is None:
            self._reconnect(now_ns)
            raise Unavailable(
                f"{self._engine}: {self._trouble.message}", reason=self._trouble.reason
            )
        if refusal := self._breaker.refusal(now_ns):
            raise Unavailable(f"{self._engine}: {refusal}", reason="CIRCUIT_OPEN")
        if self._calls >= self._settings.concurrency_max:
            raise Overloaded(
                f"{self._engine}: {self._calls} calls are under way", retry_after_s=deadline_s
            )
        if refusal := self._budget.refusal(characters, now_ns):
            raise Unavailable(f"{self._engine}: {refusal}", reason="BUDGET_SPENT")
        self._budget.spend(characters, now_ns)
        return service

    async def _ask(self, service: Service, text: str, deadline_s: float) -> Answer | Failure:
        trial = self._breaker.begin()
        outcome: Answer | Failure | None = None
        self._calls += 1
        deadline = asyncio.timeout(deadline_s)
        try:
            async with deadline:
                outcome = await service.ask(text, deadline_s)
        except TimeoutError:
            outcome = LATE
        except Exception as error:  # noqa: BLE001 - what an SDK raises may quote key and text
            outcome = _unforeseen(error)
        finally:
            self._calls -= 1
            # A caller that gave up at the same moment does not make the service less late.
            self._note(LATE if deadline.expired() else outcome, trial=trial)
        return outcome

    def _note(self, outcome: Answer | Failure | None, *, trial: bool) -> None:
        """Tells the circuit, and the log: each reason once, and when the circuit turns."""
        was_open = self._breaker.is_open
        now_ns = self._context.clock.now_ns()
        if isinstance(outcome, Failure) and outcome.reason not in self._told:
            self._told.add(outcome.reason)
            self._report(outcome.message)
        if outcome is None:
            self._breaker.abandon(trial=trial)
        elif isinstance(outcome, Failure) and outcome.of_service:
            self._breaker.fail(now_ns, trial=trial, wait_s=outcome.wait_s)
            if self._breaker.is_open and not was_open:
                self._report(f"{outcome.message}; {self._breaker.refusal(now_ns)}")
        else:
            self._breaker.succeed(trial=trial)
            if was_open and not self._breaker.is_open:
                self._report("the service answers again")

    def _report(self, line: str) -> None:
        self._context.report(f"sentiment model {self._engine}: {line}")

    def _reconnect(self, now_ns: int) -> None:
        """Looks again for what was missing, after a while; not once the model was stopped."""
        if self._connecting is None or not self._connecting.done():
            return
        passed_s = (now_ns - self._tried_ns) / NS_PER_S
        # A clock that was set back makes nobody wait.
        if not 0 <= passed_s < self._settings.cool_down_s:
            self._begin_to_connect()

    def _begin_to_connect(self) -> None:
        self._tried_ns = self._context.clock.now_ns()
        self._connecting = asyncio.create_task(self._become_connected())

    async def _become_connected(self) -> None:
        try:
            outcome = await self._connect()
        except Exception as error:  # noqa: BLE001 - what an SDK raises may quote the key
            outcome = _unforeseen(error)
        if not isinstance(outcome, Failure):
            self._service = outcome
        elif outcome != self._trouble:
            self._trouble = outcome
            self._report(outcome.message)

    def _view(
        self, answer: Answer, *, truncated: bool = False, infer_ms: float = 0.0
    ) -> SentimentView:
        probabilities = answer.probabilities
        return SentimentView(
            label=label_of(probabilities),
            score=probabilities.positive - probabilities.negative,
            probabilities=probabilities,
            model=answer.model[:MODEL_CHARACTERS_MAX],
            engine=self._engine,
            tokens=answer.tokens,
            truncated=truncated,
            latency=Latency(infer_ms=infer_ms),
        )


def _unforeseen(error: Exception) -> Failure:
    """What and where, without the message and the values that it may quote."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "its caller"
    return Failure(reason="SDK_FAILED", message=f"{type(error).__qualname__} in {where} of the SDK")
