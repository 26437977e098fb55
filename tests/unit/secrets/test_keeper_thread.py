"""The thread of a client that blocks: one call after the other, and never a reason to wait."""

import asyncio
import subprocess
import sys
import threading

import pytest
from aitrader_server.adapters.secrets.worker import Worker
from aitrader_server.errors import SecretError

STUCK = """
import asyncio, threading
from aitrader_server.adapters.secrets.worker import Worker
from aitrader_server.errors import SecretError

async def main():
    worker = Worker("Keeper", 0.05)
    try:
        await worker.call(threading.Event().wait)
    except SecretError as error:
        print(error.message)
    worker.close()

asyncio.run(main())
"""


def test_a_keeper_that_never_ends_its_answer_keeps_no_process_from_ending():
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "Keeper did not answer within 0.05 s\n"
    assert ended.stderr == ""


async def test_what_nobody_waits_for_any_more_is_not_asked():
    worker, let, made = Worker("Keeper", 60), threading.Event(), []
    first = asyncio.create_task(worker.call(let.wait))
    second = asyncio.create_task(worker.call(lambda: made.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    let.set()
    assert await first
    await worker.call(lambda: made.append("third"))
    assert made == ["third"]
    worker.close()


async def test_an_error_is_raised_where_the_caller_waits_and_the_next_call_is_made():
    def fail():
        raise SecretError("denied", lasting=True)

    worker = Worker("Keeper", 60)
    with pytest.raises(SecretError, match="denied"):
        await worker.call(fail)
    assert await worker.call(lambda: "found") == "found"
    worker.close()
