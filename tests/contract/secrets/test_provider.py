"""What the store may rely on, whatever keeps a secret."""

import asyncio

import pytest
from aitrader_server.errors import SecretError

FIRST = "canary-first-7c1e0b5a"
SECOND = "canary-second-91f2d3c8"


async def read(keeper):
    return (await keeper.provider.read(frozenset({keeper.place})))[keeper.place]


async def until_read(keeper):
    """What is read once the keeper is back, whose client may need a moment to notice."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await read(keeper)
            except SecretError as error:
                if error.lasting:
                    raise


async def test_what_was_put_there_is_read(keeper):
    await keeper.put(FIRST)
    secret = await read(keeper)
    assert secret.value == keeper.text(FIRST)
    assert secret.version


async def test_an_unchanged_secret_keeps_its_version(keeper):
    await keeper.put(FIRST)
    assert await read(keeper) == await read(keeper)


async def test_the_next_look_sees_a_new_value_with_another_version(keeper):
    await keeper.put(FIRST)
    before = await read(keeper)
    await keeper.put(SECOND)
    after = await read(keeper)
    assert after.value == keeper.text(SECOND)
    assert after.version != before.version


async def test_one_that_is_not_there_is_named_as_missing_for_good(keeper):
    with pytest.raises(SecretError) as missing:
        await read(keeper)
    assert missing.value.lasting
    assert keeper.place in missing.value.message


async def test_one_that_was_taken_away_is_missing(keeper):
    await keeper.put(FIRST)
    await read(keeper)
    await keeper.remove()
    with pytest.raises(SecretError) as missing:
        await read(keeper)
    assert missing.value.lasting
    assert FIRST not in repr(missing.value)


async def test_a_keeper_that_is_down_says_so_in_time_and_serves_when_it_is_back(outages):
    await outages.put(FIRST)
    await read(outages)
    await outages.shut()
    with pytest.raises(SecretError) as down:
        async with asyncio.timeout(60):
            await read(outages)
    assert not down.value.lasting
    await outages.open()
    assert (await until_read(outages)).value == outages.text(FIRST)


async def test_a_keeper_that_was_down_at_first_is_reached_later(outages):
    await outages.shut()
    with pytest.raises(SecretError) as down:
        await read(outages)
    assert not down.value.lasting
    await outages.open()
    await outages.put(FIRST)
    assert (await until_read(outages)).value == outages.text(FIRST)


async def test_no_value_is_in_what_is_shown(keeper, caplog):
    caplog.set_level("DEBUG", logger="aitrader_server")
    await keeper.put(FIRST)
    secret = await read(keeper)
    assert FIRST not in repr(secret)
    assert secret.version in repr(secret)
    assert FIRST not in repr(keeper.provider)
    assert FIRST not in caplog.text


async def test_waiting_for_a_change_ends_when_it_is_cancelled(keeper):
    await keeper.put(FIRST)
    waiting = asyncio.create_task(keeper.provider.changed(frozenset({keeper.place})))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await waiting
