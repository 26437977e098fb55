"""Section `models`: who decides."""

from typing import Annotated, Final

from pydantic import Field

from aitrader_server.config.section import Section, Settings

Share = Annotated[float, Field(ge=0, le=1)]
PluginName = Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,60}$")]


class Signal(Section):
    """Says which way to trade."""

    name: PluginName = Field(default="trend-rsi-macd", description="name of the plug-in")
    settings: Settings = Field(default={}, description="the plug-in's own keys")


class Regime(Section):
    """Says what kind of market it is."""

    name: PluginName = Field(default="atr-bands", description="name of the plug-in")
    settings: Settings = Field(default={}, description="the plug-in's own keys")


LAST_SENTIMENT_MODEL: Final = "rules"
"""Needs neither weights nor a network and always answers, so that every chain ends with it."""

ModelTimeout = Annotated[int, Field(ge=1, le=60_000)]
"""Time that one sentiment model may take, ms."""


class Fallback(Section):
    """A sentiment model that is asked when those before it do not answer."""

    name: PluginName = Field(description="name of the plug-in")
    settings: Settings = Field(default={}, description="the plug-in's own keys")
    timeout_ms: ModelTimeout = Field(default=2_000, description="time it may take, ms, 1 to 60000")


class Sentiment(Section):
    """Says what news mean for a price."""

    name: PluginName = Field(default="rules", description="rules, onnx, openai, azure or google")
    settings: Settings = Field(default={}, description="the plug-in's own keys")
    timeout_ms: ModelTimeout = Field(default=2_000, description="time it may take, ms, 1 to 60000")
    fallbacks: list[Fallback] = Field(
        default=[],
        max_length=5,
        description="asked in turn when it fails, then rules: [{name, settings, timeout_ms}]",
    )
    cloud_decides: bool = Field(
        default=False, description="true: orders may wait for a cloud service"
    )
    symbol_decides: bool = Field(
        default=False, description="true: without news, what was said of the symbol has its say"
    )
    cache_texts_max: int = Field(
        default=10_000, ge=0, le=1_000_000, description="texts whose score is kept, 0 to 1000000"
    )
    half_life_s: int = Field(
        default=3_600, ge=1, le=31_536_000, description="age at which news count half, s"
    )
    stale_after_s: int = Field(
        default=21_600, ge=1, le=31_536_000, description="age from which news have no say, s"
    )
    source_weights: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        default={}, max_length=1_000, description="{source: weight} beside others' 1; 0: ignored"
    )
    neutral_share: tuple[Share, Share] = Field(
        default=(0.1, 0.9), description="usual share of neutral texts, [least, most]"
    )


class Models(Section):
    """Who decides; a model that fails or is late means hold."""

    signal: Signal = Signal()
    regime: Regime = Regime()
    sentiment: Sentiment = Sentiment()
    sentiment_timeout_ms: int = Field(
        default=250, ge=1, le=60_000, description="time an order waits for it, ms, 1 to 60000"
    )
