"""Where values come from, which one wins, and that text stays exact on the way."""

from decimal import Decimal
from pathlib import Path

import pytest
from aitrader_server.config import Config, load
from aitrader_server.config.document import read_text
from aitrader_server.config.layers import read_flags
from aitrader_server.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st

CAP = ("risk", "per_trade_cap")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "exec.yaml").write_text("risk:\n  per_trade_cap: 0.011\n  max_spread: 0.5\n")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "calm.yaml").write_text("risk: {per_trade_cap: 0.012}\n")
    return tmp_path


def test_flag_wins_over_variable_over_environment_over_file_over_default(folder, installed):
    path = folder / "exec.yaml"
    variables = {"AITRADER__RISK__PER_TRADE_CAP": "0.013"}
    flags = ["risk.per_trade_cap=0.014"]

    def cap(**sources):
        loaded = load(**{"environ": {}, "installed": installed} | sources)
        return str(loaded.config.risk.per_trade_cap), loaded.origin(CAP)

    environment = f"{folder}/environments/calm.yaml:1"
    assert cap(path=path, environment="calm", environ=variables, flags=flags) == (
        "0.014",
        "--set risk.per_trade_cap",
    )
    assert cap(path=path, environment="calm", environ=variables) == (
        "0.013",
        "AITRADER__RISK__PER_TRADE_CAP",
    )
    assert cap(path=path, environment="calm") == ("0.012", environment)
    assert cap(path=path) == ("0.011", f"{path}:2")
    (folder / "exec.yaml").write_text("")
    assert cap(path=path) == ("0.02", "default")


def test_sources_merge_key_by_key(folder, installed):
    loaded = load(
        folder / "exec.yaml",
        environment="calm",
        environ={"AITRADER__RISK__MAX_OPEN_ORDERS": "7"},
        installed=installed,
    )
    risk = loaded.config.risk
    assert (risk.per_trade_cap, risk.max_spread, risk.max_open_orders) == (
        Decimal("0.012"),
        Decimal("0.5"),
        7,
    )
    assert loaded.origin(("risk", "max_spread")) == f"{folder}/exec.yaml:3"


def test_lists_are_replaced_whole(read):
    loaded = read(
        "execution:\n  symbols:\n  - BTCUSDT\n  - ETHUSDT\n",
        AITRADER__EXECUTION__SYMBOLS="[BNBUSDT]",
    )
    assert loaded.config.execution.symbols == ("BNBUSDT",)
    assert loaded.origin(("execution", "symbols", 0)) == "AITRADER__EXECUTION__SYMBOLS"
    assert loaded.origin(("execution", "symbols", 1)) == "AITRADER__EXECUTION__SYMBOLS"


def test_variables_may_hold_mappings_and_any_case(read):
    config = read(aitrader__Models__Sentiment="{name: finbert, settings: {threads: 2}}").config
    assert config.models.sentiment.name == "finbert"
    assert config.models.sentiment.settings == {"threads": "2"}


def test_variable_can_empty_a_value(read):
    assert read("risk: {deadman: beat}", AITRADER__RISK__DEADMAN="").config.risk.deadman is None


def test_null_takes_an_optional_section_away(read):
    text = "grpc: {tls: {certificate_file: c, key_file: k}}"
    assert read(text).config.grpc.tls is not None
    assert read(text, AITRADER__GRPC__TLS="null").config.grpc.tls is None


@pytest.mark.parametrize("name", ["RISK", "EXECUTION", "EXECUTION__BINANCE", "EXECUTION__PAPER"])
def test_an_empty_section_leaves_weaker_sources_as_they_are(read, name):
    text = "risk: {max_spread: 0.5}\nexecution: {binance: {api_key_env: K}, paper: {seed: 1}}"
    assert read(text, **{f"AITRADER__{name}": ""}).config == read(text).config


def test_other_variables_are_left_alone(read):
    assert read(AITRADER_ENDPOINT="x", AITRADER_RISK="y", HOME="/").config == Config()


@pytest.mark.parametrize("text", ["", "# only words\n", "risk:\n", "execution: {paper: }\n"])
def test_empty_sections_keep_their_defaults(read, text):
    assert read(text).config == Config()


def test_a_named_file_must_exist(tmp_path, installed):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.yaml", environ={}, installed=installed)
    assert caught.value.problems == (
        f"{tmp_path}/none.yaml: no such file; `aitrader config init` writes one",
    )


@pytest.mark.parametrize("name", ["clam", "../exec", "", "*"])
def test_an_environment_must_exist(folder, installed, name):
    with pytest.raises(ConfigError) as caught:
        load(folder / "exec.yaml", environment=name, environ={}, installed=installed)
    assert caught.value.problems == (
        f"{folder}/environments: no environment {name}; there are: calm",
    )


def test_decimals_keep_every_digit(read):
    risk = read("risk: {per_trade_cap: 0.020, max_order_notional: 12345678901234567890.10}")
    assert str(risk.config.risk.per_trade_cap) == "0.020"
    assert str(risk.config.risk.max_order_notional) == "12345678901234567890.10"


@given(st.decimals(min_value=0, max_value=10**24, places=12))
def test_any_amount_survives_exactly(amount):
    text = format(amount, "f")
    values = read_flags([f"risk.max_order_notional={text}"]).values
    read = Config.model_validate(values).risk.max_order_notional
    assert format(read, "f") == text


class TestText:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("a: b: c", "f:1: not valid YAML: mapping values are not allowed here"),
            ("risk:\n\tcap: 1", "f:2: not valid YAML: found character"),
            ("a: &x 1\nb: *x", "f:2: not valid YAML: aliases are not supported"),
            ("a: &x [*x]", "f:1: not valid YAML: aliases are not supported"),
            ("a: 1\n---\nb: 2", "f:2: not valid YAML: but found another document"),
            ("[" * 5000, "f:1: not valid YAML: nested deeper than 20 levels"),
            ("a: \x07", "f:1: not valid YAML: "),
            ("- a", "f:1: write `key: value` lines"),
            ("#" * 100_001, "f:1: longer than 100000 characters"),
        ],
    )
    def test_what_is_not_yaml_is_one_problem(self, text, problem):
        layer = read_text(text, "f")
        assert layer.is_broken
        (found,) = layer.problems
        assert str(found).startswith(problem)

    def test_a_broken_file_is_the_only_complaint(self, problems):
        assert len(problems("a: b: c", AITRADER__NOTHING="1")) == 1

    def test_scalars_stay_text_and_only_bare_words_are_null(self):
        layer = read_text('a: 0.020\nb: no\nc: null\nd: "null"\ne:\nf: ""\ng: 2026-01-01', "f")
        assert layer.values == {
            "a": "0.020",
            "b": "no",
            "c": None,
            "d": "null",
            "e": None,
            "f": "",
            "g": "2026-01-01",
        }

    def test_tags_construct_nothing(self):
        assert read_text("a: !!python/object/apply:os.getcwd []", "f").values == {"a": []}

    def test_keys_are_words(self):
        layer = read_text("? [a]\n: 1", "f")
        assert [str(problem) for problem in layer.problems] == ["f:1: a key must be a word"]

    def test_a_file_that_is_not_text(self, tmp_path, installed):
        path = tmp_path / "exec.yaml"
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match="is not UTF-8 text"):
            load(path, environ={}, installed=installed)
