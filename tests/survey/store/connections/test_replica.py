"""Reads on a real streaming replica: never older than the primary, never refused when it fails."""

import logging

import asyncpg
import pytest

from survey.store.connections import embedded
from survey.store.connections import replica as replicas
from survey.store.connections.refusals import LostReplica
from survey.store.connections.replica import load_replica_state, open_read_database
from survey.store.database import open_database
from tests import alone
from tests.servers import address, place_of, run_replica
from tests.waiting import until

COUNT = "SELECT count(*) FROM reply_templates"


@pytest.fixture
def impatient(monkeypatch):
    """Waits for no replica, and tries it again at once."""
    monkeypatch.setattr(replicas, "MOST_WAIT_S", 0.2)
    monkeypatch.setattr(replicas, "REST_S", 0.0)


async def asked_at(database, query=COUNT):
    async with database.connection() as connection:
        return await connection.fetchval(query)


async def test_without_a_replica_everything_is_read_from_the_primary(db):
    async with open_read_database("", db) as reading:
        assert reading is db


async def test_a_replica_that_is_away_is_not_waited_for(db, caplog):
    nowhere = f"postgresql://soundings@127.0.0.1:{alone.free_port()}/soundings"
    async with open_read_database(nowhere, db) as reading:
        with caplog.at_level(logging.WARNING, "soundings.replica"):
            assert [await asked_at(reading, "SELECT 7") for _ in range(3)] == [7, 7, 7]
        assert reading.reads == {"replica": 0, "primary": 3}
    assert [one.getMessage() for one in caplog.records] == [
        "the replica is late or away (ConnectionRefusedError): reading from the primary"
    ]


async def test_another_database_is_never_read(db, server, caplog):
    """Its log has positions too, and they would be taken for those of ours."""
    other = server.replace("postgresql:///soundings?", "postgresql:///postgres?")
    async with open_read_database(other, db) as reading:
        assert await asked_at(reading, "SELECT current_database()") == embedded.DATABASE
        assert reading.reads["replica"] == 0
    assert "replica.foreign" in caplog.text


async def test_what_fails_in_the_hands_of_the_reader_is_no_failure_of_the_replica(db, server):
    """A file that is not there is an OSError as well, and so is a time limit of the reader's."""
    connection = await asyncpg.connect(server)
    for failure in (FileNotFoundError("edition.pdf"), TimeoutError()):
        assert not replicas.is_failure_of_replica(failure, connection)
    await connection.close()
    assert replicas.is_failure_of_replica(ConnectionResetError(), connection)


async def test_a_server_that_follows_nobody_is_never_read(db, server, impatient):
    async with open_read_database(server, db) as reading:
        await asked_at(reading)
        assert reading.reads == {"replica": 0, "primary": 1}


@pytest.fixture(scope="module")
async def primary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("primary")
    with embedded.open_server(folder, throwaway=True) as dsn:
        # As on every server that we run on: a commit is in the log before it is acknowledged.
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"ALTER DATABASE {embedded.DATABASE} SET synchronous_commit = on")
        await connection.close()
        yield place_of(folder)


@pytest.fixture(scope="module")
async def pair(primary):
    """A primary, and the replica that follows it."""
    with run_replica(primary) as replica:
        async with (
            open_database(address(primary)) as first,
            open_read_database(replica.dsn, first) as reading,
        ):
            yield first, reading, replica


async def write(database):
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO reply_templates (name, body) VALUES (gen_random_uuid(), 'Thank you.')"
        )


@pytest.mark.slow
async def test_whoever_wrote_reads_it_on_the_replica_at_once(pair):
    first, reading, _ = pair
    before, used = await asked_at(first), dict(reading.reads)
    for number in range(1, 101):
        await write(first)
        assert await asked_at(reading) == before + number
    # On a machine that is busy a few may come too late, and are read from the primary.
    assert reading.reads["replica"] > used["replica"]


@pytest.mark.slow
async def test_how_far_a_replica_is_behind_is_known(pair, impatient):
    first, reading, replica = pair
    await until(is_used, reading)
    async with replaying_paused(replica), first.connection() as connection:
        await write(first)
        found = await load_replica_state(connection, replica.dsn)
    assert (found.is_ours, found.follows) == (True, True)
    assert found.bytes_behind > 0


@pytest.mark.slow
async def test_a_replica_that_stands_still_is_left_until_it_has_caught_up(pair, impatient):
    first, reading, replica = pair
    async with replaying_paused(replica):
        await write(first)
        used = dict(reading.reads)
        assert await asked_at(reading) == await asked_at(first)
        assert reading.reads["replica"] == used["replica"]
    await until(is_used, reading)


class replaying_paused:  # noqa: N801 - read as a block
    def __init__(self, replica):
        self.dsn = replica.dsn

    async def __aenter__(self):
        self.connection = await asyncpg.connect(self.dsn)
        await self.connection.execute("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
        await until(self.connection.fetchval, state)

    async def __aexit__(self, *_):
        await self.connection.execute("SELECT pg_wal_replay_resume()")
        await self.connection.close()


async def is_used(reading):
    before = reading.reads["replica"]
    await asked_at(reading)
    return reading.reads["replica"] > before


@pytest.mark.slow
async def test_a_read_that_the_replica_cancels_is_one_to_do_again(pair, impatient):
    """The primary removes rows for good that a long read on the replica still sees."""
    first, reading, replica = pair
    await set_at(replica.dsn, "max_standby_streaming_delay = 0")
    await write(first)
    await until(is_used, reading)

    async def read_long():
        snapshot = {"isolation": "repeatable_read", "readonly": True}
        async with reading.connection() as connection, connection.transaction(**snapshot):
            await connection.fetchval(COUNT)
            async with first.connection() as writing:
                await writing.execute("DELETE FROM reply_templates")
                await writing.execute("VACUUM reply_templates")
            await until(connection.fetchval, f"SELECT ({COUNT}) = -1")

    with pytest.raises(LostReplica):
        await read_long()
    assert await asked_at(reading) == 0


async def set_at(dsn, setting):
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@pytest.mark.slow
async def test_a_replica_that_dies_in_a_read_is_one_to_do_again(pair, impatient):
    first, reading, replica = pair
    await until(is_used, reading)

    async def read_meanwhile():
        async with reading.connection() as connection:
            replica.stop()
            await connection.fetchval(COUNT)

    with pytest.raises(LostReplica):
        await read_meanwhile()
    await write(first)
    assert await asked_at(reading) == await asked_at(first)
    replica.start()
    await until(is_used, reading)


@pytest.mark.slow
async def test_after_a_failure_of_the_reader_the_replica_is_read_on(pair):
    _, reading, _ = pair
    await until(is_used, reading)
    with pytest.raises(FileNotFoundError):
        async with reading.connection():
            raise FileNotFoundError("edition.pdf")
    assert not reading.resting


@pytest.mark.slow
async def test_a_replica_that_was_promoted_is_never_read_again(pair, impatient):
    """The last test of this file, for what was promoted follows nobody."""
    first, reading, replica = pair
    replica.promote()
    await write(first)
    used = dict(reading.reads)
    assert await asked_at(reading) == await asked_at(first)
    assert reading.reads["replica"] == used["replica"]
