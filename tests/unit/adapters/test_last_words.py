"""What is said last is found by the next life, also when no room is left for anything else."""

import pytest
from aitrader_server.adapters.last_words import FILE_NAME, SIZE_BYTES, LastWordsFile
from aitrader_server.errors import JournalError


async def test_the_next_life_reads_what_the_last_one_wrote(tmp_path):
    assert await LastWordsFile(tmp_path).read() == ""
    await LastWordsFile(tmp_path).write("no space left: größer")
    assert await LastWordsFile(tmp_path).read() == "no space left: größer"
    assert await LastWordsFile(tmp_path).read() == "no space left: größer"
    await LastWordsFile(tmp_path).write("")
    assert await LastWordsFile(tmp_path).read() == ""


async def test_its_room_is_taken_when_it_is_first_read(tmp_path):
    words = LastWordsFile(tmp_path)
    await words.read()
    file = tmp_path / FILE_NAME
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (SIZE_BYTES, 0o600)
    inode = file.stat().st_ino
    await words.write("x" * (SIZE_BYTES + 1))
    assert (file.stat().st_size, file.stat().st_ino) == (SIZE_BYTES, inode)
    assert await words.read() == "x" * SIZE_BYTES


async def test_what_a_crash_cut_in_two_still_says_something(tmp_path):
    (tmp_path / FILE_NAME).write_bytes("größer".encode()[:3])
    assert (await LastWordsFile(tmp_path).read()).startswith("gr")


async def test_without_room_it_says_so_at_once(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    words, why = LastWordsFile(tmp_path), "last_words cannot be written: Is a directory"
    with pytest.raises(JournalError, match=why):
        await words.read()
    with pytest.raises(JournalError, match=why):
        await words.write("")
