"""AWS Secrets Manager over AWS's own client, against an emulator in a process of its own."""

import asyncio
import json

import pytest
from aitrader_server.adapters.secrets.aws import AwsSecrets, AwsSettings
from aitrader_server.adapters.secrets.store import SecretStore
from aitrader_server.errors import SecretError
from aws_server import CREDENTIALS, REGION, AwsServer

NAME = "trading/binance"
CANARY = "canary-aws-c2d7"


def pair(number: int) -> str:
    return json.dumps({"key": f"k-{number}", "secret": f"{CANARY}-{number}"})


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def server():
    with AwsServer() as aws:
        aws.put(NAME, pair(1))
        yield aws


@pytest.fixture
async def secrets(server):
    provider = AwsSecrets(AwsSettings(region=REGION, endpoint_url=server.url))
    yield provider
    await provider.close()


async def read(provider, place=NAME):
    return (await provider.read(frozenset({place})))[place]


async def test_put_secret_value_rotates_and_its_version_is_awss(server, secrets):
    before = await read(secrets)
    server.put(NAME, pair(2))
    after = await read(secrets)
    assert after.value == pair(2)
    versions = server.client.list_secret_version_ids(SecretId=NAME)["Versions"]
    assert {before.version, after.version} == {version["VersionId"] for version in versions}


async def test_the_current_label_decides_wherever_it_is_moved(server, secrets):
    first = await read(secrets)
    server.put(NAME, pair(2))
    second = await read(secrets)
    for old, new in ((second, first), (first, second)):
        server.client.update_secret_version_stage(
            SecretId=NAME,
            VersionStage="AWSCURRENT",
            MoveToVersionId=new.version,
            RemoveFromVersionId=old.version,
        )
        assert await read(secrets) == new


async def test_a_pending_version_is_not_used(server, secrets):
    server.client.put_secret_value(
        SecretId=NAME, SecretString=pair(2), VersionStages=["AWSPENDING"]
    )
    assert (await read(secrets)).value == pair(1)


async def test_an_arn_names_it_too(server, secrets):
    arn = server.client.describe_secret(SecretId=NAME)["ARN"]
    assert (await read(secrets, arn)).value == pair(1)


async def test_what_is_marked_for_deletion_is_missing_until_it_is_restored(server, secrets):
    server.client.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    with pytest.raises(SecretError, match=f"{NAME} in AWS: it is marked for deletion") as gone:
        await read(secrets)
    assert gone.value.lasting
    server.client.restore_secret(SecretId=NAME)
    assert (await read(secrets)).value == pair(1)


async def test_binary_is_refused_without_being_shown(server, secrets):
    server.client.create_secret(Name="binary", SecretBinary=CANARY.encode())
    with pytest.raises(SecretError, match="binary is binary in AWS; keep it as text") as refused:
        await read(secrets, "binary")
    assert CANARY not in repr(refused.value)


async def test_what_is_not_set_up_is_named(server, monkeypatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    nowhere = AwsSecrets(AwsSettings(endpoint_url=server.url))
    with pytest.raises(SecretError, match=r"no region; write secrets\.aws\.region"):
        await read(nowhere)
    await nowhere.close()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    nobody = AwsSecrets(AwsSettings(region=REGION, endpoint_url=server.url))
    with pytest.raises(SecretError, match="no credentials; give the machine or pod a role") as no:
        await read(nobody)
    assert no.value.lasting
    await nobody.close()


async def test_the_last_good_pair_holds_while_the_service_is_killed_and_follows_again(
    server, secrets
):
    store = SecretStore({"aws-sm": lambda: secrets}, refresh_s=0.1, hide=lambda _: None)
    references = {"key": f"aws-sm:{NAME}#key", "secret": f"aws-sm:{NAME}#secret"}
    held = await store.first(references)
    taken = asyncio.Queue()
    following = asyncio.create_task(store.follow(references, held, taken.put))
    server.kill9()
    async with asyncio.timeout(60):
        while store.freshness.ages_s().get("key", 0) < 3:
            await asyncio.sleep(0.05)
    assert taken.empty()
    server.start()
    server.put(NAME, pair(2))
    async with asyncio.timeout(60):
        found = await taken.get()
    assert {name: each.value for name, each in found.items()} == json.loads(pair(2))
    assert store.freshness.ages_s()["key"] < 60
    following.cancel()
    await asyncio.wait([following])
