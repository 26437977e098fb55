"""The patient: a configuration, its secrets, and the engine that may run on it."""

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
from aitrader_server.errors import ConfigError
from aitrader_server.secret_inventory import State, look_at, wanted_secrets
from aitrader_server.secret_sources import secret_store

NS_PER_S: Final = 1_000_000_000
Beside = Callable[
    [Config, Mapping[str, str]], AbstractAsyncContextManager[tuple[Config, Mapping[str, str]]]
]


@dataclass(slots=True)
class Case:
    """One walk over all steps.

    `beside` starts a sandbox where one is wanted. `endpoint` and `url` are where the engine and
    its facade are, if not where the configuration says; `ca_file` is whom to trust there, and
    `certificate_file` with `key_file` what to show where a certificate is asked for. `hide` is
    told of every secret that is found.
    """

    config: Config
    environ: Mapping[str, str]
    beside: Beside
    hide: Callable[[str], None]
    endpoint: str = ""
    url: str = ""
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    unresolved: dict[str, str] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _visited: bool = False
    _report: VenueReport | None = None

    @property
    def engine_pid(self) -> int | None:
        """The process that holds the state folder, or keeps its pulse; None when none lives."""
        folder = self.config.state
        return _holder(folder / "lock") or _pulsating(folder / FILE_NAME)

    async def resolve(self) -> None:
        """Fetches every secret once; what did not resolve stands in `unresolved`."""
        # The step `keys` looks at what variables hold.
        wanted = [each for each in wanted_secrets(self.config) if not each.key.endswith("_env")]
        store = secret_store(self.config, self.environ, self.hide)
        try:
            found = await look_at(wanted, store, self.environ)
        finally:
            await store.close()
        for finding in found:
            if finding.secret is not None:
                self.secrets[finding.wanted.key] = finding.secret.value
            elif finding.state is State.FAILED:
                self.unresolved[finding.wanted.key] = finding.said

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
            if self._visited:
                raise ConfigError(("the venue was asked before, in vain",))
            self._visited = True
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


def _holder(lock: Path) -> int | None:
    """Who has locked it, as the kernel tells: a try of our own could turn an engine away."""
    try:
        inode = str(lock.stat().st_ino)
    except OSError:
        return None
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if "FLOCK" in words and "->" not in words and words[5].rpartition(":")[2] == inode:
            # In another namespace it has no number here.
            return int(words[4]) or None
    return None


def _pulsating(path: Path) -> int | None:
    try:
        pulse = parse(read_content(path).body, Pulse)
    except Unfit:
        return None
    age_s = (time.monotonic_ns() - pulse.monotonic_ns) / NS_PER_S
    if pulse.boot_id != read_boot_id() or age_s > pulse.limit_s:
        return None
    return pulse.pid


def existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there."""
    path = path.absolute()
    return path if path.exists() else existing(path.parent)
