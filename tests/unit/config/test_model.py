"""What the model promises by itself: defaults, units, derived values."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aitrader_server.config import Config, load
from aitrader_server.config.rendering import render, template, values_of
from aitrader_server.config.risk import Risk
from aitrader_server.config.section import Section, section_in
from aitrader_server.domain.terms import Limits
from pydantic import ValidationError
from pydantic.fields import FieldInfo

ROOT = Path(__file__).parents[3]
FILE = ROOT / "configs" / "exec.yaml"


def fields_of(section: type[Section], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        here = f"{path}.{name}".removeprefix(".")
        inner = section_in(field.annotation)
        if inner is not None:
            yield from fields_of(inner, here)
        yield here, field


def test_default_limits_are_those_of_the_domain():
    assert Risk().limits() == Limits()


def test_every_limit_can_be_configured(read):
    given = {
        "per_trade_cap": "0.5",
        "daily_loss_limit": "0.4",
        "max_order_notional": "3",
        "max_order_quantity": "4",
        "price_collar": "0.3",
        "max_slippage": "0.2",
        "max_spread": "0.15",
        "max_quote_age_ms": "8",
        "max_position_notional": "9",
        "max_gross_exposure": "10",
        "max_concentration": "0.25",
        "max_open_orders": "12",
        "repeated_order_window_ms": "13",
        "max_unknown_orders": "14",
        "symbols": "[BTCUSDT]",
    }
    lines = "".join(f"  {key}: {value}\n" for key, value in given.items())
    limits = read(f"risk:\n{lines}").config.risk.limits()
    assert limits == msgspec.convert(given | {"symbols": ["BTCUSDT"]}, Limits, strict=False)
    assert all(getattr(limits, name) != getattr(Limits(), name) for name in given)


def test_every_value_says_what_it_means():
    silent = [
        path
        for path, field in fields_of(Config)
        if not field.description and section_in(field.annotation) is None
    ]
    assert silent == []


def test_the_configuration_never_changes():
    with pytest.raises(ValidationError):
        Config().risk.per_trade_cap = 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ("BINANCE_SANDBOX_API_KEY", "BINANCE_SANDBOX_API_SECRET")),
        ("{testnet: true}", ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET")),
        ("{sandbox: false}", ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET")),
        ("{testnet: false}", ("BINANCE_API_KEY", "BINANCE_API_SECRET")),
        ("{testnet: false, api_key_env: MY_KEY}", ("MY_KEY", "BINANCE_API_SECRET")),
    ],
)
def test_names_of_the_key_follow_the_environment(read, text, names):
    live = "  gateway: binance\n  arm_live: true\n" if "false" in text else ""
    config = read(f"account: main\nexecution:\n{live}  binance: {text}\n").config
    assert (config.execution.binance.api_key_env, config.execution.binance.api_secret_env) == names


@pytest.mark.parametrize(
    ("execution", "environment"),
    [
        ("{}", "sandbox"),
        ("{gateway: paper}", "paper"),
        ("{gateway: binance}", "sandbox"),
        ("{gateway: binance, binance: {testnet: true}}", "testnet"),
        ("{gateway: binance, binance: {sandbox: false}}", "testnet"),
        ("{gateway: binance, binance: {sandbox: true, testnet: true}}", "sandbox"),
        ("{gateway: ccxt}", "testnet"),
        ("{gateway: ccxt, ccxt: {testnet: false}, arm_live: true}", "live"),
        ("{gateway: paper, binance: {testnet: false}}", "paper"),
    ],
)
def test_environment_says_where_orders_go(read, execution, environment):
    assert read(f"account: main\nexecution: {execution}").config.environment == environment


def test_the_token_lies_in_the_state_folder_unless_said_otherwise(read):
    assert read("state: here").config.token_path == Path("here/token")
    assert read("access: {token_file: /run/t}").config.token_path == Path("/run/t")


def test_a_tilde_is_the_home_folder(read, problems):
    assert read("state: ~/trading").config.state == Path.home() / "trading"
    assert problems("state: ~nobody-of-that-name/x")


def test_reflection_is_off_on_live_unless_said_otherwise(read):
    live = "account: main\nexecution: {gateway: binance, binance: {testnet: false}, arm_live: on}\n"
    assert read().config.reflection
    assert not read(live).config.reflection
    assert read(live + "grpc: {reflection: true}").config.reflection
    assert not read("grpc: {reflection: no}").config.reflection


class TestFile:
    def test_the_shipped_file_is_the_one_that_init_writes(self):
        assert FILE.read_text(encoding="utf-8") == template()

    def test_it_says_the_defaults_and_nothing_else(self, installed):
        assert load(FILE, environ={}, installed=installed).config == Config()

    def test_it_can_be_read_by_people(self):
        lines = template().splitlines()
        assert lines[0] == "# yaml-language-server: $schema=./exec.schema.json"
        assert len(lines) < 170
        assert max(map(len, lines)) <= 100

    def test_it_shows_every_key(self):
        text = template()
        missing = [
            path
            for path, _ in fields_of(Config)
            if f"{path.rpartition('.')[2]}:" not in text
            and not any(
                f".{name}." in path for name in ("tls", "by_symbol", "by_strategy", "vault")
            )
            and not path.startswith(("access.tokens.", "access.clients."))
        ]
        assert missing == []

    @pytest.mark.parametrize(
        ("name", "environment"), [(name, name) for name in ("paper", "sandbox", "testnet")]
    )
    def test_shipped_environments_are_what_their_names_say(self, installed, name, environment):
        config = load(FILE, environment=name, environ={}, installed=installed).config
        assert config.environment == environment
        assert config.account == name

    def test_every_shipped_environment_is_tested(self):
        shipped = {file.name for file in (FILE.parent / "environments").iterdir()}
        assert shipped == {"paper.yaml", "sandbox.yaml", "testnet.yaml"}

    def test_what_is_shown_reads_back_the_same(self, read):
        config = read(
            "state: 'my state'\n"
            "execution: {paper: {'a b': ['x: y', ''], n: 'null', m: {k: '#'}}}\n"
            "risk: {max_order_notional: 0.00000001, deadman: './beat: 1'}\n"
            "grpc: {host: '::1', tls: {certificate_file: c, key_file: k}}\n"
        ).config
        assert read(render(values_of(config), lambda _: "a note")).config == config
