"""A secret is refused in every source and repeated in no message."""

import json

import pytest
from aitrader_server.config.rendering import render, values_of
from aitrader_server.config.secrecy import REDACTED, literal_secrets, redact

CANARY = "sk-canary-4f9a"


@pytest.mark.parametrize(
    "key",
    ["api_key", "apikey", "api_secret", "secret", "token", "bot-token", "password", "access_keys"],
)
def test_a_literal_secret_is_refused_with_what_to_write(problems, key):
    text = f"models:\n  sentiment:\n    settings:\n      {key}: {CANARY}\n"
    assert problems(text) == [
        (
            f"exec.yaml:4: models.sentiment.settings.{key}: holds a secret itself; write a "
            "reference instead: env:NAME for a variable, file:/path for a file"
        )
    ]


@pytest.mark.parametrize(
    "reference",
    [
        "env:HF_TOKEN",
        "file:/run/secrets/hf",
        "vault:kv/hf#token",
        "aws-sm:hf",
        "gcp-sm:hf",
        "x-safe:hf",
    ],
)
def test_a_reference_is_kept_and_shown(read, reference):
    config = read(f"models: {{sentiment: {{settings: {{api_key: '{reference}'}}}}}}").config
    assert config.models.sentiment.settings == {"api_key": reference}
    assert values_of(config)["models"]["sentiment"]["settings"] == {"api_key": reference}


def test_a_password_in_an_address_is_a_literal_secret(problems):
    (line,) = problems("execution: {paper: {feed: 'https://me:hunter2@feed.example/x'}}")
    assert line.startswith("exec.yaml:1: execution.paper.feed: holds a secret itself")
    assert "hunter2" not in line


def test_a_secret_that_a_stronger_source_covers_is_refused_all_the_same(problems):
    text = f"models: {{sentiment: {{settings: {{api_key: {CANARY}}}}}}}"
    found = problems(text, AITRADER__MODELS__SENTIMENT__SETTINGS__API_KEY="env:NAME")
    assert [line.split(": ")[0] for line in found] == ["exec.yaml:1"]


def test_nothing_else_is_taken_for_a_secret(read):
    read(
        "access: {token_file: state/token}\n"
        "execution: {paper: {monkey: banana, max_tokens: 512, use_token: true}}"
    )


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (f"execution: {{binance: {{api_key: {CANARY}}}}}", {}),
        (f"execution: {{binance: {{api_key_env: {CANARY}}}}}", {}),
        (f"execution: {{binance: {{api_secret_env: [{CANARY}]}}}}", {}),
        (f"access: {{tokens: {CANARY}}}", {}),
        (f"access: {{tokens: [{{name: a, role: viewer, sha256: {CANARY}}}]}}", {}),
        (f"journal: {{kind: postgres, url: 'postgresql://u:{CANARY}@h/x'}}", {}),
        (f"limits_store: {{kind: redis, url: 'redis://:{CANARY}@h/0'}}", {}),
        (f"alerts: {{alertmanager_url: 'http://u:{CANARY} x@h'}}", {}),
        ("", {"AITRADER__EXECUTION__BINANCE__API_SECRET": CANARY}),
        ("", {"AITRADER__EXECUTION__BINANCE__API_SECRET": f"{{{CANARY}"}),
        ("", {"AITRADER__MODELS__SIGNAL__SETTINGS__TOKEN": CANARY}),
        ("", {"AITRADER__METRICS__BASIC_AUTH": f"user:{CANARY}"}),
    ],
)
def test_no_message_repeats_what_may_be_a_secret(problems, text, variables):
    found = problems(text, **variables)
    assert found
    assert CANARY not in "\n".join(found)


def test_hashes_of_tokens_are_not_shown(read):
    sha256 = "ab" * 32
    config = read(f"access: {{tokens: [{{name: a, role: viewer, sha256: {sha256}}}]}}").config
    shown = values_of(config)
    assert shown["access"]["tokens"] == [{"name": "a", "role": "viewer", "sha256": REDACTED}]
    assert sha256 not in render(shown, lambda _: "") + json.dumps(shown)


def test_redaction_covers_what_could_not_be_loaded():
    values = {"a": [{"password": CANARY}], "b": f"amqp://u:{CANARY}@h", "c": {"token": "env:T"}}
    assert redact(values) == {"a": [{"password": REDACTED}], "b": REDACTED, "c": {"token": "env:T"}}
    assert list(literal_secrets(values)) == [("a", 0, "password"), ("b",)]
