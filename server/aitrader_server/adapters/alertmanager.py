"""Alarms to Alertmanager at once, without a rule's wait; never in the way of trading."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import structlog

from aitrader_server.engine.alarms import Alarm

PATH: Final = "/api/v2/alerts"
QUEUE_SIZE_MAX: Final = 100
ACTIVE_MAX: Final = 100
ATTEMPTS: Final = 3
ATTEMPT_TIMEOUT_S: Final = 2.0
RETRY_S: Final = 0.25
# Alertmanager takes an alert that it does not hear of for five minutes for over.
REPEAT_S: Final = 60.0
REPEAT_FAILED_S: Final = 5.0
# What goes on failing is logged as often.
COMPLAINT_S: Final = 60.0
# Below it, each alarm has a section that is called as it is.
RUNBOOKS: Final = "docs/alerts.md"

log = structlog.get_logger(__name__)


class AlertPoster:
    """Posts every alarm and every end of one until it is taken, and what stands again and again.

    `labels` say who posts. `count` is told `posted`, `failed`, `refused` or `dropped` for each.
    """

    def __init__(
        self,
        url: str,
        labels: Mapping[str, str],
        count: Callable[[str], None] = lambda _: None,
        *,
        repeat_s: float = REPEAT_S,
        repeat_failed_s: float = REPEAT_FAILED_S,
    ) -> None:
        self._url = url.rstrip("/") + PATH
        self._labels = dict(labels)
        self._count = count
        self._repeat_s = repeat_s
        self._repeat_failed_s = repeat_failed_s
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE_SIZE_MAX)
        # What stands, and the ends that nobody has taken yet.
        self._active: dict[str, dict[str, Any]] = {}
        self._outcome = "posted"
        self._complain_s = 0.0

    def post(self, alarm: Alarm) -> None:
        """Takes the alarm on; never waits and never raises."""
        alert = self._alert(alarm)
        if alarm.name in self._active or len(self._active) < ACTIVE_MAX:
            self._active[alarm.name] = alert
        if self._waiting.full():
            self._count("dropped")
            log.error("alarm dropped: too many wait", alarm=alarm.name)
        else:
            self._waiting.put_nowait(alert)

    async def run(self) -> None:
        """Posts until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=ATTEMPT_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            repeat_s = self._repeat_s
            while True:
                alerts = await self._next(repeat_s)
                posted = not alerts or await self._send(session, alerts)
                repeat_s = self._repeat_s if posted else self._repeat_failed_s

    async def _next(self, repeat_s: float) -> list[dict[str, Any]]:
        """All that wait, or after `repeat_s` without one all that stand."""
        try:
            async with asyncio.timeout(repeat_s):
                alerts = [await self._waiting.get()]
        except TimeoutError:
            return list(self._active.values())
        while not self._waiting.empty():
            alerts.append(self._waiting.get_nowait())
        return alerts

    async def _send(self, session: aiohttp.ClientSession, alerts: list[dict[str, Any]]) -> bool:
        outcome = trouble = ""
        for attempt in range(ATTEMPTS):
            outcome, trouble = await self._try(session, alerts)
            if outcome != "failed":
                break
            await asyncio.sleep(RETRY_S * 2**attempt)
        for alert in alerts:
            self._count(outcome)
            if outcome != "failed":
                self._forget(alert)
        self._say(outcome, trouble, len(alerts))
        return outcome == "posted"

    def _forget(self, alert: dict[str, Any]) -> None:
        """An end that was taken is not told again."""
        name = alert["labels"]["alertname"]
        if "endsAt" in alert and self._active.get(name) is alert:
            del self._active[name]

    def _say(self, outcome: str, trouble: str, count: int) -> None:
        """Logs a change at once, and trouble that goes on now and then."""
        now_s = asyncio.get_running_loop().time()
        if outcome == self._outcome and (not trouble or now_s < self._complain_s):
            return
        self._outcome, self._complain_s = outcome, now_s + COMPLAINT_S
        if trouble:
            log.error("alarms not posted", count=count, outcome=outcome, cause=trouble)
        else:
            log.info("alarms are posted again", count=count)

    async def _try(
        self, session: aiohttp.ClientSession, alerts: list[dict[str, Any]]
    ) -> tuple[str, str]:
        """What came of it, and why when it is not `posted`."""
        try:
            async with session.post(self._url, json=alerts, allow_redirects=False) as answer:
                status = answer.status
                said = (
                    "" if answer.ok else (await answer.content.read(300)).decode(errors="replace")
                )
        except (aiohttp.ClientError, OSError) as error:
            return "failed", str(error) or type(error).__name__
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return "posted", ""
        lasting = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return ("refused" if lasting else "failed"), f"HTTP {status} {said}".strip()

    def _alert(self, alarm: Alarm) -> dict[str, Any]:
        """The alarm as Alertmanager's API has it; a trace in a label would make each a new one."""
        now = datetime.now(UTC).isoformat()
        standing = self._active.get(alarm.name, {})
        told = {
            "summary": alarm.summary,
            "reason": alarm.reason,
            "actor": alarm.actor,
            "trace_id": alarm.trace_id,
            "runbook": f"{RUNBOOKS}#{alarm.name.lower()}",
        }
        return {
            "labels": {
                "alertname": alarm.name,
                "severity": alarm.severity,
                **self._labels,
            },
            "annotations": {name: text for name, text in told.items() if text},
            # What begins again after an end is another one.
            "startsAt": now if "endsAt" in standing else standing.get("startsAt", now),
            **({"endsAt": now} if alarm.resolved else {}),
        }
