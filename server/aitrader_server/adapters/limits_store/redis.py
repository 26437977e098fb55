"""The limits store in Redis, which must write to its disk before it answers."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from aitrader_server.errors import ConfigError, LimitsStoreError

TIMEOUT_S = 1.0
# A connection that was closed meanwhile is made anew; an outage is waited for elsewhere.
RETRIES = 1
BACKOFF_S = 0.02
BACKOFF_S_MAX = 0.2
TOTAL_TIMEOUT_S = 3.0

SCHEMES = ("redis", "rediss", "unix")
SETTINGS = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
# Every one must be so that an acknowledged document outlives the server's power.
DURABLE = (("appendonly", "yes"), ("appendfsync", "always"))
COMMANDS = "+select +config|get +info +eval +hget +hmget +hset +hincrby"

# Whoever asks again because the first answer was lost takes over once.
TAKE_OVER = """
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then
  redis.call('HINCRBY', KEYS[1], 'generation', 1)
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'sequence', 0)
end
return redis.call('HMGET', KEYS[1], 'generation', 'document')
"""
# A server that has lost everything takes the document of the engine that runs.
SAVE = """
local kept = redis.call('HMGET', KEYS[1], 'generation', 'sequence')
local generation, sequence = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
local ours = tonumber(ARGV[1])
if generation > ours or (generation == ours and sequence > tonumber(ARGV[3])) then
  return {generation, sequence}
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'holder', ARGV[2], 'sequence', ARGV[3],
  'document', ARGV[4])
return {ours, tonumber(ARGV[3])}
"""


class RedisLimitsStore:
    """One hash for each key; nothing is taken for kept unless the settings say so beside it."""

    def __init__(self, url: str) -> None:
        """Raises ConfigError for a `url` that is none."""
        try:
            self._place, self._redis = _place(url), _client(url)
        except ValueError:
            # Nothing of it is shown: what cannot be read may be a part of the password.
            problem = "it must be redis://, rediss:// or unix://, its password percent-encoded"
            raise ConfigError((f"limits_store.url: {problem}",)) from None
        self._holder = secrets.token_hex(8)
        self._key = ""
        self._generation = 0
        self._sequence = 0

    async def open(self, key: str) -> bytes | None:
        try:
            # A server that cannot be used is taken over from nobody.
            await self._ask("HGET", key, "generation")
            taken = await self._ask("EVAL", TAKE_OVER, 1, key, self._holder)
        except Unfit as error:
            raise ConfigError((f"limits_store.url: {error.message}",)) from error
        self._key, self._generation, self._sequence = key, int(taken[0]), 0
        return None if taken[1] is None else bytes(taken[1])

    async def save(self, document: bytes, sequence: int) -> None:
        words = (self._generation, self._holder, sequence, document)
        self._verify_ours(await self._ask("EVAL", SAVE, 1, self._key, *words), sequence)
        self._sequence = sequence

    async def holds(self) -> bool:
        kept = await self._ask("HMGET", self._key, "generation", "sequence")
        generation, sequence = (int(number or 0) for number in kept)
        if generation > self._generation:
            raise self._taken_over()
        return (generation, sequence) == (self._generation, self._sequence)

    async def verify(self) -> None:
        """Asks whether the server would keep what it says it keeps, and changes nothing.

        Raises LimitsStoreError.
        """
        await self._ask("HGET", "aitrader:limits", "generation")

    async def close(self) -> None:
        await self._redis.aclose()

    def _verify_ours(self, kept: tuple[int, int], sequence: int) -> None:
        if kept[0] > self._generation:
            raise self._taken_over()
        if kept[1] > sequence:
            raise LimitsStoreError(f"{self._place} has sequence {kept[1]}, newer than {sequence}")

    def _taken_over(self) -> LimitsStoreError:
        return LimitsStoreError(
            f"another engine of this account took over {self._place}: stop one of them"
        )

    async def _ask(self, *command: object) -> Any:
        """The answer to `command`, from a server that would keep what it says it keeps."""
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                pipe = self._redis.pipeline(transaction=False)
                pipe.config_get(*SETTINGS)
                pipe.info("persistence")
                pipe.info("replication")
                pipe.execute_command(*command)
                answers = await pipe.execute(raise_on_error=False)
        except (exceptions.RedisError, TimeoutError) as error:
            raise self._refusal(error) from error
        for answer in answers:
            if isinstance(answer, exceptions.RedisError):
                raise self._refusal(answer) from answer
        settings, persistence, replication, found = answers
        self._verify(settings, {**persistence, **replication})
        return found

    def _verify(self, settings: Mapping[str, str], info: Mapping[str, Any]) -> None:
        """Raises Unfit when the server could lose what it acknowledges."""
        for name, expected in DURABLE:
            if settings.get(name) != expected:
                raise Unfit(
                    f"{self._place}: {name} is {settings.get(name)}; "
                    f"write `{name} {expected}` in redis.conf and start it again"
                )
        if settings["maxmemory"] != "0" and settings["maxmemory-policy"].startswith("allkeys"):
            raise Unfit(
                f"{self._place}: it may evict any key; "
                "write `maxmemory-policy noeviction` in redis.conf and start it again"
            )
        if info.get("role") != "master":
            raise Unfit(f"{self._place}: this is a replica; give the address of the primary")
        if info.get("aof_last_write_status") != "ok":
            raise LimitsStoreError(f"{self._place}: its disk did not take the last write")

    def _refusal(self, error: Exception) -> LimitsStoreError:
        """What the driver says, without its secrets; Unfit where asking again does not help."""
        causes = (error, error.__cause__)
        if any(isinstance(cause, exceptions.AuthenticationError) for cause in causes):
            return Unfit(f"{self._place}: {error}")
        if isinstance(error, exceptions.NoPermissionError) or "unknown command" in str(error):
            return Unfit(
                f"{self._place}: {error}; allow it: ACL SETUSER <user> ~aitrader:* {COMMANDS}"
            )
        return LimitsStoreError(f"{self._place}: {error or 'no answer in time'}")


class Unfit(LimitsStoreError):
    """The server must be set up otherwise."""


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(ExponentialBackoff(cap=BACKOFF_S_MAX, base=BACKOFF_S), RETRIES),
    )


def _place(url: str) -> str:
    """Where `url` leads, without what is secret in it. Raises ValueError when it is none."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError
    if parts.scheme == "unix":
        return f"Redis at {parts.path}"
    return f"Redis at {parts.hostname or 'localhost'}:{parts.port or 6379}"
