"""The journal in PostgreSQL: its tables, its versions and its statements.

Every statement that writes begins with `mine`: it beats, and it finds the leader's row only while
that still has the writer's epoch. So what a deposed engine writes is nothing, and the row stays
locked until the rest of the statement is durable.
"""

from aitrader_server.adapters.journal.rows import COLUMNS

# Comes before leadership, so it never changes. Little fill keeps its updates within one page.
CREATE_LEADER = """
    CREATE TABLE IF NOT EXISTS leader (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        schema_version integer NOT NULL DEFAULT 0,
        epoch bigint NOT NULL DEFAULT 0,
        backend integer NOT NULL DEFAULT 0,
        host text NOT NULL DEFAULT '',
        pid integer NOT NULL DEFAULT 0,
        beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
    ) WITH (fillfactor = 10);
    INSERT INTO leader DEFAULT VALUES ON CONFLICT DO NOTHING;
"""

# Step n takes a database from version n-1 to n. Released steps never change; new ones are added.
MIGRATIONS = (
    """
    CREATE TABLE event (
        sequence bigint PRIMARY KEY,
        epoch bigint NOT NULL,
        at_ns bigint NOT NULL,
        kind text NOT NULL,
        intent text NOT NULL,
        symbol text NOT NULL,
        trace_id text NOT NULL,
        state text NOT NULL,
        cumulative_quantity text NOT NULL,
        once text UNIQUE,
        payload bytea NOT NULL,
        crc bigint NOT NULL
    );
    CREATE INDEX event_intent ON event (intent, sequence) WHERE intent <> '';
    CREATE TABLE snapshot (
        sequence bigint PRIMARY KEY,
        state bytea NOT NULL,
        crc bigint NOT NULL
    );
    """,
)

# The lock's name: ours, and of this very table, so that each journal of a server has its own.
_OURS = 1095324244
_LOCK = f"{_OURS}, 'leader'::regclass::oid::int"

# One statement, so that there is no moment in which the lock is held and nobody named.
TAKE = f"""
    WITH lock AS MATERIALIZED (SELECT pg_try_advisory_lock({_LOCK}) AS taken)
    UPDATE leader SET epoch = leader.epoch + 1, backend = pg_backend_pid(), host = $1, pid = $2,
        beat_at = clock_timestamp()
    FROM lock WHERE lock.taken RETURNING leader.epoch
"""  # noqa: S608 -- constants only

# Only who is named in the row is ended: another standby may hold the lock since this moment.
DEPOSE = f"""
    SELECT pg_terminate_backend(held.pid) FROM leader JOIN pg_locks AS held
        ON held.locktype = 'advisory' AND held.granted AND held.pid = leader.backend
        AND held.classid = {_OURS} AND held.objid = 'leader'::regclass
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    WHERE clock_timestamp() - leader.beat_at > make_interval(secs => $1)
"""  # noqa: S608 -- constants only

WHO = """
    SELECT epoch, host, pid, extract(epoch FROM clock_timestamp() - beat_at)::float8 AS silent_s
    FROM leader
"""

BEAT = "UPDATE leader SET beat_at = clock_timestamp() WHERE epoch = $1 RETURNING epoch"

# One array a column takes any number of rows in one round trip.
INSERT_EVENTS = f"""
    WITH mine AS ({BEAT})
    INSERT INTO event ({COLUMNS})
    SELECT row.* FROM mine CROSS JOIN unnest(
        $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bigint[]
    ) AS row
    RETURNING sequence
"""  # noqa: S608 -- constants only

REPLACE_SNAPSHOT = f"""
    WITH mine AS ({BEAT}),
        older AS (DELETE FROM snapshot USING mine WHERE snapshot.sequence <> $2)
    INSERT INTO snapshot (sequence, state, crc) SELECT $2::bigint, $3::bytea, $4::bigint FROM mine
    ON CONFLICT (sequence) DO UPDATE SET state = excluded.state, crc = excluded.crc
    RETURNING sequence
"""  # noqa: S608 -- constants only

SELECT_AFTER = f"SELECT {COLUMNS} FROM event WHERE sequence > $1 ORDER BY sequence LIMIT $2"  # noqa: S608 -- constants only
SELECT_INTENT = f"""
    SELECT {COLUMNS} FROM event WHERE intent = $1 AND intent <> '' ORDER BY sequence
"""  # noqa: S608 -- constants only
SELECT_SNAPSHOT = "SELECT sequence, state, crc FROM snapshot ORDER BY sequence DESC LIMIT 1"
SELECT_LAST = "SELECT coalesce(max(sequence), 0) FROM event"
