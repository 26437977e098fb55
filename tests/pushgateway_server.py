"""A real Pushgateway of a test's own, which may ask for a password."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from web_program import WebProgram, require

USER = "aitrader"
PASSWORD = "for-tests"
# The same, as bcrypt keeps it: the only form that its configuration takes.
_PASSWORD_BCRYPT = "$2b$05$aitraderForTestsSaltxOwRZzdhvgRKzz4Bvq/et507KdhfzSm3K"


class Pushgateway(WebProgram):
    """One server on a free port; it forgets everything when it ends."""

    basic_auth = f"{USER}:{PASSWORD}"

    def exposition(self) -> str:
        """All that was pushed to it, as Prometheus would read it."""
        coded = base64.b64encode(self.basic_auth.encode()).decode()
        return self.get("/metrics", {"Authorization": f"Basic {coded}"}).decode()


@contextmanager
def running_pushgateway(folder: Path, *flags: str, guarded: bool = False) -> Iterator[Pushgateway]:
    """Started, and killed at the end; only a `guarded` one asks for the password."""
    program = require("prometheus-pushgateway", "prometheus-pushgateway")
    folder.mkdir(parents=True, exist_ok=True)
    web = {"basic_auth_users": {USER: _PASSWORD_BCRYPT}} if guarded else {}
    (folder / "web.yml").write_text(yaml.safe_dump(web))

    def command(port: int) -> list[str]:
        return [
            program,
            f"--web.config.file={folder / 'web.yml'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--persistence.file=",
            *flags,
        ]

    gateway = Pushgateway(folder, command)
    try:
        yield gateway.start()
    finally:
        gateway.kill9()
