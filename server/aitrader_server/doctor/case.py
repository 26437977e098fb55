"""The patient: a configuration, its secrets, and the engine that may run on it."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import ValidationError

from aitrader_server import plugins
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.heartbeats import Unfit, parse, read_boot_id, read_content
from aitrader_server.adapters.pulse import FILE_NAME, Pulse
from aitrader_server.config import Config
from aitrader_server.doctor.examination import VenueReport
from aitrader_server.errors import ConfigError, SecretError
from aitrader_server.secret_sources import secret_store

NS_PER_S: Final = 1_000_000_000
Beside = Callable[
    [Config, Mapping[str, str]], AbstractAsyncContextManager[tuple[Config, Mapping[str, str]]]
]
# Named by the defaults, and nothing is amiss without them.
OPTIONAL: Final = frozenset({"metrics.pushgateway_url", "metrics.basic_auth"})


@dataclass(slots=True)
class Case:
    """One walk over all steps.

    `beside` starts a sandbox where one is wanted. `endpoint` and `url` are where the engine and
    its facade are, if not where the configuration says; `ca_file` is whom to trust there.
    """

    config: Config
    environ: Mapping[str, str]
    beside: Beside
    endpoint: str = ""
    url: str = ""
    ca_file: Path | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    unresolved: dict[str, str] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _report: VenueReport | None = None

    @property
    def engine_pid(self) -> int | None:
        """The process that keeps the pulse in the state folder; None when none lives."""
        try:
            pulse = parse(read_content(self.config.state / FILE_NAME).body, Pulse)
        except Unfit:
            return None
        age_s = (time.monotonic_ns() - pulse.monotonic_ns) / NS_PER_S
        if pulse.boot_id != read_boot_id() or age_s > pulse.limit_s:
            return None
        return pulse.pid

    @property
    def references(self) -> dict[str, str]:
        """Every reference to a secret that is written, by its key."""
        config = self.config
        binance = config.execution.binance
        vault = config.secrets.vault
        written = {
            "execution.binance.api_key": binance.api_key,
            "execution.binance.api_secret": binance.api_secret,
            "journal.url": config.journal.url,
            "limits_store.url": config.limits_store.url,
            "metrics.pushgateway_url": config.metrics.pushgateway_url,
            "metrics.basic_auth": config.metrics.basic_auth,
            "secrets.vault.secret_id": None if vault is None else vault.secret_id,
            "secrets.vault.token": None if vault is None else vault.token,
        }
        return {key: reference for key, reference in written.items() if reference is not None}

    async def resolve(self) -> None:
        """Fetches every secret once; what did not resolve stands in `unresolved`."""
        store = secret_store(self.config, self.environ, lambda _: None)
        try:
            for key, reference in self.references.items():
                name = reference.removeprefix("env:")
                if key in OPTIONAL and reference != name and not self.environ.get(name):
                    continue
                try:
                    self.secrets[key] = (await store.read(reference)).value
                except (SecretError, ConfigError) as error:
                    self.unresolved[key] = error.message.removeprefix(f"{reference}: ")
        finally:
            await store.close()

    @property
    def keys(self) -> dict[str, str]:
        """The trading key and its secret by where they are kept; empty text for one that is not."""
        binance = self.config.execution.binance
        if binance.api_key is not None and binance.api_secret is not None:
            return {
                str(binance.api_key): self.secrets.get("execution.binance.api_key", ""),
                str(binance.api_secret): self.secrets.get("execution.binance.api_secret", ""),
            }
        names = (binance.api_key_env, binance.api_secret_env)
        return {name: self.environ.get(name, "") for name in names}

    async def venue(self) -> VenueReport:
        """What the venue says; it is visited once. Raises ConfigError when it cannot be."""
        if self._report is None:
            config, environ = self.config, self.environ
            if config.execution.needs_sandbox:
                # A sandbox of its own, so that nothing is left in the state folder.
                folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="aitrader-")))
                apart = config.model_copy(update={"state": folder})
                sandbox = self.beside(apart, environ)
                config, environ = await self._stack.enter_async_context(sandbox)
            else:
                binance = config.execution.binance
                names = (binance.api_key_env, binance.api_secret_env)
                environ = {**environ, **dict(zip(names, self.keys.values(), strict=True))}
            name = config.execution.gateway
            create = plugins.load(plugins.EXAMINERS, name)
            try:
                examiner = create(config.execution.venue_settings, environ, SystemClock())
            except ValidationError as error:
                raise ConfigError(plugins.problems(f"execution.{name}", error)) from error
            self._report = await examiner.examine()
        return self._report

    async def close(self) -> None:
        """Ends what was started for the walk."""
        await self._stack.aclose()


def existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there."""
    path = path.absolute()
    return path if path.exists() else existing(path.parent)


def may_write(folder: Path) -> bool:
    """Whether this user may make files there, as far as the modes tell."""
    return os.access(folder, os.W_OK | os.X_OK)
