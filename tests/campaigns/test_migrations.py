"""Databases of every older version are migrated; killed in each step; delayed by a lock.

Size: every schema file once, those before the baseline and those of now, CAMPAIGN_ROUNDS times. A
killed backend makes PostgreSQL restart, so only every third step is killed that way.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

import asyncpg
import pytest

from survey.problems import Unavailable
from survey.store import database
from tests import alone
from tests.campaigns.old_rows import ROWS
from tests.campaigns.sizes import DEADLINE_S, ROUNDS, log, random_stream
from tests.parts import slow_and_long
from tests.released import load_all_rows, lost_rows

pytestmark = pytest.mark.slow

FILES = sorted((database.SCHEMA / "before_baseline").glob("*.sql"))
CURRENT = sorted(database.SCHEMA.glob("*.sql"))
LATER = [file.name for file in CURRENT if file.name[:2] > database.BASELINE]


def version_of(name):
    """Its number, with the letter where several files share the number."""
    return name.partition("_")[0]


VERSIONS = [version_of(file.name) for file in FILES]
MIGRATE = """
import asyncio, sys
import asyncpg
from survey.store import database

LAST = sys.argv[2]

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
async def older(own_server):
    """The address of a database at each older version, with rows of every version before it."""
    first = await asyncpg.connect(own_server)
    addresses = {}
    for number, version in enumerate(VERSIONS):
        name = f"at_{version}"
        like = f"TEMPLATE at_{VERSIONS[number - 1]}" if number else ""
        await first.execute(f"CREATE DATABASE {name} {like}")
        addresses[version] = own_server.replace(
            "postgresql:///soundings?", f"postgresql:///{name}?"
        )
        await apply_next_file(addresses[version], number)
    await first.close()
    return addresses


async def apply_next_file(dsn, number):
    """Apply the next schema file as the program did then, and insert the rows of that version."""
    connection = await asyncpg.connect(dsn)
    text = FILES[number].read_text()
    async with connection.transaction():
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL)"
        )
        await connection.execute(text)
        await connection.execute(
            "INSERT INTO migrations VALUES ($1, $2)", FILES[number].name, database.text_digest(text)
        )
        await connection.execute(ROWS.get(VERSIONS[number], "SELECT"))
    await connection.close()


@contextlib.asynccontextmanager
async def copy_database(dsn, name="migrated"):
    """Create a copy of that database, which may be changed."""
    first = await asyncpg.connect(dsn.replace(dsn.split("?")[0], "postgresql:///soundings"))
    template = dsn.split("?")[0].rpartition("/")[2]
    await first.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await first.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await first.close()
    yield dsn.replace(f"/{template}?", f"/{name}?")


async def load_applied(connection):
    rows = await connection.fetch("SELECT name FROM migrations")
    return sorted(row["name"] for row in rows)


@pytest.mark.parametrize("version", slow_and_long(VERSIONS, 9))
async def test_every_older_version_comes_up_to_date_with_all_its_rows(older, version):
    async with copy_database(older[version]) as dsn:
        connection = await alone.connect(dsn)
        before = await load_all_rows(connection)
        applied = await database.migrate(connection)
        older_files = [file.name for file in FILES[VERSIONS.index(version) + 1 :]]
        assert applied == older_files + LATER
        assert list(lost_rows(before, await load_all_rows(connection))) == []
        assert await load_applied(connection) == [file.name for file in CURRENT]
        sums = "SELECT count(*) FROM answer_sums s JOIN answer_draws d ON d.id = s.draw"
        assert await connection.fetchval(sums) == len(before.get("answer_sums", ()))
        await connection.close()


@contextlib.contextmanager
def start_migration(dsn, last):
    """Run a migration that stops right after this statement; gives its process and its backend."""
    environment = os.environ | {"PYTHONPATH": str(alone.ROOT)}
    command = [sys.executable, "-P", "-c", MIGRATE, dsn, last]
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


STEPS = [(number, version) for number, version in enumerate(VERSIONS) if number] * ROUNDS


@pytest.mark.parametrize(("number", "step"), slow_and_long(STEPS, 9))
async def test_killed_in_any_step_it_is_as_before_and_starts_again(older, number, step):
    from_version = random_stream(f"migration {step}").choice(VERSIONS[:number])
    async with copy_database(older[from_version]) as dsn:
        connection = await alone.connect(dsn)
        before = await load_all_rows(connection)
        await connection.close()
        with start_migration(dsn, FILES[number].read_text()) as (process, backend):
            if number % 3 == 0:
                await kill_backend(dsn, backend)
            else:
                process.kill()
        connection = await connect_when_ready(dsn)
        done = [version_of(name) for name in await load_applied(connection)]
        assert done == VERSIONS[: VERSIONS.index(from_version) + 1]
        assert await load_all_rows(connection) == before
        await database.migrate(connection)
        assert list(lost_rows(before, await load_all_rows(connection))) == []
        await connection.close()
    log.info("migration from %s killed in %s: nothing half done", from_version, step)


async def test_killed_before_the_baseline_is_recorded_it_is_as_before(older):
    async with copy_database(older[VERSIONS[-1]]) as dsn:
        with start_migration(dsn, "DELETE FROM migrations") as (process, _):
            process.kill()
        connection = await connect_when_ready(dsn)
        assert await load_applied(connection) == [file.name for file in FILES]
        assert await database.migrate(connection) == LATER
        assert await load_applied(connection) == [file.name for file in CURRENT]
        await connection.close()


@pytest.mark.parametrize("number", slow_and_long(list(range(len(CURRENT))) * ROUNDS, 9))
async def test_killed_while_a_new_database_is_made_it_is_still_empty(own_server, number):
    first = await asyncpg.connect(own_server)
    await first.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
    await first.execute("CREATE DATABASE empty")
    await first.close()
    dsn = own_server.replace("postgresql:///soundings?", "postgresql:///empty?")
    with start_migration(dsn, CURRENT[number].read_text()) as (process, backend):
        if number % 3 == 0:
            await kill_backend(dsn, backend)
        else:
            process.kill()
    connection = await connect_when_ready(dsn)
    assert await load_all_rows(connection) == {}
    assert await database.migrate(connection) == [file.name for file in CURRENT]
    await connection.close()


async def test_a_long_report_holds_it_up_for_a_moment_and_is_told(older):
    async with copy_database(older["0027"]) as dsn:
        reader, connection = await alone.connect(dsn), await alone.connect(dsn)
        async with reader.transaction():
            await reader.fetch("SELECT * FROM complaints")
            async with asyncio.timeout(DEADLINE_S):
                with pytest.raises(Unavailable, match="is using a table") as refused:
                    await database.migrate(connection, patience_s=0.2)
        assert refused.value.code == "database.busy"
        assert refused.value.remedy
        assert (await database.migrate(connection))[0] == FILES[VERSIONS.index("0028")].name
        await reader.close()
        await connection.close()


async def test_an_older_program_is_refused_by_what_a_newer_one_left(older, monkeypatch, tmp_path):
    async with copy_database(older[VERSIONS[-1]]) as dsn:
        for file in FILES[:-1]:
            (tmp_path / file.name).write_text(file.read_text())
        monkeypatch.setattr(database, "SCHEMA", tmp_path)
        with pytest.raises(Unavailable) as refused:
            async with database.open_database(dsn):
                pass
        assert refused.value.code == "database.newer"
        assert FILES[-1].name in refused.value.sentence
