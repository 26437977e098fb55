"""What the Dockerfile installs, without the checkout: confined as a container confines it."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
USER = "10001"
INSTALL_TIMEOUT_S = 900
START_TIMEOUT_S = 90
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
PORTS = ("--set", "grpc.port=0", "--set", "rest.port=0")
# What a container with a read-only root sees: a volume, a /tmp, and nothing else to write to.
CONFINED = """
mount --make-rprivate /
mount -t tmpfs -o size=64m,mode=0700,uid={user},gid={user} tmpfs {volume}
mount -t tmpfs -o size=64m,mode=1777 tmpfs {passing}
mount -o remount,ro,bind /
cd {volume}
exec setpriv --reuid={user} --regid={user} --clear-groups --no-new-privs --bounding-set=-all \
  {prefix}/bin/aitrader serve --set state={volume}/state {ports}
"""


def run(*words: object, timeout_s: float = INSTALL_TIMEOUT_S) -> None:
    done = subprocess.run(
        [*map(str, words)], cwd="/", capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if done.returncode:
        raise AssertionError(f"{words[0]} {done.returncode}\n{done.stdout}{done.stderr}")


def interpreter() -> str:
    """One of our version that every user may run: pyenv's lies in somebody's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    of_the_machine = Path("/usr/bin") / name
    return str(of_the_machine) if of_the_machine.exists() else sys.executable


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Which every user may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="aitrader-installed-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def prefix(folder: Path) -> Path:
    """An environment as the Dockerfile makes it."""
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    prefix = folder / "opt"
    run(interpreter(), "-m", "venv", "--without-pip", prefix)
    there = (*pip, "--python", prefix / "bin/python")
    try:
        run(*there, "install", "--require-hashes", "-r", ROOT / "requirements.lock")
    except AssertionError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"what the lock names cannot be had: {error}")
    run(*there, "install", "--no-deps", "--no-build-isolation", copied(folder / "source"))
    run(*there, "uninstall", "--yes", "hatchling", "editables")
    return prefix


def copied(source: Path) -> Path:
    """What the Dockerfile copies into its build, and nothing else."""
    text = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from|\$)(.+) \S+$", text, re.MULTILINE):
        for name in line.split():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("finbert*"))
            else:
                shutil.copy(ROOT / name, target)
    return source


class Installed:
    """`aitrader serve` of that environment, watched from outside."""

    def __init__(self, words: list[str], log: Path, state: Path, environ: dict[str, str]) -> None:
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                words, cwd="/", env=environ, stdout=file, stderr=file, stdin=subprocess.DEVNULL
            )
        # As the process sees it, in whatever mount namespace.
        self.root = Path(f"/proc/{self._process.pid}/root")
        self._state = state
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while "\nready\n" not in self.said:
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                self.end()
                raise AssertionError(self.said)
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return self._log.read_text()

    def first_order(self) -> str:
        url = re.search(r"REST +(http://\S+)", self.said)[1]
        token = (self.root / self._state.relative_to("/") / "token").read_text().strip()
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while True:
            answer = httpx.post(
                f"{url}/live/orders",
                json=BUY,
                headers={"authorization": f"Bearer {token}"},
                timeout=30,
                trust_env=False,
            )
            # Until prices have come.
            if answer.status_code == 200 or time.monotonic() > deadline_s:
                return str(answer.json().get("order", {}).get("state", answer.text))
            time.sleep(0.1)

    def end(self) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)


@pytest.mark.timeout(1_200)
def test_it_runs_from_another_folder_without_the_checkout(prefix, folder):
    installed = list(prefix.glob("lib/*/site-packages/aitrader_server"))
    assert len(installed) == 1
    names = {path.name for path in prefix.glob("bin/*")}
    assert "aitrader" in names
    assert not [name for name in names if name.startswith(("pip", "hatch"))]
    state = folder / "elsewhere"
    words = [str(prefix / "bin/aitrader"), "serve", "--set", f"state={state}", *PORTS]
    engine = Installed(words, folder / "elsewhere.log", state, {})
    try:
        assert engine.first_order() == "ORDER_STATE_FILLED"
        assert str(ROOT) not in Path(f"/proc/{engine.pid}/maps").read_text()
    finally:
        assert engine.end() == 0


@pytest.mark.timeout(1_200)
def test_it_trades_as_nobody_in_particular_on_a_root_that_is_read_only(prefix, folder):
    confinable = shutil.which("unshare") and shutil.which("setpriv") and os.geteuid() == 0
    if not confinable:
        pytest.skip("a mount namespace has to be made, as root, with util-linux")
    anybody = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    if subprocess.run([*anybody, prefix / "bin/python", "-c", ""], check=False).returncode:
        pytest.skip(f"{os.path.realpath(prefix / 'bin/python')} may not be run by every user")
    volume, passing = folder / "volume", folder / "passing"
    volume.mkdir()
    passing.mkdir()
    script = CONFINED.format(
        user=USER, volume=volume, passing=passing, prefix=prefix, ports=" ".join(PORTS)
    )
    words = ["unshare", "--mount", "sh", "-euc", script]
    environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(passing)}
    engine = Installed(words, folder / "confined.log", volume / "state", environ)
    try:
        status = Path(f"/proc/{engine.pid}/status").read_text()
        assert re.search(rf"^Uid:\s+{USER}\s+{USER}\s", status, re.MULTILINE)
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
        mounts = Path(f"/proc/{engine.pid}/mountinfo").read_text().splitlines()
        (root,) = (line.split() for line in mounts if line.split()[4] == "/")
        assert "ro" in root[5].split(",")
        assert engine.first_order() == "ORDER_STATE_FILLED"
        state = engine.root / volume.relative_to("/") / "state"
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert (state / "journal.db").stat().st_uid == int(USER)
    finally:
        assert engine.end() == 0
