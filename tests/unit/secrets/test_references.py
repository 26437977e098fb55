"""What a reference means of what is kept at its place."""

import pytest
from aitrader_server.adapters.secrets.references import Reference, parse, pick
from aitrader_server.errors import SecretError

VALUE = "canary-in-json-51d0"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("env:BINANCE_API_KEY", Reference("env", "BINANCE_API_KEY")),
        ("file:/run/secrets/a#b", Reference("file", "/run/secrets/a#b")),
        ("vault:team/kv/binance#key", Reference("vault", "team/kv/binance", "key")),
        ("aws-sm:trading/binance#key", Reference("aws-sm", "trading/binance", "key")),
        (
            "aws-sm:arn:aws:secretsmanager:eu-central-1:1:secret:b-AbCdEf",
            Reference("aws-sm", "arn:aws:secretsmanager:eu-central-1:1:secret:b-AbCdEf"),
        ),
        (
            "gcp-sm:projects/p/secrets/s/versions/7#key",
            Reference("gcp-sm", "projects/p/secrets/s/versions/7", "key"),
        ),
    ],
)
def test_the_field_stands_after_the_mark_where_there_can_be_one(text, parts):
    assert parse(text) == parts


def test_a_field_of_a_json_object_is_picked():
    reference = parse("aws-sm:binance#secret")
    assert pick(f'{{"key": "k", "secret": "{VALUE}"}}', reference) == VALUE
    assert pick(f" {VALUE} ", parse("aws-sm:binance")) == f" {VALUE} "


@pytest.mark.parametrize(
    "text",
    ["{}", '{"other": "x"}', '{"secret": ""}', '{"secret": 7}', '{"secret": null}'],
)
def test_a_field_that_holds_no_text_is_named(text):
    with pytest.raises(SecretError, match="no text in the field secret of binance"):
        pick(text, parse("aws-sm:binance#secret"))


@pytest.mark.parametrize("text", [VALUE, f'["{VALUE}"]', f'{{"a": "{VALUE}"', "[" * 100_000])
def test_what_is_no_object_is_not_shown(text):
    with pytest.raises(SecretError, match="binance holds no JSON object") as refused:
        pick(text, parse("aws-sm:binance#secret"))
    assert VALUE not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_vault_keeps_fields_and_wants_one_named():
    with pytest.raises(SecretError, match="write kv/binance#field of: key, secret"):
        pick('{"secret": "x", "key": "y"}', parse("vault:kv/binance"))


def test_nothing_is_no_secret():
    with pytest.raises(SecretError, match="binance is empty"):
        pick("", parse("aws-sm:binance"))
