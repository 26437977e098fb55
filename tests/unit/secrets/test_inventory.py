"""Every key of the configuration that stands for a secret is looked at."""

from typing import get_args

from aitrader_models.cloud.azure import AzureSettings
from aitrader_models.cloud.openai import OpenAiSettings
from aitrader_server.config import Config
from aitrader_server.config.section import SecretReference, section_in
from aitrader_server.secret_inventory import MODEL_KEYS, wanted_secrets

VAULT = {"url": "https://vault", "secret_id": "env:ID", "token": "env:TOKEN"}


def references(section, path=()):
    """Dotted keys of every field that takes a reference."""
    for name, field in section.model_fields.items():
        here = (*path, name)
        deeper = section_in(field.annotation)
        if deeper is not None and deeper is not section:
            yield from references(deeper, here)
        elif SecretReference in get_args(field.annotation):
            yield ".".join(here)


def config(**sections) -> Config:
    return Config.model_validate(sections)


def test_no_reference_is_left_out():
    everything = config(
        execution={"binance": {"testnet": True, "api_key": "vault:a#k", "api_secret": "vault:a#s"}},
        watchdog={"api_key": "file:/k", "api_secret": "file:/s"},
        journal={"kind": "postgres", "url": "env:JOURNAL"},
        limits_store={"kind": "redis", "url": "env:LIMITS"},
        metrics={"pushgateway_url": "env:PUSH", "basic_auth": "env:AUTH"},
        secrets={"vault": VAULT},
    )
    found = {wanted.key for wanted in wanted_secrets(everything)}
    known = set(references(Config))
    assert "journal.url" in known
    assert known <= found


def test_variables_are_named_where_no_reference_is_written():
    found = {wanted.key: wanted for wanted in wanted_secrets(config())}
    assert found["execution.binance.api_key_env"].reference == "env:BINANCE_SANDBOX_API_KEY"
    assert found["execution.binance.api_key_env"].without
    testnet = config(execution={"binance": {"testnet": True}})
    found = {wanted.key: wanted for wanted in wanted_secrets(testnet)}
    assert found["execution.binance.api_key_env"].reference == "env:BINANCE_TESTNET_API_KEY"
    assert not found["execution.binance.api_key_env"].without


def test_keys_of_cloud_models_are_those_that_their_settings_name():
    chosen = {
        "name": "openai",
        "settings": {"api_key_env": "MY_KEY"},
        "fallbacks": [{"name": "azure"}, {"name": "onnx"}],
    }
    found = {
        wanted.key: wanted.reference
        for wanted in wanted_secrets(config(models={"sentiment": chosen}))
    }
    assert found["models.sentiment.settings.api_key_env"] == "env:MY_KEY"
    assert found["models.sentiment.fallbacks[0].settings.api_key_env"] == "env:AZURE_LANGUAGE_KEY"
    assert not any("fallbacks[1]" in key for key in found)
    defaults = {"azure": AzureSettings, "openai": OpenAiSettings}
    assert {
        name: settings.model_fields["api_key_env"].default for name, settings in defaults.items()
    } == MODEL_KEYS


def test_other_venues_are_asked_for_their_own():
    assert not any(
        wanted.key.startswith(("execution", "watchdog"))
        for wanted in wanted_secrets(config(execution={"gateway": "paper"}))
    )
    ccxt = [wanted.key for wanted in wanted_secrets(config(execution={"gateway": "ccxt"}))]
    assert "execution.ccxt.api_secret_env" in ccxt
