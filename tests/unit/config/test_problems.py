"""Every mistake is named in one go, by line, key and remedy."""

import pytest

TEN_MISTAKES = """\
account: main
execution:
  gateway: binanc
  symbols: [BTCUSDT, ethusdt]
risk:
  per_trade_cap: two percent
  daily_los_limit: 0.06
  max_spread: 1.5
  max_open_orders: 20
  max_open_orders: 30
grpc:
  host: 0.0.0.0
  port: 70000
models:
  sentiment:
    settings:
      api_key: sk-very-secret
journal:
  kind: mysql
"""


def test_ten_mistakes_give_ten_lines(problems):
    assert [line.split(": ")[:2] for line in problems(TEN_MISTAKES)] == [
        ["exec.yaml:3", "execution.gateway"],
        ["exec.yaml:4", "execution.symbols[1]"],
        ["exec.yaml:6", "risk.per_trade_cap"],
        ["exec.yaml:7", "risk.daily_los_limit"],
        ["exec.yaml:8", "risk.max_spread"],
        ["exec.yaml:10", "risk.max_open_orders"],
        ["exec.yaml:12", "grpc.host"],
        ["exec.yaml:13", "grpc.port"],
        ["exec.yaml:17", "models.sentiment.settings.api_key"],
        ["exec.yaml:19", "journal.kind"],
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "risk:\n\n  daily_los_limit: 0.06",
            "exec.yaml:3: risk.daily_los_limit: unknown key, did you mean daily_loss_limit?",
        ),
        ("rsk: {}", "exec.yaml:1: rsk: unknown key, did you mean risk?"),
        (
            "events: {zzz: 1}",
            (
                "exec.yaml:1: events.zzz: unknown key; "
                "known here: heartbeat_s, subscriber_queue_size_max"
            ),
        ),
        (
            "risk: {per_trade_cap: 2}",
            (
                "exec.yaml:1: risk.per_trade_cap: '2' is out of bounds, write at most 1 "
                "(share of equity one trade may risk, 0 to 1)"
            ),
        ),
        (
            "risk:\n  per_trade_cap: two",
            (
                "exec.yaml:2: risk.per_trade_cap: 'two' does not fit, write a decimal number "
                "such as 0.02 (share of equity one trade may risk, 0 to 1)"
            ),
        ),
        (
            "events:\n  heartbeat_s: 1.5",
            (
                "exec.yaml:2: events.heartbeat_s: '1.5' does not fit, write a whole number "
                "(silence before a heartbeat, s, 1 to 15)"
            ),
        ),
        (
            "risk:\n  initial_trading_state: halted",
            (
                "exec.yaml:2: risk.initial_trading_state: 'halted' is not known, did you mean "
                "HALTED? write one of ACTIVE, REDUCING, HALTED"
            ),
        ),
        (
            "execution: {binance: {testnet: maybe}}",
            (
                "exec.yaml:1: execution.binance.testnet: 'maybe' does not fit, write true or false "
                "(true: Spot testnet; false: real money)"
            ),
        ),
        (
            "risk: 0.02",
            "exec.yaml:1: risk: '0.02' does not fit, write `key: value` lines below it",
        ),
        (
            "execution: {symbols: BTCUSDT}",
            (
                "exec.yaml:1: execution.symbols: 'BTCUSDT' does not fit, write a list such as "
                "[A, B] (what is traded, in the venue's spelling, 1 to 200)"
            ),
        ),
        (
            "execution: {symbols: []}",
            (
                "exec.yaml:1: execution.symbols: a list is out of bounds, write at least 1 items "
                "(what is traded, in the venue's spelling, 1 to 200)"
            ),
        ),
        (
            "risk: {max_open_orders: }",
            (
                "exec.yaml:1: risk.max_open_orders: an empty value does not fit, write a "
                "whole number (orders that may work at once, to 10000)"
            ),
        ),
        (
            "risk: {max_spread: NaN}",
            (
                "exec.yaml:1: risk.max_spread: 'NaN' does not fit, write a decimal number "
                "such as 0.02 (ask minus bid as a share of the middle, 0 to 1)"
            ),
        ),
        (
            "access:\n  tokens:\n    - name: me\n      role: king\n",
            (
                "exec.yaml:4: access.tokens[0].role: 'king' is not known; "
                "write one of viewer, trader, risk_admin"
            ),
        ),
        (
            "models: {sentiment: {fallbacks: [{name: finbert}, {name: rules}, {name: finbert}]}}",
            (
                "exec.yaml:1: models.sentiment.fallbacks[2]: finbert is never asked, as rules "
                "always answer; write it before them"
            ),
        ),
        (
            "execution:\n  gateway: binanc",
            (
                "exec.yaml:2: execution.gateway: binanc is not installed, did you mean binance? "
                "installed: binance, ccxt, elsewhere, paper"
            ),
        ),
        (
            "execution:\n  symbols:\n    - BTCUSDT\n    - BTCEUR",
            (
                "exec.yaml:4: execution.symbols[1]: BTCEUR is not quoted in USDT; "
                "write e.g. BTCUSDT, or change quote_asset"
            ),
        ),
        (
            "execution: {symbols: [BTCUSDT, BTCUSDT]}",
            "exec.yaml:1: execution.symbols[1]: BTCUSDT is listed twice",
        ),
        (
            "risk: {symbols: [XRPUSDT]}",
            (
                "exec.yaml:1: risk.symbols[0]: XRPUSDT is not in execution.symbols; "
                "add it there or remove it here"
            ),
        ),
        (
            "execution: {symbols: [btc-usdt]}",
            (
                "exec.yaml:1: execution.symbols[0]: 'btc-usdt' does not fit, did you mean "
                "BTC-USDT? (what is traded, in the venue's spelling, 1 to 200)"
            ),
        ),
        (
            "execution: {symbols: [btc/usdt]}",
            (
                "exec.yaml:1: execution.symbols[0]: 'btc/usdt' does not fit, did you mean "
                "BTCUSDT? (what is traded, in the venue's spelling, 1 to 200)"
            ),
        ),
        (
            "execution: {binance: {api_key_env: my key}}",
            (
                "exec.yaml:1: execution.binance.api_key_env: the value does not fit, write what "
                "matches ^[A-Z_][A-Z0-9_]*$ "
                "(its variable; BINANCE_TESTNET_API_KEY, BINANCE_API_KEY)"
            ),
        ),
        ("rest: {port: 50051}", "exec.yaml:1: rest.port: 50051 is grpc.port too"),
        (
            "risk:\n  by_symbol:\n    BTCUSDT: {max_orders: 1}",
            (
                "exec.yaml:3: risk.by_symbol.BTCUSDT.max_orders: unknown key, "
                "did you mean max_open_orders?"
            ),
        ),
        (
            "risk:\n  by_symbol:\n    XRPUSDT: {max_open_orders: 1}",
            (
                "exec.yaml:3: risk.by_symbol.XRPUSDT: XRPUSDT is not in execution.symbols; "
                "add it there or remove it here"
            ),
        ),
        (
            "risk:\n  by_strategy:\n    news: {max_open_orders: -1}",
            (
                "exec.yaml:3: risk.by_strategy.news.max_open_orders: '-1' is out of bounds, write "
                "at least 0 (orders that may work at once)"
            ),
        ),
        (
            "journal: {kind: postgres}",
            "exec.yaml:1: journal.url: postgres needs an address; write env:NAME or file:/path",
        ),
        (
            "limits_store: {url: 'file:/run/redis'}",
            "exec.yaml:1: limits_store.url: nothing asks for it; write limits_store.kind: redis",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(problems, text, line):
    assert line in problems(text)


def test_missing_key_is_named_at_the_mapping_that_lacks_it(problems):
    text = "grpc:\n  tls:\n    key_file: k.pem\n"
    assert problems(text) == [
        "exec.yaml:2: grpc.tls.certificate_file: is missing (the server's certificate chain)"
    ]


def test_a_wrong_value_does_not_cause_further_complaints(problems):
    # The symbol that is misspelt cannot be judged by its quote asset as well.
    assert len(problems("execution: {symbols: [btceur], quote_asset: usd}")) == 2


def test_wrong_values_do_not_hide_broken_rules_elsewhere(problems):
    found = problems("risk: {per_trade_cap: x}\nrest: {host: 10.0.0.1}")
    assert [line.split(": ")[1] for line in found] == ["risk.per_trade_cap", "rest.host"]


def test_two_wrong_items_of_one_list_are_both_named(problems):
    found = problems("access: {token_files: x, tokens: [{name: a}, {role: b}]}")
    assert {line.split(": ")[1] for line in found} == {
        "access.token_files",
        "access.tokens[0].role",
        "access.tokens[0].sha256",
        "access.tokens[1].name",
        "access.tokens[1].role",
        "access.tokens[1].sha256",
    }


def test_variable_that_matches_nothing_is_named(problems):
    assert problems(AITRADER__RISK__DEADMN="x", AITRADER__RSK__DEADMAN="x") == [
        "AITRADER__RISK__DEADMN: risk.deadmn: unknown key, did you mean deadman?",
        "AITRADER__RSK__DEADMAN: rsk: unknown key, did you mean risk?",
    ]


def test_flag_that_matches_nothing_is_named(problems):
    assert problems(flags=("rest.prt=1",)) == [
        "--set rest.prt: rest.prt: unknown key, did you mean port?"
    ]


@pytest.mark.parametrize("flag", ["rest.port", "=3", ""])
def test_flag_without_key_and_value_is_named(problems, flag):
    assert problems(flags=(flag,)) == ["--set: write section.key=value"]


def test_two_spellings_of_one_variable_are_refused(problems):
    found = problems(AITRADER__RISK__DEADMAN="a", aitrader__risk__deadman="b")
    assert found == ["aitrader__risk__deadman: risk.deadman: also set by AITRADER__RISK__DEADMAN"]


class TestLive:
    LIVE = "execution: {gateway: binance, binance: {testnet: false}, arm_live: %s}\naccount: %s"

    def test_needs_the_arm_flag_and_a_named_account(self, problems):
        assert problems(self.LIVE % ("false", "sandbox")) == [
            (
                "exec.yaml:1: execution.arm_live: this trades with real money; "
                "write true to allow it, or choose a sandbox or testnet"
            ),
            "exec.yaml:2: account: this trades with real money; name the account that is meant",
        ]

    @pytest.mark.parametrize(("armed", "account"), [("true", "sandbox"), ("false", "main")])
    def test_needs_both(self, problems, armed, account):
        assert len(problems(self.LIVE % (armed, account))) == 1

    def test_goes_with_both(self, read):
        assert read(self.LIVE % ("true", "main")).config.environment == "live"

    def test_a_venue_of_unknown_kind_counts_as_live(self, problems):
        assert "execution.arm_live" in problems("execution: {gateway: elsewhere}")[0]

    def test_the_arm_flag_alone_is_not_live(self, read):
        loaded = read("execution: {gateway: binance, arm_live: true}")
        assert loaded.config.environment == "sandbox"

    def test_a_sandbox_is_not_live(self, problems):
        text = "execution: {gateway: binance, binance: {sandbox: true, testnet: false}}"
        assert problems(text) == [
            (
                "exec.yaml:1: execution.binance.sandbox: this trades with play money; "
                "write false to trade where testnet says"
            )
        ]


class TestPorts:
    @pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", '"::"', "engine.example"])
    def test_beyond_this_machine_needs_tls(self, problems, host):
        (line,) = problems(f"grpc: {{host: {host}}}")
        assert line.startswith("exec.yaml:1: grpc.host: ")
        assert line.endswith(
            "can be reached from other machines; write 127.0.0.1, "
            "or set grpc.tls.certificate_file and grpc.tls.key_file"
        )

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", '"::1"'])
    def test_this_machine_needs_none(self, read, host):
        assert read(f"grpc: {{host: {host}}}").config.grpc.tls is None

    def test_tls_opens_the_port(self, read):
        text = "grpc: {host: 0.0.0.0, tls: {certificate_file: c.pem, key_file: k.pem}}"
        assert read(text).config.grpc.host == "0.0.0.0"

    def test_two_free_ports_may_be_left_to_the_system(self, read):
        assert read("grpc: {port: 0}\nrest: {port: 0}").config.rest.port == 0
