"""Pushes metrics where the configuration says that there is a Pushgateway."""

import socket
from asyncio import wait
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aitrader_server.adapters.metric_names import PUSHED
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.pushgateway import Pusher
from aitrader_server.adapters.secrets.references import parse
from aitrader_server.adapters.secrets.store import Secrets, SecretStore
from aitrader_server.config import Config
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.errors import ConfigError

URL: Final = "metrics.pushgateway_url"
AUTH: Final = "metrics.basic_auth"


@asynccontextmanager
async def metrics_pushed(
    config: Config,
    environ: Mapping[str, str],
    secrets: SecretStore,
    tasks: TaskSet,
    metrics: PrometheusMetrics,
) -> AsyncIterator[None]:
    """Pushes meanwhile, if a Pushgateway is named; takes away what was pushed at the end.

    Raises ConfigError for an address that is none, or a secret that does not resolve.
    """
    references = _references(config, environ)
    if URL not in references:
        yield
        return
    found = await secrets.first(references)
    pusher = _pusher(config, found, metrics)
    pushing = tasks.spawn(pusher.run())
    if AUTH in references:

        async def take(changed: Secrets) -> None:
            pusher.use(changed[AUTH].value)

        auth = {AUTH: references[AUTH]}
        tasks.spawn(secrets.follow(auth, {AUTH: found[AUTH]}, take))
    try:
        yield
    finally:
        pushing.cancel()
        await wait([pushing])
        await pusher.delete()


def _references(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Those that are given; a variable that is not set stands for nothing."""
    section = config.metrics
    given = {URL: section.pushgateway_url, AUTH: section.basic_auth}
    return {
        key: reference
        for key, reference in given.items()
        if reference is not None and _is_set(reference, environ)
    }


def _is_set(reference: str, environ: Mapping[str, str]) -> bool:
    where = parse(reference)
    return where.scheme != "env" or bool(environ.get(where.place))


def _pusher(config: Config, found: Secrets, metrics: PrometheusMetrics) -> Pusher:
    url = found[URL].value.strip()
    if not url.startswith(("http://", "https://")):
        raise ConfigError((f"{URL}: is no address; write http://host:9091",))
    if AUTH in found and ":" not in found[AUTH].value:
        raise ConfigError((f"{AUTH}: is not user:password; write both",))
    return Pusher(
        url,
        {
            "instance": socket.gethostname(),
            "environment": config.environment,
            "account": config.account,
        },
        lambda: metrics.text(PUSHED),
        lambda outcome: metrics.count("aitrader_pushes_total", {"outcome": outcome}),
        every_s=float(config.metrics.push_every_s),
        basic_auth=found[AUTH].value if AUTH in found else None,
    )
