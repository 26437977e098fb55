"""What a process gives away when it dies: nothing that it knew."""

import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT_S = 60
SECRET = 'canary-"quoted"-secret'
BEGIN = """
import asyncio, ctypes, os, sys, threading
from pathlib import Path
from aitrader_server.commands.process import run_process
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError, JournalError

SECRET = os.environ["HOUSE_KEY"]
config = Config(state=Path("state"))
"""
DEATHS = {
    "in the main task": """
async def main(life):
    raise RuntimeError(f"cannot use {SECRET}")
""",
    "of a cause": """
async def main(life):
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise RuntimeError("cannot go on") from error
""",
    "in a thread": """
async def main(life):
    def work():
        raise RuntimeError(f"cannot use {SECRET}")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    raise RuntimeError("its thread is dead")
""",
    "in a destructor": """
class Thing:
    def __del__(self):
        raise RuntimeError(f"cannot use {SECRET}")
async def main(life):
    thing = Thing()
    del thing
    raise RuntimeError("a thing is lost")
""",
    "in a background task": """
async def main(life):
    async def work():
        raise RuntimeError(f"cannot use {SECRET}")
    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    del task
    import gc; gc.collect()
    raise RuntimeError("its task is dead")
""",
    "with a secret that was read later": """
async def main(life):
    life.hide("canary-read-later")
    raise RuntimeError("cannot use canary-read-later")
""",
    "by a library that warns": """
import warnings
async def main(life):
    warnings.warn(f"cannot use {SECRET}")
    raise RuntimeError("it was warned")
""",
}
REFUSALS = {
    "configuration": "raise ConfigError((f'cannot use {SECRET}',))",
    "journal": "raise JournalError(f'cannot use {SECRET}')",
}


def ended(folder: Path, main: str) -> tuple[int, str]:
    """The exit status of a process with that main function, and all that it said."""
    text = f"{BEGIN}{main}\nrun_process(config, main, owns_state=False)\n"
    ran = subprocess.run(
        [sys.executable, "-c", text],
        cwd=folder,
        env={"HOUSE_KEY": SECRET},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("main", DEATHS.values(), ids=DEATHS.keys())
def test_a_last_traceback_holds_no_secret(main, tmp_path):
    status, said = ended(tmp_path, main)
    assert status == 1
    assert "Traceback" in said
    assert "RuntimeError" in said
    assert "[hidden]" in said or "cannot go on" in said
    assert "canary" not in said


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_neither_does_what_is_said_to_people(refusal, tmp_path):
    main = f"async def main(life):\n    {refusal}\n"
    status, said = ended(tmp_path, main)
    assert status != 0
    assert "cannot use [hidden]" in said
    assert "canary" not in said


def test_no_memory_is_left_on_disk(tmp_path):
    main = """
async def main(life):
    print(Path("/proc/self/limits").read_text())
    print("dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    status, said = ended(tmp_path, main)
    assert status == 0, said
    (limit,) = [line for line in said.splitlines() if line.startswith("Max core file size")]
    assert limit.split()[4:6] == ["0", "0"]
    assert "dumpable 0" in said
