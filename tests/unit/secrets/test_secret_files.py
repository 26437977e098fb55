"""Files as secrets: who may read them, and how a mounted volume changes."""

import asyncio
import os
import resource
import shutil
from pathlib import Path

import pytest
from aitrader_server.adapters.secrets.files import FileSecrets
from aitrader_server.errors import SecretError

CANARY = "canary-file-0f4b9a"
ROOT_UID = 0


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o600)
    return path


class Volume:
    """A folder as Kubernetes mounts a Secret: files behind a link that is turned."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._turns = 0

    def turn(self, *, keep_old: bool = False, **files: str) -> None:
        """Writes all anew beside the old, turns the link, and sweeps the old away."""
        self._turns += 1
        target = self.folder / f"..2026_11_22_{self._turns:02}"
        target.mkdir(parents=True)
        for name, value in files.items():
            (target / name).write_text(value)
            (target / name).chmod(0o400)
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(Path("..data") / name)
        link, beside = self.folder / "..data", self.folder / "..data_tmp"
        old = link.resolve() if link.is_symlink() else None
        beside.symlink_to(target.name)
        beside.replace(link)
        if old is not None and not keep_old:
            shutil.rmtree(old)

    def places(self, *names: str) -> frozenset[str]:
        return frozenset(str(self.folder / name) for name in names)


@pytest.fixture
def volume(tmp_path):
    return Volume(tmp_path / "volume")


async def read(path, environ=None) -> str:
    place = str(path)
    return (await FileSecrets(environ or {}).read(frozenset({place})))[place].value


async def test_one_newline_at_the_end_is_no_part_of_it(file):
    assert await read(file) == CANARY
    file.write_text("two\nlines\n\n")
    assert await read(file) == "two\nlines\n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o444, 0o660])
async def test_a_file_that_others_may_use_is_refused(file, mode):
    file.chmod(mode)
    with pytest.raises(SecretError, match=rf"others may read {file}; run chmod 600") as refused:
        await read(file)
    assert refused.value.lasting
    assert CANARY not in refused.value.message


async def test_what_root_hands_to_a_group_to_read_is_taken(file):
    file.chmod(0o440)
    if os.geteuid() == ROOT_UID:
        assert await read(file) == CANARY
    else:
        with pytest.raises(SecretError, match="others may read"):
            await read(file)


async def test_what_is_no_readable_text_file_is_named(file, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    with pytest.raises(SecretError, match="cannot read /nowhere/at/all: No such file"):
        await read("/nowhere/at/all")
    with pytest.raises(SecretError, match=f"cannot read {tmp_path}/none: No such file"):
        await read(tmp_path / "none")
    with pytest.raises(SecretError, match=f"cannot read {fifo}: it is no file"):
        await read(fifo)
    with pytest.raises(SecretError, match=f"cannot read {tmp_path}: it is no file"):
        await read(tmp_path)


async def test_what_is_in_it_is_never_shown(file):
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SecretError, match=f"cannot read {file}: it is no text") as refused:
        await read(file)
    assert "xff" not in repr(refused.value)
    file.write_text("\n")
    with pytest.raises(SecretError, match=f"{file} is empty"):
        await read(file)
    file.write_text("x" * 65_537)
    with pytest.raises(SecretError, match=f"{file} has more than 65536 bytes"):
        await read(file)


async def test_systemd_says_where_its_credentials_are(file):
    environ = {"CREDENTIALS_DIRECTORY": str(file.parent)}
    assert await read("${CREDENTIALS_DIRECTORY}/secret", environ) == CANARY
    with pytest.raises(SecretError, match="LoadCredential="):
        await read("${CREDENTIALS_DIRECTORY}/secret")


async def test_the_version_is_when_it_was_written(file):
    os.utime(file, ns=(0, 1_790_000_000_123_456_789))
    place = str(file)
    secret = (await FileSecrets({}).read(frozenset({place})))[place]
    assert secret.version == "2026-09-21T14:13:20.123456789Z"
    assert secret.made_s == pytest.approx(1_790_000_000.123)


async def test_a_change_of_the_file_or_of_its_replacement_is_told(file, tmp_path):
    secrets, places = FileSecrets({}), frozenset({str(file)})
    for change in (lambda: file.write_text("other"), lambda: _replace(file)):
        told = asyncio.create_task(secrets.changed(places))
        await asyncio.sleep(0.05)
        change()
        async with asyncio.timeout(20):
            await told


async def test_what_lies_beside_it_tells_nothing(file):
    told = asyncio.create_task(FileSecrets({}).changed(frozenset({str(file)})))
    await asyncio.sleep(0.05)
    (file.parent / "journal.db").write_text("x")
    done, _ = await asyncio.wait([told], timeout=0.5)
    assert not done
    file.write_text("other")
    async with asyncio.timeout(20):
        await told


async def test_a_folder_that_is_not_there_is_waited_for_by_looks_alone():
    told = asyncio.create_task(FileSecrets({}).changed(frozenset({"/nowhere/at/all"})))
    done, _ = await asyncio.wait([told], timeout=0.1)
    assert not done
    told.cancel()


async def test_a_turned_link_is_told_and_all_files_are_of_one_turn(volume):
    volume.turn(key="k-1", secret="s-1")
    secrets, places = FileSecrets({}), volume.places("key", "secret")
    told = asyncio.create_task(secrets.changed(places))
    await asyncio.sleep(0.05)
    volume.turn(key="k-2", secret="s-2")
    async with asyncio.timeout(20):
        await told
    values = {secret.value for secret in (await secrets.read(places)).values()}
    assert values == {"k-2", "s-2"}


async def test_a_volume_that_others_may_read_is_told_what_to_mount(volume):
    volume.turn(key="k-1")
    (volume.folder / "..data" / "key").chmod(0o644)
    with pytest.raises(SecretError, match=r"others may read .*/key; set its volume's defaultMode"):
        await FileSecrets({}).read(volume.places("key"))


async def test_what_cannot_be_watched_is_waited_for_by_looks_alone(file, capsys):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # No file more than those that are open, so that there can be no watch.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        told = asyncio.create_task(FileSecrets({}).changed(frozenset({str(file)})))
        done, _ = await asyncio.wait([told], timeout=0.5)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not done
    assert "cannot be watched" in capsys.readouterr().out
    told.cancel()


async def test_no_pair_is_torn_while_the_link_turns(volume):
    volume.turn(key="key-0", secret="secret-0")
    secrets, places = FileSecrets({}), volume.places("key", "secret")
    turns = 300

    def turn_on_and_on():
        for turn in range(1, turns + 1):
            volume.turn(key=f"key-{turn}", secret=f"secret-{turn}")

    turning = asyncio.create_task(asyncio.to_thread(turn_on_and_on))
    seen = set()
    while not turning.done():
        try:
            found = await secrets.read(places)
        except SecretError as error:
            # Five turns within one look: it says that the next look may fare better.
            assert not error.lasting, error.message  # noqa: PT017 -- most looks do not raise
            continue
        numbers = {secret.value.partition("-")[2] for secret in found.values()}
        assert len(numbers) == 1
        seen |= numbers
    await turning
    assert len(seen) > 1


async def test_a_file_that_the_new_turn_lacks_is_missing_for_good(volume):
    volume.turn(key="k-1", secret="s-1")
    volume.turn(key="k-2")
    with pytest.raises(SecretError, match="secret: No such file") as missing:
        await FileSecrets({}).read(volume.places("key", "secret"))
    assert missing.value.lasting


def _replace(file: Path) -> None:
    beside = file.with_name("beside")
    beside.write_text("third")
    beside.chmod(0o600)
    beside.replace(file)
