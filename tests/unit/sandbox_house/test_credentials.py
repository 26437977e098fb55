import json
import stat

import pytest
from aitrader_gateway.sandbox.credentials import read_or_make_credentials, read_public_key
from aitrader_gateway.sandbox.keys import KeyKind
from aitrader_server.errors import ConfigError
from Crypto.PublicKey import ECC, RSA


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "state" / "sandbox.key"
    made = read_or_make_credentials(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_credentials(path) == made
    assert json.loads(path.read_text()) == {
        "api_key": made.api_key,
        "api_secret": made.api_secret,
    }
    assert made.api_key != made.api_secret
    assert [file.name for file in path.parent.iterdir()] == ["sandbox.key"]


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "sandbox.key"
    read_or_make_credentials(path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_or_make_credentials(path)


@pytest.mark.parametrize("body", ["", "{}", '{"api_key": 1, "api_secret": "x"}', "[]"])
def test_a_file_that_holds_no_key_is_refused(tmp_path, body):
    path = tmp_path / "sandbox.key"
    path.write_text(body)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=r"sandbox\.key"):
        read_or_make_credentials(path)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose another folder"):
        read_or_make_credentials(tmp_path / "file" / "sandbox.key")


def pem_of(kind):
    if kind is KeyKind.RSA:
        return RSA.generate(2048).public_key().export_key().decode()
    return ECC.generate(curve="ed25519").public_key().export_key(format="PEM")


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.RSA])
def test_a_public_key_becomes_an_api_key_that_stays_the_same(tmp_path, kind):
    path = tmp_path / "key.pem"
    path.write_text(pem_of(kind))
    key = read_public_key(path, "main")
    assert (key.kind, key.account) == (kind, "main")
    assert len(key.key) == 64
    path.write_text(path.read_text() + "\n")
    assert read_public_key(path, "main").key == key.key


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("hello", "no Ed25519 or RSA"),
        (ECC.generate(curve="P-256").public_key().export_key(format="PEM"), "no Ed25519 or RSA"),
        (ECC.generate(curve="ed25519").export_key(format="PEM"), "private key"),
    ],
)
def test_another_file_is_refused(tmp_path, pem, said):
    path = tmp_path / "key.pem"
    path.write_text(pem)
    with pytest.raises(ConfigError, match=said):
        read_public_key(path, "main")
