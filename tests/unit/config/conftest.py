from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from aitrader_server.config import Loaded, load
from aitrader_server.errors import ConfigError

INSTALLED = {
    "aitrader.venues": ("paper", "binance", "ccxt", "elsewhere"),
    "aitrader.signal_models": ("trend-rsi-macd",),
    "aitrader.regime_models": ("atr-bands",),
    "aitrader.sentiment_models": ("rules", "finbert"),
}

Read = Callable[..., Loaded]
Problems = Callable[..., list[str]]


@pytest.fixture
def installed() -> dict[str, tuple[str, ...]]:
    """Plug-ins that the tests take for installed."""
    return INSTALLED


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Loads the given text as exec.yaml, with variables as keywords and flags as a list."""

    def read_text(text: str = "", flags: tuple[str, ...] = (), **variables: str) -> Loaded:
        path = tmp_path / "exec.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load(path, flags=flags, environ=variables, installed=INSTALLED)

    return read_text


@pytest.fixture
def problems(read: Read, tmp_path: Path) -> Problems:
    """Like `read`, for text that must be refused: its problems, without the folder's name."""

    def problems_of(text: str = "", flags: tuple[str, ...] = (), **variables: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(text, flags, **variables)
        return [problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems]

    return problems_of
