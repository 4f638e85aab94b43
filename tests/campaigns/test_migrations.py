"""Databases are made, taken over and upgraded; killed in each step; delayed by a lock.

Size: each database of a released version is taken over and upgraded by made-up later files, killed
in each step; a new one is killed after each schema file; all CAMPAIGN_ROUNDS times. A killed
backend makes PostgreSQL restart, so only every third step is killed that way.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys

import asyncpg
import pytest

from survey.problems import Unavailable
from survey.store import database
from tests import alone
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log
from tests.parts import slow_and_long
from tests.released import RELEASES, load_all_rows, load_release, lost_rows

pytestmark = pytest.mark.slow

CURRENT = sorted(file.name for file in database.SCHEMA.glob("*.sql"))
# What later versions may bring: a column, a table that is written anew, an index.
LATER = {
    "901_wider.sql": "ALTER TABLE complaints ADD COLUMN wider text NOT NULL DEFAULT ''",
    "902_drawn.sql": "ALTER TABLE accounts ADD COLUMN drawn uuid DEFAULT gen_random_uuid()",
    "903_index.sql": "CREATE INDEX codings_of_coder ON codings (coder, coded_at)",
}
MIGRATE = """
import asyncio, pathlib, sys
import asyncpg
from survey.store import database

LAST = sys.argv[2]
database.SCHEMA = pathlib.Path(sys.argv[3])

class Stepping(asyncpg.Connection):
    async def execute(self, statement, *values, **more):
        done = await super().execute(statement, *values, **more)
        if statement == LAST:
            print("reached", flush=True)
            sys.stdin.readline()
        return done

async def main():
    connection = await asyncpg.connect(sys.argv[1], connection_class=Stepping)
    print("backend", connection.get_server_pid(), flush=True)
    await database.migrate(connection)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
async def released(own_server):
    """Gives the name of the database of a release, as that version left it."""
    first = await asyncpg.connect(own_server)
    for number, release in enumerate(RELEASES):
        await first.execute(f"CREATE DATABASE release_{number}")
        await load_release(address_of(own_server, f"release_{number}"), release)
    await first.close()
    return lambda release: f"release_{RELEASES.index(release)}"


def copy_database(server, name, template):
    return alone.create_database(server, name, seeded=False, template=template)


@pytest.fixture(scope="module")
def newer_schema(tmp_path_factory):
    """The schema files of a later version of this program."""
    folder = tmp_path_factory.mktemp("newer") / "schema"
    shutil.copytree(database.SCHEMA, folder)
    for name, text in LATER.items():
        (folder / name).write_text(text)
    return folder


def address_of(server, name):
    return server.replace("postgresql:///soundings?", f"postgresql:///{name}?")


async def load_names(connection):
    """The schema files that were applied to this database."""
    return sorted(await database.load_applied(connection))


@pytest.mark.parametrize("release", RELEASES)
async def test_every_release_comes_up_to_date_with_all_its_rows(
    own_server, released, newer_schema, monkeypatch, release
):
    monkeypatch.setattr(database, "SCHEMA", newer_schema)
    async with copy_database(own_server, "upgraded", released(release)) as dsn:
        connection = await alone.connect(dsn)
        before = await load_all_rows(connection)
        assert (await database.migrate(connection))[-len(LATER) :] == list(LATER)
        assert list(lost_rows(before, await load_all_rows(connection))) == []
        assert await load_names(connection) == [*CURRENT, *LATER]
        await connection.close()


@contextlib.contextmanager
def start_migration(dsn, last, schema):
    """Run a migration that stops right after this statement; gives its process and its backend."""
    environment = os.environ | {"PYTHONPATH": str(alone.ROOT)}
    command = [sys.executable, "-P", "-c", MIGRATE, dsn, last, str(schema)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        backend = int(process.stdout.readline().split()[1])
        assert process.stdout.readline() == "reached\n"
        yield process, backend
        process.kill()


async def kill_backend(dsn, backend):
    """Kill it and wait until PostgreSQL has noticed and ended every other connection."""
    observer = await alone.connect(dsn)
    os.kill(backend, signal.SIGKILL)
    async with asyncio.timeout(DEADLINE_S):
        while not observer.is_closed():
            await asyncio.sleep(0.02)


async def connect_when_ready(dsn):
    """A connection, as soon as PostgreSQL accepts one again."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                return await alone.connect(dsn)
            except (asyncpg.PostgresError, OSError):
                await asyncio.sleep(0.1)


async def kill_migration(dsn, last, schema, number):
    """Kill a migration after this statement: each third time its backend, else its process."""
    with start_migration(dsn, last, schema) as (process, backend):
        if number % 3 == 0:
            await kill_backend(dsn, backend)
        else:
            process.kill()


async def create_again(server, name, template):
    """Create a copy of a database in place of the last one of this name."""
    # No connection is held for dropping it: a server that has started anew would have lost it.
    first = await connect_when_ready(server)
    await first.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await first.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await first.close()


# The database of before the baseline is taken over, which is a step more.
STEPS = [
    (release, number, step)
    for release in RELEASES
    for number, step in enumerate(["DELETE FROM migrations", *LATER.values()])
    if number > 0 or release == RELEASES[0]
] * ROUNDS


@pytest.mark.parametrize(("release", "number", "step"), STEPS)
async def test_killed_in_any_step_it_is_as_before_and_starts_again(
    own_server, released, newer_schema, monkeypatch, release, number, step
):
    dsn = address_of(own_server, "killed")
    await create_again(own_server, "killed", released(release))
    connection = await alone.connect(dsn)
    before, names = await load_all_rows(connection), await load_names(connection)
    await connection.close()
    await kill_migration(dsn, step, newer_schema, number)
    connection = await connect_when_ready(dsn)
    assert await load_names(connection) == names
    assert await load_all_rows(connection) == before
    monkeypatch.setattr(database, "SCHEMA", newer_schema)
    await database.migrate(connection)
    assert list(lost_rows(before, await load_all_rows(connection))) == []
    assert await load_names(connection) == [*CURRENT, *LATER]
    await connection.close()
    log.info("upgrade of %s killed after %s: nothing half done", release, step)


@pytest.mark.parametrize("number", slow_and_long(list(range(len(CURRENT))) * ROUNDS, 9))
async def test_killed_while_a_new_database_is_made_it_is_still_empty(own_server, number):
    await create_again(own_server, "empty", "template1")
    dsn = address_of(own_server, "empty")
    last = (database.SCHEMA / CURRENT[number]).read_text()
    await kill_migration(dsn, last, database.SCHEMA, number)
    connection = await connect_when_ready(dsn)
    assert await load_all_rows(connection) == {}
    assert await database.migrate(connection) == CURRENT
    await connection.close()


async def test_a_long_report_holds_it_up_for_a_moment_and_is_told(
    own_server, released, newer_schema, monkeypatch
):
    monkeypatch.setattr(database, "SCHEMA", newer_schema)
    monkeypatch.setattr(database, "MIGRATION_PATIENCE_S", 0.2)
    async with copy_database(own_server, "reported", released(RELEASES[-1])) as dsn:
        reader, connection = await alone.connect(dsn), await alone.connect(dsn)
        before = await load_names(connection)
        async with reader.transaction():
            await reader.fetch("SELECT * FROM complaints")
            async with asyncio.timeout(DEADLINE_S):
                with pytest.raises(Unavailable, match="is using a table") as refused:
                    await database.migrate(connection)
        assert refused.value.code == "database.busy"
        assert refused.value.remedy
        assert await load_names(connection) == before
        applied = await database.load_applied(connection)
        missing = [name for name in database.schema_hashes() if name not in applied]
        assert missing[-len(LATER) :] == list(LATER)
        assert await database.migrate(connection) == missing
        await reader.close()
        await connection.close()


async def test_an_older_program_is_refused_by_what_a_newer_one_left(
    own_server, released, newer_schema, monkeypatch
):
    async with copy_database(own_server, "left_by_newer", released(RELEASES[-1])) as dsn:
        with monkeypatch.context() as newer:
            newer.setattr(database, "SCHEMA", newer_schema)
            connection = await alone.connect(dsn)
            await database.migrate(connection)
            await connection.close()
        with pytest.raises(Unavailable) as refused:
            async with database.open_database(dsn):
                pass
        assert refused.value.code == "database.newer"
        assert next(iter(LATER)) in refused.value.sentence
