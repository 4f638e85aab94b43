"""A database at the last file of before the baseline is taken over; any other one is refused."""

import asyncio
import shutil

import pytest

from survey.problems import Conflict, Unavailable
from survey.store import database
from tests import alone
from tests.released import load_release

LAST_BEFORE = "2026-12-01"  # the database that the last file of before left


@pytest.fixture(scope="module")
async def of_before(server):
    """The name of a database as the last file of before left it."""
    async with alone.create_database(server, "of_before", seeded=False) as dsn:
        await load_release(dsn, LAST_BEFORE)
        yield "of_before"


@pytest.fixture
async def older(server, of_before):
    """The address of such a database, which may be changed."""
    name = "alone_and_older"
    async with alone.create_database(server, name, seeded=False, template=of_before) as dsn:
        yield dsn


@pytest.fixture
async def connection(older):
    connection = await alone.connect(older)
    yield connection
    await connection.close()


LATER = [name for name in database.schema_hashes() if name > database.LAST_OF_BASELINE]


async def test_it_is_taken_over_without_running_a_file_of_the_baseline(connection):
    before = await database.load_applied(connection)
    assert before.keys().isdisjoint(database.schema_hashes())
    assert await database.migrate(connection) == LATER
    assert await database.load_applied(connection) == database.schema_hashes()
    assert await database.migrate(connection) == []


async def test_files_after_the_baseline_are_run_on_it(connection, tmp_path, monkeypatch):
    shutil.copytree(database.SCHEMA, tmp_path, dirs_exist_ok=True)
    (tmp_path / "999_next.sql").write_text("CREATE TABLE next ()")
    monkeypatch.setattr(database, "SCHEMA", tmp_path)
    assert await database.migrate(connection) == [*LATER, "999_next.sql"]
    assert await database.load_applied(connection) == database.schema_hashes()


async def test_of_two_that_take_it_over_at_once_one_finds_nothing_to_do(older, connection):
    other = await alone.connect(older)
    applied = await asyncio.gather(*map(database.migrate, (connection, other)))
    assert sorted(applied, key=len) == [[], LATER]
    await other.close()
    assert await database.load_applied(connection) == database.schema_hashes()


async def test_it_is_not_taken_over_below_a_service(older, connection, monkeypatch):
    monkeypatch.setattr(database, "MIGRATION_PATIENCE_S", 0.05)
    await connection.execute("SET application_name = 'soundings service'")
    before = await database.load_applied(connection)
    with pytest.raises(Conflict) as refused:
        async with database.open_database(older):
            pass
    assert refused.value.code == "database.served"
    assert await database.load_applied(connection) == before
    async with database.open_database(older, role="upgrade") as opened:
        await opened.check()


OLDER = {
    "without the last file": "DELETE FROM migrations WHERE name = '84_decided_campaigns.sql'",
    "in the middle": "DELETE FROM migrations WHERE name > '31'",
    "with the first file alone": "DELETE FROM migrations WHERE name <> '01_places.sql'",
    "with an edited file": "UPDATE migrations SET sha256 = 'x' WHERE name > '83'",
    "with a file that nobody knows": "INSERT INTO migrations VALUES ('85_own.sql', 'x')",
    "of the first files of 2026": "DELETE FROM migrations;"
    " INSERT INTO migrations VALUES ('0001_places.sql', 'x'), ('0002_people.sql', 'y')",
    "with a file of the baseline": "INSERT INTO migrations VALUES ('001_places.sql', 'x')",
}


@pytest.mark.parametrize("state", OLDER)
async def test_any_other_is_refused_with_the_commit_to_run_first(connection, state):
    await connection.execute(OLDER[state])
    before = await database.load_applied(connection)
    with pytest.raises(Unavailable) as refused:
        await database.migrate(connection)
    assert refused.value.code == "database.older"
    assert "git checkout bb40fd6e" in refused.value.remedy
    assert "./soundings migrate" in refused.value.remedy
    assert await database.load_applied(connection) == before


async def test_the_program_of_before_refuses_the_baseline(connection, tmp_path, monkeypatch):
    """It finds none of its own files, so it says nothing of an edited one."""
    of_before = await database.load_applied(connection)
    await database.migrate(connection)
    for name in of_before:
        (tmp_path / name).write_text("")
    monkeypatch.setattr(database, "SCHEMA", tmp_path)
    with pytest.raises(Unavailable, match="_") as refused:
        await database.migrate(connection)
    assert refused.value.code == "database.newer"
