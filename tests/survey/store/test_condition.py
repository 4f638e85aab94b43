"""What is wrong with a database is said as it is: to whoever sends, to balancers and in the log.

The errors are PostgreSQL's own, raised by a trigger where the cause would take the whole server.
"""

import contextlib
import shutil

import asyncpg
import pytest

from api.operations.answers import submissions
from survey.problems import Conflict, Unavailable
from survey.store import database as store
from survey.store.connections import condition
from survey.store.database import open_database
from tests import alone
from tests.cut_lines import open_line
from tests.survey.store.test_worker_goes_on import SUBMISSION

FAIL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END$$;
    CREATE TRIGGER fails BEFORE INSERT ON responses EXECUTE FUNCTION fail();
"""
MEND = "DROP FUNCTION fail CASCADE"
BY_STATE = {
    "53100": "database.full",
    "58P01": "database.damaged",
    "58030": "database.damaged",
    "XX001": "database.damaged",
    "XX002": "database.damaged",
    "42P01": "database.incomplete",
    "42501": "database.incomplete",
    "25006": "database.read_only",
    "53200": "database.unreachable",
    "57P01": "database.unreachable",
}
MARKS = b"k" * 32, b"b" * 32  # by which a repeated request is recognised


@pytest.fixture(scope="module")
async def given(server):
    async with alone.create_database(server, "in_what_condition") as dsn:
        yield dsn


@pytest.fixture
async def database(given):
    async with open_database(given) as found:
        yield found


async def run(database, statement):
    async with database.connection() as connection:
        return await connection.execute(statement)


async def code_of(work):
    with pytest.raises(Unavailable) as refused:
        await work
    return refused.value.code


async def submit(database, marks=None):
    return await submissions.submit_response(database, "feedback", SUBMISSION, marks)


@pytest.mark.parametrize("state", BY_STATE)
async def test_each_error_of_the_whole_database_is_called_by_its_name(database, caplog, state):
    await run(database, FAIL.format(state=state))
    for _ in range(3):
        assert await code_of(submit(database)) == BY_STATE[state]
    # Once a minute, with what it is; never what was sent.
    assert caplog.text.count(f"[{BY_STATE[state]}, ") == 1
    assert "explained" not in caplog.text
    await run(database, MEND)
    await submit(database)
    await database.check()


async def test_health_says_that_the_disk_is_full_until_it_has_room(database, monkeypatch):
    await run(database, FAIL.format(state="53100"))
    await code_of(submit(database))
    await run(database, MEND)
    full = "DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END$$"
    with monkeypatch.context() as filled:
        filled.setattr(condition, "TAKE_ROOM", full)
        for _ in range(2):
            assert await code_of(database.check()) == "database.full"
    for _ in range(2):
        await database.check()


CHANGES = {
    "a column has another name": "ALTER TABLE responses RENAME COLUMN area TO place",
    "a column must be given": "ALTER TABLE responses ADD COLUMN more int NOT NULL DEFAULT NULL",
    "a check is stricter": "ALTER TABLE responses ADD CHECK (area IS NULL) NOT VALID",
    "a column is gone": "ALTER TABLE texts DROP COLUMN language CASCADE",
}


NEWER = "INSERT INTO migrations VALUES ('99_x.sql', '')"


@pytest.mark.parametrize("change", CHANGES)
async def test_tables_of_another_version_are_503_for_answers_and_health(server, change):
    """As after `migrate` of a newer program below this one."""
    async with (
        alone.create_database(server, "of_a_newer_version") as dsn,
        open_database(dsn) as database,
    ):
        await run(database, f"{CHANGES[change]}; {NEWER}")
        assert await code_of(submit(database)) == "database.changed"
        assert await code_of(database.check()) == "database.changed"
        await run(database, "DELETE FROM migrations WHERE name = '99_x.sql'")
        await database.check()
        # Of these tables it is a mistake of ours, and no 503 hides it.
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await submit(database)


PATH = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('migrations')"


async def test_a_folder_that_was_deleted_below_the_server_is_not_healthy(server):
    async with alone.create_database(server, "without_files") as dsn, open_database(dsn) as found:
        await found.check()
        async with found.connection() as connection:
            path = await connection.fetchval(PATH)
            await connection.execute("CHECKPOINT")  # nothing of it is still to be written
        shutil.move(path, f"{path}-away")
        try:
            assert await code_of(found.check()) == "database.damaged"
        finally:
            shutil.move(f"{path}-away", path)


async def test_an_answer_whose_commit_was_not_heard_of_may_be_saved_and_says_so(given):
    async with open_line(given) as line, open_database(line.dsn) as database:
        await submit(database)  # what is prepared the first time holds no words
        before = await count(database)
        line.answers_lost_after = SUBMISSION.answers["story"].encode()
        with pytest.raises(Unavailable) as refused:
            await submit(database, MARKS)
        assert refused.value.code == "database.interrupted"
        assert "Nothing was saved" not in refused.value.remedy
        assert await code_of(submit(database)) == "database.unreachable"
        line.answers_lost_after = b""
        line.mend()
        assert await count(database) == before + 1
        await submit(database, MARKS)
        assert await count(database) == before + 1


async def count(database):
    async with database.connection() as connection:
        return await connection.fetchval("SELECT count(*) FROM responses")


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """This program with one more schema file."""
    folder = tmp_path / "schema"
    shutil.copytree(store.SCHEMA, folder)
    (folder / "99_more.sql").write_text("CREATE TABLE more ()")
    monkeypatch.setattr(store, "MIGRATION_PATIENCE_S", 0.05)
    return lambda: monkeypatch.setattr(store, "SCHEMA", folder)


@contextlib.asynccontextmanager
async def named_connection(dsn, name):
    connection = await alone.connect(dsn)
    await connection.execute(f"SET application_name = '{name}'")
    try:
        yield
    finally:
        await connection.close()


BESIDE = {"soundings service": False, "": False, "soundings command": True, "psql": True}


@pytest.mark.parametrize("name", BESIDE)
async def test_tables_are_changed_beside_commands_but_not_below_a_service(server, newer, name):
    async with alone.create_database(server, "served") as dsn, named_connection(dsn, name):
        newer()
        if BESIDE[name]:
            async with open_database(dsn):
                return
        with pytest.raises(Conflict) as refused:
            async with open_database(dsn):
                pass
        assert refused.value.code == "database.served"
        async with open_database(dsn, role="upgrade") as database:
            assert "99_more.sql" in database.schema


async def test_a_service_starts_next_to_another_of_its_version(server):
    async with (
        alone.create_database(server, "served_twice") as dsn,
        open_database(dsn, role="service") as one,
        open_database(dsn, role="service") as other,
    ):
        await one.check()
        await other.check()
