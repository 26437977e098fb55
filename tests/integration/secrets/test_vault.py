"""Vault over its official client: logins, tokens that end, and how it says no."""

import asyncio
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
import vault_server
from aitrader_server.adapters.secrets.vault import VaultSecrets, VaultSettings, create
from aitrader_server.errors import ConfigError, SecretError
from keepers import resolving
from vault_server import VaultServer

PLACE = "kv/trading/binance"
CANARY = "canary-vault-6b20"
SECRET_ID = "env:SECRET_ID"
TOKEN = "env:TOKEN"


@pytest.fixture
def server():
    with VaultServer() as vault:
        vault.put(PLACE, key="k-1", secret=CANARY)
        yield vault


@pytest.fixture
async def connect(server):
    opened = []

    def provider(secrets=None, jwt_file: Path | None = None, **settings) -> VaultSecrets:
        secrets = {SECRET_ID: server.secret_id} if secrets is None else secrets
        chosen = {"auth": "approle", "role": vault_server.ROLE_ID, "secret_id": SECRET_ID}
        settings = VaultSettings(**{"url": server.url} | chosen | settings)
        context = resolving(secrets)
        more = {} if jwt_file is None else {"jwt_file": jwt_file}
        opened.append(VaultSecrets(settings, context, **more))
        return opened[-1]

    yield provider
    for vault in opened:
        await vault.close()


async def read(provider, place=PLACE):
    return (await provider.read(frozenset({place})))[place]


async def test_one_login_serves_many_looks(server, connect):
    vault = connect()
    for _ in range(5):
        assert json.loads((await read(vault)).value) == {"key": "k-1", "secret": CANARY}
    assert server.logins() == 1


async def test_the_version_and_its_time_are_those_of_the_entry(server, connect):
    vault = connect()
    assert (await read(vault)).version == "1"
    server.put(PLACE, key="k-2", secret="s-2")
    secret = await read(vault)
    assert secret.version == "2"
    assert secret.made_s == pytest.approx(time.time(), abs=600)


async def test_kv_of_version_1_is_found_out(server, connect):
    server.put("old/binance", key="k-1")
    vault = connect()
    before = await read(vault, "old/binance")
    assert json.loads(before.value) == {"key": "k-1"}
    assert await read(vault, "old/binance") == before
    server.put("old/binance", key="k-2")
    assert (await read(vault, "old/binance")).version != before.version


async def test_a_pod_logs_in_with_its_service_account_as_it_is_now(server, connect, tmp_path):
    jwt = tmp_path / "token"
    jwt.write_text(server.jwt)
    vault = connect({}, jwt, auth="kubernetes", role=vault_server.KUBERNETES_ROLE)
    await read(vault)
    server.jwt = "jwt-renewed"
    server.tokens.clear()
    jwt.write_text("jwt-renewed")
    assert json.loads((await read(vault)).value)["key"] == "k-1"
    jwt.unlink()
    with pytest.raises(SecretError, match="cannot read the service account's token"):
        await read(vault)


async def test_a_token_without_end_is_used_as_it_is(server, connect):
    vault = connect({TOKEN: server.issue(0)}, auth="token", token=TOKEN)
    await read(vault)
    await read(vault)
    assert server.logins() == server.renewals() == 0


async def test_a_token_that_was_replaced_where_it_is_kept_is_taken_up(server, connect):
    secrets = {TOKEN: server.issue(600)}
    vault = connect(secrets, auth="token", token=TOKEN)
    await read(vault)
    server.tokens.clear()
    with pytest.raises(SecretError, match="refuses the login by token"):
        await read(vault)
    secrets[TOKEN] = server.issue(600)
    assert json.loads((await read(vault)).value)["key"] == "k-1"


async def test_a_token_is_renewed_before_it_ends_without_another_login(server, connect):
    server.token_ttl_s = 6
    vault = connect()
    async with asyncio.timeout(60):
        while server.renewals() < 2:
            await read(vault)
            await asyncio.sleep(0.05)
    assert server.logins() == 1


async def test_at_the_end_of_all_renewals_it_logs_in_again(server, connect):
    server.token_ttl_s, server.token_max_ttl_s = 2, 3
    vault = connect()
    async with asyncio.timeout(60):
        while server.logins() < 2:
            assert (await read(vault)).version == "1"
            await asyncio.sleep(0.05)


async def test_a_token_that_ended_between_two_looks_is_no_failure(server, connect):
    server.token_ttl_s = 600
    vault = connect()
    await read(vault)
    server.tokens.clear()
    assert (await read(vault)).version == "1"
    assert server.logins() == 2


async def test_a_refused_login_says_where_to_look_and_repeats_nothing(server, connect):
    vault = connect({SECRET_ID: CANARY})
    with pytest.raises(SecretError, match="refuses the login by approle") as refused:
        await read(vault)
    assert refused.value.lasting
    assert CANARY not in repr(refused.value)
    assert refused.value.__suppress_context__
    other = connect({SECRET_ID: CANARY}, mount="elsewhere")
    with pytest.raises(SecretError, match=r"nothing is at auth/elsewhere; .*vault\.mount"):
        await read(other)


async def test_a_secret_id_that_was_replaced_where_it_is_kept_is_taken_up(server, connect):
    secrets = {SECRET_ID: server.secret_id}
    vault = connect(secrets)
    await read(vault)
    server.secret_id = secrets[SECRET_ID] = "another-secret-id"
    server.tokens.clear()
    assert (await read(vault)).version == "1"


async def test_a_policy_that_denies_is_named_with_the_place(server, connect):
    vault = connect()
    server.denied = True
    with pytest.raises(SecretError, match=f"policy does not let {PLACE} be read") as denied:
        await read(vault)
    assert denied.value.lasting
    server.denied = False
    await read(vault)
    server.denied = True
    with pytest.raises(SecretError, match="policy does not let"):
        await read(vault)


@pytest.mark.parametrize("place", ["kv/none", "kv/gone"])
async def test_what_is_not_there_or_deleted_is_missing(server, connect, place):
    server.put("kv/gone", key=CANARY)
    server.delete("kv/gone")
    with pytest.raises(SecretError, match=f"nothing is at {place}, or it was deleted") as missing:
        await read(connect(), place)
    assert missing.value.lasting
    assert CANARY not in repr(missing.value)


async def test_a_place_that_is_an_engine_itself_is_refused(connect):
    with pytest.raises(SecretError, match="kv is in no KV engine; write mount/path"):
        await read(connect(), "kv")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (vault_server.SEALED, "it is sealed, a standby or overloaded"),
        (vault_server.BUSY, "it has too many requests"),
        (vault_server.BROKEN, "it has an error of its own"),
    ],
)
async def test_what_may_pass_is_tried_again_and_then_said(server, connect, trouble, words):
    vault = connect()
    await read(vault)
    server.trouble, asked = trouble, len(server.asked)
    with pytest.raises(SecretError, match=words) as passing:
        await read(vault)
    assert not passing.value.lasting
    assert len(server.asked) - asked == 3
    server.trouble = None
    assert (await read(vault)).version == "1"


async def test_a_short_trouble_is_not_noticed(server, connect):
    vault = connect()
    await read(vault)
    server.trouble = vault_server.BUSY
    looking = asyncio.create_task(read(vault))
    asked = len(server.asked)
    async with asyncio.timeout(20):
        while len(server.asked) == asked:
            await asyncio.sleep(0.005)
    server.trouble = None
    assert (await looking).version == "1"


async def test_a_namespace_is_sent(server, connect):
    await read(connect(namespace="trading"))
    assert server.namespaces == {"trading"}


async def test_a_token_of_the_users_shell_is_never_used(server, connect, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", server.issue(0))
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    with pytest.raises(SecretError, match="refuses the login by token"):
        await read(connect({TOKEN: "hvs.wrong"}, auth="token", token=TOKEN))


@pytest.fixture
def certified(tmp_path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    certificate, key = tmp_path / "vault.pem", tmp_path / "vault.key"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=vault"
    names = ("-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        [*command.split(), *names, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return certificate, key


async def test_its_certificate_is_checked_against_the_authority(certified):
    with VaultServer(tls=certified) as server:
        server.put(PLACE, key="k-1")
        chosen = {"url": server.url, "auth": "token", "token": TOKEN}
        context = resolving({TOKEN: server.issue(0)})
        stranger = VaultSecrets(VaultSettings(**chosen), context)
        with pytest.raises(SecretError, match=r"not trusted; write secrets\.vault\.ca_file") as no:
            await read(stranger)
        assert no.value.lasting
        vault = VaultSecrets(VaultSettings(**chosen, ca_file=str(certified[0])), context)
        assert json.loads((await read(vault)).value) == {"key": "k-1"}
        await stranger.close()
        await vault.close()


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"auth": "approle"}, "role"),
        ({"auth": "kubernetes"}, "role"),
        ({"auth": "token"}, "token"),
    ],
)
def test_what_a_login_needs_is_asked_for_at_once(settings, key):
    context = resolving({}, {"url": "http://127.0.0.1:1", **settings})
    with pytest.raises(ConfigError, match=rf"secrets\.vault\.{key}: {settings['auth']} needs it"):
        create(context)


@pytest.mark.skipif(
    not {"VAULT_ADDR", "VAULT_TOKEN", "VAULT_TEST_PLACE"} <= os.environ.keys(),
    reason="for a real Vault set VAULT_ADDR, VAULT_TOKEN and VAULT_TEST_PLACE, a KV entry to read",
)
async def test_a_real_vault():
    settings = VaultSettings(url=os.environ["VAULT_ADDR"], auth="token", token=TOKEN)
    vault = VaultSecrets(settings, resolving({TOKEN: os.environ["VAULT_TOKEN"]}))
    secret = await read(vault, os.environ["VAULT_TEST_PLACE"])
    assert json.loads(secret.value)
    assert secret.version
    await vault.close()
