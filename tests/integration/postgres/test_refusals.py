"""Servers that must not hold a journal, and journals that must not be read."""

import asyncio

import pytest
from aitrader_server.adapters.journal.postgres import Standby
from aitrader_server.adapters.journal.postgres_schema import MIGRATIONS
from aitrader_server.engine.ports import Snapshot
from aitrader_server.errors import ConfigError, JournalError
from deaf_proxy import DeafProxy, running_proxy
from postgres_server import PASSWORD, running_postgres
from simulation.disk.records import record, records


def lead(url: str):
    return Standby(url, lease_s=5.0, report=pytest.fail).lead()


@pytest.fixture
def filled(postgres):
    """Five records, the fourth and fifth of intent a, and a snapshot at 5."""
    url = postgres.new_database()
    store = lead(url)
    store.commit([*records(1, 3), record(4, intent="a"), record(5, intent="a")])
    store.save_snapshot(Snapshot(sequence=5, state=b"{}"))
    store.close()
    return url


@pytest.fixture(scope="module")
def own():
    """A server that tests of this module may stop and start as they like."""
    with running_postgres() as server:
        yield server


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_records_is_refused(own, setting):
    own.stop()
    own.start(f"{setting}=off")
    try:
        with pytest.raises(ConfigError, match=f"{setting} is off; it must be on"):
            lead(own.url())
    finally:
        own.stop()
        own.start()


@pytest.mark.parametrize(
    "url", ["postgresql://u:se[cret@h/x", "postgresql://u:p@h:secret/x", "mysql://u:secret@h/x"]
)
def test_an_address_that_cannot_be_read_is_refused_and_not_shown(url):
    with pytest.raises(ConfigError, match="it must be") as caught:
        lead(url)
    assert "secret" not in str(caught.value)
    assert "cret@" not in str(caught.value)


def test_a_parameter_that_the_server_does_not_know_is_not_tried_again(own):
    with pytest.raises(ConfigError, match='unrecognized configuration parameter "foo"'):
        lead(f"{own.url()}?foo=bar")


def test_a_session_that_may_lose_records_is_not_left_so(own):
    url = own.new_database()
    own.query("ALTER ROLE aitrader SET synchronous_commit = off", url)
    store = lead(url)
    assert store._session.value("SELECT current_setting('synchronous_commit')") == "on"
    store.close()


def test_a_copy_is_refused(own):
    own.stop()
    own.become_copy()
    own.start()
    with pytest.raises(ConfigError, match="read-only copy; give the address of the primary"):
        lead(own.url())


class Pooler(DeafProxy):
    """Answers in the server's place with a process number of its own, as poolers do."""

    def heard(self, chunk: bytes) -> bytes:
        key_data = b"K\x00\x00\x00\x0c"
        head, found, tail = chunk.partition(key_data)
        return head + found + b"\x00\x00\x00\x01" + tail[4:] if found else chunk


async def test_a_pooler_is_refused(postgres):
    url = postgres.new_database()
    async with running_proxy(postgres.port, Pooler) as way:
        with pytest.raises(ConfigError, match="a pooler answers; give the address of PostgreSQL"):
            await asyncio.to_thread(lead, postgres.through(way.port, url))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda url: url.replace(PASSWORD, "guessed"), "password authentication failed"),
        (lambda url: f"{url}_nowhere", 'database "journal.*_nowhere" does not exist'),
        (lambda url: url.replace("postgresql://", "mysql://"), "it must be postgresql://"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(postgres, wrong, message):
    url = wrong(postgres.new_database())
    with pytest.raises(ConfigError, match=rf"^journal.url: .*{message}") as refused:
        lead(url)
    assert PASSWORD not in refused.value.message
    assert "guessed" not in refused.value.message


@pytest.mark.parametrize(
    ("taken", "message"),
    [("CREATE", "permission denied for schema"), ("ALL", "no schema has been selected")],
)
def test_a_role_that_may_not_make_tables_is_refused(postgres, taken, message):
    url, role = postgres.new_database(), f"without_{taken.lower()}"
    postgres.query(f"REVOKE {taken} ON SCHEMA public FROM PUBLIC", url)
    postgres.query(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'", url)
    with pytest.raises(ConfigError, match=message):
        lead(url.replace("//aitrader:", f"//{role}:"))


def test_a_newer_journal_is_refused(filled, postgres):
    postgres.query("UPDATE leader SET schema_version = schema_version + 1", filled)
    with pytest.raises(ConfigError, match="start the newer program"):
        lead(filled)
    assert postgres.query("SELECT schema_version FROM leader", filled) == [str(len(MIGRATIONS) + 1)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE event SET payload = '{}' WHERE sequence = 4",
        "UPDATE event SET cumulative_quantity = '5.0' WHERE sequence = 4",
        "UPDATE event SET once = 'x' WHERE sequence = 4",
    ],
)
def test_names_the_damaged_record(filled, postgres, damage):
    postgres.query(damage, filled)
    store = lead(filled)
    for read in (lambda: store.read(0, 10), lambda: store.read_intent("a")):
        with pytest.raises(JournalError, match=r"record 4 .* checksum"):
            read()
    assert len(store.read(0, 3)) == 3
    store.close()


def test_names_the_missing_record(filled, postgres):
    postgres.query("DELETE FROM event WHERE sequence = 2", filled)
    store = lead(filled)
    with pytest.raises(JournalError, match="record 2 is missing from PostgreSQL at 127"):
        store.read(0, 10)
    store.close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE snapshot SET state = '{1}'", "snapshot at 5 .* checksum"),
        ("DELETE FROM event WHERE sequence = 5", "snapshot at 5 .* last record 4: records were"),
    ],
)
def test_does_not_start_from_a_wrong_snapshot(filled, postgres, damage, message):
    postgres.query(damage, filled)
    store = lead(filled)
    with pytest.raises(JournalError, match=message):
        store.latest_snapshot()
    store.close()


def test_two_journals_of_one_server_have_leaders_of_their_own(postgres, filled):
    here, there = lead(filled), lead(postgres.new_database())
    here.commit([record(6)])
    there.commit([record(1)])
    here.close()
    there.close()


def test_two_journals_of_one_database_have_leaders_of_their_own(postgres):
    url = postgres.new_database()
    postgres.query("CREATE SCHEMA one; CREATE SCHEMA two", url)
    here, there = (lead(f"{url}?search_path={name}") for name in ("one", "two"))
    here.commit([record(1)])
    there.commit([record(1)])
    here.close()
    there.close()
