"""The heartbeat file: what counts as one, and what stops trading at once."""

import asyncio
import json
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from aitrader_server.adapters.deadman_file import DeadManFile
from aitrader_server.adapters.heartbeats import Heartbeat, LockedFolder, Unfit, parse
from aitrader_server.engine.dead_man import DeadMan
from hypothesis import example, given
from hypothesis import strategies as st

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
PATIENCE_S = 20


class World:
    """A heartbeat file, and an engine that follows it."""

    def __init__(self, folder):
        self.path = folder / "beat"
        self.restart()

    def restart(self):
        self.dead_man = DeadMan(60)
        self.file = DeadManFile(self.path, self.dead_man, 7)

    def write(self, seq, age_s=0.0, boot_id=BOOT_ID):
        """A heartbeat of somebody else, who replaces the file."""
        at_ns = time.monotonic_ns() - int(age_s * 1e9)
        beat = {"seq": seq, "boot_id": boot_id, "monotonic_ns": at_ns, "pid": 1, "epoch": 0}
        self.put(json.dumps(beat).encode())

    def put(self, body):
        fresh = self.path.with_name("fresh")
        fresh.write_bytes(body)
        fresh.replace(self.path)

    def touch(self, later_s):
        """Moves the file's time by that much from the real one."""
        at_ns = time.time_ns() + int(later_s * 1e9)
        os.utime(self.path, ns=(at_ns, at_ns))

    def why(self):
        """What the switch says once the file was looked at."""
        self.file.look()
        return self.dead_man.why


@pytest.fixture
async def world(tmp_path):
    return World(tmp_path)


async def beaten(world):
    world.write(5)
    assert world.why() == ""


async def test_a_heartbeat_counts_from_when_it_was_made(world):
    world.write(1, age_s=20)
    assert world.why() == ""
    assert 20 <= world.dead_man.age_s < 30
    world.write(2, age_s=0)
    assert world.why() == ""
    assert world.dead_man.age_s < 10


async def test_looking_again_is_no_heartbeat(world):
    world.write(1, age_s=20)
    for _ in range(3):
        world.file.look()
    assert world.dead_man.age_s >= 20


async def test_a_restart_counts_on(world):
    world.write(1, age_s=100)
    assert world.why() == "no heartbeat for 100 s (limit 60 s)"
    world.restart()
    assert world.why() == "no heartbeat for 100 s (limit 60 s)"


async def test_a_missing_file_is_silence_from_the_first_look(world):
    assert world.why() == f"the heartbeat file {world.path} is missing"
    world.write(1)
    assert world.why() == ""
    world.path.unlink()
    assert world.why().endswith("is missing")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"{", "holds something else than a heartbeat"),
        (b"alive", "holds something else than a heartbeat"),
        (b'{"seq": 6}', "holds something else than a heartbeat"),
        (b'{"seq": "6", "boot_id": 1}', "holds something else than a heartbeat"),
        (b'{"seq": 1e300}', "holds something else than a heartbeat"),
        (b'{"boot_id": "\xff"}', "holds something else than a heartbeat"),
        (b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "holds something else than a heartbeat"),
        (b" " * 70_000 + b"{}", "holds something else than a heartbeat"),
    ],
)
async def test_what_is_no_heartbeat_stops_at_once(world, body, what):
    await beaten(world)
    world.put(body)
    assert world.why().endswith(what)
    world.file.look()
    assert world.dead_man.expired


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,0159e.seqbotid_ ').map(str.encode))
@example(b'{"seq":1,"boot_id":"' + BOOT_ID.encode() + b'","monotonic_ns":-1,"pid":1}')
def test_nothing_but_a_heartbeat_is_one(body):
    with suppress(Unfit):
        beat = parse(body, Heartbeat)
        assert isinstance(beat.seq, int)
        assert body.strip().startswith(b"{")


async def test_what_is_no_file_stops_at_once(world):
    await beaten(world)
    world.path.unlink()
    world.path.mkdir()
    assert world.why().endswith("is no regular file")
    world.path.rmdir()
    os.mkfifo(world.path)
    assert world.why().endswith("is no regular file")
    world.path.unlink()
    world.path.symlink_to(world.path)
    assert "cannot be read" in world.why()


async def test_another_boot_stops_at_once(world):
    world.write(1, boot_id="00000000-0000-0000-0000-000000000000")
    assert world.why().endswith("is of another boot of this machine")


async def test_the_future_stops_at_once_and_does_not_come(world):
    await beaten(world)
    world.write(6, age_s=-0.2)
    assert world.why().endswith("is dated in the future")
    await asyncio.sleep(0.3)
    assert world.why().endswith("is dated in the future")
    world.write(7)
    assert world.why() == ""


async def test_an_older_copy_stops_at_once(world):
    world.write(5, age_s=10)
    old = world.path.read_bytes()
    assert world.why() == ""
    world.write(6)
    assert world.why() == ""
    world.put(old)
    assert world.why().endswith("went back: it is an older copy")
    world.path.unlink()
    world.file.look()
    world.put(old)
    world.file.look()
    assert world.dead_man.expired
    world.write(6)
    assert world.why() == ""


async def test_a_count_that_goes_back_stops_at_once(world):
    await beaten(world)
    world.write(4)
    assert world.why().endswith("went back: it is an older copy")
    world.write(5)
    assert world.why() == ""


async def test_a_new_file_counts_from_the_beginning(world):
    await beaten(world)
    world.path.unlink()
    world.file.look()
    world.write(1)
    assert world.why() == ""


@pytest.mark.parametrize("filled", [True, False], ids=["a record", "empty"])
async def test_a_touch_is_a_heartbeat_when_it_is_seen(world, filled):
    if filled:
        world.write(1, age_s=59)
        world.touch(-59)
    else:
        world.put(b"")
        world.touch(-59)
    assert world.why() == ""
    assert world.dead_man.age_s >= 59
    world.touch(-30)
    assert world.why() == ""
    assert world.dead_man.age_s < 20
    world.touch(-40)
    assert world.why().endswith("was touched at an earlier time than before")
    world.touch(-20)
    assert world.why() == ""


async def test_a_file_that_was_only_touched_counts_on_after_a_restart(world):
    world.put(b"")
    world.touch(-100)
    assert world.why() == "no heartbeat for 100 s (limit 60 s)"
    world.touch(3_600)
    world.restart()
    assert world.why().endswith("was touched in the future")


async def test_a_restart_takes_the_record_and_not_the_touch(world):
    world.write(1, age_s=100)
    world.touch(0)
    assert world.why() == "no heartbeat for 100 s (limit 60 s)"


@pytest.fixture
async def following(world):
    task = asyncio.create_task(world.file.follow())
    yield world
    task.cancel()


async def until(check):
    async with asyncio.timeout(PATIENCE_S):
        while not check():
            await asyncio.sleep(0.01)


def record(world):
    return json.loads(world.path.read_bytes())


async def test_a_heartbeat_that_is_called_in_makes_the_file(following):
    following.dead_man.beat()
    assert not following.dead_man.expired
    await until(following.path.exists)
    made = record(following)
    assert (made["seq"], made["boot_id"], made["pid"]) == (1, BOOT_ID, os.getpid())
    assert made["epoch"] == 7
    assert made["monotonic_ns"] <= time.monotonic_ns()
    following.dead_man.beat()
    await until(lambda: record(following)["seq"] == 2)
    following.write(9)
    await until(lambda: following.file._succession.seq == 9)
    following.dead_man.beat()
    await until(lambda: record(following)["seq"] == 10)
    assert not following.dead_man.expired
    assert [path.name for path in following.path.parent.iterdir()] == ["beat"]


async def test_a_heartbeat_that_is_called_in_mends_a_broken_file(following):
    following.put(b"garbage")
    await until(lambda: following.dead_man.why.endswith("than a heartbeat"))
    following.dead_man.beat()
    await until(lambda: b"boot_id" in following.path.read_bytes())
    assert not following.dead_man.expired


async def test_a_heartbeat_that_cannot_be_kept_is_none(following):
    following.path.mkdir()
    following.dead_man.beat()
    await until(lambda: "cannot be written" in following.dead_man.why)


async def test_a_folder_that_another_writer_keeps_is_not_waited_for_without_end(following):
    with LockedFolder(following.path.parent):
        following.dead_man.beat()
        await until(lambda: "cannot be written" in following.dead_man.why)
