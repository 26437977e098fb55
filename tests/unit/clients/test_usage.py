"""Misuse of a command is found before anybody is called."""

import gc
from importlib.metadata import version

import pytest
from aitrader_clients.cli import cli
from click.testing import CliRunner

NOBODY = {"AITRADER_ENDPOINT": "127.0.0.1:1"}


@pytest.mark.parametrize(
    "line",
    [
        ("nonsense",),
        ("buy", "BTCUSDT"),
        ("buy", "BTCUSDT", "0.1", "--quote", "10"),
        ("buy", "BTCUSDT", "1e99"),
        ("buy", "BTCUSDT", "nan"),
        ("buy", "BTCUSDT", "-1"),
        ("buy", "BTCUSDT", "1", "--stop-loss", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-limit", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--exit-quantity", "1"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-loss", "10"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--take-profit", "10"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--take-profit", "8", "--stop-loss", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--take-profit", "11", "--stop-limit", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-loss", "8", "--stop-limit", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-loss", "8", "--exit-quantity", "2"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-loss", "8", "--stop", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-loss", "8", "--trailing-bips", "9"),
        ("buy", "BTCUSDT", "1", "--limit", "10", "--stop-loss", "8", "--type", "take_profit"),
        ("buy", "BTCUSDT", "--quote", "100", "--limit", "10", "--stop-loss", "8"),
        ("sell", "BTCUSDT", "1", "--stop-loss", "8"),
        ("sell", "BTCUSDT", "1", "--stop-loss", "8", "--stop-limit", "7"),
        ("sell", "BTCUSDT", "1", "--take-profit", "11"),
        ("sell", "BTCUSDT", "1", "--take-profit", "8", "--stop-loss", "11"),
        ("sell", "BTCUSDT", "1", "--limit", "10", "--take-profit", "11", "--stop-loss", "8"),
        ("sell", "BTCUSDT", "1", "--take-profit", "9", "--stop-loss", "8", "--exit-quantity", "1"),
        ("trade", "BTCUSDT", "--feature", "moon=1"),
        ("trade", "BTCUSDT", "--feature", "rsi=high"),
        ("cancel",),
        ("cancel", "q-1", "--all"),
        ("cancel", "q-1", "--symbol", "BTCUSDT"),
        ("replace", "q-1"),
        ("resolve", "q-1", "--evidence", "x"),
        ("resume",),
        ("limits", "set", "moon", "1", "--if-version", "1"),
        ("limits", "set", "max_open_orders", "many", "--if-version", "1"),
        ("limits", "set", "max_open_orders", "-1", "--if-version", "1"),
        ("sentiment",),
        ("sentiment", "-"),
        ("sentiment", "-", "--symbol", "BTCUSDT"),
        ("sentiment", "--symbol", "BTCUSDT", "--why"),
        ("sentiment", "--symbol", "BTCUSDT", "--source", "coindesk"),
        ("sentiment", "text", "--model"),
        ("sentiment", "text", "--published-at", "yesterday"),
        ("sentiment", "text", "--published-at", "2026-11-22T14:05:00"),
        ("trade", "BTCUSDT", "--news-source", "coindesk"),
        ("trade", "BTCUSDT", "--news-published-at", "2026-11-22T14:05:00Z"),
        ("trade", "BTCUSDT", "--news", "x", "--news-published-at", "14:05"),
        ("status", "--timeout", "0"),
    ],
    ids=" ".join,
)
def test_a_misused_command_is_2(line):
    # 6 would say that a call was tried.
    ran = CliRunner(env=NOBODY).invoke(cli, line)
    assert ran.exit_code == 2, ran.output
    assert ran.stdout == ""
    assert "Error:" in ran.stderr
    assert gc.isenabled()


def test_the_version_is_a_flag_too():
    ran = CliRunner(env=NOBODY).invoke(cli, ["--version"])
    assert (ran.exit_code, ran.stdout) == (0, f"{version('ai-trader')}\n")
