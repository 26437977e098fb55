"""Another key of the same account takes over: tried first, and without a request that fails."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, NoReturn, Protocol

import structlog
from aitrader_server.errors import ConfigError, SecretError

from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.keys import Credentials, key_id, make_credentials
from aitrader_gateway.binance.operations import ACCOUNT, TEST_ORDER
from aitrader_gateway.binance.outcome import KEY_CODES, Failure, Verdict
from aitrader_gateway.binance.reports import AccountRecord, read

log = structlog.get_logger(__name__)

BRIEFLY: Final = {"omitZeroBalances": "true"}
# Asks for nothing: only whether the key would be let through.
SAMPLE: Final = {"side": "BUY", "type": "MARKET", "quantity": "1"}


class VenueKeys(Protocol):
    """Where the operator keeps the account's key, which he may change while it is in use."""

    @property
    def names(self) -> tuple[str, str]:
        """References of key and secret."""
        ...

    def read(self) -> tuple[str, str]:
        """Key and secret as they were seen last."""
        ...

    async def look(self) -> tuple[str, str]:
        """Key and secret as they are now, or where that cannot be said as they were."""
        ...

    async def follow(self, take: Callable[[str, str], Awaitable[str]]) -> None:
        """Has `take` try every change, and try again what failed for a while; never returns.

        It returns the id of the key, or raises SecretError.
        """
        ...


class KeyChange:
    """Changes the key of `calls`; `symbol` is one that the account trades."""

    def __init__(self, calls: Calls, symbol: str) -> None:
        self._calls = calls
        self._symbol = symbol

    def follow(self, keys: VenueKeys) -> asyncio.Task[None]:
        """Takes every change of `keys` until the task is cancelled; nothing else ends it.

        If something does it is a bug, and no reason to stop trading under the key that serves.
        """
        follower = asyncio.create_task(self._follow(keys))
        follower.add_done_callback(_tell_crash)
        return follower

    async def take(self, api_key: str, secret: str) -> str:
        """Signs with that key from now on; its id.

        Raises:
            SecretError: lasting when the key cannot sign, is refused, may not trade or is another
                account's; not lasting when the venue did not say. The key before it serves on.
        """
        try:
            credentials = make_credentials(self._calls.credentials.names, api_key, secret)
        except ConfigError as error:
            raise SecretError(error.message, lasting=True) from error
        if credentials == self._calls.credentials:
            return credentials.key_id
        await self._try(credentials)
        self._calls.adopt(credentials, asyncio.get_running_loop().time())
        return credentials.key_id

    def retire(self, held: Collection[str] = ()) -> None:
        """Lets go of the keys that nothing needs any more; connections still stand under `held`."""
        now_s = asyncio.get_running_loop().time()
        for retired in self._calls.keys.retire(now_s, frozenset(map(key_id, held))):
            log.info("key no longer used: it may be revoked", key_id=retired)

    async def _follow(self, keys: VenueKeys) -> None:
        # The key that serves may be gone by the time of the change.
        await self._know_account()
        await keys.follow(self.take)

    async def _know_account(self) -> None:
        """Asks whose key it is that serves, where nobody has: a watchdog reads orders only."""
        if not self._calls.uid:
            account = read(await self._calls.call(ACCOUNT, BRIEFLY), AccountRecord)
            if not isinstance(account, Failure):
                self._calls.uid = account.uid

    async def _try(self, credentials: Credentials) -> None:
        await self._know_account()
        trial = self._calls.beside(credentials)
        trial.open()
        try:
            reply = await trial.call(ACCOUNT, BRIEFLY)
            account = read(reply, AccountRecord)
            if isinstance(account, Failure):
                _fail(account)
            if self._calls.uid and account.uid != self._calls.uid:
                raise SecretError("it is the key of another account", lasting=True)
            allowed = await trial.call(TEST_ORDER, {"symbol": self._symbol, **SAMPLE})
            # What is said of the order itself comes after a look at the key.
            if isinstance(allowed, Failure) and not _is_about_the_order(allowed):
                _fail(allowed)
        finally:
            await trial.close()


def _tell_crash(follower: asyncio.Task[None]) -> None:
    if not follower.cancelled():
        log.error("changes of the key are no longer seen", exc_info=follower.exception())


def _is_about_the_order(failure: Failure) -> bool:
    return failure.verdict is Verdict.REJECTED and failure.code not in KEY_CODES


def _fail(failure: Failure) -> NoReturn:
    refused = failure.code in KEY_CODES
    cause = f"the venue refuses it: {failure.code} {failure.reason}" if refused else failure.reason
    raise SecretError(cause, lasting=refused)
