"""Plants one small wrong in the domain at a time, drawn by a seed: its unit tests must notice.

A comparison, a sum, a condition, a constant, a call or a result is changed; at least 95 of 100 must
be found. What is not found is listed: a change that makes no difference is among it now and then.
"""

import ast
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from evidence.mutating import VARIABLE, places
from evidence.rungs import CORES, ROOT, Figures, Rung, main

SERVER = ROOT / "server"
DOMAIN = SERVER / "aitrader_server" / "domain"
TESTS = ("tests/unit/domain", "tests/unit/decision")
FOUND_SHARE_MIN = 0.95
# Who does not come to an end has been found, too.
RUN_TIMEOUT_S = 120


def climb(count: int, seed: int) -> Figures:
    every = [(path, number) for path in sorted(DOMAIN.rglob("*.py")) for number in _numbers(path)]
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    assert not _is_found(""), "the tests fail as they are"
    with ThreadPoolExecutor(CORES) as pool:
        found = list(pool.map(lambda mutant: _is_found(_named(*mutant)), chosen))
    survivors = [_told(*mutant) for mutant, caught in zip(chosen, found, strict=True) if not caught]
    share = sum(found) / len(chosen)
    assert share >= FOUND_SHARE_MIN, f"{share:.1%} of {len(chosen)} found, not: {survivors}"
    return {"of": len(every), "found": f"{share:.1%}", "not_found": survivors}


def _numbers(path: Path) -> range:
    return range(len(places(ast.parse(path.read_bytes()))))


def _named(path: Path, number: int) -> str:
    module = ".".join(path.relative_to(SERVER).with_suffix("").parts)
    return f"{module.removesuffix('.__init__')}:{number}"


def _told(path: Path, number: int) -> str:
    what, _ = places(ast.parse(path.read_bytes()))[number]
    return f"{path.relative_to(DOMAIN)}: {what}"


def _is_found(mutant: str) -> bool:
    """Whether the tests fail with it."""
    paths = (str(ROOT / "tests"), os.environ.get("PYTHONPATH", ""))
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    environ.pop(VARIABLE, None)
    if mutant:
        environ[VARIABLE] = mutant
    words = ["-p", "evidence.mutating", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            timeout=RUN_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    assert ran.returncode in (0, 1, 2), ran.stdout.decode()[-3_000:]
    return ran.returncode != 0


RUNG = Rung("mutants", "mutants", in_tests=0, on_demand=300, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
