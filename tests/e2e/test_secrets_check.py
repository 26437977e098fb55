"""`aitrader secrets check`, and an engine whose secrets lie elsewhere, as real processes."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable

import pytest
import vault_server
from redis_server import running_redis
from serving import SCRIPT, Server
from vault_server import VaultServer

EX_CONFIG = 78
CANARY = "canary-check-3f9e77"
VAULT = (
    "secrets.vault.auth=approle",
    f"secrets.vault.role={vault_server.ROLE_ID}",
    "secrets.vault.secret_id=env:VAULT_SECRET_ID",
)

TOYS = f"""
import asyncio, json
from aitrader_server.adapters.secrets.provider import Secret

class Safe:
    async def read(self, places):
        value = json.dumps({{"password": "{CANARY}"}})
        return {{place: Secret(value=value, version="7") for place in places}}

    async def changed(self, places):
        await asyncio.Event().wait()

    async def close(self):
        pass

def create(context):
    return Safe()
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path) -> Run:
    def check(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT, "secrets", "check", *arguments],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return check


@pytest.fixture
def vault():
    with VaultServer() as server:
        server.put("kv/binance", key=f"{CANARY}-key", secret=f"{CANARY}-secret")
        yield server


def settings(*values: str) -> list[str]:
    return [word for value in values for word in ("--set", value)]


def lines(text: str) -> dict[str, str]:
    """The line of each key, with what stands below it."""
    found, key = {}, ""
    for line in text.splitlines():
        key = line.split()[1] if not line.startswith(" ") else key
        found[key] = found.get(key, "") + line
    return found


def test_without_any_secret_the_sandbox_needs_none(run):
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    found = lines(done.stdout)
    assert "the sandbox beside the engine makes its own" in found["execution.binance.api_key_env"]
    assert "unset" in found["metrics.pushgateway_url"]
    assert "nothing is pushed" in found["metrics.pushgateway_url"]
    assert done.stderr == ""


def test_what_resolves_is_shown_with_version_and_age_and_never_its_value(run, vault, tmp_path):
    password = tmp_path / "push"
    password.write_text(f"push:{CANARY}-push")
    password.chmod(0o600)
    chosen = settings(
        f"secrets.vault.url={vault.url}",
        *VAULT,
        "execution.binance.testnet=true",
        "execution.binance.api_key=vault:kv/binance#key",
        "execution.binance.api_secret=vault:kv/binance#secret",
        f"metrics.basic_auth=file:{password}",
    )
    variables = {
        "VAULT_SECRET_ID": vault.secret_id,
        "PROMETHEUS_PUSHGATEWAY_URL": f"http://{CANARY}.example:9091",
    }
    done = run(*chosen, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    found = lines(done.stdout)
    assert "vault:kv/binance#key  version 1, " in found["execution.binance.api_key"]
    assert " old" in found["execution.binance.api_key"]
    assert found["metrics.basic_auth"].startswith("resolved")
    assert found["secrets.vault.secret_id"].startswith("resolved")
    told = json.loads(run(*chosen, "--json", **variables).stdout)
    assert told["ok"]
    states = {secret["key"]: secret["state"] for secret in told["secrets"]}
    assert states["execution.binance.api_secret"] == "resolved"
    assert states["watchdog.api_key_env"] == "unset"
    for hidden in (CANARY, vault.secret_id):
        assert hidden not in done.stdout + done.stderr + json.dumps(told)


def test_what_does_not_says_why_and_what_to_do_and_ends_with_78(run, vault, tmp_path):
    loose = tmp_path / "loose"
    loose.write_text(CANARY)
    loose.chmod(0o644)
    chosen = settings(
        f"secrets.vault.url={vault.url}",
        *VAULT,
        "execution.binance.testnet=true",
        "execution.binance.api_key=vault:kv/binance#keys",
        "execution.binance.api_secret=vault:kv/nowhere#secret",
        "journal.kind=postgres",
        f"journal.url=file:{loose}",
        "limits_store.kind=redis",
        "limits_store.url=env:NOWHERE",
        "metrics.basic_auth=aws-sm:push",
    )
    done = run(*chosen, VAULT_SECRET_ID=vault.secret_id)
    assert done.returncode == EX_CONFIG, done.stdout + done.stderr
    found = lines(done.stdout)
    for key, words in {
        "execution.binance.api_key": "no text in the field keys of kv/binance",
        "execution.binance.api_secret": "nothing is at kv/nowhere, or it was deleted; put",
        "journal.url": f"others may read {loose}; run chmod 600 {loose}",
        "limits_store.url": "the variable NOWHERE is not set; put the secret there",
        "metrics.basic_auth": "no region; write secrets.aws.region or set AWS_REGION",
    }.items():
        assert found[key].startswith("failed")
        assert words in found[key]
    assert CANARY not in done.stdout + done.stderr


def test_a_keeper_of_another_package_is_found_by_its_scheme(run, tmp_path):
    info = tmp_path / "toys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    points = "[aitrader.secret_providers]\nx-safe = toys:create\n"
    (info / "entry_points.txt").write_text(points)
    (tmp_path / "toys.py").write_text(TOYS)
    chosen = settings("metrics.basic_auth=x-safe:push#password")
    done = run(*chosen, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "x-safe:push#password  version 7" in lines(done.stdout)["metrics.basic_auth"]
    assert CANARY not in done.stdout + done.stderr
    missing = run(*chosen)
    assert missing.returncode == EX_CONFIG
    said = "no keeper of secrets x-safe is installed; installed: aws-sm, env, file, gcp-sm, vault"
    assert said in lines(missing.stdout)["metrics.basic_auth"]


def test_no_keeper_stands_in_for_another(run):
    chosen = settings(
        "execution.binance.testnet=true",
        "execution.binance.api_key=vault:kv/binance#key",
        "execution.binance.api_secret=vault:kv/binance#secret",
    )
    keys = dict.fromkeys(("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET"), CANARY)
    done = run(*chosen, **keys)
    assert done.returncode == EX_CONFIG
    assert "secrets.vault: is not set" in lines(done.stdout)["execution.binance.api_key"]


def test_an_engine_takes_an_address_out_of_vault_follows_it_and_says_it_nowhere(vault, tmp_path):
    with running_redis() as redis:
        password = redis.url.partition("@")[0].rpartition(":")[2]
        vault.put("kv/stores", redis=redis.url)
        server = Server(
            tmp_path,
            f"secrets.vault.url={vault.url}",
            *VAULT,
            "secrets.refresh_s=1",
            "limits_store.kind=redis",
            "limits_store.url=vault:kv/stores#redis",
            "logging.level=debug",
        )
        server.environ = {"VAULT_SECRET_ID": vault.secret_id}
        server.start()
        try:
            assert redis.ask("KEYS", "*") != ""
            assert 'aitrader_secret_age_seconds{name="limits_store.url"}' in metrics(server)
            vault.stop()
            until(lambda: "the last ones go on to hold" in server.log)
            assert server.alive
            vault.start()
            until(lambda: "secrets can be read again" in server.log)
            vault.put("kv/stores", redis=f"redis://:{CANARY}@127.0.0.1:1/0")
            until(lambda: "a new address is kept; restart to use it" in server.log)
        finally:
            server.kill9()
        for hidden in (password, CANARY, vault.secret_id):
            assert hidden not in server.log


def metrics(server: Server) -> str:
    asked = urllib.request.Request(
        f"{server.url}/metrics", headers={"Authorization": f"Bearer {server.token}"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read().decode()


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_an_engine_does_not_start_without_a_first_value(vault, tmp_path):
    server = Server(
        tmp_path,
        f"secrets.vault.url={vault.url}",
        *VAULT,
        "limits_store.kind=redis",
        "limits_store.url=vault:kv/stores#redis",
    )
    server.environ = {"VAULT_SECRET_ID": vault.secret_id}
    assert server.launch().wait(60) == EX_CONFIG
    assert "limits_store.url: Vault at" in server.log
    assert "nothing is at kv/stores, or it was deleted; put the secret there" in server.log
