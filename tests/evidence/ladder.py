"""Climbs every rung of the ladder, one after the other, and writes what it saw into the evidence.

`python tests/evidence/ladder.py` takes hours; `--share` climbs as far as every run of the tests
does. Each rung prints one line of JSON. A rung that does not hold is printed with what repeats it,
the others are climbed all the same, and the page stays as it was.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from evidence import (
    kills,
    machines,
    malformed_grpc,
    malformed_http,
    malformed_rest,
    mutants,
    power_loss,
)
from evidence.rungs import CORES, ROOT, Rung, fresh_seed

PAGE = ROOT / "docs" / "evidence.md"
BEGIN, END = "<!-- the ladder begins -->\n", "<!-- the ladder ends -->\n"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Step:
    """Words of a command in which {count} and {seed} are filled in; without a count, all there is.

    `EVIDENCE_<NAME>` sets another count; of a zero the step is left out.
    """

    name: str
    words: tuple[str, ...]
    in_tests: int = 1
    on_demand: int = 1

    @classmethod
    def of(cls, rung: Rung) -> "Step":
        words = ("python", rung.module, "--count", "{count}", "--seed", "{seed}")
        return cls(rung.name, words, rung.in_tests, rung.on_demand)

    def count(self, *, share: bool) -> int:
        """How often its claim is to be tried."""
        default = self.in_tests if share else self.on_demand
        return int(os.environ.get(f"EVIDENCE_{self.name.replace('-', '_').upper()}", default))

    def command(self, count: int, seed: int) -> str:
        """What climbs it again."""
        return " ".join(self.words).format(count=count, seed=seed)


STEPS = (
    Step("static", ("make", "static")),
    Step("controls", ("python", *PYTEST, "tests/unit", "tests/contract")),
    Step.of(machines.RUNG),
    Step(
        "simulation",
        ("python", "tests/simulation/campaign.py", "--orders", "{count}", "--seed", "{seed}"),
        in_tests=100_000,
        on_demand=10_000_000,
    ),
    Step("saboteurs", ("python", *PYTEST, "tests/simulation/test_saboteurs.py")),
    Step.of(power_loss.RUNG),
    Step.of(kills.RUNG),
    Step.of(malformed_grpc.RUNG),
    Step.of(malformed_rest.RUNG),
    Step.of(malformed_http.RUNG),
    Step(
        "services",
        ("python", *PYTEST, "tests/integration", "tests/e2e/test_two_engines.py"),
    ),
    Step("coverage", ("make", "coverage")),
    Step.of(mutants.RUNG),
)


@dataclass(frozen=True)
class Seen:
    """What came of one step."""

    step: Step
    command: str
    held: bool
    seconds: float
    figures: Mapping[str, object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--share",
        action="store_true",
        default=os.environ.get("EVIDENCE_SCALE") == "ci",
        help="as far as every run of the tests; EVIDENCE_SCALE=ci says the same",
    )
    parser.add_argument("--seed", type=int, default=None, help="of every rung; a fresh one each")
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], default=())
    given = parser.parse_args()
    chosen = [step for step in STEPS if not given.only or step.name in given.only]
    counts = {step: step.count(share=given.share) for step in chosen}
    seen = [
        _climbed(step, count, fresh_seed() if given.seed is None else given.seed)
        for step, count in counts.items()
        if count
    ]
    failed = [one for one in seen if not one.held]
    for one in failed:
        print(f"{one.step.name} did not hold; again: {one.command}", file=sys.stderr)  # noqa: T201 - its output
    if not failed and not given.only:
        _write(_page(seen, share=given.share))
    return bool(failed)


def _climbed(step: Step, count: int, seed: int) -> Seen:
    command = step.command(count, seed)
    words = [sys.executable if word == "python" else word for word in command.split()]
    begun_s = time.monotonic()
    ran = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=False, text=True)
    held, seconds = ran.returncode == 0, round(time.monotonic() - begun_s, 1)
    if not held:
        print(ran.stdout[-10_000:], file=sys.stderr)  # noqa: T201 - its output
    figures = {"rung": step.name, **_figures(ran.stdout), "held": held, "seconds": seconds}
    print(json.dumps(figures), flush=True)  # noqa: T201 - its output
    return Seen(step, command, held, seconds, figures)


def _figures(said: str) -> dict[str, object]:
    """The last line of JSON, or what a run of tests ended with."""
    lines = said.strip().splitlines()
    for line in reversed(lines):
        if line.startswith("{"):
            return dict(json.loads(line))
    return {"said": lines[-1]} if lines else {}


def _page(seen: Iterable[Seen], *, share: bool) -> str:
    """What the markers of the page enclose."""
    now = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    extent = "As far as every run of the tests climbs" if share else "The whole ladder"
    rows = [f"| {one.step.name} | {_counted(one.figures)} | {one.seconds} |" for one in seen]
    commands = [f"    {one.command}" for one in seen]
    return "\n".join(
        (
            f"{extent}: commit {_commit()}, {now}, {CORES} cores.",
            "",
            "| Rung | What it counted | Seconds |",
            "|---|---|---|",
            *rows,
            "",
            "The same again, one by one:",
            "",
            *commands,
            "",
        )
    )


def _counted(figures: Mapping[str, object]) -> str:
    left_out = {"rung", "held", "seconds", "seed"}
    return ", ".join(
        f"{name} {_plain(value)}" for name, value in figures.items() if name not in left_out
    )


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_plain(one)}" for key, one in value.items()) + ")"
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "none"
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else str(value)


def _commit() -> str:
    words = ("git", "describe", "--always", "--dirty")
    return subprocess.run(
        words, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    ).stdout.strip()


def _write(text: str) -> None:
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
