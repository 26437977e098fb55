"""`aitrader doctor` as a process, and what it found."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from serving import SCRIPT

PATIENCE_S = 110


class Visit(NamedTuple):
    """`findings` by step, in the order of the walk."""

    status: int
    findings: dict[str, list[dict[str, Any]]]
    said: str

    def failures(self) -> set[str]:
        """The steps that want mending."""
        return {
            step
            for step, found in self.findings.items()
            if any(finding["outcome"] == "failed" for finding in found)
        }

    def text(self, step: str) -> str:
        """What a person reads of a step."""
        return "\n".join(f"{one['said']} -> {one['mend']}" for one in self.findings[step])


def visit(
    folder: Path, environ: Mapping[str, str], *settings: str, options: Iterable[object] = ()
) -> Visit:
    """One walk in `folder`, with nothing of this process's environment."""
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(
        [SCRIPT, "doctor", "--json", *map(str, options), *words],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    findings: dict[str, list[dict[str, Any]]] = {}
    if done.stdout:
        for finding in json.loads(done.stdout)["findings"]:
            findings.setdefault(finding["step"], []).append(finding)
    return Visit(done.returncode, findings, done.stdout + done.stderr)
