"""A real Prometheus of a test's own."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from web_program import WebProgram, require

PATIENCE_S = 60


class PrometheusServer(WebProgram):
    """One server on a free port; what it answers is the `data` of its HTTP API.

    Whoever runs an event loop asks in a thread: `await asyncio.to_thread(server.query, ...)`.
    """

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector of an instant query: `metric` and `value` of each series."""
        result: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return result

    def value(self, expression: str) -> float | None:
        """The one number that an expression comes to; None where it finds no series."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None

    def wait_for(self, expression: str, patience_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """The vector of an expression, once it has one."""
        deadline_s = time.monotonic() + patience_s
        while not (found := self.query(expression)):
            assert time.monotonic() < deadline_s, f"{expression}\n{self.ask('targets')}\n{self.log}"
            time.sleep(0.1)
        return found

    def names(self) -> set[str]:
        """The names of all series that it has ever read."""
        return set(self.ask("label/__name__/values"))

    def exemplars(self, expression: str) -> list[dict[str, Any]]:
        """`labels`, `value` and `timestamp` of the exemplars of the last hour."""
        now = time.time()
        found = self.ask("query_exemplars", query=expression, start=now - 3600, end=now + 60)
        return [exemplar for series in found for exemplar in series["exemplars"]]

    def ask(self, path: str, **parameters: object) -> Any:
        """The data of one answer of `/api/v1/`."""
        answer = json.loads(self.get(f"/api/v1/{path}?{urlencode(parameters)}"))
        assert answer["status"] == "success", answer
        return answer["data"]


@contextmanager
def running_prometheus(
    folder: Path, config: dict[str, Any], *flags: str
) -> Iterator[PrometheusServer]:
    """Started with `config` in `folder`, which it keeps its data in, and killed at the end.

    Rule files and the like may stand in `folder`; the config names them relative to it.
    """
    program = require("prometheus", "prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))

    def command(port: int) -> list[str]:
        return [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            *flags,
        ]

    server = PrometheusServer(folder, command)
    try:
        yield server.start()
    finally:
        server.kill9()
