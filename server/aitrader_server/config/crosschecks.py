"""Rules that span several keys, each with what to write instead."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from aitrader_server.config.document import KeyPath
from aitrader_server.config.edge import Listener
from aitrader_server.config.model import UNNAMED_ACCOUNT, Config
from aitrader_server.config.models import LAST_SENTIMENT_MODEL
from aitrader_server.plugins import (
    REGIME_MODELS,
    SENTIMENT_MODELS,
    SIGNAL_MODELS,
    VENUES,
    absence,
)


@dataclass(frozen=True, slots=True)
class Clash:
    """A broken rule; it is moot when one of `involved` is wrong by itself."""

    path: KeyPath
    message: str
    involved: tuple[KeyPath, ...] = ()


def clashes(config: Config, installed: Mapping[str, Collection[str]]) -> Iterator[Clash]:
    """Every broken rule; `installed` names the plug-ins by entry-point group."""
    yield from _missing_plugins(config, installed)
    yield from _shares(config)
    yield from _never_asked(config)
    if config.execution.gateway in installed.get(VENUES.name, ()):
        yield from _unarmed_live(config)
        yield from _sandboxed_live(config)
    yield from _symbols(config)
    yield from _servers(config)
    yield from _open_ports(config)
    yield from _tokens(config)


def _missing_plugins(config: Config, installed: Mapping[str, Collection[str]]) -> Iterator[Clash]:
    chosen: tuple[tuple[KeyPath, str, str], ...] = (
        (("execution", "gateway"), VENUES.name, config.execution.gateway),
        (("models", "signal", "name"), SIGNAL_MODELS.name, config.models.signal.name),
        (("models", "regime", "name"), REGIME_MODELS.name, config.models.regime.name),
        (("models", "sentiment", "name"), SENTIMENT_MODELS.name, config.models.sentiment.name),
        *(
            (("models", "sentiment", "fallbacks", at, "name"), SENTIMENT_MODELS.name, fallback.name)
            for at, fallback in enumerate(config.models.sentiment.fallbacks)
        ),
    )
    for path, group, name in chosen:
        names = installed.get(group, ())
        if name not in names:
            yield Clash(path, absence(name, names))


def _shares(config: Config) -> Iterator[Clash]:
    least, most = config.models.sentiment.neutral_share
    if least > most:
        path = ("models", "sentiment", "neutral_share")
        yield Clash(path, f"{least} is more than {most}; write the smaller share first")


def _never_asked(config: Config) -> Iterator[Clash]:
    """Within the list alone: to switch to the rules at once must not take an edit of it."""
    names = [fallback.name for fallback in config.models.sentiment.fallbacks]
    if LAST_SENTIMENT_MODEL in names:
        last = names.index(LAST_SENTIMENT_MODEL)
        for at in range(last + 1, len(names)):
            yield Clash(
                ("models", "sentiment", "fallbacks", at),
                f"{names[at]} is never asked, as {names[last]} always answer; write it before them",
            )


def _unarmed_live(config: Config) -> Iterator[Clash]:
    if config.environment != "live":
        return
    involved: tuple[KeyPath, ...] = (
        ("execution", "gateway"),
        ("execution", "binance", "sandbox"),
        ("execution", "binance", "testnet"),
        ("execution", "ccxt", "testnet"),
    )
    if not config.execution.arm_live:
        yield Clash(
            ("execution", "arm_live"),
            "this trades with real money; write true to allow it, or choose a sandbox or testnet",
            involved,
        )
    if config.account == UNNAMED_ACCOUNT:
        yield Clash(
            ("account",), "this trades with real money; name the account that is meant", involved
        )


def _sandboxed_live(config: Config) -> Iterator[Clash]:
    binance = config.execution.binance
    if config.execution.gateway != "binance" or not binance.sandbox:
        return
    if not binance.testnet:
        yield Clash(
            ("execution", "binance", "sandbox"),
            "this trades with play money; write false to trade where testnet says",
            (("execution", "binance", "testnet"),),
        )


def _symbols(config: Config) -> Iterator[Clash]:
    quote = config.execution.quote_asset
    traded = config.execution.symbols
    involved: tuple[KeyPath, ...] = (("execution", "symbols"), ("execution", "quote_asset"))
    for index, symbol in enumerate(traded):
        if not symbol.endswith(quote) or symbol == quote:
            yield Clash(
                ("execution", "symbols", index),
                f"{symbol} is not quoted in {quote}; write e.g. BTC{quote}, or change quote_asset",
                involved,
            )
        if symbol in traded[:index]:
            yield Clash(("execution", "symbols", index), f"{symbol} is listed twice", involved)
    limited: tuple[KeyPath, ...] = (
        *(("risk", "symbols", index) for index in range(len(config.risk.symbols))),
        *(("risk", "by_symbol", symbol) for symbol in config.risk.by_symbol),
    )
    for path, symbol in zip(limited, (*config.risk.symbols, *config.risk.by_symbol), strict=True):
        if symbol not in traded:
            yield Clash(
                path,
                f"{symbol} is not in execution.symbols; add it there or remove it here",
                involved,
            )


def _servers(config: Config) -> Iterator[Clash]:
    """What runs elsewhere needs an address, and what does not has none."""
    stores: tuple[tuple[str, str, bool, str | None], ...] = (
        ("journal", "postgres", config.journal.kind == "postgres", config.journal.url),
        ("limits_store", "redis", config.limits_store.kind == "redis", config.limits_store.url),
    )
    for section, kind, wanted, url in stores:
        path, involved = (section, "url"), ((section, "kind"),)
        if wanted and url is None:
            yield Clash(path, f"{kind} needs an address; write env:NAME or file:/path", involved)
        elif url is not None and not wanted:
            yield Clash(path, f"nothing asks for it; write {section}.kind: {kind}", involved)


def _open_ports(config: Config) -> Iterator[Clash]:
    listeners: dict[str, Listener] = {"grpc": config.grpc, "rest": config.rest}
    for name, listener in listeners.items():
        if not listener.is_loopback and listener.tls is None:
            yield Clash(
                (name, "host"),
                f"{listener.host} can be reached from other machines; write 127.0.0.1, "
                f"or set {name}.tls.certificate_file and {name}.tls.key_file",
                ((name, "tls"),),
            )
    if config.grpc.port == config.rest.port != 0:
        yield Clash(("rest", "port"), f"{config.rest.port} is grpc.port too", (("grpc", "port"),))


def _tokens(config: Config) -> Iterator[Clash]:
    names = [token.name for token in config.access.tokens]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Clash(("access", "tokens", index, "name"), f"{name} is listed twice")
