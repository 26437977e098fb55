"""An engine, Prometheus and Alertmanager as processes, with the committed configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from prometheus_server import PrometheusServer, running_prometheus
from serving import Server

MONITORING = Path(__file__).parents[1] / "monitoring"
# As its first lines say.
FLAGS = ("--enable-feature=exemplar-storage", "--rules.alert.resend-delay=10s")
TARGET_LABELS = {"environment": "paper", "account": "paper"}


@contextmanager
def watched_by_prometheus(
    folder: Path, server: Server, alertmanager: str, pushgateway: str = ""
) -> Iterator[PrometheusServer]:
    """A Prometheus that reads `server`, or the Pushgateway there is, and tells `alertmanager`.

    Nothing of the committed configuration is changed but addresses and the token's path.
    """
    config = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    job, _ = config["scrape_configs"]
    job["authorization"]["credentials_file"] = str(server.state / "token")
    (receivers,) = config["alerting"]["alertmanagers"]
    receivers["static_configs"] = [{"targets": [alertmanager]}]
    if pushgateway:
        write(folder / "pushgateways/pushgateway.yaml", {"targets": [pushgateway]})
    else:
        target = server.url.removeprefix("http://")
        write(folder / "targets/engine.yaml", {"targets": [target], "labels": TARGET_LABELS})
    (folder / "rules").symlink_to(MONITORING / "rules")
    with running_prometheus(folder, config, *FLAGS) as prometheus:
        yield prometheus


def write(path: Path, target: dict[str, object]) -> None:
    """A file of one target."""
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump([target]))
