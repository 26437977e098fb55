"""The token file and who a token makes of its bearer."""

import re

import pytest
from aitrader_server.adapters.tokens import (
    ROLES,
    TokenHolder,
    TokenStore,
    hash_token,
    read_or_make_token,
)
from aitrader_server.errors import ConfigError
from aitrader_server.rpc.access import Role


def test_a_token_is_made_once_for_its_owner_only(tmp_path):
    path = tmp_path / "state" / "token"
    token = read_or_make_token(path)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_or_make_token(path) == token
    assert [each.name for each in path.parent.iterdir()] == ["token"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_token_that_others_can_read_is_refused(tmp_path, mode):
    path = tmp_path / "token"
    token = read_or_make_token(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        read_or_make_token(path)
    assert token not in str(caught.value)


def test_an_empty_file_is_no_token(tmp_path):
    path = tmp_path / "token"
    path.touch(mode=0o600)
    with pytest.raises(ConfigError, match="is empty"):
        read_or_make_token(path)


def test_each_token_has_its_holder_and_a_stranger_none():
    store = TokenStore(
        [
            TokenHolder("console", "risk_admin", hash_token("one")),
            TokenHolder("dashboard", "viewer", hash_token("two")),
        ]
    )
    assert store.holder("one").name == "console"
    assert store.holder("two").role == "viewer"
    assert store.holder("three") is None
    assert store.holder("") is None
    assert store.holder(hash_token("one")) is None


@pytest.mark.parametrize(
    ("role", "sha256", "words"),
    [
        ("admin", hash_token("x"), "role 'admin' is none of"),
        ("viewer", hash_token("x").upper(), "64 lower-case hex digits"),
        ("viewer", "my-token", "64 lower-case hex digits"),
    ],
)
def test_a_holder_that_makes_no_sense_is_refused(role, sha256, words):
    with pytest.raises(ConfigError, match=words):
        TokenHolder("x", role, sha256)


def test_roles_are_those_of_the_edge():
    assert {role.name.lower() for role in Role} == ROLES
