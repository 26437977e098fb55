"""A real Redis that is set up wrongly, loses everything, hangs or dies under the limits store."""

import asyncio
import socket
import subprocess
import time
from contextlib import asynccontextmanager, suppress

import pytest
from aitrader_server.adapters.limits_store.redis import RedisLimitsStore
from aitrader_server.errors import ConfigError, LimitsStoreError
from redis_server import DURABLE, running_redis

KEY = "aitrader:limits:a:paper/paper"


@pytest.fixture
def server():
    with running_redis() as server:
        yield server


@asynccontextmanager
async def connected(url):
    store = RedisLimitsStore(url)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def store(server):
    """Opened, with a document."""
    async with connected(server.url) as store:
        assert await store.open(KEY) is None
        await store.save(b"one", 1)
        yield store


async def refusal(url):
    async with connected(url) as store:
        with pytest.raises(ConfigError) as refused:
            await store.open(KEY)
    return refused.value.message


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        (("appendonly no",), "appendonly is no; write `appendonly yes` in redis.conf"),
        (
            ("appendonly yes", "appendfsync everysec"),
            "appendfsync is everysec; write `appendfsync always` in redis.conf",
        ),
        (
            (*DURABLE, "maxmemory 100mb", "maxmemory-policy allkeys-lru"),
            "write `maxmemory-policy noeviction` in redis.conf",
        ),
        ((*DURABLE, "replicaof 127.0.0.1 1"), "this is a replica; give the address of the primary"),
        ((*DURABLE, 'rename-command CONFIG ""'), "+config|get"),
    ],
    ids=["no AOF", "every second", "evicts", "replica", "no CONFIG"],
)
async def test_a_server_that_could_lose_it_is_refused(settings, advice):
    with running_redis(*settings) as server:
        said = await refusal(server.url)
        assert advice in said
        assert "for-tests" not in said
        if "replicaof" not in settings[-1]:
            assert server.ask("EXISTS", KEY) == "0", "nothing was taken over"


async def test_a_user_who_may_too_little_is_told_what_to_allow(server):
    server.ask("ACL", "SETUSER", "trader", "on", ">pass", "~aitrader:*", "+hget", "+info")
    url = server.url.replace(":for-tests@", "trader:pass@")
    said = await refusal(url)
    assert "ACL SETUSER <user> ~aitrader:* +select +config|get +info" in said
    server.ask("ACL", "SETUSER", "trader", *said.partition("<user> ")[2].split())
    async with connected(url) as store:
        await store.open(KEY)
        await store.save(b"one", 1)
        assert await store.holds()


async def test_a_wrong_password_is_refused_and_not_shown(server):
    said = await refusal(server.url.replace("for-tests", "secret-word"))
    assert "password" in said
    assert "secret-word" not in said


@pytest.mark.parametrize(
    "url", ["http://h", "redis://:secret/word@h", "redis://u:secret@h:port", "", "redis://[secret"]
)
def test_an_address_that_is_none_is_refused_and_not_shown(url):
    with pytest.raises(ConfigError, match=r"limits_store\.url") as refused:
        RedisLimitsStore(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__


async def test_nobody_there_is_no_mistake_of_the_configuration():
    async with connected("redis://:secret@127.0.0.1:1/0") as store:
        with pytest.raises(LimitsStoreError, match=r"127.0.0.1:1") as failed:
            await store.open(KEY)
    assert not isinstance(failed.value, ConfigError)
    assert "secret" not in failed.value.message


async def test_a_setting_that_is_taken_away_is_noticed_at_once(server, store):
    server.ask("CONFIG", "SET", "appendfsync", "everysec")
    with pytest.raises(LimitsStoreError, match="appendfsync is everysec"):
        await store.holds()
    with pytest.raises(LimitsStoreError, match="appendfsync is everysec"):
        await store.save(b"two", 2)
    server.ask("CONFIG", "SET", "appendfsync", "always")
    await store.save(b"two", 2)
    assert await store.holds()


async def test_what_was_acknowledged_outlives_a_kill(server, store):
    for number in range(2, 50):
        await store.save(f"document {number}".encode(), number)
    server.kill9()
    with pytest.raises(LimitsStoreError):
        await store.save(b"unheard", 50)
    server.start()
    assert await store.holds()
    async with connected(server.url) as next_store:
        assert await next_store.open(KEY) == b"document 49"


async def test_a_server_that_comes_back_without_its_log_is_noticed(server, store):
    server.kill9()
    server.start("appendonly no")
    with pytest.raises(LimitsStoreError, match="appendonly is no"):
        await store.holds()


async def test_a_server_that_lost_everything_is_told_again(server, store):
    server.ask("FLUSHALL")
    assert not await store.holds()
    await store.save(b"two", 2)
    assert await store.holds()


async def test_a_server_that_hangs_is_given_up_soon(server, store):
    server.pause()
    began_s = time.monotonic()
    with pytest.raises(LimitsStoreError):
        await store.save(b"two", 2)
    assert time.monotonic() - began_s < 5
    server.go_on()
    await store.save(b"three", 3)
    async with connected(server.url) as next_store:
        assert await next_store.open(KEY) == b"three"


async def test_a_broken_off_write_leaves_no_answer_for_the_next(server, store):
    for number in range(2, 102):
        saving = asyncio.create_task(store.save(f"document {number}".encode(), number))
        await asyncio.sleep(number * 0.00002)
        saving.cancel()
        with suppress(asyncio.CancelledError):
            await saving
        assert await store.holds() in (True, False)
    await store.save(b"last", 102)
    assert await store.holds()
    async with connected(server.url) as next_store:
        assert await next_store.open(KEY) == b"last"


@pytest.fixture
def certificate(tmp_path):
    """A certificate of its own authority for this machine, and its key."""
    names = (tmp_path / "tls.crt", tmp_path / "tls.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "1", "-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", names[0], "-keyout", names[1]],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return names


async def test_over_tls_the_server_must_be_the_one_that_is_trusted(server, certificate):
    file, key = certificate
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server.kill9()
    tls = (
        f"tls-port {port}",
        f"tls-cert-file {file}",
        f"tls-key-file {key}",
        "tls-auth-clients no",
    )
    server.start(*DURABLE, *tls)
    url = server.url.replace("redis://", "rediss://").replace(f":{server.port}/", f":{port}/")
    async with connected(f"{url}?ssl_ca_certs={file}") as trusting:
        await trusting.open(KEY)
        await trusting.save(b"one", 1)
        assert await trusting.holds()
    async with connected(url) as doubting:
        with pytest.raises(LimitsStoreError, match="certificate verify failed"):
            await doubting.open(KEY)
