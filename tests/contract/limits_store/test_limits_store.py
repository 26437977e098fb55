"""What the engine may rely on, whatever keeps its limits."""

import pytest
from aitrader_server.errors import LimitsStoreError


async def test_a_new_account_has_no_document(connect, key):
    assert await connect().open(key) is None


async def test_what_was_saved_last_is_found_by_the_next_engine(connect, key):
    first = connect()
    await first.open(key)
    await first.save(b"one", 1)
    await first.save(b"\x00two\xff", 2)
    assert await connect().open(key) == b"\x00two\xff"


async def test_accounts_are_apart(connect, key):
    store = connect()
    await store.open(key)
    await store.save(b"one", 1)
    assert await connect().open(f"{key}-other") is None


async def test_it_holds_what_was_saved(connect, key):
    store = connect()
    await store.open(key)
    await store.save(b"one", 7)
    assert await store.holds()
    assert await store.holds()


async def test_the_same_sequence_may_be_saved_again(connect, key):
    store = connect()
    await store.open(key)
    await store.save(b"one", 7)
    await store.save(b"two", 7)
    assert await connect().open(key) == b"two"


async def test_a_late_write_replaces_nothing_newer(connect, key):
    store = connect()
    await store.open(key)
    await store.save(b"new", 8)
    with pytest.raises(LimitsStoreError):
        await store.save(b"old", 7)
    assert await connect().open(key) == b"new"


async def test_a_journal_that_was_lost_counts_from_one_again(connect, key):
    first = connect()
    await first.open(key)
    await first.save(b"before", 1_000_000)
    second = connect()
    assert await second.open(key) == b"before"
    await second.save(b"after", 1)
    assert await connect().open(key) == b"after"


async def test_an_older_engine_writes_nothing_any_more(connect, key):
    older, newer = connect(), connect()
    await older.open(key)
    await older.save(b"older", 5)
    await newer.open(key)
    with pytest.raises(LimitsStoreError, match="another engine"):
        await older.save(b"late", 6)
    with pytest.raises(LimitsStoreError, match="another engine"):
        await older.holds()
    await newer.save(b"newer", 1)
    with pytest.raises(LimitsStoreError, match="another engine"):
        await older.save(b"late", 7)
    assert await newer.holds()
    assert await connect().open(key) == b"newer"
