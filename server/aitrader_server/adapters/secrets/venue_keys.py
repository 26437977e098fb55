"""The key of an account where its operator keeps it: read at the start, then followed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.secrets.rotation import Outcome, Rotation
from aitrader_server.adapters.secrets.store import Secrets, SecretStore
from aitrader_server.engine.alarms import Alarm
from aitrader_server.errors import ConfigError, SecretError

ALARM = "SecretRefused"

log = structlog.get_logger(__name__)


class VenueKeys:
    """A key and its secret, which may be changed while they are in use.

    `references` are those of key and secret, in that order, by their names in the configuration;
    `held` is what they said at the start. `count` is told of every change and what became of it,
    by the name of the key; `alarm` that one was refused, and when that is over.
    """

    def __init__(
        self,
        store: SecretStore,
        references: dict[str, str],
        held: Secrets,
        *,
        count: Callable[[str, Outcome], None],
        alarm: Callable[[Alarm], None],
    ) -> None:
        self._store = store
        self._references = references
        self._newest = held
        self._name = next(iter(references))
        self._count = count
        self._alarm = alarm
        self._alarmed = False
        self._ids = RandomIds()

    @property
    def names(self) -> tuple[str, str]:
        """The references of key and secret."""
        key, secret = self._references.values()
        return key, secret

    def read(self) -> tuple[str, str]:
        """Key and secret as they were seen last."""
        key, secret = (self._newest[name].value for name in self._references)
        return key, secret

    async def look(self) -> tuple[str, str]:
        """Key and secret as they are now, or where that cannot be said as they were."""
        try:
            self._newest = await self._store.first(self._references)
        except ConfigError as error:
            log.warning("the key is taken as it was", cause=error.message)
        return self.read()

    async def follow(self, take: Callable[[str, str], Awaitable[str]]) -> None:
        """Has `take` try every change, and try again what failed for a while; never returns.

        It returns the id of the key that serves from then on, or raises SecretError.
        """
        changed = asyncio.Event()

        async def heed(secrets: Secrets) -> None:
            self._newest = secrets
            changed.set()

        rotation, now_s = Rotation(self._version()), asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as group:
            group.create_task(self._store.follow(self._references, self._newest, heed))
            while True:
                changed.clear()
                rotation.offer(self._version(), now_s())
                if rotation.settled:
                    self._resolve("the key that serves is the one that is kept")
                due_in_s = rotation.due_in_s(now_s())
                if due_in_s == 0:
                    version = self._version()
                    rotation.judge(version, await self._try(take), now_s())
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(due_in_s):
                        await changed.wait()

    async def _try(self, take: Callable[[str, str], Awaitable[str]]) -> Outcome:
        """Tries the newest key, and says what became of it."""
        said = {"name": self._name, "trace_id": self._ids.trace_id()}
        try:
            key_id = await take(*self.read())
        except SecretError as error:
            cause = error.message
            outcome = Outcome.REFUSED if error.lasting else Outcome.UNREACHABLE
            log.warning("new key not taken", outcome=outcome, cause=cause, **said)
            if outcome is Outcome.REFUSED:
                self._refuse(cause, said["trace_id"])
        else:
            outcome = Outcome.SWAPPED
            log.info("new key taken", key_id=key_id, **said)
        self._count(self._name, outcome)
        return outcome

    def _refuse(self, cause: str, trace_id: str) -> None:
        self._alarmed = True
        summary = f"{self._name}: a new key is refused, and the one before it serves on: {cause}"
        self._alarm(_alarm(summary, cause, trace_id))

    def _resolve(self, why: str) -> None:
        if self._alarmed:
            self._alarmed = False
            self._alarm(_alarm(f"{self._name}: {why}", why, self._ids.trace_id(), resolved=True))

    def _version(self) -> str:
        """Tells one pair from another, and shows neither."""
        return hashlib.sha256("\0".join(self.read()).encode()).hexdigest()


def _alarm(summary: str, reason: str, trace_id: str, *, resolved: bool = False) -> Alarm:
    return Alarm(
        name=ALARM,
        severity="warning",
        summary=summary,
        reason=reason,
        trace_id=trace_id,
        resolved=resolved,
    )
