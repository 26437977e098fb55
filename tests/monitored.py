"""An engine, Prometheus and Alertmanager as processes, with the committed configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from prometheus_server import PrometheusServer, running_prometheus
from serving import Server

MONITORING = Path(__file__).parents[1] / "monitoring"
TARGET_LABELS = {"environment": "paper", "account": "paper"}


@contextmanager
def watched_by_prometheus(
    folder: Path, server: Server, alertmanager: str
) -> Iterator[PrometheusServer]:
    """A Prometheus that reads `server` and tells `alertmanager`, an address.

    Nothing of the committed configuration is changed but addresses and the token's path.
    """
    config = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    job, _ = config["scrape_configs"]
    job["authorization"]["credentials_file"] = str(server.state / "token")
    (receivers,) = config["alerting"]["alertmanagers"]
    receivers["static_configs"] = [{"targets": [alertmanager]}]
    (folder / "targets").mkdir(parents=True)
    target = {"targets": [server.url.removeprefix("http://")], "labels": TARGET_LABELS}
    (folder / "targets/engine.yaml").write_text(yaml.safe_dump([target]))
    (folder / "rules").symlink_to(MONITORING / "rules")
    with running_prometheus(folder, config, "--enable-feature=exemplar-storage") as prometheus:
        yield prometheus
