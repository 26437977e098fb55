"""Metrics to a Pushgateway, for a Prometheus that cannot reach the engine; never in its way."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aiohttp
import structlog
from yarl import URL

TIMEOUT_S: Final = 5.0
# A stop waits no longer for the group's end.
DELETE_TIMEOUT_S: Final = 2.0
JOB: Final = "aitrader"
_TEXT: Final = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}

log = structlog.get_logger(__name__)


class Pusher:
    """Replaces one group at the Pushgateway again and again, and takes it away at the end.

    `grouping` are labels beside the job that no other engine has. `text` are the metrics;
    `count` is told `pushed`, `failed` or `refused` for each push.
    """

    def __init__(
        self,
        url: str,
        grouping: Mapping[str, str],
        text: Callable[[], bytes],
        count: Callable[[str], None],
        *,
        every_s: float,
        basic_auth: str | None = None,
    ) -> None:
        if basic_auth is not None:
            # A request may name one caller only.
            url = str(URL(url).with_user(None))
        labels = [part for pair in {"job": JOB, **grouping}.items() for part in pair]
        self._url = "/".join(
            [url.rstrip("/"), "metrics", *(quote(part, safe="") for part in labels)]
        )
        self._text = text
        self._count = count
        self._every_s = every_s
        self._outcome = "pushed"
        self._headers: dict[str, str] = {}
        if basic_auth is not None:
            self.use(basic_auth)

    def use(self, basic_auth: str) -> None:
        """Shows another `user:password` from now on."""
        user, _, password = basic_auth.strip().partition(":")
        self._headers = {"Authorization": aiohttp.BasicAuth(user, password, "utf-8").encode()}

    async def run(self) -> None:
        """Pushes until it is cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S)) as session:
            while True:
                outcome, trouble = await self._send(session, "PUT", self._text())
                self._count(outcome)
                self._say(outcome, trouble)
                await asyncio.sleep(self._every_s)

    async def delete(self) -> None:
        """Takes the group away: what has ended is not to be shown as it last was."""
        timeout = aiohttp.ClientTimeout(DELETE_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            _, trouble = await self._send(session, "DELETE", b"")
        if trouble:
            log.warning("pushed metrics stay behind", cause=trouble)

    def _say(self, outcome: str, trouble: str) -> None:
        """Once per change."""
        if outcome == self._outcome:
            return
        self._outcome = outcome
        if trouble:
            log.error("metrics not pushed", outcome=outcome, cause=trouble)
        else:
            log.info("metrics are pushed again")

    async def _send(
        self, session: aiohttp.ClientSession, method: str, body: bytes
    ) -> tuple[str, str]:
        """What came of it, and why when it is not `pushed`."""
        headers = {**_TEXT, **self._headers}
        try:
            async with session.request(
                method, self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
                said = await answer.content.read(300)
        except (aiohttp.ClientError, OSError) as error:
            # Its own words may hold the address, and that a password.
            return "failed", type(error).__name__
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return "pushed", ""
        lasting = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        cause = f"HTTP {status} {said.decode(errors='replace')}".strip()
        return ("refused" if lasting else "failed"), cause
