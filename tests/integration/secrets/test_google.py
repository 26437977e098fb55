"""Google Secret Manager over Google's own client, against a server of the real types over TLS."""

import grpc
import pytest
from aitrader_server.adapters.secrets.google import GoogleSettings
from aitrader_server.adapters.secrets.google_client import GoogleSecrets
from aitrader_server.errors import SecretError
from google_secrets_server import GoogleSecretsServer

PLACE = "projects/trading/secrets/binance"
CANARY = "canary-google-8e41"


@pytest.fixture
async def server(tmp_path):
    google = GoogleSecretsServer(tmp_path)
    google.put(PLACE, CANARY.encode())
    await google.start()
    yield google
    await google.stop()


@pytest.fixture
async def secrets(server):
    provider = GoogleSecrets(GoogleSettings(endpoint=server.endpoint, ca_file=str(server.ca_file)))
    yield provider
    await provider.close()


async def read(provider, place=PLACE):
    return (await provider.read(frozenset({place})))[place]


async def test_the_latest_version_is_asked_for_and_named(server, secrets):
    assert (await read(secrets)).version == "1"
    server.put(PLACE, b"second")
    second = await read(secrets)
    assert (second.value, second.version) == ("second", "2")
    assert set(server.asked) == {f"{PLACE}/versions/latest"}
    assert set(server.routing) == {f"name={PLACE}/versions/latest"}


async def test_a_version_that_is_named_stays(server, secrets):
    server.put(PLACE, b"second")
    assert (await read(secrets, f"{PLACE}/versions/1")).value == CANARY


async def test_a_wrong_checksum_is_refused(server, secrets):
    server.spoil_checksum = True
    with pytest.raises(SecretError, match="came with a wrong checksum") as refused:
        await read(secrets)
    assert not refused.value.lasting
    assert CANARY not in repr(refused.value)
    server.spoil_checksum = False
    assert (await read(secrets)).value == CANARY


@pytest.mark.parametrize(
    ("trouble", "words", "lasting"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, "grant roles/secretmanager.secretAccessor", True),
        (grpc.StatusCode.UNAUTHENTICATED, "does not know the credentials", True),
        (grpc.StatusCode.INTERNAL, "does not answer", False),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "does not answer", False),
    ],
)
async def test_what_it_says_is_told_in_our_words(server, secrets, trouble, words, lasting):
    server.trouble = trouble
    with pytest.raises(SecretError, match=words) as said:
        await read(secrets)
    assert said.value.lasting is lasting
    assert "as the test wants it" not in said.value.message


async def test_what_is_away_for_a_moment_is_asked_again(server, secrets):
    server.trouble = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(SecretError, match="does not answer") as away:
        await read(secrets)
    assert not away.value.lasting
    assert len(server.asked) > 1
    server.trouble = None
    assert (await read(secrets)).value == CANARY


async def test_a_destroyed_version_is_named(server, secrets):
    server.destroy(PLACE)
    with pytest.raises(SecretError, match="its version is disabled or destroyed; add one"):
        await read(secrets)


async def test_binary_is_refused_without_being_shown(server, secrets):
    server.put(PLACE, b"\xff" + CANARY.encode())
    with pytest.raises(SecretError, match="is binary at Google") as refused:
        await read(secrets)
    assert CANARY not in repr(refused.value)


@pytest.mark.parametrize("place", ["binance", "projects/p/secret/s", "projects/p/secrets/s/v/1"])
async def test_what_is_no_name_of_a_secret_is_not_sent(server, secrets, place):
    with pytest.raises(SecretError, match="write projects/P/secrets/S"):
        await read(secrets, place)
    assert server.asked == []


async def test_a_stranger_with_another_certificate_is_not_asked(server):
    provider = GoogleSecrets(GoogleSettings(endpoint=server.endpoint))
    with pytest.raises(SecretError, match="does not answer"):
        await read(provider)
    assert server.asked == []
    await provider.close()


async def test_credentials_are_never_made_up_for_googles_own_address(monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    provider = GoogleSecrets(GoogleSettings(endpoint="secretmanager.eu.rep.googleapis.com:443"))
    with pytest.raises(SecretError, match="no credentials; give the machine a service account"):
        await read(provider)
    await provider.close()


async def test_an_authority_that_is_not_there_is_named(server):
    provider = GoogleSecrets(GoogleSettings(endpoint=server.endpoint, ca_file="/nowhere.pem"))
    with pytest.raises(SecretError, match=r"secrets\.gcp\.ca_file: cannot read /nowhere\.pem"):
        await read(provider)
    await provider.close()
