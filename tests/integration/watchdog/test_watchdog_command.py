"""`aitrader watchdog` as a process: what keeps it from starting, and that it stops when told."""

import signal

import pytest
from watched import Exchange, Watchdog, paging

STOP_TIMEOUT_S = 60


@pytest.fixture
def exchange(tmp_path):
    with Exchange(tmp_path) as exchange:
        yield exchange


@pytest.fixture
def start(tmp_path):
    dogs = []

    def launch(environ, *settings):
        dogs.append(Watchdog(tmp_path, environ, f"state={tmp_path}", *settings))
        return dogs[-1]

    yield launch
    for dog in dogs:
        dog.kill9()


def refused(dog):
    assert dog.launch().wait(STOP_TIMEOUT_S) == 78, dog.log
    return dog.log


def test_a_sandbox_that_ends_with_the_engine_is_nothing_to_watch(start):
    assert "execution.binance.sandbox_url" in refused(start({}))


def test_a_venue_that_offers_no_canceller_is_said(start):
    said = refused(start({}, "execution.gateway=paper"))
    assert "canceller paper is not installed; installed: binance" in said


def test_an_engine_with_standbys_is_not_watched(start):
    said = refused(start({}, "journal.kind=postgres", "journal.url=env:JOURNAL"))
    assert "a standby takes over" in said


def test_a_missing_key_is_said(start, exchange):
    said = refused(start({}, f"execution.binance.sandbox_url={exchange.url}"))
    assert "BINANCE_WATCHDOG_API_KEY" in said
    assert "BINANCE_WATCHDOG_API_SECRET" in said


def test_a_key_of_another_venue_is_said(start, exchange):
    keys = {**exchange.watchdog_keys, "BINANCE_WATCHDOG_API_KEY": "f" * 64}
    said = refused(start(keys, f"execution.binance.sandbox_url={exchange.url}"))
    assert "refuses the key" in said


async def test_it_trips_without_an_engine_and_stops_in_good_order(start, exchange):
    async with paging() as pager:
        dog = start(
            exchange.watchdog_keys,
            f"execution.binance.sandbox_url={exchange.url}",
            "watchdog.limit_s=2",
            f"alerts.alertmanager_url={pager.url}",
        ).start()
        await pager.until("EngineSilent")
        dog.process.send_signal(signal.SIGTERM)
        assert dog.process.wait(STOP_TIMEOUT_S) == 0
    secret = exchange.watchdog_keys["BINANCE_WATCHDOG_API_SECRET"].splitlines()[1]
    assert secret not in dog.log
